/* Event groups of FreeRTOS. */
#include "freertos/event_groups.h"

#include <stdbool.h>

#include "esp_heap_caps.h"
#include "freertos/timers.h"
#include "scheduler.h"

#define MAGIC 0x45564752u

/* The upper byte is the kernel's own. */
#define USABLE_BITS UINT32_C(0x00FFFFFF)

struct EventGroupDef_t {
    uint32_t magic;
    EventBits_t bits;
    struct waiter *waiters; /* in the order in which they came */
    bool is_static;
};
_Static_assert(sizeof(struct EventGroupDef_t) <= sizeof(StaticEventGroup_t),
               "an event group fits where the firmware keeps one");

/* On the stack of the task that waits. */
struct waiter {
    struct waiter *next;
    EventBits_t wanted;
    bool all, clear;
    bool done;
    EventBits_t seen;
};

static void check(const struct EventGroupDef_t *group)
{
    RTOS_ASSERT(group != NULL);
    RTOS_ASSERT(group->magic == MAGIC);
}

static EventGroupHandle_t prepare(struct EventGroupDef_t *group, bool is_static)
{
    if (group != NULL) {
        *group = (struct EventGroupDef_t){.magic = MAGIC, .is_static = is_static};
    }
    return group;
}

EventGroupHandle_t xEventGroupCreate(void)
{
    return prepare(heap_caps_malloc(sizeof(struct EventGroupDef_t), MALLOC_CAP_DEFAULT), false);
}

EventGroupHandle_t xEventGroupCreateStatic(StaticEventGroup_t *pxEventGroupBuffer)
{
    RTOS_ASSERT(pxEventGroupBuffer != NULL);
    return prepare((struct EventGroupDef_t *)(void *)pxEventGroupBuffer, true);
}

static bool is_met(EventBits_t bits, EventBits_t wanted, bool all)
{
    return all ? (bits & wanted) == wanted : (bits & wanted) != 0;
}

/* All whom the bits satisfy see them; only then are they cleared. */
static void serve_waiters(struct EventGroupDef_t *group)
{
    EventBits_t to_clear = 0;
    for (struct waiter **at = &group->waiters; *at != NULL;) {
        struct waiter *waiter = *at;
        if (!is_met(group->bits, waiter->wanted, waiter->all)) {
            at = &waiter->next;
            continue;
        }
        *at = waiter->next;
        waiter->done = true;
        waiter->seen = group->bits;
        to_clear |= waiter->clear ? waiter->wanted : 0;
        rtos_wake_one(waiter);
    }
    group->bits &= ~to_clear;
}

static void forget(struct EventGroupDef_t *group, const struct waiter *waiter)
{
    for (struct waiter **at = &group->waiters; *at != NULL; at = &(*at)->next) {
        if (*at == waiter) {
            *at = waiter->next;
            return;
        }
    }
}

static EventBits_t wait_for(struct EventGroupDef_t *group, struct waiter *waiter, TickType_t ticks)
{
    struct waiter **end = &group->waiters;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = waiter;
    rtos_wait(waiter, rtos_deadline(ticks));
    if (waiter->done) {
        return waiter->seen;
    }
    forget(group, waiter);
    return group->bits;
}

void vEventGroupDelete(EventGroupHandle_t xEventGroup)
{
    check(xEventGroup);
    xEventGroup->magic = 0;
    while (xEventGroup->waiters != NULL) {
        struct waiter *waiter = xEventGroup->waiters;
        xEventGroup->waiters = waiter->next;
        waiter->done = true;
        waiter->seen = 0;
        rtos_wake_one(waiter);
    }
    if (!xEventGroup->is_static) {
        heap_caps_free(xEventGroup);
    }
    rtos_point();
}

