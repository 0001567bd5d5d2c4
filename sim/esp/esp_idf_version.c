#include "esp_idf_version.h"

#include "boot.h"
#include "firmware_module.h"

const char *esp_get_idf_version(void)
{
    const struct boot *boot = boot_current();
    return boot != NULL && boot->module != NULL ? boot->module->idf_version_text : "";
}
