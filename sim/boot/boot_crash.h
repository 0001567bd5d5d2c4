/* How a boot that crashes or hangs is caught: signals, a stack that overflows, and a loop that
 * never lets the device's clock go on. What it leaves behind lies in memory that the harness
 * shares, so that nothing has to be allocated or written by a process whose heap may be broken. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "boot.h"

#define BOOT_CRASH_MAX_FRAMES 32

/** The last words of a boot. Addresses mean the same in the harness: the boot is its fork. */
struct boot_crash {
    char reason[200]; /* "" if the boot has said in the trace how it ended */
    int frames;       /* of the backtrace, innermost first; 0 where the platform offers none */
    void *frame[BOOT_CRASH_MAX_FRAMES];
};

/** What the task watchdog of the firmware does (CONFIG_ESP_TASK_WDT_*). */
struct boot_watchdog {
    bool on;
    bool panics;        /* it resets the chip; otherwise it complains and the firmware hangs on */
    unsigned timeout_s; /* of the device's clock */
};

/** In the harness, before the fork: shared and empty. NULL when memory is short. */
struct boot_crash *boot_crash_share(void);

/** In the boot process: catches signals from now on, and loops that keep the processor busy without
 * any progress of the device's clock. */
void boot_crash_watch(const struct boot_watchdog *watchdog);

/** In each further thread of the boot process, as its first act: gives it a stack to handle faults
 * on, and names its own stack (lowest address and bytes), so that an overflow is told from any
 * other bad access. */
void boot_crash_watch_thread(const void *stack, size_t size);

/** Notes the caller's backtrace for the harness. */
void boot_crash_note_frames(void);
