#include "flash_facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app_image.h"
#include "flash_cipher.h"
#include "otadata.h"
#include "trace.h"

/* What the trace tells of one sector. */
struct sector {
    uint32_t erases, programs;
    uint64_t bytes;
};

struct facts {
    const struct partition_table *table;
    struct flash *before, *after;
    struct sector *sectors;
    uint32_t count;
};

/* "ota_0+0x1000" (a label may have a plus too), or "0x9000" outside of partitions. */
static bool address_of(const struct facts *facts, const char *at, uint32_t *address)
{
    const char *plus = strrchr(at, '+');
    char *end;
    unsigned long offset = strtoul(plus != NULL ? plus + 1 : at, &end, 16);
    if (*end != '\0' || offset > UINT32_MAX) {
        return false;
    }
    *address = (uint32_t)offset;
    if (plus == NULL) {
        return true;
    }
    char label[PARTITION_LABEL_LENGTH + 1];
    snprintf(label, sizeof label, "%.*s", (int)(plus - at), at);
    const struct partition *partition = partition_table_find_label(facts->table, label);
    if (partition == NULL || offset >= partition->size) {
        return false;
    }
    *address += partition->offset;
    return true;
}

static void count_operation(struct facts *facts, const json_t *record)
{
    const char *at = json_string_value(json_object_get(record, "at"));
    const char *op = json_string_value(json_object_get(record, "op"));
    json_int_t length = json_integer_value(json_object_get(record, "len"));
    uint32_t address;
    if (at == NULL || op == NULL || !address_of(facts, at, &address) ||
        address / FLASH_SECTOR_SIZE >= facts->count) {
        return;
    }
    struct sector *sector = &facts->sectors[address / FLASH_SECTOR_SIZE];
    if (strcmp(op, "erase") == 0) {
        sector->erases++;
    } else {
        sector->programs++;
        sector->bytes += length > 0 ? (uint64_t)length : 0;
    }
}

static bool has_data(const struct flash *flash, uint32_t sector)
{
    const uint8_t *bytes = flash_view(flash, sector * FLASH_SECTOR_SIZE, FLASH_SECTOR_SIZE);
    for (uint32_t i = 0; bytes != NULL && i < FLASH_SECTOR_SIZE; i++) {
        if (bytes[i] != 0xFF) {
            return true;
        }
    }
    return false;
}

static bool is_empty(const struct flash *flash, const struct partition *partition)
{
    uint32_t first = partition->offset / FLASH_SECTOR_SIZE;
    for (uint32_t i = 0; i < partition->size / FLASH_SECTOR_SIZE; i++) {
        if (has_data(flash, first + i)) {
            return false;
        }
    }
    return true;
}

static json_t *app_words(const struct flash *flash, const struct partition *partition)
{
    uint8_t *copy = flash_decrypted_copy(flash, partition->offset, partition->size);
    struct app_image_bytes bytes = {.data = copy, .size = partition->size};
    if (copy == NULL) {
        return json_string("outside of the chip");
    }
    const struct app_image_source source = app_image_from_bytes(&bytes);
    const struct app_image_rules rules = {.kind = APP_IMAGE_APP};
    struct app_image_info info = {0};
    struct error err = {""};
    char words[256];
    esp_err_t result = app_image_verify(&source, &rules, &info, &err);
    free(copy);
    if (result != ESP_OK) {
        snprintf(words, sizeof words, "no valid app: %s", err.text);
    } else if (info.descriptor.present) {
        snprintf(words, sizeof words, "%s %s", info.descriptor.project_name,
                 info.descriptor.version);
    } else {
        snprintf(words, sizeof words, "an app without a descriptor");
    }
    return trace_text(words, strlen(words));
}

static json_t *content_words(const struct flash *flash, const struct partition *partition)
{
    if (is_empty(flash, partition)) {
        return json_string("empty");
    }
    return partition->type == PARTITION_TYPE_APP ? app_words(flash, partition)
                                                 : json_string("data");
}

struct alike {
    bool before, after;
    uint32_t erases;
};

