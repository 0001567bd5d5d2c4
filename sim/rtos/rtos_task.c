#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "esp_heap_caps.h"
#include "rtos_task_list.h"
#include "scheduler.h"

/* What a task control block takes on the device. */
#define CONTROL_BLOCK_BYTES 344u

static struct rtos_task *tasks; /* all that ever were */
static uint64_t places;

struct rtos_task *rtos_task_new(const char *name, unsigned priority, uint32_t stack)
{
    struct rtos_task *task = calloc(1, sizeof *task);
    if (task == NULL) {
        return NULL;
    }
    snprintf(task->name, sizeof task->name, "%s", name);
    task->base_priority = priority < RTOS_MAX_PRIORITY ? priority : RTOS_MAX_PRIORITY;
    task->stack = stack;
    pthread_cond_init(&task->turn, NULL);
    return task;
}

void rtos_task_free(struct rtos_task *task)
{
    rtos_task_free_memory(task);
    pthread_cond_destroy(&task->turn);
    free(task);
}

bool rtos_task_take_memory(struct rtos_task *task)
{
    task->memory[1] = heap_caps_malloc(task->stack, MALLOC_CAP_DEFAULT);
    task->memory[0] =
        task->memory[1] != NULL ? heap_caps_malloc(CONTROL_BLOCK_BYTES, MALLOC_CAP_DEFAULT) : NULL;
    return task->memory[0] != NULL;
}

void rtos_task_free_memory(struct rtos_task *task)
{
    for (size_t i = 0; i < 2; i++) {
        heap_caps_free(task->memory[i]);
        task->memory[i] = NULL;
    }
}

void rtos_task_list_add(struct rtos_task *task)
{
    struct rtos_task **end = &tasks;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = task;
    rtos_task_make_ready(task);
}

void rtos_task_to_back(struct rtos_task *task)
{
    task->place = ++places;
}

void rtos_task_make_ready(struct rtos_task *task)
{
    task->state = RTOS_READY;
    task->object = NULL;
    task->wake_us = RTOS_FOR_EVER;
    rtos_task_to_back(task);
}

/* Anybody comes before nobody. */
static bool is_more_important(const struct rtos_task *task, const struct rtos_task *other)
{
    if (other == NULL || rtos_priority(task) != rtos_priority(other)) {
        return other == NULL || rtos_priority(task) > rtos_priority(other);
    }
    return task->place < other->place;
}

struct rtos_task *rtos_task_list_first_ready(void)
{
    struct rtos_task *best = NULL;
    for (struct rtos_task *task = tasks; task != NULL; task = task->next) {
        if (task->state == RTOS_READY && is_more_important(task, best)) {
            best = task;
        }
    }
    return best;
}

struct rtos_task *rtos_first_waiting(const void *object)
{
    struct rtos_task *best = NULL;
    for (struct rtos_task *task = tasks; task != NULL; task = task->next) {
        if (task->state == RTOS_BLOCKED && object != NULL && task->object == object &&
            is_more_important(task, best)) {
            best = task;
        }
    }
    return best;
}

static struct rtos_task *first_due(uint64_t now_us)
{
    struct rtos_task *due = NULL;
    for (struct rtos_task *task = tasks; task != NULL; task = task->next) {
        if (task->state == RTOS_BLOCKED && task->wake_us <= now_us &&
            (due == NULL || task->wake_us < due->wake_us ||
             (task->wake_us == due->wake_us && task->place < due->place))) {
            due = task;
        }
    }
    return due;
}

void rtos_task_list_wake_due(uint64_t now_us)
{
    struct rtos_task *due;
    while ((due = first_due(now_us)) != NULL) {
        rtos_task_make_ready(due);
    }
}

uint64_t rtos_task_list_next_wake_us(const struct rtos_task *self)
{
    uint64_t next = RTOS_FOR_EVER;
    for (const struct rtos_task *task = tasks; task != NULL; task = task->next) {
        if (task != self && task->state == RTOS_BLOCKED && task->wake_us < next) {
            next = task->wake_us;
        }
    }
    return next;
}

bool rtos_task_list_has_ready_but(const struct rtos_task *self)
{
    const struct rtos_task *task = tasks;
    while (task != NULL && (task == self || task->state != RTOS_READY)) {
        task = task->next;
    }
    return task != NULL;
}

const struct rtos_task *rtos_task_list_first_outside(void)
{
    const struct rtos_task *task = tasks;
    while (task != NULL && !task->waits_outside) {
        task = task->next;
    }
    return task;
}

void rtos_task_list_free_deleted(void)
{
    for (struct rtos_task *task = tasks; task != NULL; task = task->next) {
        if (task->state == RTOS_DELETED) {
            rtos_task_free_memory(task);
        }
    }
}

bool rtos_task_list_say_who_waits(char *text, size_t size)
{
    size_t used = 0;
    unsigned count = 0;
    for (const struct rtos_task *task = tasks; task != NULL; task = task->next) {
        if (task->state != RTOS_DELETED && !task->is_daemon && used < size) {
            int more =
                snprintf(text + used, size - used, "%s%s", count > 0 ? ", " : "", task->name);
            used += more > 0 ? (size_t)more : 0;
            count++;
        }
    }
    if (count > 0 && used < size) {
        snprintf(text + used, size - used, count > 1 ? " wait for ever" : " waits for ever");
    }
    return count > 0;
}

struct rtos_task *rtos_find(const char *name)
{
    for (struct rtos_task *task = tasks; task != NULL; task = task->next) {
        if (task->state != RTOS_DELETED && strcmp(task->name, name) == 0) {
            return task;
        }
    }
    return NULL;
}

unsigned rtos_task_count(void)
{
    unsigned count = 0;
    for (const struct rtos_task *task = tasks; task != NULL; task = task->next) {
        count += task->state != RTOS_DELETED;
    }
    return count;
}

const char *rtos_name(const struct rtos_task *task)
{
    return task->name;
}

enum rtos_state rtos_state_of(const struct rtos_task *task)
{
    return task->state;
}

uint32_t rtos_stack(const struct rtos_task *task)
{
    return task->stack;
}

unsigned rtos_priority(const struct rtos_task *task)
{
    return task->inherited > task->base_priority ? task->inherited : task->base_priority;
}

unsigned rtos_base_priority(const struct rtos_task *task)
{
    return task->base_priority;
}

void rtos_set_base_priority(struct rtos_task *task, unsigned priority)
{
    RTOS_ASSERT(task->state != RTOS_DELETED);
    task->base_priority = priority < RTOS_MAX_PRIORITY ? priority : RTOS_MAX_PRIORITY;
}

void rtos_inherit(struct rtos_task *task, unsigned priority)
{
    task->inherited = priority;
}

void rtos_make_daemon(struct rtos_task *task)
{
    task->is_daemon = true;
}

struct rtos_notification *rtos_notification_of(struct rtos_task *task)
{
    RTOS_ASSERT(task->state != RTOS_DELETED);
    return &task->notification;
}
