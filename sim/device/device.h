/* The simulated device: what survives a reset. One lives in memory that the harness and the boot
 * processes share; a boot process reaches its own through device_current(). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "chip.h"
#include "efuse.h"
#include "flash.h"
#include "image_memo.h"
#include "partition_table.h"

enum device_reset_reason { /* numbers as esp_reset_reason_t */
                           DEVICE_RESET_UNKNOWN = 0,
                           DEVICE_RESET_POWERON = 1,
                           DEVICE_RESET_EXT = 2,
                           DEVICE_RESET_SW = 3,
                           DEVICE_RESET_PANIC = 4,
                           DEVICE_RESET_INT_WDT = 5,
                           DEVICE_RESET_TASK_WDT = 6,
                           DEVICE_RESET_WDT = 7,
                           DEVICE_RESET_DEEPSLEEP = 8,
                           DEVICE_RESET_BROWNOUT = 9,
};

/* The true time at power-on, which SNTP tells: 2026-01-01. */
#define DEVICE_RIGHT_EPOCH_S 1767225600

struct device_config {
    const struct chip *chip; /* NULL: esp32s3 */
    uint32_t flash_size;     /* bytes; 0: 4 MB */
    struct efuse efuse;
    int64_t epoch_s;              /* wall clock at power-on, seconds since 1970; 0: clock not set */
    uint64_t pins_low, pins_high; /* GPIOs, bit n, that something outside holds at a level */
};

/* Deep sleep: what was armed when it began, and what ended it. Numbers as esp_sleep_source_t. */
struct device_sleep {
    uint32_t sources;  /* a bit (1 << number) for each armed wake-up source */
    uint64_t timer_us; /* how long, if the timer is one of them */
    uint32_t woken_by; /* for the boot after it; 0: this boot is no wake-up */
};
#define DEVICE_WAKE_TIMER 4u

struct device {
    const struct chip *chip;
    struct flash *flash;
    struct efuse efuse;
    uint64_t now_us;              /* virtual time since the device was made; never goes back */
    uint64_t boot_us;             /* now_us when the current boot began */
    int64_t epoch_s;              /* device wall clock at now_us == 0; 0: not set */
    uint64_t pins_low, pins_high; /* as configured */
    enum device_reset_reason reset_reason;
    uint8_t rtc_memory[8192]; /* survives everything but power loss */
    struct device_sleep sleep;
    bool has_last_app; /* the bootloader's own note in RTC memory, for a wake-up */
    struct partition last_app;
    struct image_memo *image_memo; /* lets the bootloader remember verdicts; NULL: it reads and
                                      hashes each time, and the clock advances by what that takes */
};

/** A device with erased flash, in shared memory. NULL when memory is short. */
struct device *device_create(const struct device_config *config);
void device_destroy(struct device *device);

/** Writes the binary table at PARTITION_TABLE_OFFSET, as a programmer would. */
void device_load_partition_table(struct device *device, const struct partition_table *table);

/** Reads and verifies the table that is in flash now. */
esp_err_t device_partition_table(struct device *device, struct partition_table *out,
                                 struct error *err);

/** The device of the current boot process; NULL outside of one. */
struct device *device_current(void);
void device_set_current(struct device *device);

void device_advance_us(struct device *device, uint64_t us);

/** Time in which the processor is free, since the calling task waits for something outside; other
 * tasks may run meanwhile. 0: only those that are ready now. UINT64_MAX: until another task may
 * have changed something; false when none ever will. */
bool device_wait_us(struct device *device, uint64_t us);

/** Who knows of the other tasks, in this process; without one, waiting only takes time. */
void device_set_waiter(bool (*waiter)(uint64_t us));

/** Calls `ring` when the clock passes `at_us`, in this process: a watchdog. at_us 0 disarms. */
void device_set_alarm(struct device *device, uint64_t at_us, void (*ring)(void *context),
                      void *context);
