/* Semaphores and mutexes of FreeRTOS. A mutex lends its holder the priority of whoever waits for
 * it. */
#include "freertos/semphr.h"

#include "queue_object.h"

static struct QueueDefinition *held; /* all mutexes that a task holds */

static SemaphoreHandle_t create_semaphore(UBaseType_t limit, UBaseType_t count,
                                          StaticSemaphore_t *memory)
{
    RTOS_ASSERT(limit > 0 && count <= limit);
    struct QueueDefinition *semaphore = queue_create(QUEUE_SEMAPHORE, limit, 0, NULL, memory);
    if (semaphore != NULL) {
        semaphore->count = count;
    }
    return semaphore;
}

static SemaphoreHandle_t create_mutex(enum queue_kind kind, StaticSemaphore_t *memory)
{
    struct QueueDefinition *mutex = queue_create(kind, 1, 0, NULL, memory);
    if (mutex != NULL) {
        mutex->count = 1;
    }
    return mutex;
}

SemaphoreHandle_t xSemaphoreCreateBinary(void)
{
    return create_semaphore(1, 0, NULL);
}

SemaphoreHandle_t xSemaphoreCreateCounting(UBaseType_t uxMaxCount, UBaseType_t uxInitialCount)
{
    return create_semaphore(uxMaxCount, uxInitialCount, NULL);
}

SemaphoreHandle_t xSemaphoreCreateMutex(void)
{
    return create_mutex(QUEUE_MUTEX, NULL);
}

SemaphoreHandle_t xSemaphoreCreateRecursiveMutex(void)
{
    return create_mutex(QUEUE_RECURSIVE_MUTEX, NULL);
}

SemaphoreHandle_t xSemaphoreCreateBinaryStatic(StaticSemaphore_t *pxBuffer)
{
    RTOS_ASSERT(pxBuffer != NULL);
    return create_semaphore(1, 0, pxBuffer);
}

SemaphoreHandle_t xSemaphoreCreateCountingStatic(UBaseType_t uxMaxCount, UBaseType_t uxInitialCount,
                                                 StaticSemaphore_t *pxBuffer)
{
    RTOS_ASSERT(pxBuffer != NULL);
    return create_semaphore(uxMaxCount, uxInitialCount, pxBuffer);
}

SemaphoreHandle_t xSemaphoreCreateMutexStatic(StaticSemaphore_t *pxBuffer)
{
    RTOS_ASSERT(pxBuffer != NULL);
    return create_mutex(QUEUE_MUTEX, pxBuffer);
}

SemaphoreHandle_t xSemaphoreCreateRecursiveMutexStatic(StaticSemaphore_t *pxBuffer)
{
    RTOS_ASSERT(pxBuffer != NULL);
    return create_mutex(QUEUE_RECURSIVE_MUTEX, pxBuffer);
}

static bool is_mutex(const struct QueueDefinition *semaphore)
{
    return semaphore->kind == QUEUE_MUTEX || semaphore->kind == QUEUE_RECURSIVE_MUTEX;
}

static void note_held(struct QueueDefinition *mutex)
{
    mutex->holder = rtos_self();
    mutex->next_held = held;
    held = mutex;
}

static void note_free(struct QueueDefinition *mutex)
{
    for (struct QueueDefinition **at = &held; *at != NULL; at = &(*at)->next_held) {
        if (*at == mutex) {
            *at = mutex->next_held;
            break;
        }
    }
    mutex->holder = NULL;
}

/* The holder is as important as the most important of those who wait for what it holds. */
static void inherit(struct rtos_task *holder)
{
    unsigned priority = 0;
    for (struct QueueDefinition *mutex = held; mutex != NULL; mutex = mutex->next_held) {
        const struct rtos_task *waiting =
            mutex->holder == holder ? rtos_first_waiting(&mutex->receivers) : NULL;
        if (waiting != NULL && rtos_priority(waiting) > priority) {
            priority = rtos_priority(waiting);
        }
    }
    rtos_inherit(holder, priority);
}

/* A waiter counts from the moment in which it blocks, so its priority goes over before that. */
static bool wait_for_mutex(struct QueueDefinition *mutex, uint64_t deadline)
{
    struct rtos_task *self = rtos_self(), *holder = mutex->holder;
    if (holder != NULL && rtos_priority(self) > rtos_priority(holder)) {
        rtos_inherit(holder, rtos_priority(self));
    }
    bool in_time = queue_wait(mutex, &mutex->receivers, deadline);
    if (mutex->holder != NULL && mutex->holder != self) {
        inherit(mutex->holder);
    }
    return in_time;
}

