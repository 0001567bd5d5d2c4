/* Software timers, as in FreeRTOS. Callbacks run in the task "Tmr Svc" (priority 1). */
#pragma once

#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tmrTimerControl *TimerHandle_t;
typedef void (*TimerCallbackFunction_t)(TimerHandle_t xTimer);
typedef void (*PendedFunction_t)(void *arg1, uint32_t arg2);

#define tmrCOMMAND_START         ((BaseType_t)1)
#define tmrCOMMAND_RESET         ((BaseType_t)2)
#define tmrCOMMAND_STOP          ((BaseType_t)3)
#define tmrCOMMAND_CHANGE_PERIOD ((BaseType_t)4)
#define tmrCOMMAND_DELETE        ((BaseType_t)5)

/** Not started yet. NULL when the device's heap is too small for it. */
TimerHandle_t xTimerCreate(const char *const pcTimerName, const TickType_t xTimerPeriodInTicks,
                           const BaseType_t xAutoReload, void *const pvTimerID,
                           TimerCallbackFunction_t pxCallbackFunction);
TimerHandle_t xTimerCreateStatic(const char *const pcTimerName,
                                 const TickType_t xTimerPeriodInTicks, const BaseType_t xAutoReload,
                                 void *const pvTimerID, TimerCallbackFunction_t pxCallbackFunction,
                                 StaticTimer_t *pxTimerBuffer);

/** Commands take effect at once; on the device they wait for the timer task. */
BaseType_t xTimerGenericCommand(TimerHandle_t xTimer, const BaseType_t xCommandID,
                                const TickType_t xOptionalValue,
                                BaseType_t *const pxHigherPriorityTaskWoken,
                                const TickType_t xTicksToWait);
#define xTimerStart(timer, ticks) xTimerGenericCommand(timer, tmrCOMMAND_START, 0, NULL, ticks)
#define xTimerStop(timer, ticks)  xTimerGenericCommand(timer, tmrCOMMAND_STOP, 0, NULL, ticks)
#define xTimerReset(timer, ticks) xTimerGenericCommand(timer, tmrCOMMAND_RESET, 0, NULL, ticks)
#define xTimerChangePeriod(timer, period, ticks)                                                   \
    xTimerGenericCommand(timer, tmrCOMMAND_CHANGE_PERIOD, period, NULL, ticks)
#define xTimerDelete(timer, ticks)       xTimerGenericCommand(timer, tmrCOMMAND_DELETE, 0, NULL, ticks)
#define xTimerStartFromISR(timer, woken) xTimerGenericCommand(timer, tmrCOMMAND_START, 0, woken, 0)
#define xTimerStopFromISR(timer, woken)  xTimerGenericCommand(timer, tmrCOMMAND_STOP, 0, woken, 0)
#define xTimerResetFromISR(timer, woken) xTimerGenericCommand(timer, tmrCOMMAND_RESET, 0, woken, 0)
#define xTimerChangePeriodFromISR(timer, period, woken)                                            \
    xTimerGenericCommand(timer, tmrCOMMAND_CHANGE_PERIOD, period, woken, 0)

BaseType_t xTimerIsTimerActive(TimerHandle_t xTimer);
void *pvTimerGetTimerID(const TimerHandle_t xTimer);
void vTimerSetTimerID(TimerHandle_t xTimer, void *pvNewID);
const char *pcTimerGetName(TimerHandle_t xTimer);
TickType_t xTimerGetPeriod(TimerHandle_t xTimer);
TickType_t xTimerGetExpiryTime(TimerHandle_t xTimer);
void vTimerSetReloadMode(TimerHandle_t xTimer, const BaseType_t xAutoReload);
UBaseType_t uxTimerGetReloadMode(TimerHandle_t xTimer);
TaskHandle_t xTimerGetTimerDaemonTaskHandle(void);

/** The timer task calls the function. pdFAIL when ten calls are waiting already. */
BaseType_t xTimerPendFunctionCall(PendedFunction_t xFunctionToPend, void *pvParameter1,
                                  uint32_t ulParameter2, TickType_t xTicksToWait);
BaseType_t xTimerPendFunctionCallFromISR(PendedFunction_t xFunctionToPend, void *pvParameter1,
                                         uint32_t ulParameter2,
                                         BaseType_t *pxHigherPriorityTaskWoken);

#ifdef __cplusplus
}
#endif
