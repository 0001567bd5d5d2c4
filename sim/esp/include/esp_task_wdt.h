/* The task watchdog, as in ESP-IDF: it warns in the log, or ends the boot, when a task that it
 * watches has not reset it in time. It is started with the idle task watched, as the sdkconfig
 * says (CONFIG_ESP_TASK_WDT_*). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "esp_err.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    uint32_t timeout_ms;
    uint32_t idle_core_mask; /* the cores whose idle tasks are watched, one bit each */
    bool trigger_panic;      /* end the boot instead of only warning */
} esp_task_wdt_config_t;

typedef struct esp_task_wdt_user_handle_s *esp_task_wdt_user_handle_t;

/** ESP_ERR_INVALID_STATE: it has been started, by the sdkconfig maybe. */
esp_err_t esp_task_wdt_init(const esp_task_wdt_config_t *config);
esp_err_t esp_task_wdt_reconfigure(const esp_task_wdt_config_t *config);
/** ESP_ERR_INVALID_STATE while tasks are watched. */
esp_err_t esp_task_wdt_deinit(void);

/** Watches a task from now on; NULL: the calling one. */
esp_err_t esp_task_wdt_add(TaskHandle_t task_handle);
esp_err_t esp_task_wdt_add_user(const char *user_name, esp_task_wdt_user_handle_t *user_handle_ret);

/** The calling task is alive. ESP_ERR_NOT_FOUND: it is not watched. */
esp_err_t esp_task_wdt_reset(void);
esp_err_t esp_task_wdt_reset_user(esp_task_wdt_user_handle_t user_handle);

esp_err_t esp_task_wdt_delete(TaskHandle_t task_handle);
esp_err_t esp_task_wdt_delete_user(esp_task_wdt_user_handle_t user_handle);

/** ESP_OK: the task is watched; ESP_ERR_NOT_FOUND: it is not. */
esp_err_t esp_task_wdt_status(TaskHandle_t task_handle);

#ifdef __cplusplus
}
#endif
