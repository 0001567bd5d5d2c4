/* The known window "otadata rewritten in place": the entry of otadata that counts is erased, and
 * then written again with the same sequence number and another state. When power fails in between,
 * nothing says any more that its app runs: the bootloader goes by the other entry, or takes the
 * factory app. All sweeps know the window by this page, and excuse nothing else under its name. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flash_journal.h"
#include "otadata.h"
#include "partition_table.h"

#define OTADATA_WINDOW "otadata rewritten in place"

/** Where along a list of operations the window is. All zeros: closed. */
struct otadata_window {
    bool open;
    bool ends;    /* with the operation that was followed last */
    int entry;    /* that is being rewritten */
    int left;     /* what the bootloader selects without it: a slot, or BOOTLOADER_INDEX_FACTORY */
    uint32_t was; /* its state, enum otadata_state */
    uint8_t before[sizeof(struct otadata_entry)], after[sizeof(struct otadata_entry)];
};

/** To be called for each operation of a list in its order, before it is applied to `flash`. True if
 * power that fails in operation `at` fails inside the window. */
bool otadata_window_follow(struct otadata_window *window, const struct partition_table *table,
                           struct flash *flash, const struct journal_op *ops, size_t count,
                           size_t at);

/** Whether the window alone explains what the bootloader selects (bootloader_report) on `flash`, as
 * a cut inside the window has left it: the entry is damaged, and what is left was selected. */
bool otadata_window_explains(const struct otadata_window *window,
                             const struct partition_table *table, const struct flash *flash,
                             int selected);
