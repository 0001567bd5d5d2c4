/* All tasks of the boot, as the scheduler sees them: what is in one, and whose turn it is. For the
 * scheduler alone. */
#pragma once

#include <pthread.h>
#include <stddef.h>

#include "rtos_task.h"

struct rtos_task {
    struct rtos_task *next; /* made after this one */
    char name[RTOS_NAME_LENGTH];
    enum rtos_state state;
    unsigned base_priority;
    unsigned inherited;
    uint64_t place;     /* in the queue of its priority, or of those who wait */
    const void *object; /* waited for */
    uint64_t wake_us;   /* RTOS_FOR_EVER: only by being woken */
    bool woken;
    void (*function)(void *argument);
    void *argument;
    uint32_t stack;
    void *memory[2]; /* of the device: control block, stack */
    bool is_thread_of_process;
    bool waits_outside; /* for the network */
    bool is_daemon;     /* of the system: the application has not made it */
    pthread_cond_t turn;
    struct rtos_notification notification;
};

/** A task that is in no list yet, neither ready nor with memory of the device. NULL when the host's
 * memory is short. */
struct rtos_task *rtos_task_new(const char *name, unsigned priority, uint32_t stack);

/** Frees a task that has come into no list. */
void rtos_task_free(struct rtos_task *task);

/** Takes control block and stack from the device's heap; false when that is short. */
bool rtos_task_take_memory(struct rtos_task *task);
void rtos_task_free_memory(struct rtos_task *task);

/** Adds it, ready. It stays in the list for good: a stale handle must be seen to be one. */
void rtos_task_list_add(struct rtos_task *task);

/** Behind the others of its queue. */
void rtos_task_to_back(struct rtos_task *task);
void rtos_task_make_ready(struct rtos_task *task);

/** Who is to run: the most important one that is ready; NULL: none. */
struct rtos_task *rtos_task_list_first_ready(void);

/** Makes those ready whose wake-up has come, in the order of their times, as the tick interrupt
 * would. */
void rtos_task_list_wake_due(uint64_t now_us);

/** The next wake-up of a blocked task but `self` (NULL: of any); RTOS_FOR_EVER: none. */
uint64_t rtos_task_list_next_wake_us(const struct rtos_task *self);

/** Whether a task but `self` is ready. */
bool rtos_task_list_has_ready_but(const struct rtos_task *self);

/** One that waits for the network; NULL: none. */
const struct rtos_task *rtos_task_list_first_outside(void);

/** Frees the device's memory of deleted tasks. */
void rtos_task_list_free_deleted(void);

/** "main, updater wait for ever", of all that are not deleted, without daemons; false: there are
 * none. */
bool rtos_task_list_say_who_waits(char *text, size_t size);
