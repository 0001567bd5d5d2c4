#include "scheduler.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "boot.h"
#include "boot_crash.h"
#include "rtos_task_list.h"
#include "watchdog.h"

#define MAIN_STACK 3584u /* CONFIG_ESP_MAIN_TASK_STACK_SIZE */

/* mbedTLS and libcurl run on these, with a host's frames and maybe a sanitizer's. */
#define HOST_STACK_BYTES (4096u * 1024u)

/* A look at the clock takes a microsecond. Firmware that does nothing else but look would need the
 * host for as long as the device, so after many looks in a row each takes longer. */
#define LOOK_US       1u
#define LOOKS_IN_ROW  100000u
#define LATER_LOOK_US 100u

static struct rtos_config config = {.tick_hz = 100, .watchdog_timeout_s = 5};
static struct rtos_task *running;
static bool leaving; /* a task has deleted itself, its memory is not yet freed */
static pthread_mutex_t baton = PTHREAD_MUTEX_INITIALIZER;
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

static void wake_due(void)
{
    rtos_task_list_wake_due(rtos_now_us());
}

static void free_leaving(void)
{
    if (leaving) {
        rtos_task_list_free_deleted();
    }
    leaving = false;
}

/* Says who waits, for whoever asks why nothing happens any more. */
static _Noreturn void end_idle(void)
{
    char text[160] = "";
    bool waits = rtos_task_list_say_who_waits(text, sizeof text);
    boot_end(BOOT_END_IDLE, waits ? text : NULL);
}

/* Nothing is ready: the idle task runs, and time passes until something is. */
static void idle(void)
{
    free_leaving();
    idle_ran_us = rtos_now_us();
    watchdog_idle_ran();
    uint64_t next = rtos_task_list_next_wake_us(NULL);
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

/* Whoever is to run, now or when time has passed; with a new slice of it. */
static struct rtos_task *next_task(void)
{
    struct rtos_task *next;
    while ((next = rtos_task_list_first_ready()) == NULL) {
        idle();
    }
    slice_tick = ticks64();
    return next;
}

static void hand_over_to(struct rtos_task *next)
{
    running = next;
    pthread_cond_signal(&next->turn);
}

/* Runs whoever is to run; returns when that is the caller again. */
static void switch_task(void)
{
    struct rtos_task *self = running;
    struct rtos_task *next = next_task();
    if (next != self) {
        hand_over_to(next);
        wait_for_turn(self);
    }
}

static void adopt_main(void)
{
    struct rtos_task *task = rtos_task_new("main", 1, MAIN_STACK);
    if (task == NULL) {
        boot_end(BOOT_END_PANIC, "harness: out of memory");
    }
    task->is_thread_of_process = true;
    rtos_task_list_add(task);
    running = task;
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

struct rtos_task *rtos_create(const char *name, unsigned priority, uint32_t stack,
                              void (*function)(void *argument), void *argument, bool device_memory)
{
    rtos_self();
    struct rtos_task *task = rtos_task_new(name != NULL ? name : "", priority, stack);
    if (task == NULL) {
        return NULL;
    }
    task->function = function;
    task->argument = argument;
    if ((device_memory && !rtos_task_take_memory(task)) || !start_thread(task)) {
        rtos_task_free(task);
        return NULL;
    }
    rtos_task_list_add(task);
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
        rtos_task_free_memory(task);
        pthread_cond_signal(&task->turn);
        return;
    }
    leaving = true; /* the idle task will free its memory */
    locks = 0;
    hand_over_to(next_task());
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
    rtos_task_to_back(self);
    self->woken = false;
    switch_task();
    return self->woken;
}

void rtos_sleep_us(uint64_t us)
{
    uint64_t now = rtos_now_us();
    rtos_wait(NULL, us < RTOS_FOR_EVER - now ? now + us : RTOS_FOR_EVER);
}

struct rtos_task *rtos_wake_one(const void *object)
{
    struct rtos_task *task = rtos_first_waiting(object);
    if (task != NULL) {
        task->woken = true;
        rtos_task_make_ready(task);
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
        rtos_task_to_back(self);
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
    rtos_task_to_back(rtos_self());
    rtos_point();
}

/* When another task will run next, if this one blocks now. */
static uint64_t next_of_others(const struct rtos_task *self)
{
    return rtos_task_list_has_ready_but(self) ? rtos_now_us() : rtos_task_list_next_wake_us(self);
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
    rtos_task_make_ready(task);
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
    bool switches = rtos_task_list_first_ready() != rtos_self();
    rtos_preempt();
    return switches;
}

bool rtos_is_locked(void)
{
    return locks > 0;
}

_Noreturn void rtos_main_returned(void)
{
    rtos_delete(rtos_self());
    abort();
}

_Noreturn void rtos_time_is_up(void)
{
    char text[120];
    uint64_t now = rtos_now_us();
    unsigned long long seconds = now / 1000000u;
    uint64_t limit = config.watchdog_timeout_s != 0 ? config.watchdog_timeout_s : 5;
    const struct rtos_task *outside = rtos_task_list_first_outside();
    if (outside != NULL) {
        snprintf(text, sizeof text,
                 "\"%s\" still waits for the network after %llu s of the device's time",
                 outside->name, seconds);
        boot_end(BOOT_END_WATCHDOG, text);
    }
    if (now - idle_ran_us <= limit * 1000000u || rtos_task_list_first_ready() == NULL) {
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
