#include "scheduler.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot.h"
#include "boot_crash.h"
#include "esp_heap_caps.h"
#include "watchdog.h"

/* What a task control block takes on the device. */
#define CONTROL_BLOCK_BYTES 344u

/* mbedTLS and libcurl run on these, with a host's frames and maybe a sanitizer's. */
#define HOST_STACK_BYTES (4096u * 1024u)

/* A look at the clock takes a microsecond. Firmware that does nothing else but look would need the
 * host for as long as the device, so after many looks in a row each takes longer. */
#define LOOK_US       1u
#define LOOKS_IN_ROW  100000u
#define LATER_LOOK_US 100u

struct rtos_task {
    struct rtos_task *next;
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

static struct rtos_config config = {.tick_hz = 100, .watchdog_timeout_s = 5};
static struct rtos_task *tasks; /* all that ever were: a stale handle must be seen to be one */
static struct rtos_task *running;
static struct rtos_task *leaving; /* deleted itself, memory not yet freed */
static pthread_mutex_t baton = PTHREAD_MUTEX_INITIALIZER;
static uint64_t places;
static uint64_t slice_tick;
static uint64_t idle_ran_us;
static uint64_t bare_us; /* the clock where there is no device, as in some tests */
static unsigned locks;
static unsigned looks; /* at the clock, in a row */

void rtos_configure(const struct rtos_config *wanted)
{
    config = *wanted;
}

const struct rtos_config *rtos_config(void)
{
    return &config;
}

uint64_t rtos_now_us(void)
{
    const struct device *device = device_current();
    return device != NULL ? device->now_us - device->boot_us : bare_us;
}

static void advance(uint64_t us)
{
    struct device *device = device_current();
    if (device != NULL) {
        device_advance_us(device, us);
    } else {
        bare_us += us;
    }
}

static uint64_t ticks64(void)
{
    return rtos_now_us() * config.tick_hz / 1000000u;
}

uint32_t rtos_ticks(void)
{
    return (uint32_t)ticks64();
}

uint64_t rtos_deadline(uint32_t ticks)
{
    if (ticks == UINT32_MAX) {
        return RTOS_FOR_EVER;
    }
    return ((ticks64() + ticks) * 1000000u + config.tick_hz - 1) / config.tick_hz;
}

uint64_t rtos_idle_ran_us(void)
{
    return idle_ran_us;
}

unsigned rtos_priority(const struct rtos_task *task)
{
    return task->inherited > task->base_priority ? task->inherited : task->base_priority;
}

static struct rtos_task *first_ready(void)
{
    struct rtos_task *best = NULL;
    for (struct rtos_task *task = tasks; task != NULL; task = task->next) {
        if (task->state == RTOS_READY &&
            (best == NULL || rtos_priority(task) > rtos_priority(best) ||
             (rtos_priority(task) == rtos_priority(best) && task->place < best->place))) {
            best = task;
        }
    }
    return best;
}

static void make_ready(struct rtos_task *task)
{
    task->state = RTOS_READY;
    task->object = NULL;
    task->wake_us = RTOS_FOR_EVER;
    task->place = ++places;
}

/* In the order of their times, as the tick interrupt would. */
static void wake_due(void)
{
    for (;;) {
        struct rtos_task *due = NULL;
        for (struct rtos_task *task = tasks; task != NULL; task = task->next) {
            if (task->state == RTOS_BLOCKED && task->wake_us <= rtos_now_us() &&
                (due == NULL || task->wake_us < due->wake_us ||
                 (task->wake_us == due->wake_us && task->place < due->place))) {
                due = task;
            }
        }
        if (due == NULL) {
            return;
        }
        make_ready(due);
    }
}

static void free_memory(struct rtos_task *task)
{
    for (size_t i = 0; i < 2; i++) {
        heap_caps_free(task->memory[i]);
        task->memory[i] = NULL;
    }
}

static void free_leaving(void)
{
    for (struct rtos_task *task = leaving != NULL ? tasks : NULL; task != NULL; task = task->next) {
        if (task->state == RTOS_DELETED && task != running) {
            free_memory(task);
        }
    }
    leaving = NULL;
}

/* "main and updater wait for ever", for whoever asks why nothing happens any more. */
static _Noreturn void end_idle(void)
{
    char text[160] = "";
    size_t used = 0;
    unsigned count = 0;
    for (const struct rtos_task *task = tasks; task != NULL; task = task->next) {
        if (task->state != RTOS_DELETED && !task->is_daemon && used < sizeof text) {
            int more = snprintf(text + used, sizeof text - used, "%s%s", count > 0 ? ", " : "",
                                task->name);
            used += more > 0 ? (size_t)more : 0;
            count++;
        }
    }
    if (count > 0 && used < sizeof text) {
        snprintf(text + used, sizeof text - used, count > 1 ? " wait for ever" : " waits for ever");
    }
    boot_end(BOOT_END_IDLE, count > 0 ? text : NULL);
}

/* Nothing is ready: the idle task runs, and time passes until something is. */
static void idle(void)
{
    uint64_t next = RTOS_FOR_EVER;
    free_leaving();
    idle_ran_us = rtos_now_us();
    watchdog_idle_ran();
    for (struct rtos_task *task = tasks; task != NULL; task = task->next) {
        if (task->state == RTOS_BLOCKED && task->wake_us < next) {
            next = task->wake_us;
        }
    }
    uint64_t bark = watchdog_next_us(next == RTOS_FOR_EVER);
    if (next == RTOS_FOR_EVER && bark == RTOS_FOR_EVER) {
        end_idle();
    }
    uint64_t now = rtos_now_us();
    uint64_t until = next < bark ? next : bark;
    looks = 0;
    if (until > now) {
        advance(until - now);
    }
    idle_ran_us = rtos_now_us();
    watchdog_idle_ran();
    watchdog_check();
    wake_due();
}

static _Noreturn void leave_thread(const struct rtos_task *task)
{
    while (task->is_thread_of_process) { /* its end would be the end of all */
        pthread_cond_wait(&((struct rtos_task *)(uintptr_t)task)->turn, &baton);
    }
    pthread_mutex_unlock(&baton);
    pthread_exit(NULL);
}

static void wait_for_turn(struct rtos_task *self)
{
    while (running != self && self->state != RTOS_DELETED) {
        pthread_cond_wait(&self->turn, &baton);
    }
    if (self->state == RTOS_DELETED) {
        leave_thread(self);
    }
}

/* Runs whoever is to run; returns when that is the caller again. */
static void switch_task(void)
{
    struct rtos_task *self = running;
    struct rtos_task *next;
    while ((next = first_ready()) == NULL) {
        idle();
    }
    slice_tick = ticks64();
    if (next == self) {
        return;
    }
    running = next;
    pthread_cond_signal(&next->turn);
    wait_for_turn(self);
}

static void adopt_main(void)
{
    struct rtos_task *task = calloc(1, sizeof *task);
    if (task == NULL) {
        boot_end(BOOT_END_PANIC, "harness: out of memory");
    }
    snprintf(task->name, sizeof task->name, "main");
    task->base_priority = 1;
    task->is_thread_of_process = true;
    task->stack = 3584;
    pthread_cond_init(&task->turn, NULL);
    make_ready(task);
    tasks = running = task;
    pthread_mutex_lock(&baton);
}

struct rtos_task *rtos_self(void)
{
    if (running == NULL) {
        adopt_main();
    }
    return running;
}

static size_t host_stack(const struct rtos_task *task)
{
    size_t wanted = task->stack * 4u > HOST_STACK_BYTES ? task->stack * 4u : HOST_STACK_BYTES;
    return (wanted + 0xFFFFu) & ~(size_t)0xFFFFu; /* whole pages, of any size */
}

static void *run_task(void *argument)
{
    struct rtos_task *task = argument;
    char here = 0;
    boot_crash_watch_thread(&here - host_stack(task), host_stack(task));
    pthread_mutex_lock(&baton);
    wait_for_turn(task);
    task->function(task->argument);
    char text[80];
    snprintf(text, sizeof text, "FreeRTOS Task \"%s\" should not return, Aborting now!",
             task->name);
    boot_end(BOOT_END_PANIC, text);
}

static bool start_thread(struct rtos_task *task)
{
    pthread_attr_t attributes;
    pthread_t thread;
    if (pthread_attr_init(&attributes) != 0) {
        return false;
    }
    bool ok = pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED) == 0 &&
              pthread_attr_setstacksize(&attributes, host_stack(task)) == 0 &&
              pthread_create(&thread, &attributes, run_task, task) == 0;
    pthread_attr_destroy(&attributes);
    return ok;
}

