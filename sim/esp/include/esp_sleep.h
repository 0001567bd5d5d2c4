/* Deep and light sleep, as in ESP-IDF's esp_sleep.h. Sleep is time on the device's clock: the timer
 * ends it at its time; any other armed source ends it as soon as nothing else is left to happen;
 * without any source it never ends. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "esp_err.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    ESP_SLEEP_WAKEUP_UNDEFINED,
    ESP_SLEEP_WAKEUP_ALL,
    ESP_SLEEP_WAKEUP_EXT0,
    ESP_SLEEP_WAKEUP_EXT1,
    ESP_SLEEP_WAKEUP_TIMER,
    ESP_SLEEP_WAKEUP_TOUCHPAD,
    ESP_SLEEP_WAKEUP_ULP,
    ESP_SLEEP_WAKEUP_GPIO,
    ESP_SLEEP_WAKEUP_UART,
    ESP_SLEEP_WAKEUP_WIFI,
    ESP_SLEEP_WAKEUP_COCPU,
    ESP_SLEEP_WAKEUP_COCPU_TRAP_TRIG,
    ESP_SLEEP_WAKEUP_BT,
} esp_sleep_source_t;
typedef esp_sleep_source_t esp_sleep_wakeup_cause_t;

typedef enum {
    ESP_EXT1_WAKEUP_ANY_LOW = 0,
    ESP_EXT1_WAKEUP_ALL_LOW = 0,
    ESP_EXT1_WAKEUP_ANY_HIGH = 1,
} esp_sleep_ext1_wakeup_mode_t;

typedef enum {
    ESP_GPIO_WAKEUP_GPIO_LOW = 0,
    ESP_GPIO_WAKEUP_GPIO_HIGH = 1,
} esp_deepsleep_gpio_wake_up_mode_t;

/** Arms a wake-up source for every sleep of this boot. */
esp_err_t esp_sleep_enable_timer_wakeup(uint64_t time_in_us);
/** gpio_num is a gpio_num_t. ESP_ERR_INVALID_ARG for a level other than 0 and 1. */
esp_err_t esp_sleep_enable_ext0_wakeup(int gpio_num, int level);
/** ESP_ERR_INVALID_ARG for an empty mask. */
esp_err_t esp_sleep_enable_ext1_wakeup(uint64_t io_mask, esp_sleep_ext1_wakeup_mode_t level_mode);
esp_err_t esp_deep_sleep_enable_gpio_wakeup(uint64_t gpio_pin_mask,
                                            esp_deepsleep_gpio_wake_up_mode_t mode);
esp_err_t esp_sleep_enable_gpio_wakeup(void);
esp_err_t esp_sleep_enable_touchpad_wakeup(void);
esp_err_t esp_sleep_enable_ulp_wakeup(void);
/** Disarms one, or with ESP_SLEEP_WAKEUP_ALL all. ESP_ERR_INVALID_STATE if it is not armed. */
esp_err_t esp_sleep_disable_wakeup_source(esp_sleep_source_t source);

/** What ended the last sleep: the deep sleep before this boot, or a light sleep in it. */
esp_sleep_wakeup_cause_t esp_sleep_get_wakeup_cause(void);

/** Ends the boot; the next one is a wake-up. Shutdown handlers do not run. */
void esp_deep_sleep_start(void) __attribute__((__noreturn__));
/** With the timer armed for that time. */
void esp_deep_sleep(uint64_t time_in_us) __attribute__((__noreturn__));

/** Returns at the wake-up. Without an armed source the boot ends, as a sleep for ever. */
esp_err_t esp_light_sleep_start(void);

#ifdef __cplusplus
}
#endif
