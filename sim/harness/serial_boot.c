#include "serial_boot.h"

#include <inttypes.h>
#include <stdio.h>

/* The ROM has no code for a panic: the chip restarts as from esp_restart(). */
static const char *rom_reset(enum device_reset_reason reason)
{
    switch (reason) {
    case DEVICE_RESET_POWERON:
        return "rst:0x1 (POWERON)";
    case DEVICE_RESET_DEEPSLEEP:
        return "rst:0x5 (DSLEEP)";
    case DEVICE_RESET_INT_WDT:
        return "rst:0x8 (TG1WDT_SYS_RST)";
    case DEVICE_RESET_TASK_WDT:
        return "rst:0x7 (TG0WDT_SYS_RST)";
    case DEVICE_RESET_WDT:
        return "rst:0x9 (RTCWDT_SYS_RST)";
    case DEVICE_RESET_BROWNOUT:
        return "rst:0xf (BROWNOUT_RST)";
    default:
        return "rst:0xc (RTC_SW_CPU_RST)";
    }
}

static void print_boot(const struct device *device, const struct bootloader_report *report)
{
    printf("\n%s,boot:0x8 (SPI_FAST_FLASH_BOOT)\n", rom_reset(device->reset_reason));
    if (!report->booted) {
        printf("E (60) boot: No bootable app partitions in the partition table\n");
        return;
    }
    printf("I (60) boot: Loaded app from partition at offset 0x%" PRIx32 "\n", report->app.offset);
    printf("I (90) app_init: App version:      %s\n", report->image.descriptor.version);
}

void serial_boot_print(const struct device *device, const struct bootloader_report *report)
{
    print_boot(device, report);
    fflush(stdout); /* a firmware that crashes takes with it what is not written */
}
