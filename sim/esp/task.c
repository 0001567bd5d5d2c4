#include "freertos/task.h"

#include "boot.h"
#include "esp_timer.h"

/* Applications end in `while (true) vTaskDelay(...)` as often as they return. */
#define IDLE_AFTER_US (7ull * 24 * 3600 * 1000000)

void otasim_task_delay_us(uint64_t us)
{
    struct device *device = device_current();
    if (device == NULL) {
        return;
    }
    uint64_t now = otasim_task_time_us();
    uint64_t left = now < IDLE_AFTER_US ? IDLE_AFTER_US - now : 0;
    if (us >= left) {
        device_advance_us(device, left);
        boot_end(BOOT_END_IDLE, "the app has been waiting for a week");
    }
    /* A yield takes time too, so that a loop of yields has an end. */
    device_advance_us(device, us > 0 ? us : 1);
}

uint64_t otasim_task_time_us(void)
{
    const struct device *device = device_current();
    return device != NULL ? device->now_us - device->boot_us : 0;
}

int64_t esp_timer_get_time(void)
{
    return (int64_t)otasim_task_time_us();
}

void vTaskDelete(TaskHandle_t xTaskToDelete)
{
    if (xTaskToDelete == NULL) {
        boot_end(BOOT_END_IDLE, NULL);
    }
}
