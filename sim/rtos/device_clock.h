/* The C library's idea of time in a firmware module (sim/module/time_symbols.c). Each look at a
 * clock takes a microsecond. */
#pragma once

#include <stdint.h>

/** Wall clock in microseconds since 1970; since the boot if the device's clock was never set. */
int64_t device_clock_us(void);

/** Sets the wall clock. Certificates are judged by it from now on. */
void device_clock_set(int64_t us);

/** Since the boot. */
int64_t device_uptime_us(void);

/** Blocks the calling task. As in ESP-IDF, less than a tick is busy waiting: no other task of its
 * priority or less runs. */
void device_clock_sleep(uint64_t us);
