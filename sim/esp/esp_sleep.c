#include "esp_sleep.h"

#include "boot.h"
#include "freertos/task.h"
#include "scheduler.h"

_Static_assert(ESP_SLEEP_WAKEUP_TIMER == DEVICE_WAKE_TIMER, "the device numbers it so, too");

static uint32_t armed;
static uint64_t timer_us;
static esp_sleep_source_t light_sleep_ended_by;

static esp_err_t arm(esp_sleep_source_t source)
{
    armed |= 1u << source;
    return ESP_OK;
}

esp_err_t esp_sleep_enable_timer_wakeup(uint64_t time_in_us)
{
    timer_us = time_in_us;
    return arm(ESP_SLEEP_WAKEUP_TIMER);
}

esp_err_t esp_sleep_enable_ext0_wakeup(int gpio_num, int level)
{
    if (gpio_num < 0 || level < 0 || level > 1) {
        return ESP_ERR_INVALID_ARG;
    }
    return arm(ESP_SLEEP_WAKEUP_EXT0);
}

esp_err_t esp_sleep_enable_ext1_wakeup(uint64_t io_mask, esp_sleep_ext1_wakeup_mode_t level_mode)
{
    if (io_mask == 0 || (unsigned)level_mode > ESP_EXT1_WAKEUP_ANY_HIGH) {
        return ESP_ERR_INVALID_ARG;
    }
    return arm(ESP_SLEEP_WAKEUP_EXT1);
}

esp_err_t esp_deep_sleep_enable_gpio_wakeup(uint64_t gpio_pin_mask,
                                            esp_deepsleep_gpio_wake_up_mode_t mode)
{
    if (gpio_pin_mask == 0 || (unsigned)mode > ESP_GPIO_WAKEUP_GPIO_HIGH) {
        return ESP_ERR_INVALID_ARG;
    }
    return arm(ESP_SLEEP_WAKEUP_GPIO);
}

esp_err_t esp_sleep_enable_gpio_wakeup(void)
{
    return arm(ESP_SLEEP_WAKEUP_GPIO);
}

esp_err_t esp_sleep_enable_touchpad_wakeup(void)
{
    return arm(ESP_SLEEP_WAKEUP_TOUCHPAD);
}

esp_err_t esp_sleep_enable_ulp_wakeup(void)
{
    return arm(ESP_SLEEP_WAKEUP_ULP);
}

esp_err_t esp_sleep_disable_wakeup_source(esp_sleep_source_t source)
{
    if (source == ESP_SLEEP_WAKEUP_ALL) {
        armed = 0;
        return ESP_OK;
    }
    if ((unsigned)source > ESP_SLEEP_WAKEUP_BT || (armed & 1u << source) == 0) {
        return ESP_ERR_INVALID_STATE;
    }
    armed &= ~(1u << source);
    return ESP_OK;
}

esp_sleep_wakeup_cause_t esp_sleep_get_wakeup_cause(void)
{
    const struct device *device = device_current();
    if (light_sleep_ended_by != ESP_SLEEP_WAKEUP_UNDEFINED || device == NULL) {
        return light_sleep_ended_by;
    }
    return (esp_sleep_wakeup_cause_t)device->sleep.woken_by;
}

void esp_deep_sleep_start(void)
{
    struct device *device = device_current();
    if (device != NULL) {
        device->sleep = (struct device_sleep){.sources = armed, .timer_us = timer_us};
    }
    boot_end(BOOT_END_DEEP_SLEEP, armed == 0 ? "no wake-up source: it sleeps for ever" : NULL);
}

void esp_deep_sleep(uint64_t time_in_us)
{
    esp_sleep_enable_timer_wakeup(time_in_us);
    esp_deep_sleep_start();
}

/* The whole chip sleeps, with all its tasks. */
static void sleep_us(uint64_t us)
{
    struct device *device = device_current();
    if (device != NULL) {
        device_advance_us(device, us);
        rtos_preempt();
    }
}

esp_err_t esp_light_sleep_start(void)
{
    if (armed == 0) {
        boot_end(BOOT_END_IDLE, "a light sleep without a wake-up source lasts for ever");
    }
    light_sleep_ended_by = ESP_SLEEP_WAKEUP_TIMER;
    if ((armed & 1u << ESP_SLEEP_WAKEUP_TIMER) != 0) {
        sleep_us(timer_us);
        return ESP_OK;
    }
    while ((armed & 1u << light_sleep_ended_by) == 0) {
        light_sleep_ended_by = (light_sleep_ended_by + 1) % (ESP_SLEEP_WAKEUP_BT + 1);
    }
    return ESP_OK;
}