static bool take_memory(struct rtos_task *task)
{
    task->memory[1] = heap_caps_malloc(task->stack, MALLOC_CAP_DEFAULT);
    task->memory[0] =
        task->memory[1] != NULL ? heap_caps_malloc(CONTROL_BLOCK_BYTES, MALLOC_CAP_DEFAULT) : NULL;
    return task->memory[0] != NULL;
}

static void append(struct rtos_task *task)
{
    struct rtos_task **end = &tasks;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = task;
}

struct rtos_task *rtos_create(const char *name, unsigned priority, uint32_t stack,
                              void (*function)(void *argument), void *argument, bool device_memory)
{
    rtos_self();
    struct rtos_task *task = calloc(1, sizeof *task);
    if (task == NULL) {
        return NULL;
    }
    snprintf(task->name, sizeof task->name, "%s", name != NULL ? name : "");
    task->base_priority = priority < RTOS_MAX_PRIORITY ? priority : RTOS_MAX_PRIORITY;
    task->stack = stack;
    task->function = function;
    task->argument = argument;
    pthread_cond_init(&task->turn, NULL);
    if ((device_memory && !take_memory(task)) || !start_thread(task)) {
        free_memory(task);
        pthread_cond_destroy(&task->turn);
        free(task);
        return NULL;
    }
    make_ready(task);
    append(task);
    return task;
}

