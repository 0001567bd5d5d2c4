/* Task notifications of FreeRTOS: one value and one flag per task. */
#include "freertos/task.h"
#include "scheduler.h"

static BaseType_t notify(struct rtos_task *task, uint32_t value, eNotifyAction action,
                         uint32_t *previous)
{
    RTOS_ASSERT(task != NULL);
    struct rtos_notification *notification = rtos_notification_of(task);
    bool was_pending = notification->pending;
    if (previous != NULL) {
        *previous = notification->value;
    }
    notification->pending = true;
    switch (action) {
    case eNoAction:
        break;
    case eSetBits:
        notification->value |= value;
        break;
    case eIncrement:
        notification->value++;
        break;
    case eSetValueWithOverwrite:
        notification->value = value;
        break;
    case eSetValueWithoutOverwrite:
        if (was_pending) {
            return pdFAIL;
        }
        notification->value = value;
        break;
    }
    rtos_wake_one(notification);
    return pdPASS;
}

static void tell_woken(const struct rtos_task *task, BaseType_t *woken)
{
    if (woken != NULL && rtos_state_of(task) == RTOS_READY &&
        rtos_priority(task) > rtos_priority(rtos_self())) {
        *woken = pdTRUE;
    }
}

BaseType_t xTaskGenericNotify(TaskHandle_t xTaskToNotify, uint32_t ulValue, eNotifyAction eAction,
                              uint32_t *pulPreviousNotificationValue)
{
    BaseType_t result = notify(xTaskToNotify, ulValue, eAction, pulPreviousNotificationValue);
    rtos_point();
    return result;
}

BaseType_t xTaskGenericNotifyFromISR(TaskHandle_t xTaskToNotify, uint32_t ulValue,
                                     eNotifyAction eAction, uint32_t *pulPreviousNotificationValue,
                                     BaseType_t *pxHigherPriorityTaskWoken)
{
    BaseType_t result = notify(xTaskToNotify, ulValue, eAction, pulPreviousNotificationValue);
    tell_woken(xTaskToNotify, pxHigherPriorityTaskWoken);
    return result;
}

void vTaskNotifyGiveFromISR(TaskHandle_t xTaskToNotify, BaseType_t *pxHigherPriorityTaskWoken)
{
    xTaskGenericNotifyFromISR(xTaskToNotify, 0, eIncrement, NULL, pxHigherPriorityTaskWoken);
}

BaseType_t xTaskNotifyWait(uint32_t ulBitsToClearOnEntry, uint32_t ulBitsToClearOnExit,
                           uint32_t *pulNotificationValue, TickType_t xTicksToWait)
{
    struct rtos_notification *mine = rtos_notification_of(rtos_self());
    rtos_point();
    if (!mine->pending) {
        mine->value &= ~ulBitsToClearOnEntry;
        if (xTicksToWait > 0) {
            rtos_wait(mine, rtos_deadline(xTicksToWait));
        }
    }
    if (pulNotificationValue != NULL) {
        *pulNotificationValue = mine->value;
    }
    bool notified = mine->pending;
    if (notified) {
        mine->value &= ~ulBitsToClearOnExit;
    }
    mine->pending = false;
    return notified ? pdTRUE : pdFALSE;
}

uint32_t ulTaskNotifyTake(BaseType_t xClearCountOnExit, TickType_t xTicksToWait)
{
    struct rtos_notification *mine = rtos_notification_of(rtos_self());
    rtos_point();
    if (mine->value == 0 && xTicksToWait > 0) {
        rtos_wait(mine, rtos_deadline(xTicksToWait));
    }
    uint32_t value = mine->value;
    if (value != 0) {
        mine->value = xClearCountOnExit != pdFALSE ? 0 : value - 1;
    }
    mine->pending = false;
    return value;
}

BaseType_t xTaskNotifyStateClear(TaskHandle_t xTask)
{
    struct rtos_notification *notification =
        rtos_notification_of(xTask != NULL ? xTask : rtos_self());
    bool was_pending = notification->pending;
    notification->pending = false;
    return was_pending ? pdTRUE : pdFALSE;
}

uint32_t ulTaskNotifyValueClear(TaskHandle_t xTask, uint32_t ulBitsToClear)
{
    struct rtos_notification *notification =
        rtos_notification_of(xTask != NULL ? xTask : rtos_self());
    uint32_t value = notification->value;
    notification->value &= ~ulBitsToClear;
    return value;
}
