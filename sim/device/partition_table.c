/* The binary form of the partition table, and finding things in a table. */
#include "partition_table.h"

#include <mbedtls/md.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "partition_names.h"

#define ENTRY_LENGTH   32u
#define ENTRY_MAGIC    0x50AAu
#define MD5_MAGIC      0xEBEBu
#define MD5_OFFSET     16u
#define FLAG_ENCRYPTED 1u
#define FLAG_READONLY  2u

static void md5(const uint8_t *data, size_t length, uint8_t digest[16])
{
    mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_MD5), data, length, digest);
}

static bool is_erased(const uint8_t *entry)
{
    for (size_t i = 0; i < ENTRY_LENGTH; i++) {
        if (entry[i] != 0xFF) {
            return false;
        }
    }
    return true;
}

static void decode(const uint8_t *entry, struct partition *out)
{
    uint32_t flags = get_u32(entry + 28);
    *out = (struct partition){
        .type = entry[2],
        .subtype = entry[3],
        .offset = get_u32(entry + 4),
        .size = get_u32(entry + 8),
        .encrypted = (flags & FLAG_ENCRYPTED) != 0,
        .readonly = (flags & FLAG_READONLY) != 0,
    };
    memcpy(out->label, entry + 12, PARTITION_LABEL_LENGTH);
}

esp_err_t partition_table_from_binary(const uint8_t *data, size_t length, uint32_t flash_size,
                                      struct partition_table *out, struct error *err)
{
    bool have_md5 = false;
    out->count = 0;
    for (size_t i = 0; (i + 1) * ENTRY_LENGTH <= length; i++) {
        const uint8_t *entry = data + i * ENTRY_LENGTH;
        uint32_t magic = get_u16(entry);
        if (magic == ENTRY_MAGIC) {
            struct partition partition;
            decode(entry, &partition);
            if (flash_size != 0 &&
                (partition.offset > flash_size || partition.size > flash_size - partition.offset)) {
                error_set(
                    err,
                    "partition table: entry %zu \"%s\" (0x%x + 0x%x) leaves the flash chip of "
                    "0x%x bytes",
                    i, partition.label, (unsigned)partition.offset, (unsigned)partition.size,
                    (unsigned)flash_size);
                return ESP_ERR_INVALID_SIZE;
            }
            if (out->count == PARTITION_TABLE_MAX_ENTRIES) {
                break;
            }
            out->entries[out->count++] = partition;
        } else if (magic == MD5_MAGIC) {
            uint8_t digest[16];
            if (have_md5) {
                error_set(err, "partition table: entry %zu is a second MD5", i);
                return ESP_ERR_INVALID_STATE;
            }
            have_md5 = true;
            md5(data, i * ENTRY_LENGTH, digest);
            if (memcmp(digest, entry + MD5_OFFSET, sizeof digest) != 0) {
                error_set(err, "partition table: the MD5 in entry %zu does not match", i);
                return ESP_ERR_INVALID_STATE;
            }
        } else if (is_erased(entry) && i > 0) {
            return ESP_OK;
        } else {
            error_set(err,
                      i == 0 && is_erased(entry)
                          ? "partition table: empty: nothing but 0xFF at entry %zu"
                          : "partition table: entry %zu has an unknown magic",
                      i);
            return ESP_ERR_INVALID_STATE;
        }
    }
    error_set(err, "partition table: no end entry in %zu bytes", length);
    return ESP_ERR_INVALID_STATE;
}

static void encode(const struct partition *partition, uint8_t *entry)
{
    memset(entry, 0, ENTRY_LENGTH);
    put_u16(entry, ENTRY_MAGIC);
    entry[2] = partition->type;
    entry[3] = partition->subtype;
    put_u32(entry + 4, partition->offset);
    put_u32(entry + 8, partition->size);
    memcpy(entry + 12, partition->label, strnlen(partition->label, PARTITION_LABEL_LENGTH));
    put_u32(entry + 28, (partition->encrypted ? FLAG_ENCRYPTED : 0) |
                            (partition->readonly ? FLAG_READONLY : 0));
}

void partition_table_to_binary(const struct partition_table *table,
                               uint8_t out[PARTITION_TABLE_MAX_LENGTH])
{
    memset(out, 0xFF, PARTITION_TABLE_MAX_LENGTH);
    size_t used = 0;
    for (size_t i = 0; i < table->count && i < PARTITION_TABLE_MAX_ENTRIES; i++) {
        encode(&table->entries[i], out + used);
        used += ENTRY_LENGTH;
    }
    if (used + 2 * ENTRY_LENGTH > PARTITION_TABLE_MAX_LENGTH) {
        return; /* a full table has room for its end, not for an MD5 too */
    }
    put_u16(out + used, MD5_MAGIC);
    md5(out, used, out + used + MD5_OFFSET);
}

const struct partition *partition_table_find(const struct partition_table *table, uint8_t type,
                                             uint8_t subtype)
{
    for (size_t i = 0; i < table->count; i++) {
        if (table->entries[i].type == type && table->entries[i].subtype == subtype) {
            return &table->entries[i];
        }
    }
    return NULL;
}

const struct partition *partition_table_find_label(const struct partition_table *table,
                                                   const char *label)
{
    for (size_t i = 0; i < table->count; i++) {
        if (strcmp(table->entries[i].label, label) == 0) {
            return &table->entries[i];
        }
    }
    return NULL;
}

const struct partition *partition_table_find_address(const struct partition_table *table,
                                                     uint32_t address)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct partition *entry = &table->entries[i];
        if (address >= entry->offset && address - entry->offset < entry->size) {
            return entry;
        }
    }
    return NULL;
}

bool partition_is_encrypted(const struct partition *partition)
{
    switch (partition->type) {
    case PARTITION_TYPE_APP:
    case PARTITION_TYPE_BOOTLOADER:
    case PARTITION_TYPE_TABLE:
        return true;
    case PARTITION_TYPE_DATA:
        return partition->subtype == PARTITION_DATA_OTA ||
               partition->subtype == PARTITION_DATA_NVS_KEYS || partition->encrypted;
    default:
        return partition->encrypted;
    }
}

unsigned partition_table_ota_count(const struct partition_table *table)
{
    unsigned count = 0;
    while (count < 16 && partition_table_find(table, PARTITION_TYPE_APP,
                                              (uint8_t)(PARTITION_APP_OTA_0 + count)) != NULL) {
        count++;
    }
    return count;
}

const char *partition_type_name(uint8_t type, char buf[8])
{
    const char *name = partition_type_word(type);
    if (name == NULL) {
        snprintf(buf, 8, "0x%02x", type);
    }
    return name != NULL ? name : buf;
}

const char *partition_subtype_name(uint8_t type, uint8_t subtype, char buf[16])
{
    const char *name = partition_subtype_word(type, subtype);
    if (name == NULL) {
        snprintf(buf, 16, "0x%02x", subtype);
    }
    return name != NULL ? name : buf;
}
