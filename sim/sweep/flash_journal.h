/* What was done to the flash in the boots of a run, operation by operation, so that a sweep can put
 * the chip into any state that a power cut would have left, without running the firmware again. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "efuse.h"
#include "error.h"
#include "flash.h"

/** One erase of a sector, or the programming of (a part of) one 256-byte page: what the chip does
 * in one go, and power can fail in each. */
struct journal_op {
    enum flash_op_kind kind;
    uint32_t address;
    uint32_t length;
    const uint8_t *data; /* what is programmed; NULL for an erase. In the journal's memory. */
    uint64_t index;      /* flash_op.index of the operation that this is, or is a page of */
    uint32_t boot;       /* number of the boot that did it, from 0 */
    uint32_t nor_violations;
    struct efuse efuse; /* as it was just before */
};

struct flash_journal {
    struct journal_op *ops;
    size_t count;
    uint8_t *bytes;
};

/** Reads what boots have written to `fd` (boot_request.journal_fd). Programs are split into pages.
 * False with err set if it can't be read or is no journal. */
bool flash_journal_read(int fd, struct flash_journal *journal, struct error *err);
void flash_journal_free(struct flash_journal *journal);
