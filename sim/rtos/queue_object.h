/* What queues, semaphores and mutexes are made of. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "freertos/queue.h"
#include "scheduler.h"

enum queue_kind { QUEUE_OF_ITEMS, QUEUE_SEMAPHORE, QUEUE_MUTEX, QUEUE_RECURSIVE_MUTEX };

struct QueueDefinition {
    uint32_t magic;
    uint8_t kind; /* enum queue_kind */
    bool is_static;
    char receivers, senders; /* the addresses are what tasks wait for */
    uint32_t length, item_size;
    uint32_t first, count;
    uint8_t *items;
    struct rtos_task *holder; /* of a mutex */
    struct QueueDefinition *next_held;
    uint32_t depth; /* how often the holder of a recursive mutex took it */
};

/** In `memory`, or of the device's heap if that is NULL; NULL when it is too small. */
struct QueueDefinition *queue_create(enum queue_kind kind, uint32_t length, uint32_t item_size,
                                     uint8_t *storage, StaticQueue_t *memory);

/** Ends the boot as a panic if it is none, or no longer. */
void queue_check(const struct QueueDefinition *queue);

/** Waits on that side of the queue; false when the deadline has passed already. */
bool queue_wait(struct QueueDefinition *queue, const void *side, uint64_t deadline);
