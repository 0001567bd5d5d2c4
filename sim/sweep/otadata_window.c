#include "otadata_window.h"

#include <string.h>

#include "bootloader.h"
#include "bytes.h"
#include "flash_cipher.h"

#define ENTRY_LENGTH (sizeof(struct otadata_entry))

static const struct partition *otadata_of(const struct partition_table *table)
{
    return partition_table_find(table, PARTITION_TYPE_DATA, PARTITION_DATA_OTA);
}

static uint32_t entry_address(const struct partition *otadata, int entry)
{
    return otadata->offset + (uint32_t)entry * FLASH_SECTOR_SIZE;
}

static bool is_inside(const struct partition *partition, const struct journal_op *op)
{
    return op->address >= partition->offset && op->address - partition->offset < partition->size;
}

/* The next operation on otadata, or NULL. */
static const struct journal_op *next_write(const struct partition *otadata,
                                           const struct journal_op *ops, size_t count, size_t from)
{
    for (size_t i = from; i < count; i++) {
        if (is_inside(otadata, &ops[i])) {
            return &ops[i];
        }
    }
    return NULL;
}

/* What is selected when the entry is gone. */
static int what_is_left(const struct partition_table *table, const struct otadata *otadata,
                        int entry)
{
    const struct otadata_entry *other = &otadata->entry[entry ^ 1];
    unsigned slots = partition_table_ota_count(table);
    return otadata_entry_valid(other) && slots > 0 ? (int)otadata_slot(other->seq, slots)
                                                   : BOOTLOADER_INDEX_FACTORY;
}

/* The journal has what the chip was given: with flash encryption, ciphertext. */
static uint32_t written_seq(const struct flash *flash, const struct journal_op *program)
{
    uint8_t entry[ENTRY_LENGTH];
    memcpy(entry, program->data, sizeof entry);
    flash_cipher_decrypt(flash_key(flash), program->address, entry, sizeof entry);
    return get_u32(entry);
}

/* Whether the operation erases the entry that counts, for the same entry to be written next. */
static void open_if_rewritten(struct otadata_window *window, const struct partition_table *table,
                              struct flash *flash, const struct journal_op *ops, size_t count,
                              size_t at)
{
    const struct partition *partition = otadata_of(table);
    struct otadata otadata;
    if (partition == NULL || ops[at].kind != FLASH_ERASE ||
        otadata_read(flash, partition->offset, &otadata) != ESP_OK) {
        return;
    }
    int active = otadata_active(&otadata);
    if (active < 0 || ops[at].address != entry_address(partition, active)) {
        return;
    }
    const struct journal_op *next = next_write(partition, ops, count, at + 1);
    if (next == NULL || next->kind != FLASH_PROGRAM || next->address != ops[at].address ||
        next->length < ENTRY_LENGTH || written_seq(flash, next) != otadata.entry[active].seq) {
        return;
    }
    window->open = true;
    window->entry = active;
    window->left = what_is_left(table, &otadata, active);
    window->was = otadata.entry[active].state;
    memcpy(window->before, flash_view(flash, ops[at].address, ENTRY_LENGTH), ENTRY_LENGTH);
    memcpy(window->after, next->data, ENTRY_LENGTH);
}

bool otadata_window_follow(struct otadata_window *window, const struct partition_table *table,
                           struct flash *flash, const struct journal_op *ops, size_t count,
                           size_t at)
{
    if (window->ends) {
        *window = (struct otadata_window){.open = false};
    }
    if (!window->open) {
        open_if_rewritten(window, table, flash, ops, count, at);
    } else {
        window->ends = is_inside(otadata_of(table), &ops[at]);
    }
    return window->open;
}

bool otadata_window_explains(const struct otadata_window *window,
                             const struct partition_table *table, const struct flash *flash,
                             int selected)
{
    const struct partition *partition = otadata_of(table);
    const uint8_t *now =
        window->open && partition != NULL
            ? flash_view(flash, entry_address(partition, window->entry), ENTRY_LENGTH)
            : NULL;
    if (now == NULL || memcmp(now, window->before, ENTRY_LENGTH) == 0 ||
        memcmp(now, window->after, ENTRY_LENGTH) == 0) {
        return false;
    }
    /* Where there is no factory app, the first slot stands for it. */
    bool has_factory =
        partition_table_find(table, PARTITION_TYPE_APP, PARTITION_APP_FACTORY) != NULL;
    return selected == window->left ||
           (window->left == BOOTLOADER_INDEX_FACTORY && !has_factory && selected == 0);
}
