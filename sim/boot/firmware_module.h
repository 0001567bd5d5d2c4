/* What a firmware module exports to the harness besides app_main. */
#pragma once

#include <stdint.h>

struct firmware_option {
    const char *name;  /* "CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE" */
    const char *value; /* "y", "n", a number, or a string without its quotes */
};

/** The sdkconfig that the module was compiled for; ends with a NULL name. */
extern const struct firmware_option otasim_sdkconfig[];

/** What the module was built from and with. */
struct firmware_info {
    const char *ota_library; /* the implementation of the OTA API that is judged: "otalib" */
    const char *version;     /* PROJECT_VER of the application; "" if it has none */
    const char *partitions;  /* its partition table, a CSV file; NULL: none was named */
};
extern const struct firmware_info otasim_firmware_info;

/** The module's variables in RTC memory; begin and end are equal (or NULL) if it has none. */
struct firmware_rtc {
    char *data, *data_end;     /* RTC_DATA_ATTR: as a deep sleep left them, else initialised */
    char *noinit, *noinit_end; /* RTC_NOINIT_ATTR: as any reset but power-on left them */
};
extern const struct firmware_rtc otasim_rtc;

/** An event of ESP-IDF that the module's release has: numbers differ between releases, names don't.
 */
struct firmware_event {
    const char *base; /* "ESP_HTTPS_OTA_EVENT" */
    int32_t id;
    const char *name; /* "ESP_HTTPS_OTA_START" */
};

/** The module, in one record: all that the harness looks up in it besides the entry. */
struct firmware_module {
    uint32_t idf_version; /* ESP_IDF_VERSION: the release that the module was compiled for */
    const char *idf_version_text;         /* "v5.3.5" */
    const struct firmware_option *option; /* its sdkconfig; ends with a NULL name */
    const struct firmware_rtc *rtc;
    const struct firmware_event *event; /* ends with a NULL name */
};
extern const struct firmware_module otasim_module;

/** The name of an event in the module's release; NULL if it has none there, or module is NULL. */
const char *firmware_module_event_name(const struct firmware_module *module, const char *base,
                                       int32_t id);