void rtos_delete(struct rtos_task *task)
{
    struct rtos_task *self = rtos_self();
    RTOS_ASSERT(task->state != RTOS_DELETED);
    task->state = RTOS_DELETED;
    task->object = NULL;
    watchdog_forget(task);
    if (task != self) {
        free_memory(task);
        pthread_cond_signal(&task->turn);
        return;
    }
    leaving = task; /* the idle task will free its memory */
    locks = 0;
    struct rtos_task *next;
    while ((next = first_ready()) == NULL) {
        idle();
    }
    slice_tick = ticks64();
    running = next;
    pthread_cond_signal(&next->turn);
    leave_thread(task);
}

bool rtos_wait(const void *object, uint64_t deadline_us)
{
    struct rtos_task *self = rtos_self();
    RTOS_ASSERT(locks == 0);
    wake_due();
    self->state = RTOS_BLOCKED;
    self->object = object;
    self->wake_us = deadline_us;
    self->place = ++places;
    self->woken = false;
    switch_task();
    return self->woken;
}

void rtos_sleep_us(uint64_t us)
{
    uint64_t now = rtos_now_us();
    rtos_wait(NULL, us < RTOS_FOR_EVER - now ? now + us : RTOS_FOR_EVER);
}

struct rtos_task *rtos_first_waiting(const void *object)
{
    struct rtos_task *best = NULL;
    for (struct rtos_task *task = tasks; task != NULL; task = task->next) {
        if (task->state == RTOS_BLOCKED && object != NULL && task->object == object &&
            (best == NULL || rtos_priority(task) > rtos_priority(best) ||
             (rtos_priority(task) == rtos_priority(best) && task->place < best->place))) {
            best = task;
        }
    }
    return best;
}

struct rtos_task *rtos_wake_one(const void *object)
{
    struct rtos_task *task = rtos_first_waiting(object);
    if (task != NULL) {
        task->woken = true;
        make_ready(task);
    }
    return task;
}

void rtos_wake_all(const void *object)
{
    while (rtos_wake_one(object) != NULL) {
    }
}

void rtos_preempt(void)
{
    struct rtos_task *self = running;
    if (self == NULL || self->state != RTOS_READY) { /* or the idle task runs, and logs */
        return;
    }
    watchdog_check();
    if (locks > 0) {
        return;
    }
    wake_due();
    if (ticks64() != slice_tick) {
        slice_tick = ticks64();
        self->place = ++places;
    }
    switch_task();
}

void rtos_point(void)
{
    rtos_self();
    advance(looks < LOOKS_IN_ROW ? LOOK_US : LATER_LOOK_US);
    looks += looks < LOOKS_IN_ROW;
    rtos_preempt();
}

void rtos_yield(void)
{
    rtos_self()->place = ++places;
    rtos_point();
}

/* When another task will run next, if this one blocks now. */
static uint64_t next_of_others(const struct rtos_task *self)
{
    uint64_t next = RTOS_FOR_EVER;
    for (const struct rtos_task *task = tasks; task != NULL; task = task->next) {
        if (task != self && task->state == RTOS_READY) {
            return rtos_now_us();
        }
        if (task != self && task->state == RTOS_BLOCKED && task->wake_us < next) {
            next = task->wake_us;
        }
    }
    return next;
}

