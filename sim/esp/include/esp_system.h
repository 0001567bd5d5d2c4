/* Restarts, their reasons and the heap's size, as in ESP-IDF's esp_system.h. */
#pragma once

#include <stdint.h>

#include "esp_err.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    ESP_RST_UNKNOWN,
    ESP_RST_POWERON,
    ESP_RST_EXT,
    ESP_RST_SW,
    ESP_RST_PANIC,
    ESP_RST_INT_WDT,
    ESP_RST_TASK_WDT,
    ESP_RST_WDT,
    ESP_RST_DEEPSLEEP,
    ESP_RST_BROWNOUT,
    ESP_RST_SDIO,
    ESP_RST_USB,
    ESP_RST_JTAG,
    ESP_RST_EFUSE,
    ESP_RST_PWR_GLITCH,
    ESP_RST_CPU_LOCKUP,
} esp_reset_reason_t;

typedef void (*shutdown_handler_t)(void);

/** Calls handle before a restart; of several, the last registered comes first.
 * ESP_ERR_INVALID_STATE if it is registered already, ESP_ERR_NO_MEM for the sixth. */
esp_err_t esp_register_shutdown_handler(shutdown_handler_t handle);
/** ESP_ERR_INVALID_STATE if it is not registered. */
esp_err_t esp_unregister_shutdown_handler(shutdown_handler_t handle);

/** Runs the shutdown handlers and ends the boot with a software reset. */
void esp_restart(void) __attribute__((__noreturn__));

/** Why this boot began. */
esp_reset_reason_t esp_reset_reason(void);

/** Bytes of heap that are free now, and the least that ever were in this boot. */
uint32_t esp_get_free_heap_size(void);
uint32_t esp_get_free_internal_heap_size(void);
uint32_t esp_get_minimum_free_heap_size(void);

/** Ends the boot as a panic. */
void esp_system_abort(const char *details) __attribute__((__noreturn__));

#ifdef __cplusplus
}
#endif
