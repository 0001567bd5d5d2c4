/* Tasks and their notifications, as in FreeRTOS. Stack depths are bytes, as in ESP-IDF. A handle of
 * a deleted task ends the boot as a panic when it is used. */
#pragma once

#include "freertos/FreeRTOS.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rtos_task *TaskHandle_t;

#define tskIDLE_PRIORITY ((UBaseType_t)0U)
#define tskNO_AFFINITY   ((BaseType_t)0x7FFFFFFF)

typedef enum {
    eRunning = 0,
    eReady,
    eBlocked,
    eSuspended,
    eDeleted,
    eInvalid,
} eTaskState;

typedef enum {
    eNoAction = 0,
    eSetBits,
    eIncrement,
    eSetValueWithOverwrite,
    eSetValueWithoutOverwrite,
} eNotifyAction;

#define taskSCHEDULER_SUSPENDED   ((BaseType_t)0)
#define taskSCHEDULER_NOT_STARTED ((BaseType_t)1)
#define taskSCHEDULER_RUNNING     ((BaseType_t)2)

/** errCOULD_NOT_ALLOCATE_REQUIRED_MEMORY when the device's heap is too small for it. */
BaseType_t xTaskCreate(TaskFunction_t pxTaskCode, const char *const pcName,
                       const uint32_t usStackDepth, void *const pvParameters,
                       UBaseType_t uxPriority, TaskHandle_t *const pxCreatedTask);
BaseType_t xTaskCreatePinnedToCore(TaskFunction_t pxTaskCode, const char *const pcName,
                                   const uint32_t usStackDepth, void *const pvParameters,
                                   UBaseType_t uxPriority, TaskHandle_t *const pxCreatedTask,
                                   const BaseType_t xCoreID);
TaskHandle_t xTaskCreateStatic(TaskFunction_t pxTaskCode, const char *const pcName,
                               const uint32_t ulStackDepth, void *const pvParameters,
                               UBaseType_t uxPriority, StackType_t *const puxStackBuffer,
                               StaticTask_t *const pxTaskBuffer);
TaskHandle_t xTaskCreateStaticPinnedToCore(TaskFunction_t pxTaskCode, const char *const pcName,
                                           const uint32_t ulStackDepth, void *const pvParameters,
                                           UBaseType_t uxPriority,
                                           StackType_t *const puxStackBuffer,
                                           StaticTask_t *const pxTaskBuffer,
                                           const BaseType_t xCoreID);

/** NULL is the calling task, here and below. */
void vTaskDelete(TaskHandle_t xTaskToDelete);

/** Waits until so many tick interrupts have come: one tick is at most a tick long. */
void vTaskDelay(const TickType_t xTicksToDelay);
BaseType_t xTaskDelayUntil(TickType_t *const pxPreviousWakeTime, const TickType_t xTimeIncrement);
#define vTaskDelayUntil(pxPreviousWakeTime, xTimeIncrement)                                        \
    ((void)xTaskDelayUntil(pxPreviousWakeTime, xTimeIncrement))

TickType_t xTaskGetTickCount(void);
TickType_t xTaskGetTickCountFromISR(void);
TaskHandle_t xTaskGetCurrentTaskHandle(void);
TaskHandle_t xTaskGetHandle(const char *pcNameToQuery); /* NULL: no task has that name */
char *pcTaskGetName(TaskHandle_t xTaskToQuery);
#define pcTaskGetTaskName pcTaskGetName
UBaseType_t uxTaskGetNumberOfTasks(void);
eTaskState eTaskGetState(TaskHandle_t xTask);
BaseType_t xTaskGetSchedulerState(void);

/** Bytes of stack that were never used. The host's stack is another one: this is half of it. */
UBaseType_t uxTaskGetStackHighWaterMark(TaskHandle_t xTask);

UBaseType_t uxTaskPriorityGet(const TaskHandle_t xTask);
void vTaskPrioritySet(TaskHandle_t xTask, UBaseType_t uxNewPriority);

void vTaskSuspend(TaskHandle_t xTaskToSuspend);
void vTaskResume(TaskHandle_t xTaskToResume);
BaseType_t xTaskResumeFromISR(TaskHandle_t xTaskToResume);
void vTaskSuspendAll(void);
BaseType_t xTaskResumeAll(void);

#define taskYIELD()                 portYIELD()
#define taskENTER_CRITICAL(mux)     portENTER_CRITICAL(mux)
#define taskEXIT_CRITICAL(mux)      portEXIT_CRITICAL(mux)
#define taskENTER_CRITICAL_ISR(mux) portENTER_CRITICAL_ISR(mux)
#define taskEXIT_CRITICAL_ISR(mux)  portEXIT_CRITICAL_ISR(mux)
#define taskDISABLE_INTERRUPTS()    ((void)0)
#define taskENABLE_INTERRUPTS()     ((void)0)

/** Notifications: each task has one. */
BaseType_t xTaskGenericNotify(TaskHandle_t xTaskToNotify, uint32_t ulValue, eNotifyAction eAction,
                              uint32_t *pulPreviousNotificationValue);
BaseType_t xTaskGenericNotifyFromISR(TaskHandle_t xTaskToNotify, uint32_t ulValue,
                                     eNotifyAction eAction, uint32_t *pulPreviousNotificationValue,
                                     BaseType_t *pxHigherPriorityTaskWoken);
BaseType_t xTaskNotifyWait(uint32_t ulBitsToClearOnEntry, uint32_t ulBitsToClearOnExit,
                           uint32_t *pulNotificationValue, TickType_t xTicksToWait);
uint32_t ulTaskNotifyTake(BaseType_t xClearCountOnExit, TickType_t xTicksToWait);
BaseType_t xTaskNotifyStateClear(TaskHandle_t xTask);
uint32_t ulTaskNotifyValueClear(TaskHandle_t xTask, uint32_t ulBitsToClear);
void vTaskNotifyGiveFromISR(TaskHandle_t xTaskToNotify, BaseType_t *pxHigherPriorityTaskWoken);
#define xTaskNotify(task, value, action) xTaskGenericNotify(task, value, action, NULL)
#define xTaskNotifyAndQuery(task, value, action, previous)                                         \
    xTaskGenericNotify(task, value, action, previous)
#define xTaskNotifyGive(task) xTaskGenericNotify(task, 0, eIncrement, NULL)
#define xTaskNotifyFromISR(task, value, action, woken)                                             \
    xTaskGenericNotifyFromISR(task, value, action, NULL, woken)
#define xTaskNotifyAndQueryFromISR(task, value, action, previous, woken)                           \
    xTaskGenericNotifyFromISR(task, value, action, previous, woken)

/* By index: there is one notification, number 0. */
#define xTaskNotifyIndexed(task, index, value, action) xTaskNotify(task, value, action)
#define xTaskNotifyGiveIndexed(task, index)            xTaskNotifyGive(task)
#define ulTaskNotifyTakeIndexed(index, clear, ticks)   ulTaskNotifyTake(clear, ticks)
#define xTaskNotifyWaitIndexed(index, entry, exit, value, ticks)                                   \
    xTaskNotifyWait(entry, exit, value, ticks)

#ifdef __cplusplus
}
#endif
