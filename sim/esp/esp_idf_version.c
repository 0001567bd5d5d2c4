#include "esp_idf_version.h"

#include <stddef.h>

#include "boot.h"
#include "firmware_module.h"
#include "idf_version.h"

static const struct firmware_module *module(void)
{
    const struct boot *boot = boot_current();
    return boot != NULL ? boot->module : NULL;
}

uint32_t idf_version(void)
{
    return module() != NULL ? module()->idf_version : ESP_IDF_VERSION;
}

uint32_t idf_release(void)
{
    const struct boot *boot = boot_current();
    return boot != NULL && boot->release != 0 ? boot->release : idf_version();
}

const char *esp_get_idf_version(void)
{
    return module() != NULL ? module()->idf_version_text : "";
}
