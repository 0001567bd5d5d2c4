#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "boot.h"
#include "bytes.h"
#include "flash_cipher.h"
#include "otadata.h"
#include "record_line.h"
#include "trace.h"

#define OTADATA_ENTRY_LENGTH 32u

/* The table names the addresses; it is read again only after its bytes may have changed. */
static struct {
    const struct flash *flash;
    uint64_t version;
    struct partition_table table;
} known;

static const struct partition_table *table_of(struct device *device)
{
    uint64_t version =
        flash_version(device->flash, PARTITION_TABLE_OFFSET, PARTITION_TABLE_MAX_LENGTH);
    if (known.flash != device->flash || known.version != version) {
        known.flash = device->flash;
        known.version = version;
        if (device_partition_table(device, &known.table, NULL) != ESP_OK) {
            known.table.count = 0;
        }
    }
    return &known.table;
}

static void trace_operation(const struct partition_table *table, const struct flash_op *op)
{
    char at[PARTITION_LABEL_LENGTH + 16];
    const struct partition *partition = partition_table_find_address(table, op->address);
    if (partition != NULL) {
        snprintf(at, sizeof at, "%s+0x%" PRIx32, partition->label, op->address - partition->offset);
    } else {
        snprintf(at, sizeof at, "0x%" PRIx32, op->address);
    }
    struct record_line line;
    record_begin(&line, "flash");
    record_text(&line, "op", op->kind == FLASH_ERASE ? "erase" : "program");
    record_text(&line, "at", at);
    record_number(&line, "len", op->length);
    record_number(&line, "n", (int64_t)op->index);
    record_end(&line);
}

static const char *entry_text(const uint8_t bytes[OTADATA_ENTRY_LENGTH], char text[64])
{
    struct otadata_entry entry = {
        .seq = get_u32(bytes),
        .state = get_u32(bytes + 24),
        .crc = get_u32(bytes + 28),
    };
    memcpy(entry.label, bytes + 4, sizeof entry.label);
    return otadata_entry_text(&entry, text);
}

static void trace_otadata_entry(struct device *device, const struct flash_op *op, uint32_t address,
                                int index)
{
    uint32_t begin = op->address > address ? op->address : address;
    uint32_t op_end = op->address + op->before_length;
    uint32_t end =
        op_end < address + OTADATA_ENTRY_LENGTH ? op_end : address + OTADATA_ENTRY_LENGTH;
    const uint8_t *view = flash_view(device->flash, address, OTADATA_ENTRY_LENGTH);
    if (begin >= end || view == NULL) {
        return;
    }
    uint8_t before[OTADATA_ENTRY_LENGTH], now[OTADATA_ENTRY_LENGTH];
    memcpy(before, view, sizeof before);
    memcpy(now, view, sizeof now);
    memcpy(before + (begin - address), op->before + (begin - op->address), end - begin);
    flash_cipher_decrypt(flash_key(device->flash), address, before, sizeof before);
    flash_cipher_decrypt(flash_key(device->flash), address, now, sizeof now);
    if (memcmp(before, now, sizeof before) != 0) {
        char was[64], is[64];
        trace_recordf("otadata", "{s:i, s:s, s:s}", "entry", index, "was", entry_text(before, was),
                      "is", entry_text(now, is));
    }
}

static struct {
    flash_observer *observer;
    void *context;
} also;

static void observe(void *context, const struct flash_op *op)
{
    if (also.observer != NULL) {
        also.observer(also.context, op);
    }
    if (!trace_is_open()) {
        return;
    }
    struct device *device = context;
    const struct partition_table *table = table_of(device);
    trace_operation(table, op);
    const struct partition *otadata =
        partition_table_find(table, PARTITION_TYPE_DATA, PARTITION_DATA_OTA);
    if (otadata != NULL) {
        trace_otadata_entry(device, op, otadata->offset, 0);
        trace_otadata_entry(device, op, otadata->offset + FLASH_SECTOR_SIZE, 1);
    }
}

void boot_observe_flash(struct device *device, flash_observer *other, void *context)
{
    known.flash = NULL;
    also.observer = other;
    also.context = context;
    flash_observe(device->flash, observe, device);
}
