#include "esp_rom_sys.h"

#include <stdarg.h>
#include <stdio.h>

#include "bootloader_random.h"
#include "device.h"
#include "platform_trace.h"
#include "scheduler.h"

void esp_rom_delay_us(uint32_t us)
{
    struct device *device = device_current();
    if (device != NULL) {
        device_advance_us(device, us);
        rtos_preempt();
    }
}

int esp_rom_printf(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int length = vprintf(fmt, args);
    va_end(args);
    return length;
}

void bootloader_random_enable(void)
{
    platform_call(__func__, ESP_OK, NULL);
}

void bootloader_random_disable(void)
{
    platform_call(__func__, ESP_OK, NULL);
}