EventBits_t xEventGroupWaitBits(EventGroupHandle_t xEventGroup, const EventBits_t uxBitsToWaitFor,
                                const BaseType_t xClearOnExit, const BaseType_t xWaitForAllBits,
                                TickType_t xTicksToWait)
{
    check(xEventGroup);
    RTOS_ASSERT(uxBitsToWaitFor != 0 && (uxBitsToWaitFor & ~USABLE_BITS) == 0);
    RTOS_ASSERT(xTicksToWait == 0 || !rtos_is_locked());
    rtos_point();
    struct waiter waiter = {.wanted = uxBitsToWaitFor,
                            .all = xWaitForAllBits != pdFALSE,
                            .clear = xClearOnExit != pdFALSE};
    EventBits_t bits = xEventGroup->bits;
    if (is_met(bits, waiter.wanted, waiter.all)) {
        xEventGroup->bits &= ~(waiter.clear ? waiter.wanted : 0);
        return bits;
    }
    return xTicksToWait > 0 ? wait_for(xEventGroup, &waiter, xTicksToWait) : bits;
}

EventBits_t xEventGroupSetBits(EventGroupHandle_t xEventGroup, const EventBits_t uxBitsToSet)
{
    check(xEventGroup);
    RTOS_ASSERT((uxBitsToSet & ~USABLE_BITS) == 0);
    xEventGroup->bits |= uxBitsToSet;
    serve_waiters(xEventGroup);
    EventBits_t bits = xEventGroup->bits;
    rtos_point();
    return bits;
}

EventBits_t xEventGroupClearBits(EventGroupHandle_t xEventGroup, const EventBits_t uxBitsToClear)
{
    check(xEventGroup);
    RTOS_ASSERT((uxBitsToClear & ~USABLE_BITS) == 0);
    EventBits_t bits = xEventGroup->bits;
    xEventGroup->bits &= ~uxBitsToClear;
    rtos_point();
    return bits;
}

EventBits_t xEventGroupGetBits(EventGroupHandle_t xEventGroup)
{
    return xEventGroupClearBits(xEventGroup, 0);
}

EventBits_t xEventGroupSync(EventGroupHandle_t xEventGroup, const EventBits_t uxBitsToSet,
                            const EventBits_t uxBitsToWaitFor, TickType_t xTicksToWait)
{
    check(xEventGroup);
    RTOS_ASSERT(uxBitsToWaitFor != 0 && (uxBitsToWaitFor & ~USABLE_BITS) == 0);
    RTOS_ASSERT(xTicksToWait == 0 || !rtos_is_locked());
    xEventGroup->bits |= uxBitsToSet;
    EventBits_t bits = xEventGroup->bits;
    serve_waiters(xEventGroup);
    if (is_met(bits, uxBitsToWaitFor, true)) {
        xEventGroup->bits &= ~uxBitsToWaitFor;
        rtos_point();
        return bits;
    }
    struct waiter waiter = {.wanted = uxBitsToWaitFor, .all = true, .clear = true};
    return xTicksToWait > 0 ? wait_for(xEventGroup, &waiter, xTicksToWait) : bits;
}

static void set_pended(void *group, uint32_t bits)
{
    xEventGroupSetBits(group, bits);
}

static void clear_pended(void *group, uint32_t bits)
{
    xEventGroupClearBits(group, bits);
}

BaseType_t xEventGroupSetBitsFromISR(EventGroupHandle_t xEventGroup, const EventBits_t uxBitsToSet,
                                     BaseType_t *pxHigherPriorityTaskWoken)
{
    return xTimerPendFunctionCallFromISR(set_pended, xEventGroup, uxBitsToSet,
                                         pxHigherPriorityTaskWoken);
}

BaseType_t xEventGroupClearBitsFromISR(EventGroupHandle_t xEventGroup,
                                       const EventBits_t uxBitsToClear)
{
    return xTimerPendFunctionCallFromISR(clear_pended, xEventGroup, uxBitsToClear, NULL);
}

EventBits_t xEventGroupGetBitsFromISR(EventGroupHandle_t xEventGroup)
{
    check(xEventGroup);
    return xEventGroup->bits;
}