static json_t *sector_map(const struct facts *facts, const struct partition *partition)
{
    json_t *map = json_array();
    uint32_t first = partition->offset / FLASH_SECTOR_SIZE;
    uint32_t count = partition->size / FLASH_SECTOR_SIZE;
    struct alike last = {0};
    for (uint32_t i = 0, begin = 0; i <= count; i++) {
        struct alike now = last;
        if (i < count && first + i < facts->count) {
            now =
                (struct alike){has_data(facts->before, first + i),
                               has_data(facts->after, first + i), facts->sectors[first + i].erases};
        }
        bool same =
            now.before == last.before && now.after == last.after && now.erases == last.erases;
        if (i > begin && (i == count || !same)) {
            json_array_append_new(map, json_pack("[i, i, b, b, i]", (int)begin, (int)(i - begin),
                                                 last.before, last.after, (int)last.erases));
            begin = i;
        }
        last = now;
    }
    return map;
}

static json_t *partition_facts(const struct facts *facts, const struct partition *partition)
{
    struct sector sum = {0};
    uint32_t most = 0;
    uint32_t first = partition->offset / FLASH_SECTOR_SIZE;
    for (uint32_t i = 0; i < partition->size / FLASH_SECTOR_SIZE && first + i < facts->count; i++) {
        const struct sector *sector = &facts->sectors[first + i];
        sum.erases += sector->erases;
        sum.programs += sector->programs;
        sum.bytes += sector->bytes;
        most = sector->erases > most ? sector->erases : most;
    }
    char type[8], subtype[16];
    json_t *kind =
        json_sprintf("%s/%s", partition_type_name(partition->type, type),
                     partition_subtype_name(partition->type, partition->subtype, subtype));
    return json_pack("{s:o, s:o, s:I, s:I, s:o, s:o, s:I, s:I, s:I, s:I, s:o}", "label",
                     trace_text(partition->label, strlen(partition->label)), "kind", kind, "offset",
                     (json_int_t)partition->offset, "size", (json_int_t)partition->size, "before",
                     content_words(facts->before, partition), "after",
                     content_words(facts->after, partition), "erases", (json_int_t)sum.erases,
                     "programs", (json_int_t)sum.programs, "bytes", (json_int_t)sum.bytes, "most",
                     (json_int_t)most, "map", sector_map(facts, partition));
}

static json_t *selected_words(const struct facts *facts, const struct otadata *otadata)
{
    unsigned slots = partition_table_ota_count(facts->table);
    int active = otadata_active(otadata);
    if (active < 0 || slots == 0) {
        return json_string("no slot: the factory app, else the first slot that verifies");
    }
    uint32_t slot = otadata_slot(otadata->entry[active].seq, slots);
    return json_sprintf("entry %d selects ota_%u", active, (unsigned)slot);
}

static json_t *otadata_facts(const struct facts *facts)
{
    const struct partition *partition =
        partition_table_find(facts->table, PARTITION_TYPE_DATA, PARTITION_DATA_OTA);
    struct otadata before, after;
    if (partition == NULL || otadata_read(facts->before, partition->offset, &before) != ESP_OK ||
        otadata_read(facts->after, partition->offset, &after) != ESP_OK) {
        return json_null();
    }
    char text[4][64];
    return json_pack(
        "{s:[s, s], s:[s, s], s:o, s:o}", "before", otadata_entry_text(&before.entry[0], text[0]),
        otadata_entry_text(&before.entry[1], text[1]), "after",
        otadata_entry_text(&after.entry[0], text[2]), otadata_entry_text(&after.entry[1], text[3]),
        "before_selects", selected_words(facts, &before), "after_selects",
        selected_words(facts, &after));
}

json_t *flash_facts(const struct partition_table *table, struct flash *before, struct flash *after,
                    const json_t *trace)
{
    struct facts facts = {
        .table = table,
        .before = before,
        .after = after,
        .count = flash_size(before) / FLASH_SECTOR_SIZE,
    };
    facts.sectors = calloc(facts.count + 1u, sizeof *facts.sectors);
    if (facts.sectors == NULL) {
        return json_null();
    }
    for (size_t i = 0; i < json_array_size(trace); i++) {
        const json_t *record = json_array_get(trace, i);
        const char *kind = json_string_value(json_object_get(record, "kind"));
        if (kind != NULL && strcmp(kind, "flash") == 0) {
            count_operation(&facts, record);
        }
    }
    json_t *partitions = json_array();
    for (size_t i = 0; i < table->count; i++) {
        json_array_append_new(partitions, partition_facts(&facts, &table->entries[i]));
    }
    json_t *all =
        json_pack("{s:o, s:o}", "partitions", partitions, "otadata", otadata_facts(&facts));
    free(facts.sectors);
    return all;
}
