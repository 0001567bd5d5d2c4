/* The task watchdog, as the scheduler sees it; firmware has esp_task_wdt.h. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct rtos_task;

/** The idle task got to run, now. */
void watchdog_idle_ran(void);

/** When it would bark next if only the idle task ran; RTOS_FOR_EVER: never. With only_if_fatal, a
 * bark that only warns does not count. */
uint64_t watchdog_next_us(bool only_if_fatal);

/** Barks if it is time to: logs who did not reset it, and ends the boot if it is to panic. */
void watchdog_check(void);

/** A task is gone. */
void watchdog_forget(const struct rtos_task *task);
