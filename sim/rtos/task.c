/* The task API of FreeRTOS over the scheduler. */
#include "freertos/task.h"

#include "freertos/semphr.h"
#include "scheduler.h"

static struct rtos_task *or_self(TaskHandle_t task)
{
    return task != NULL ? task : rtos_self();
}

BaseType_t xTaskCreate(TaskFunction_t pxTaskCode, const char *const pcName,
                       const uint32_t usStackDepth, void *const pvParameters,
                       UBaseType_t uxPriority, TaskHandle_t *const pxCreatedTask)
{
    RTOS_ASSERT(pxTaskCode != NULL);
    RTOS_ASSERT(uxPriority < configMAX_PRIORITIES);
    struct rtos_task *task =
        rtos_create(pcName, uxPriority, usStackDepth, pxTaskCode, pvParameters, true);
    if (task == NULL) {
        return errCOULD_NOT_ALLOCATE_REQUIRED_MEMORY;
    }
    if (pxCreatedTask != NULL) {
        *pxCreatedTask = task;
    }
    rtos_point();
    return pdPASS;
}

BaseType_t xTaskCreatePinnedToCore(TaskFunction_t pxTaskCode, const char *const pcName,
                                   const uint32_t usStackDepth, void *const pvParameters,
                                   UBaseType_t uxPriority, TaskHandle_t *const pxCreatedTask,
                                   const BaseType_t xCoreID)
{
    RTOS_ASSERT(xCoreID == tskNO_AFFINITY || xCoreID == 0 || xCoreID == 1);
    return xTaskCreate(pxTaskCode, pcName, usStackDepth, pvParameters, uxPriority, pxCreatedTask);
}

TaskHandle_t xTaskCreateStatic(TaskFunction_t pxTaskCode, const char *const pcName,
                               const uint32_t ulStackDepth, void *const pvParameters,
                               UBaseType_t uxPriority, StackType_t *const puxStackBuffer,
                               StaticTask_t *const pxTaskBuffer)
{
    RTOS_ASSERT(pxTaskCode != NULL);
    RTOS_ASSERT(uxPriority < configMAX_PRIORITIES);
    if (puxStackBuffer == NULL || pxTaskBuffer == NULL) {
        return NULL;
    }
    struct rtos_task *task =
        rtos_create(pcName, uxPriority, ulStackDepth, pxTaskCode, pvParameters, false);
    RTOS_ASSERT(task != NULL);
    rtos_point();
    return task;
}

TaskHandle_t xTaskCreateStaticPinnedToCore(TaskFunction_t pxTaskCode, const char *const pcName,
                                           const uint32_t ulStackDepth, void *const pvParameters,
                                           UBaseType_t uxPriority,
                                           StackType_t *const puxStackBuffer,
                                           StaticTask_t *const pxTaskBuffer,
                                           const BaseType_t xCoreID)
{
    RTOS_ASSERT(xCoreID == tskNO_AFFINITY || xCoreID == 0 || xCoreID == 1);
    return xTaskCreateStatic(pxTaskCode, pcName, ulStackDepth, pvParameters, uxPriority,
                             puxStackBuffer, pxTaskBuffer);
}

void vTaskDelete(TaskHandle_t xTaskToDelete)
{
    rtos_delete(or_self(xTaskToDelete));
    rtos_point();
}

void vTaskDelay(const TickType_t xTicksToDelay)
{
    RTOS_ASSERT(!rtos_is_locked());
    if (xTicksToDelay == 0) {
        rtos_yield();
    } else {
        rtos_wait(NULL, rtos_deadline(xTicksToDelay));
    }
}

BaseType_t xTaskDelayUntil(TickType_t *const pxPreviousWakeTime, const TickType_t xTimeIncrement)
{
    RTOS_ASSERT(pxPreviousWakeTime != NULL);
    RTOS_ASSERT(xTimeIncrement > 0);
    RTOS_ASSERT(!rtos_is_locked());
    TickType_t now = rtos_ticks(), wake = *pxPreviousWakeTime + xTimeIncrement;
    *pxPreviousWakeTime = wake;
    if (wake - now == 0 || wake - now > xTimeIncrement) { /* it has passed; ticks wrap around */
        rtos_point();
        return pdFALSE;
    }
    rtos_wait(NULL, rtos_deadline(wake - now));
    return pdTRUE;
}

TickType_t xTaskGetTickCount(void)
{
    rtos_point();
    return rtos_ticks();
}

TickType_t xTaskGetTickCountFromISR(void)
{
    return rtos_ticks();
}

TaskHandle_t xTaskGetCurrentTaskHandle(void)
{
    return rtos_self();
}

TaskHandle_t xTaskGetHandle(const char *pcNameToQuery)
{
    return rtos_find(pcNameToQuery);
}

char *pcTaskGetName(TaskHandle_t xTaskToQuery)
{
    return (char *)(uintptr_t)rtos_name(or_self(xTaskToQuery));
}

UBaseType_t uxTaskGetNumberOfTasks(void)
{
    return rtos_task_count();
}

eTaskState eTaskGetState(TaskHandle_t xTask)
{
    RTOS_ASSERT(xTask != NULL);
    switch (rtos_state_of(xTask)) {
    case RTOS_READY:
        return xTask == rtos_self() ? eRunning : eReady;
    case RTOS_BLOCKED:
        return eBlocked;
    case RTOS_SUSPENDED:
        return eSuspended;
    case RTOS_DELETED:
        return eDeleted;
    }
    return eInvalid;
}

BaseType_t xTaskGetSchedulerState(void)
{
    return rtos_is_locked() ? taskSCHEDULER_SUSPENDED : taskSCHEDULER_RUNNING;
}

UBaseType_t uxTaskGetStackHighWaterMark(TaskHandle_t xTask)
{
    return rtos_stack(or_self(xTask)) / 2;
}

UBaseType_t uxTaskPriorityGet(const TaskHandle_t xTask)
{
    return rtos_priority(or_self(xTask));
}

void vTaskPrioritySet(TaskHandle_t xTask, UBaseType_t uxNewPriority)
{
    RTOS_ASSERT(uxNewPriority < configMAX_PRIORITIES);
    rtos_set_base_priority(or_self(xTask), uxNewPriority);
    rtos_point();
}

void vTaskSuspend(TaskHandle_t xTaskToSuspend)
{
    rtos_suspend(or_self(xTaskToSuspend));
}

void vTaskResume(TaskHandle_t xTaskToResume)
{
    RTOS_ASSERT(xTaskToResume != NULL);
    rtos_resume(xTaskToResume);
    rtos_point();
}

BaseType_t xTaskResumeFromISR(TaskHandle_t xTaskToResume)
{
    RTOS_ASSERT(xTaskToResume != NULL);
    bool resumed = rtos_resume(xTaskToResume);
    return resumed && rtos_priority(xTaskToResume) > rtos_priority(rtos_self()) ? pdTRUE : pdFALSE;
}

void vTaskSuspendAll(void)
{
    rtos_lock();
}

BaseType_t xTaskResumeAll(void)
{
    return rtos_unlock() ? pdTRUE : pdFALSE;
}
