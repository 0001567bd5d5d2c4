/* Whether devices with this partition table can take the image. */
#include <inttypes.h>
#include <stdio.h>

#include "device_files.h"
#include "gate.h"

#define MIN_FLASH     (4u << 20)
#define MAX_FLASH     (64u << 20)
#define TIGHT_PERCENT 95u

static uint64_t table_end(const struct partition_table *table)
{
    uint64_t end = 0;
    for (size_t i = 0; i < table->count; i++) {
        uint64_t here = (uint64_t)table->entries[i].offset + table->entries[i].size;
        end = here > end ? here : end;
    }
    return end;
}

uint32_t gate_flash_size(const struct gate *gate)
{
    uint32_t size = MIN_FLASH;
    while (size < MAX_FLASH && size < table_end(&gate->table)) {
        size *= 2;
    }
    return size;
}

const struct partition *gate_ota_slot(const struct gate *gate, unsigned n)
{
    return partition_table_find(&gate->table, PARTITION_TYPE_APP,
                                (uint8_t)(PARTITION_APP_OTA_0 + n));
}

/* The file is written as it is; one that is signed later grows by padding and a sector. */
static uint32_t room_needed(const struct gate *gate, const struct gate_image *image)
{
    uint32_t is_signed = signature_offset(image->info.image_length) + SIGNATURE_SECTOR_LENGTH;
    return gate_wants_signature(gate) && image->length < is_signed ? is_signed : image->length;
}

static void check_slot(struct gate *gate, const struct gate_image *image,
                       const struct partition *slot)
{
    uint32_t needed = room_needed(gate, image);
    char label[PARTITION_LABEL_LENGTH + 1], size[16];
    printable(slot->label, label, sizeof label);
    bool by_ota = slot->subtype >= PARTITION_APP_OTA_0 && slot->subtype <= PARTITION_APP_OTA_15;
    if (needed > slot->size && by_ota) {
        gate->blocked = true;
        findings_add(&gate->findings, FINDING_FAIL,
                     gate->partitions != NULL
                         ? "make the app smaller (idf.py size-components); devices in the field "
                           "can't be given another table"
                         : "that is the table assumed without --partitions: give the project's",
                     "%s does not fit %s: %u bytes%s, the slot has %u (%s)", image->title, label,
                     (unsigned)needed, needed > image->length ? " with its signature" : "",
                     (unsigned)slot->size, size_text(slot->size, size));
    } else if (needed > slot->size) {
        findings_add(&gate->findings, FINDING_WARN,
                     "updates never go there, but it can't be flashed there either",
                     "%s does not fit %s: %u bytes, the slot has %u", image->title, label,
                     (unsigned)needed, (unsigned)slot->size);
    } else {
        unsigned percent = (unsigned)((uint64_t)needed * 100 / slot->size);
        bool tight = percent >= TIGHT_PERCENT;
        findings_add(&gate->findings, tight ? FINDING_WARN : FINDING_OK,
                     tight ? "there is hardly room for the next release" : NULL,
                     "%s fits %s: %u of %u bytes (%u %%)%s", image->title, label, (unsigned)needed,
                     (unsigned)slot->size, percent,
                     needed > image->length ? " with a signature" : "");
    }
}

static void check_slots(struct gate *gate, const struct gate_image *image)
{
    for (size_t i = 0; i < gate->table.count; i++) {
        if (gate->table.entries[i].type == PARTITION_TYPE_APP) {
            check_slot(gate, image, &gate->table.entries[i]);
        }
    }
}

static void check_layout(struct gate *gate)
{
    unsigned slots = partition_table_ota_count(&gate->table);
    bool factory =
        partition_table_find(&gate->table, PARTITION_TYPE_APP, PARTITION_APP_FACTORY) != NULL;
    bool otadata =
        partition_table_find(&gate->table, PARTITION_TYPE_DATA, PARTITION_DATA_OTA) != NULL;
    if (slots == 0 || slots + factory < 2) {
        gate->blocked = true;
        findings_add(&gate->findings, FINDING_FAIL,
                     "an update needs a second app: ota_0 and ota_1, or factory and ota_0",
                     "the table has %u OTA slot%s and %s factory app: nothing can be updated",
                     slots, slots == 1 ? "" : "s", factory ? "a" : "no");
    } else if (slots == 1) {
        findings_add(&gate->findings, FINDING_WARN,
                     "give it two, or let the factory app do all updates",
                     "the table has one OTA slot: an app that runs from it can't update again");
    }
    if (!otadata) {
        gate->blocked = true;
        findings_add(&gate->findings, FINDING_FAIL, "add: otadata, data, ota, , 0x2000",
                     "the table has no otadata: no update can be selected");
    }
    if (factory && sdkconfig_on(&gate->config, "CONFIG_BOOTLOADER_APP_ANTI_ROLLBACK")) {
        findings_add(&gate->findings, FINDING_WARN, "leave the factory app out of the table",
                     "anti-rollback with a factory app: an old factory app is passed over");
    }
}

/* What the flash chip is said to hold: by the sdkconfig, else by the image's header. */
static void check_end(struct gate *gate)
{
    char text[64], has[16];
    uint64_t end = table_end(&gate->table);
    uint32_t size = 0;
    const char *value = sdkconfig_value(&gate->config, "CONFIG_ESPTOOLPY_FLASHSIZE", text);
    bool by_config = value != NULL && parse_size(value, &size);
    if (!by_config && gate->new.info.image_length != 0) {
        size = 1u << (20 + (gate->new.info.spi_size & 7u));
    }
    if (end > MAX_FLASH) {
        gate->blocked = true;
        findings_add(&gate->findings, FINDING_FAIL, "look at the offsets and sizes",
                     "the table ends at 0x%" PRIx64 ": no flash chip is as large", end);
    } else if (size != 0 && end > size) {
        gate->blocked |= by_config;
        findings_add(&gate->findings, by_config ? FINDING_FAIL : FINDING_WARN,
                     "set CONFIG_ESPTOOLPY_FLASHSIZE to what the boards have; a table that leaves "
                     "the flash is refused at boot",
                     "the table ends at 0x%" PRIx64 ", the flash by the %s at 0x%x (%s)", end,
                     by_config ? "sdkconfig" : "image header", (unsigned)size,
                     size_text(size, has));
    }
}

void gate_check_table(struct gate *gate)
{
    char title[96];
    snprintf(title, sizeof title, "partition table%s",
             gate->partitions == NULL ? ": none was given, so three slots of 1 MB" : "");
    findings_section(title);
    check_layout(gate);
    if (gate->partitions != NULL) {
        check_end(gate);
    }
    if (gate->new.info.image_length != 0) {
        check_slots(gate, &gate->new);
    }
    if (gate->old.info.image_length != 0) {
        check_slots(gate, &gate->old);
    }
}
