/* Queues of FreeRTOS. Semaphores and mutexes are queues without items (semaphore.c). */
#include "queue_object.h"

#include <string.h>

#include "esp_heap_caps.h"
#include "freertos/queue.h"
#include "scheduler.h"

#define MAGIC 0x51554555u

_Static_assert(sizeof(struct QueueDefinition) <= sizeof(StaticQueue_t),
               "a queue fits where the firmware keeps one");

struct QueueDefinition *queue_create(enum queue_kind kind, uint32_t length, uint32_t item_size,
                                     uint8_t *storage, StaticQueue_t *memory)
{
    struct QueueDefinition *queue = (struct QueueDefinition *)(void *)memory;
    size_t bytes = (size_t)length * item_size;
    RTOS_ASSERT(length > 0);
    bool is_static = queue != NULL;
    if (queue == NULL) {
        queue = heap_caps_malloc(sizeof *queue, MALLOC_CAP_DEFAULT);
        if (queue != NULL && bytes > 0) {
            storage = heap_caps_malloc(bytes, MALLOC_CAP_DEFAULT);
            if (storage == NULL) {
                heap_caps_free(queue);
                return NULL;
            }
        }
    }
    if (queue != NULL) {
        *queue = (struct QueueDefinition){.magic = MAGIC,
                                          .kind = (uint8_t)kind,
                                          .is_static = is_static,
                                          .length = length,
                                          .item_size = item_size,
                                          .items = storage};
    }
    return queue;
}

void queue_check(const struct QueueDefinition *queue)
{
    RTOS_ASSERT(queue != NULL);
    RTOS_ASSERT(queue->magic == MAGIC); /* it exists, and was not deleted */
}

QueueHandle_t xQueueCreate(UBaseType_t uxQueueLength, UBaseType_t uxItemSize)
{
    return queue_create(QUEUE_OF_ITEMS, uxQueueLength, uxItemSize, NULL, NULL);
}

QueueHandle_t xQueueCreateStatic(UBaseType_t uxQueueLength, UBaseType_t uxItemSize,
                                 uint8_t *pucQueueStorage, StaticQueue_t *pxQueueBuffer)
{
    RTOS_ASSERT(pxQueueBuffer != NULL);
    RTOS_ASSERT((pucQueueStorage != NULL) == (uxItemSize != 0));
    return queue_create(QUEUE_OF_ITEMS, uxQueueLength, uxItemSize, pucQueueStorage, pxQueueBuffer);
}

void vQueueDelete(QueueHandle_t xQueue)
{
    queue_check(xQueue);
    xQueue->magic = 0;
    if (!xQueue->is_static) {
        heap_caps_free(xQueue->items);
        heap_caps_free(xQueue);
    }
}

static uint8_t *item_at(const struct QueueDefinition *queue, uint32_t place)
{
    return queue->items + (size_t)((queue->first + place) % queue->length) * queue->item_size;
}

static void put(struct QueueDefinition *queue, const void *item, BaseType_t position)
{
    uint32_t place = queue->count;
    if (position == queueOVERWRITE) {
        place = 0;
        queue->count = 1;
    } else if (position == queueSEND_TO_FRONT) {
        queue->first = (queue->first + queue->length - 1) % queue->length;
        place = 0;
        queue->count++;
    } else {
        queue->count++;
    }
    if (queue->item_size > 0) {
        memcpy(item_at(queue, place), item, queue->item_size);
    }
    rtos_wake_one(&queue->receivers);
}

static void get(struct QueueDefinition *queue, void *item, bool keep)
{
    if (queue->item_size > 0) {
        memcpy(item, item_at(queue, 0), queue->item_size);
    }
    if (keep) {
        rtos_wake_one(&queue->receivers); /* the next one may have it */
        return;
    }
    queue->first = (queue->first + 1) % queue->length;
    queue->count--;
    rtos_wake_one(&queue->senders);
}

bool queue_wait(struct QueueDefinition *queue, const void *side, uint64_t deadline)
{
    bool in_time = deadline > rtos_now_us();
    if (in_time) {
        rtos_wait(side, deadline);
        queue_check(queue);
    }
    return in_time;
}

static uint64_t deadline_after(TickType_t ticks)
{
    RTOS_ASSERT(ticks == 0 || !rtos_is_locked());
    return ticks > 0 ? rtos_deadline(ticks) : 0;
}

