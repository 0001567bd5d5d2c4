/* The scheduler of the simulated RTOS. Each task is a thread of the boot process, and exactly one
 * of them runs at any time: the ready task with the highest priority, first come first served among
 * equals, who also change places when a tick has passed. Nothing here depends on the host's speed:
 * two runs switch tasks at the same places.
 *
 * Time is virtual. It passes when a task uses it (flash operations, 1 us for each look at the clock
 * or call of the RTOS) and when nothing is ready. A task is preempted only inside such calls, by
 * whoever they made ready or whose wake-up the clock has passed. There is one core.
 *
 * The thread that comes here first becomes the task "main". */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rtos_task.h"

#define RTOS_FOR_EVER UINT64_MAX

/** What the firmware's sdkconfig says; the defaults are those of a fresh project. */
struct rtos_config {
    unsigned tick_hz;            /* CONFIG_FREERTOS_HZ, 100 */
    unsigned watchdog_timeout_s; /* CONFIG_ESP_TASK_WDT_TIMEOUT_S, 5; 0: not started */
    bool watchdog_panics;        /* CONFIG_ESP_TASK_WDT_PANIC, no */
    bool watchdog_skips_idle;    /* not CONFIG_ESP_TASK_WDT_CHECK_IDLE_TASK_CPU0 */
};

/** The calling thread becomes the task "main", and what the simulator waits for on behalf of a task
 * lets the others run. Without this, as in unit tests, the first call of the RTOS makes "main". */
void rtos_start(const struct rtos_config *config);

/** To be called before the first task runs. */
void rtos_configure(const struct rtos_config *config);
const struct rtos_config *rtos_config(void);

/** Virtual time since the boot began, and the same in ticks. */
uint64_t rtos_now_us(void);
uint32_t rtos_ticks(void);

/** The deadline of a wait of so many ticks that begins now: ticks end when the tick interrupt
 * comes, so one tick may be over at once. portMAX_DELAY is RTOS_FOR_EVER. */
uint64_t rtos_deadline(uint32_t ticks);

/** The calling task. */
struct rtos_task *rtos_self(void);

/** Makes a task. `stack` bytes are the device's, and may be none. NULL when memory is short.
 * Without device_memory the task costs none of the device's heap: it was there when app_main began.
 */
struct rtos_task *rtos_create(const char *name, unsigned priority, uint32_t stack,
                              void (*function)(void *argument), void *argument, bool device_memory);

/** Ends a task; does not return if it is the calling one. */
void rtos_delete(struct rtos_task *task);

/** Blocks the calling task until someone wakes those who wait for `object`, or the clock reaches
 * the deadline. Returns whether it was woken. */
bool rtos_wait(const void *object, uint64_t deadline_us);

/** Blocks the calling task for that time; 0 lets all others run that are ready now. */
void rtos_sleep_us(uint64_t us);

/** Makes the most important task ready that waits for the object; NULL: there is none. Does not
 * switch to it: rtos_point() does. */
struct rtos_task *rtos_wake_one(const void *object);
/** The same for all of them. */
void rtos_wake_all(const void *object);

/** A scheduling point: takes a microsecond, then runs whoever is more important by now. */
void rtos_point(void);
/** The same from inside of a device operation that has taken its own time. */
void rtos_preempt(void);
/** Lets tasks of the same priority run as well. */
void rtos_yield(void);

void rtos_suspend(struct rtos_task *task);
/** false when it was not suspended. */
bool rtos_resume(struct rtos_task *task);

/** No task switch until they are unlocked as often. */
void rtos_lock(void);
/** Returns whether unlocking switched tasks. */
bool rtos_unlock(void);
bool rtos_is_locked(void);

/** Virtual time at which the idle task last ran. */
uint64_t rtos_idle_ran_us(void);

/** app_main has returned: "main" is no more, the other tasks live on. */
_Noreturn void rtos_main_returned(void);

/** The boot has come to its limit of device time: it ends as idle if the idle task got to run, as
 * the watchdog's if a task still waits for the network, else as a firmware that hangs. */
_Noreturn void rtos_time_is_up(void);

/** The firmware broke a rule of FreeRTOS that configASSERT checks: ends the boot as a panic. */
_Noreturn void rtos_assert_failed(const char *function, const char *expression);
#define RTOS_ASSERT(condition)                                                                     \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            rtos_assert_failed(__func__, #condition);                                              \
        }                                                                                          \
    } while (0)
