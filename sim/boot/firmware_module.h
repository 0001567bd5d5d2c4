/* What a firmware module exports to the harness besides app_main. */
#pragma once

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
