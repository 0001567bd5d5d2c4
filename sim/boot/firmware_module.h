/* What a firmware module exports to the harness besides app_main. */
#pragma once

struct firmware_option {
    const char *name;  /* "CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE" */
    const char *value; /* "y", "n", a number, or a string without its quotes */
};

/** The sdkconfig that the module was compiled for; ends with a NULL name. */
extern const struct firmware_option otasim_sdkconfig[];
