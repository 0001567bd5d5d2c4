/* esp_timer.h: timers of a microsecond, whose callbacks run in the task "esp_timer". */
#include <stddef.h>

#include "alarm.h"
#include "esp_heap_caps.h"
#include "esp_timer.h"
#include "scheduler.h"

/* CONFIG_ESP_TIMER_TASK_STACK_SIZE of a fresh project. */
#define STACK_BYTES 3584

/* Periods below this would starve everything else; ESP-IDF refuses them as well. */
#define MIN_PERIOD_US 28

struct esp_timer {
    esp_timer_create_args_t args;
    struct rtos_alarm alarm;
};

static struct rtos_alarm_service service = {
    .name = "esp_timer", .priority = 22, .stack = STACK_BYTES};

static void ring(void *owner)
{
    const struct esp_timer *timer = owner;
    timer->args.callback(timer->args.arg);
}

esp_err_t esp_timer_create(const esp_timer_create_args_t *create_args,
                           esp_timer_handle_t *out_handle)
{
    if (create_args == NULL || create_args->callback == NULL || out_handle == NULL ||
        create_args->dispatch_method < ESP_TIMER_TASK ||
        create_args->dispatch_method >= ESP_TIMER_MAX) {
        return ESP_ERR_INVALID_ARG;
    }
    struct esp_timer *timer = heap_caps_calloc(1, sizeof *timer, MALLOC_CAP_DEFAULT);
    if (timer == NULL) {
        return ESP_ERR_NO_MEM;
    }
    timer->args = *create_args;
    timer->alarm.ring = ring;
    timer->alarm.owner = timer;
    timer->alarm.skips_missed = create_args->skip_unhandled_events;
    *out_handle = timer;
    return ESP_OK;
}

static esp_err_t start(esp_timer_handle_t timer, uint64_t after_us, uint64_t period_us)
{
    if (timer == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (timer->alarm.active) {
        return ESP_ERR_INVALID_STATE;
    }
    timer->alarm.period_us = period_us;
    rtos_alarm_start(&service, &timer->alarm, rtos_now_us() + after_us);
    rtos_point();
    return ESP_OK;
}

esp_err_t esp_timer_start_once(esp_timer_handle_t timer, uint64_t timeout_us)
{
    return start(timer, timeout_us, 0);
}

esp_err_t esp_timer_start_periodic(esp_timer_handle_t timer, uint64_t period)
{
    if (period < MIN_PERIOD_US) {
        period = MIN_PERIOD_US;
    }
    return start(timer, period, period);
}

esp_err_t esp_timer_restart(esp_timer_handle_t timer, uint64_t timeout_us)
{
    if (timer == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (!timer->alarm.active) {
        return ESP_ERR_INVALID_STATE;
    }
    if (timer->alarm.period_us != 0) {
        timer->alarm.period_us = timeout_us < MIN_PERIOD_US ? MIN_PERIOD_US : timeout_us;
    }
    rtos_alarm_start(&service, &timer->alarm, rtos_now_us() + timeout_us);
    rtos_point();
    return ESP_OK;
}

esp_err_t esp_timer_stop(esp_timer_handle_t timer)
{
    if (timer == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (!timer->alarm.active) {
        return ESP_ERR_INVALID_STATE;
    }
    rtos_alarm_stop(&service, &timer->alarm);
    rtos_point();
    return ESP_OK;
}

esp_err_t esp_timer_delete(esp_timer_handle_t timer)
{
    if (timer == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (timer->alarm.active) {
        return ESP_ERR_INVALID_STATE;
    }
    heap_caps_free(timer);
    return ESP_OK;
}

bool esp_timer_is_active(esp_timer_handle_t timer)
{
    return timer != NULL && timer->alarm.active;
}

esp_err_t esp_timer_get_period(esp_timer_handle_t timer, uint64_t *period)
{
    if (timer == NULL || period == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    *period = timer->alarm.period_us;
    return ESP_OK;
}

esp_err_t esp_timer_get_expiry_time(esp_timer_handle_t timer, uint64_t *expiry)
{
    if (timer == NULL || expiry == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (timer->alarm.period_us != 0) {
        return ESP_ERR_NOT_SUPPORTED;
    }
    *expiry = timer->alarm.due_us;
    return ESP_OK;
}

int64_t esp_timer_get_time(void)
{
    rtos_point();
    return (int64_t)rtos_now_us();
}

int64_t esp_timer_get_next_alarm(void)
{
    uint64_t next = rtos_alarm_next_us(&service);
    return next != RTOS_FOR_EVER ? (int64_t)next : INT64_MAX;
}
