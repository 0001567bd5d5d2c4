#include "device_clock.h"

#include "device.h"
#include "scheduler.h"

int64_t device_clock_us(void)
{
    rtos_point();
    const struct device *device = device_current();
    if (device == NULL || device->epoch_s == 0) {
        return (int64_t)rtos_now_us();
    }
    return device->epoch_s * 1000000 + (int64_t)device->now_us;
}

void device_clock_set(int64_t us)
{
    struct device *device = device_current();
    if (device != NULL) {
        device->epoch_s = (us - (int64_t)device->now_us) / 1000000;
    }
}

int64_t device_uptime_us(void)
{
    rtos_point();
    return (int64_t)rtos_now_us();
}

void device_clock_sleep(uint64_t us)
{
    uint64_t tick_us = 1000000u / rtos_config()->tick_hz;
    if (us >= tick_us) {
        rtos_sleep_us(us);
        return;
    }
    struct device *device = device_current();
    if (device != NULL) {
        device_advance_us(device, us);
    }
    rtos_preempt();
}
