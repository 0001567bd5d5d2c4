/* A task of the simulated RTOS, and what is known of it. scheduler.h makes and runs them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define RTOS_MAX_PRIORITY  24 /* configMAX_PRIORITIES - 1 */
#define RTOS_NAME_LENGTH   16 /* with its final zero */
#define RTOS_NOTIFICATIONS 1

enum rtos_state { RTOS_READY, RTOS_BLOCKED, RTOS_SUSPENDED, RTOS_DELETED };

struct rtos_task;

/** NULL: no task has that name. */
struct rtos_task *rtos_find(const char *name);

/** The most important task that waits for the object; NULL: none. */
struct rtos_task *rtos_first_waiting(const void *object);

/** Those that are not deleted. */
unsigned rtos_task_count(void);

const char *rtos_name(const struct rtos_task *task);
enum rtos_state rtos_state_of(const struct rtos_task *task);
uint32_t rtos_stack(const struct rtos_task *task); /* bytes of the device's */

unsigned rtos_priority(const struct rtos_task *task);      /* with what it has inherited */
unsigned rtos_base_priority(const struct rtos_task *task); /* without */
void rtos_set_base_priority(struct rtos_task *task, unsigned priority);
/** Raises the priority for as long as a mutex is held; 0 ends that. */
void rtos_inherit(struct rtos_task *task, unsigned priority);

/** The system's own: a boot in which only such tasks are left is idle, without a word on them. */
void rtos_make_daemon(struct rtos_task *task);

/** Notifications of a task, kept for whoever sends and takes them. */
struct rtos_notification {
    uint32_t value;
    bool pending;
};
struct rtos_notification *rtos_notification_of(struct rtos_task *task);
