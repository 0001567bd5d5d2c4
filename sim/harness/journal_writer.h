/* The writing end of a flash journal (flash_journal.h in sim/sweep): in a boot process, a record
 * for each operation on the flash. */
#pragma once

#include <stdint.h>

#include "device.h"

#define JOURNAL_MAGIC 0x4A46544Fu /* "OTFJ" */

/** A record; the bytes of a program follow it. Written and read by the same program only. */
struct journal_record {
    uint32_t magic;
    uint32_t kind;  /* enum flash_op_kind */
    uint64_t index; /* flash_op.index */
    uint32_t address;
    uint32_t length;
    uint32_t boot;
    uint32_t nor_violations;
    struct efuse efuse;
};

/** Starts writing to `fd` what this process does to the device's flash, as boot number `boot`. */
void journal_start(struct device *device, int fd, uint32_t boot);

/** Takes one operation; a flash_observer that does nothing before journal_start. */
void journal_observe(void *context, const struct flash_op *op);