BaseType_t xQueueGenericSend(QueueHandle_t xQueue, const void *const pvItemToQueue,
                             TickType_t xTicksToWait, const BaseType_t xCopyPosition)
{
    queue_check(xQueue);
    RTOS_ASSERT(pvItemToQueue != NULL || xQueue->item_size == 0);
    RTOS_ASSERT(xCopyPosition != queueOVERWRITE || xQueue->length == 1);
    rtos_point();
    uint64_t deadline = deadline_after(xTicksToWait);
    while (xQueue->count == xQueue->length && xCopyPosition != queueOVERWRITE) {
        if (!queue_wait(xQueue, &xQueue->senders, deadline)) {
            return errQUEUE_FULL;
        }
    }
    put(xQueue, pvItemToQueue, xCopyPosition);
    rtos_preempt();
    return pdPASS;
}

static void tell_woken(const struct rtos_task *waiting, BaseType_t *woken)
{
    if (woken != NULL && waiting != NULL && rtos_priority(waiting) > rtos_priority(rtos_self())) {
        *woken = pdTRUE;
    }
}

BaseType_t xQueueGenericSendFromISR(QueueHandle_t xQueue, const void *const pvItemToQueue,
                                    BaseType_t *const pxHigherPriorityTaskWoken,
                                    const BaseType_t xCopyPosition)
{
    queue_check(xQueue);
    RTOS_ASSERT(pvItemToQueue != NULL || xQueue->item_size == 0);
    RTOS_ASSERT(xCopyPosition != queueOVERWRITE || xQueue->length == 1);
    if (xQueue->count == xQueue->length && xCopyPosition != queueOVERWRITE) {
        return errQUEUE_FULL;
    }
    tell_woken(rtos_first_waiting(&xQueue->receivers), pxHigherPriorityTaskWoken);
    put(xQueue, pvItemToQueue, xCopyPosition);
    return pdPASS;
}

static BaseType_t receive(QueueHandle_t queue, void *buffer, TickType_t ticks, bool keep)
{
    queue_check(queue);
    RTOS_ASSERT(buffer != NULL || queue->item_size == 0);
    rtos_point();
    uint64_t deadline = deadline_after(ticks);
    while (queue->count == 0) {
        if (!queue_wait(queue, &queue->receivers, deadline)) {
            return errQUEUE_EMPTY;
        }
    }
    get(queue, buffer, keep);
    rtos_preempt();
    return pdPASS;
}

BaseType_t xQueueReceive(QueueHandle_t xQueue, void *const pvBuffer, TickType_t xTicksToWait)
{
    return receive(xQueue, pvBuffer, xTicksToWait, false);
}

BaseType_t xQueuePeek(QueueHandle_t xQueue, void *const pvBuffer, TickType_t xTicksToWait)
{
    return receive(xQueue, pvBuffer, xTicksToWait, true);
}

BaseType_t xQueueReceiveFromISR(QueueHandle_t xQueue, void *const pvBuffer,
                                BaseType_t *const pxHigherPriorityTaskWoken)
{
    queue_check(xQueue);
    if (xQueue->count == 0) {
        return pdFAIL;
    }
    tell_woken(rtos_first_waiting(&xQueue->senders), pxHigherPriorityTaskWoken);
    get(xQueue, pvBuffer, false);
    return pdPASS;
}

BaseType_t xQueuePeekFromISR(QueueHandle_t xQueue, void *const pvBuffer)
{
    queue_check(xQueue);
    if (xQueue->count == 0) {
        return pdFAIL;
    }
    memcpy(pvBuffer, item_at(xQueue, 0), xQueue->item_size);
    return pdPASS;
}

BaseType_t xQueueReset(QueueHandle_t xQueue)
{
    queue_check(xQueue);
    xQueue->count = 0;
    xQueue->first = 0;
    rtos_wake_one(&xQueue->senders);
    rtos_point();
    return pdPASS;
}

UBaseType_t uxQueueMessagesWaiting(const QueueHandle_t xQueue)
{
    queue_check(xQueue);
    rtos_point();
    return xQueue->count;
}

UBaseType_t uxQueueMessagesWaitingFromISR(const QueueHandle_t xQueue)
{
    queue_check(xQueue);
    return xQueue->count;
}

UBaseType_t uxQueueSpacesAvailable(const QueueHandle_t xQueue)
{
    queue_check(xQueue);
    rtos_point();
    return xQueue->length - xQueue->count;
}

BaseType_t xQueueIsQueueEmptyFromISR(const QueueHandle_t xQueue)
{
    queue_check(xQueue);
    return xQueue->count == 0 ? pdTRUE : pdFALSE;
}

BaseType_t xQueueIsQueueFullFromISR(const QueueHandle_t xQueue)
{
    queue_check(xQueue);
    return xQueue->count == xQueue->length ? pdTRUE : pdFALSE;
}