BaseType_t xSemaphoreTake(SemaphoreHandle_t xSemaphore, TickType_t xTicksToWait)
{
    queue_check(xSemaphore);
    RTOS_ASSERT(xSemaphore->item_size == 0);
    RTOS_ASSERT(xTicksToWait == 0 || !rtos_is_locked());
    rtos_point();
    uint64_t deadline = xTicksToWait > 0 ? rtos_deadline(xTicksToWait) : 0;
    while (xSemaphore->count == 0) {
        bool waits = is_mutex(xSemaphore) && deadline > rtos_now_us()
                         ? wait_for_mutex(xSemaphore, deadline)
                         : queue_wait(xSemaphore, &xSemaphore->receivers, deadline);
        if (!waits) {
            return pdFALSE;
        }
    }
    xSemaphore->count--;
    if (is_mutex(xSemaphore)) {
        note_held(xSemaphore);
        inherit(rtos_self());
    }
    return pdTRUE;
}

BaseType_t xSemaphoreGive(SemaphoreHandle_t xSemaphore)
{
    queue_check(xSemaphore);
    RTOS_ASSERT(xSemaphore->item_size == 0);
    if (xSemaphore->count == xSemaphore->length) {
        rtos_point();
        return pdFALSE;
    }
    if (is_mutex(xSemaphore)) {
        RTOS_ASSERT(xSemaphore->holder == rtos_self());
        note_free(xSemaphore);
    }
    xSemaphore->count++;
    rtos_wake_one(&xSemaphore->receivers);
    if (is_mutex(xSemaphore)) {
        inherit(rtos_self());
    }
    rtos_point();
    return pdTRUE;
}

BaseType_t xSemaphoreTakeRecursive(SemaphoreHandle_t xMutex, TickType_t xTicksToWait)
{
    queue_check(xMutex);
    RTOS_ASSERT(xMutex->kind == QUEUE_RECURSIVE_MUTEX);
    if (xMutex->holder != rtos_self() && xSemaphoreTake(xMutex, xTicksToWait) != pdTRUE) {
        return pdFALSE;
    }
    xMutex->depth++;
    return pdTRUE;
}

BaseType_t xSemaphoreGiveRecursive(SemaphoreHandle_t xMutex)
{
    queue_check(xMutex);
    RTOS_ASSERT(xMutex->kind == QUEUE_RECURSIVE_MUTEX);
    if (xMutex->holder != rtos_self()) {
        return pdFALSE;
    }
    if (--xMutex->depth == 0) {
        return xSemaphoreGive(xMutex);
    }
    return pdTRUE;
}

BaseType_t xSemaphoreTakeFromISR(SemaphoreHandle_t xSemaphore,
                                 BaseType_t *pxHigherPriorityTaskWoken)
{
    (void)pxHigherPriorityTaskWoken; /* nobody waits for room in a semaphore */
    queue_check(xSemaphore);
    RTOS_ASSERT(!is_mutex(xSemaphore));
    if (xSemaphore->count == 0) {
        return pdFALSE;
    }
    xSemaphore->count--;
    return pdTRUE;
}

BaseType_t xSemaphoreGiveFromISR(SemaphoreHandle_t xSemaphore,
                                 BaseType_t *pxHigherPriorityTaskWoken)
{
    queue_check(xSemaphore);
    RTOS_ASSERT(xSemaphore->item_size == 0 && !is_mutex(xSemaphore));
    if (xSemaphore->count == xSemaphore->length) {
        return pdFALSE;
    }
    xSemaphore->count++;
    const struct rtos_task *task = rtos_wake_one(&xSemaphore->receivers);
    if (task != NULL && pxHigherPriorityTaskWoken != NULL &&
        rtos_priority(task) > rtos_priority(rtos_self())) {
        *pxHigherPriorityTaskWoken = pdTRUE;
    }
    return pdTRUE;
}

UBaseType_t uxSemaphoreGetCount(SemaphoreHandle_t xSemaphore)
{
    return uxQueueMessagesWaiting(xSemaphore);
}

TaskHandle_t xSemaphoreGetMutexHolder(SemaphoreHandle_t xMutex)
{
    queue_check(xMutex);
    return xMutex->holder;
}

void vSemaphoreDelete(SemaphoreHandle_t xSemaphore)
{
    queue_check(xSemaphore);
    if (xSemaphore->holder != NULL) {
        note_free(xSemaphore);
    }
    vQueueDelete(xSemaphore);
}
