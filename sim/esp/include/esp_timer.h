/* The high-resolution timer, as in ESP-IDF. Callbacks run in the task "esp_timer" (priority 22). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "esp_err.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct esp_timer *esp_timer_handle_t;
typedef void (*esp_timer_cb_t)(void *arg);

typedef enum {
    ESP_TIMER_TASK,
    ESP_TIMER_ISR,
    ESP_TIMER_MAX,
} esp_timer_dispatch_t;

typedef struct {
    esp_timer_cb_t callback;
    void *arg;
    esp_timer_dispatch_t dispatch_method;
    const char *name;
    bool skip_unhandled_events;
} esp_timer_create_args_t;

/** ESP_ERR_INVALID_ARG: no callback; ESP_ERR_NO_MEM. */
esp_err_t esp_timer_create(const esp_timer_create_args_t *create_args,
                           esp_timer_handle_t *out_handle);

/** Microseconds. ESP_ERR_INVALID_STATE: it runs already. */
esp_err_t esp_timer_start_once(esp_timer_handle_t timer, uint64_t timeout_us);
esp_err_t esp_timer_start_periodic(esp_timer_handle_t timer, uint64_t period);

/** Starts a running timer anew; ESP_ERR_INVALID_STATE: it does not run. */
esp_err_t esp_timer_restart(esp_timer_handle_t timer, uint64_t timeout_us);

/** ESP_ERR_INVALID_STATE: it does not run. */
esp_err_t esp_timer_stop(esp_timer_handle_t timer);

/** ESP_ERR_INVALID_STATE: it runs. */
esp_err_t esp_timer_delete(esp_timer_handle_t timer);

bool esp_timer_is_active(esp_timer_handle_t timer);
esp_err_t esp_timer_get_period(esp_timer_handle_t timer, uint64_t *period);
esp_err_t esp_timer_get_expiry_time(esp_timer_handle_t timer, uint64_t *expiry);

/** Virtual microseconds since the boot began. Reading it takes one. */
int64_t esp_timer_get_time(void);

/** When the next timer fires; INT64_MAX: none runs. */
int64_t esp_timer_get_next_alarm(void);

#ifdef __cplusplus
}
#endif
