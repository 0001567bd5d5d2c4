/* The partition table: parsed from an ESP-IDF CSV file or from its binary form, written as binary
 * (formats page, "Partition table"). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "esp_err.h"

#define PARTITION_TABLE_OFFSET      0x8000u
#define PARTITION_TABLE_MAX_LENGTH  0xC00u
#define PARTITION_TABLE_MAX_ENTRIES 95u
#define PARTITION_LABEL_LENGTH      16u

enum partition_type {
    PARTITION_TYPE_APP = 0x00,
    PARTITION_TYPE_DATA = 0x01,
    PARTITION_TYPE_BOOTLOADER = 0x02,
    PARTITION_TYPE_TABLE = 0x03,
};

enum partition_subtype {
    PARTITION_APP_FACTORY = 0x00,
    PARTITION_APP_OTA_0 = 0x10,
    PARTITION_APP_OTA_15 = 0x1F,
    PARTITION_APP_TEST = 0x20,
    PARTITION_DATA_OTA = 0x00,
    PARTITION_DATA_PHY = 0x01,
    PARTITION_DATA_NVS = 0x02,
    PARTITION_DATA_NVS_KEYS = 0x04,
};

struct partition {
    uint8_t type;
    uint8_t subtype;
    uint32_t offset; /* bytes from the start of flash */
    uint32_t size;   /* bytes */
    char label[PARTITION_LABEL_LENGTH + 1];
    bool encrypted;
    bool readonly;
};

struct partition_table {
    size_t count;
    struct partition entries[PARTITION_TABLE_MAX_ENTRIES];
};

/** Parses ESP-IDF's CSV text. Errors name file_name, the line and the field, and what to do:
 * overlaps, rows out of order, unaligned app offsets, duplicate names, a second or odd-sized
 * otadata, too many entries, unknown words. The entries come in the order of offsets. flash_size
 * bounds the last entry (0: not checked); bootloader_offset serves `N/A` rows. */
bool partition_table_from_csv(const char *file_name, const char *text, size_t length,
                              uint32_t flash_size, uint32_t bootloader_offset,
                              struct partition_table *out, struct error *err);

/** Parses the binary form as the bootloader does. ESP_ERR_INVALID_SIZE if an entry leaves the
 * flash chip; ESP_ERR_INVALID_STATE for a second or wrong MD5, an unknown magic, an empty first
 * entry or a missing end. err says which entry and why. */
esp_err_t partition_table_from_binary(const uint8_t *data, size_t length, uint32_t flash_size,
                                      struct partition_table *out, struct error *err);

/** Writes the binary form with its MD5 entry, padded with 0xFF to PARTITION_TABLE_MAX_LENGTH. A
 * table of all PARTITION_TABLE_MAX_ENTRIES (never from CSV) goes without MD5. */
void partition_table_to_binary(const struct partition_table *table,
                               uint8_t out[PARTITION_TABLE_MAX_LENGTH]);

/** The first partition of that type and subtype, or NULL. */
const struct partition *partition_table_find(const struct partition_table *table, uint8_t type,
                                             uint8_t subtype);

/** The partition with that label, or NULL. */
const struct partition *partition_table_find_label(const struct partition_table *table,
                                                   const char *label);

/** The partition that has the byte at that address of the flash, or NULL. */
const struct partition *partition_table_find_address(const struct partition_table *table,
                                                     uint32_t address);

/** What flash encryption, where the chip has it, encrypts: by its type, or by its flag. */
bool partition_is_encrypted(const struct partition *partition);

/** How many of ota_0, ota_1, ... exist without a gap from ota_0. */
unsigned partition_table_ota_count(const struct partition_table *table);

/** "app"/"data"/... or "0x40"; the text lives in buf. */
const char *partition_type_name(uint8_t type, char buf[8]);
const char *partition_subtype_name(uint8_t type, uint8_t subtype, char buf[16]);
