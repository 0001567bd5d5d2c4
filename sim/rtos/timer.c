/* The software timers of FreeRTOS: their callbacks run in the task "Tmr Svc". */
#include "freertos/timers.h"

#include "alarm.h"
#include "esp_heap_caps.h"
#include "scheduler.h"

#define MAGIC 0x544D5253u

struct tmrTimerControl {
    uint32_t magic;
    bool is_static;
    bool reloads;
    TickType_t period;
    const char *name;
    void *id;
    TimerCallbackFunction_t callback;
    struct rtos_alarm alarm;
};
_Static_assert(sizeof(struct tmrTimerControl) <= sizeof(StaticTimer_t),
               "a timer fits where the firmware keeps one");

static struct rtos_alarm_service service = {
    .name = "Tmr Svc", .priority = configTIMER_TASK_PRIORITY, .stack = 2048};

static void check(const struct tmrTimerControl *timer)
{
    RTOS_ASSERT(timer != NULL);
    RTOS_ASSERT(timer->magic == MAGIC);
}

static void ring(void *owner)
{
    struct tmrTimerControl *timer = owner;
    timer->callback(timer);
}

static TimerHandle_t prepare(struct tmrTimerControl *timer, const char *name, TickType_t period,
                             BaseType_t reloads, void *id, TimerCallbackFunction_t callback,
                             bool is_static)
{
    RTOS_ASSERT(period > 0);
    if (timer != NULL) {
        *timer = (struct tmrTimerControl){.magic = MAGIC,
                                          .is_static = is_static,
                                          .reloads = reloads != pdFALSE,
                                          .period = period,
                                          .name = name,
                                          .id = id,
                                          .callback = callback};
        timer->alarm.ring = ring;
        timer->alarm.owner = timer;
        rtos_alarm_serve(&service);
    }
    return timer;
}

TimerHandle_t xTimerCreate(const char *const pcTimerName, const TickType_t xTimerPeriodInTicks,
                           const BaseType_t xAutoReload, void *const pvTimerID,
                           TimerCallbackFunction_t pxCallbackFunction)
{
    return prepare(heap_caps_malloc(sizeof(struct tmrTimerControl), MALLOC_CAP_DEFAULT),
                   pcTimerName, xTimerPeriodInTicks, xAutoReload, pvTimerID, pxCallbackFunction,
                   false);
}

TimerHandle_t xTimerCreateStatic(const char *const pcTimerName,
                                 const TickType_t xTimerPeriodInTicks, const BaseType_t xAutoReload,
                                 void *const pvTimerID, TimerCallbackFunction_t pxCallbackFunction,
                                 StaticTimer_t *pxTimerBuffer)
{
    RTOS_ASSERT(pxTimerBuffer != NULL);
    return prepare((struct tmrTimerControl *)(void *)pxTimerBuffer, pcTimerName,
                   xTimerPeriodInTicks, xAutoReload, pvTimerID, pxCallbackFunction, true);
}

static uint64_t period_us(const struct tmrTimerControl *timer)
{
    return (uint64_t)timer->period * 1000000u / rtos_config()->tick_hz;
}

static void start(struct tmrTimerControl *timer)
{
    timer->alarm.period_us = timer->reloads ? period_us(timer) : 0;
    rtos_alarm_start(&service, &timer->alarm, rtos_deadline(timer->period));
}

static void delete_timer(struct tmrTimerControl *timer)
{
    rtos_alarm_stop(&service, &timer->alarm);
    timer->magic = 0;
    if (!timer->is_static) {
        heap_caps_free(timer);
    }
}

BaseType_t xTimerGenericCommand(TimerHandle_t xTimer, const BaseType_t xCommandID,
                                const TickType_t xOptionalValue,
                                BaseType_t *const pxHigherPriorityTaskWoken,
                                const TickType_t xTicksToWait)
{
    (void)xTicksToWait; /* commands never queue up: they are carried out at once */
    check(xTimer);
    switch (xCommandID) {
    case tmrCOMMAND_START:
    case tmrCOMMAND_RESET:
        start(xTimer);
        break;
    case tmrCOMMAND_STOP:
        rtos_alarm_stop(&service, &xTimer->alarm);
        break;
    case tmrCOMMAND_CHANGE_PERIOD:
        RTOS_ASSERT(xOptionalValue > 0);
        xTimer->period = xOptionalValue;
        start(xTimer);
        break;
    case tmrCOMMAND_DELETE:
        delete_timer(xTimer);
        break;
    default:
        return pdFAIL;
    }
    if (pxHigherPriorityTaskWoken == NULL) {
        rtos_point();
    }
    return pdPASS;
}

BaseType_t xTimerIsTimerActive(TimerHandle_t xTimer)
{
    check(xTimer);
    rtos_point();
    return xTimer->alarm.active ? pdTRUE : pdFALSE;
}

void *pvTimerGetTimerID(const TimerHandle_t xTimer)
{
    check(xTimer);
    return xTimer->id;
}

void vTimerSetTimerID(TimerHandle_t xTimer, void *pvNewID)
{
    check(xTimer);
    xTimer->id = pvNewID;
}

const char *pcTimerGetName(TimerHandle_t xTimer)
{
    check(xTimer);
    return xTimer->name;
}

TickType_t xTimerGetPeriod(TimerHandle_t xTimer)
{
    check(xTimer);
    return xTimer->period;
}

TickType_t xTimerGetExpiryTime(TimerHandle_t xTimer)
{
    check(xTimer);
    return (TickType_t)(xTimer->alarm.due_us * rtos_config()->tick_hz / 1000000u);
}

void vTimerSetReloadMode(TimerHandle_t xTimer, const BaseType_t xAutoReload)
{
    check(xTimer);
    xTimer->reloads = xAutoReload != pdFALSE;
    xTimer->alarm.period_us = xTimer->reloads ? period_us(xTimer) : 0;
}

UBaseType_t uxTimerGetReloadMode(TimerHandle_t xTimer)
{
    check(xTimer);
    return xTimer->reloads ? pdTRUE : pdFALSE;
}

TaskHandle_t xTimerGetTimerDaemonTaskHandle(void)
{
    rtos_alarm_serve(&service);
    return service.task;
}

BaseType_t xTimerPendFunctionCallFromISR(PendedFunction_t xFunctionToPend, void *pvParameter1,
                                         uint32_t ulParameter2,
                                         BaseType_t *pxHigherPriorityTaskWoken)
{
    const struct rtos_errand errand = {xFunctionToPend, pvParameter1, ulParameter2};
    if (!rtos_alarm_send(&service, &errand)) {
        return pdFAIL;
    }
    if (pxHigherPriorityTaskWoken != NULL &&
        rtos_priority(service.task) > rtos_priority(rtos_self())) {
        *pxHigherPriorityTaskWoken = pdTRUE;
    }
    return pdPASS;
}

BaseType_t xTimerPendFunctionCall(PendedFunction_t xFunctionToPend, void *pvParameter1,
                                  uint32_t ulParameter2, TickType_t xTicksToWait)
{
    BaseType_t sent;
    uint64_t deadline = xTicksToWait > 0 ? rtos_deadline(xTicksToWait) : 0;
    while ((sent = xTimerPendFunctionCallFromISR(xFunctionToPend, pvParameter1, ulParameter2,
                                                 NULL)) == pdFAIL &&
           rtos_now_us() < deadline) {
        rtos_sleep_us(1000);
    }
    rtos_point();
    return sent;
}