/* How the rest of the simulator waits: others may run meanwhile. */
static bool wait_for_device(uint64_t us)
{
    if (running == NULL || locks > 0) {
        if (us != UINT64_MAX) {
            advance(us);
        }
        return us != UINT64_MAX;
    }
    struct rtos_task *self = running;
    uint64_t next = next_of_others(self);
    if (us == UINT64_MAX && next == RTOS_FOR_EVER) {
        return false;
    }
    self->waits_outside = true;
    rtos_wait(NULL, us != UINT64_MAX ? rtos_now_us() + us : next);
    self->waits_outside = false;
    return true;
}

void rtos_start(const struct rtos_config *wanted)
{
    rtos_configure(wanted);
    rtos_self();
    device_set_waiter(wait_for_device);
}

void rtos_suspend(struct rtos_task *task)
{
    struct rtos_task *self = rtos_self();
    RTOS_ASSERT(task->state != RTOS_DELETED);
    task->state = RTOS_SUSPENDED;
    task->object = NULL;
    task->wake_us = RTOS_FOR_EVER;
    task->woken = false;
    if (task == self) {
        RTOS_ASSERT(locks == 0);
        wake_due();
        switch_task();
    }
}

bool rtos_resume(struct rtos_task *task)
{
    RTOS_ASSERT(task->state != RTOS_DELETED);
    if (task->state != RTOS_SUSPENDED) {
        return false;
    }
    make_ready(task);
    return true;
}

void rtos_lock(void)
{
    rtos_self();
    locks++;
}

bool rtos_unlock(void)
{
    RTOS_ASSERT(locks > 0);
    locks--;
    if (locks > 0) {
        return false;
    }
    wake_due();
    bool switches = first_ready() != rtos_self();
    rtos_preempt();
    return switches;
}

bool rtos_is_locked(void)
{
    return locks > 0;
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

void rtos_make_daemon(struct rtos_task *task)
{
    task->is_daemon = true;
}

const char *rtos_name(const struct rtos_task *task)
{
    return task->name;
}

enum rtos_state rtos_state_of(const struct rtos_task *task)
{
    return task->state;
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

uint32_t rtos_stack(const struct rtos_task *task)
{
    return task->stack;
}

unsigned rtos_task_count(void)
{
    unsigned count = 0;
    for (const struct rtos_task *task = tasks; task != NULL; task = task->next) {
        count += task->state != RTOS_DELETED;
    }
    return count;
}

struct rtos_notification *rtos_notification_of(struct rtos_task *task)
{
    RTOS_ASSERT(task->state != RTOS_DELETED);
    return &task->notification;
}

_Noreturn void rtos_main_returned(void)
{
    rtos_delete(rtos_self());
    abort();
}

static const struct rtos_task *first_outside(void)
{
    const struct rtos_task *task = tasks;
    while (task != NULL && !task->waits_outside) {
        task = task->next;
    }
    return task;
}

_Noreturn void rtos_time_is_up(void)
{
    char text[120];
    uint64_t now = rtos_now_us();
    unsigned long long seconds = now / 1000000u;
    uint64_t limit = config.watchdog_timeout_s != 0 ? config.watchdog_timeout_s : 5;
    const struct rtos_task *outside = first_outside();
    if (outside != NULL) {
        snprintf(text, sizeof text,
                 "\"%s\" still waits for the network after %llu s of the device's time",
                 outside->name, seconds);
        boot_end(BOOT_END_WATCHDOG, text);
    }
    if (now - idle_ran_us <= limit * 1000000u || first_ready() == NULL) {
        snprintf(text, sizeof text, "still running after %llu s of the device's time", seconds);
        boot_end(BOOT_END_IDLE, text);
    }
    snprintf(text, sizeof text,
             "no task has blocked for %llu s of the device's time, and no watchdog resets",
             (unsigned long long)((now - idle_ran_us) / 1000000u));
    boot_end(BOOT_END_HANG, text);
}

_Noreturn void rtos_assert_failed(const char *function, const char *expression)
{
    char text[160];
    snprintf(text, sizeof text, "assert failed: %s (%s)", function, expression);
    boot_end(BOOT_END_PANIC, text);
}
