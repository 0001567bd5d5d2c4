/* What a power cut leaves of one operation on the flash. */
#pragma once

#include <stdint.h>

#include "flash_journal.h"

enum tear {
    TEAR_BEFORE,     /* power fails before it: nothing was done */
    TEAR_HALF,       /* the first half of the bytes */
    TEAR_OTHER_HALF, /* the second half only */
    TEAR_BITS,       /* of each byte some of the bits that were to change, by the seed */
    TEAR_END,        /* a program lacks its last bytes; of an erase garbage is left */
    TEAR_AFTER,      /* power fails when it is done */
    TEAR_COUNT,
};

/** "before", "half", ... */
const char *tear_name(enum tear tear);

/** The tear of that name (length bytes long), or TEAR_COUNT. */
enum tear tear_by_name(const char *name, size_t length);

/** Does to `flash` what is left of the operation. The same seed leaves the same. */
void tear_apply(struct flash *flash, const struct journal_op *op, enum tear tear, uint64_t seed);
