/* What the parts of the native library share. */
#pragma once

#include "release_shape.h"

#if CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE
#define OTA_ROLLBACK 1
#else
#define OTA_ROLLBACK 0
#endif

#if CONFIG_BOOTLOADER_APP_ANTI_ROLLBACK
#define OTA_ANTI_ROLLBACK 1
#else
#define OTA_ANTI_ROLLBACK 0
#endif

#define OTA_SECTOR_SIZE 0x1000u

/** otadata as it is in flash now. */
struct ota_select {
    const esp_partition_t *partition;
    esp_ota_select_entry_t entry[2];
    int active;     /* index of the entry that counts, -1: none */
    uint32_t slots; /* OTA slots without a gap from ota_0 */
};

/** Reads otadata; false without an otadata partition. */
bool ota_select_read(struct ota_select *select);

/** Erases an entry's sector and programs the entry with this seq and state. */
esp_err_t ota_select_write(struct ota_select *select, int index, uint32_t seq,
                           esp_ota_img_states_t state);

/** The slot that a sequence number names. */
uint32_t ota_select_slot(const struct ota_select *select, uint32_t seq);

/** CRC is right and there is a seq, whatever the state. */
bool ota_entry_is_written(const esp_ota_select_entry_t *entry);

const esp_partition_t *ota_slot_partition(uint32_t slot);

bool ota_is_slot(const esp_partition_t *partition);

/** Number of an OTA slot: its subtype without the flag. */
uint32_t ota_slot_number(const esp_partition_t *partition);

/** Verifies the app image in a partition. */
bool ota_image_is_valid(const esp_partition_t *partition, esp_image_load_mode_t mode);

/** Erases the otadata entry of the app that does not run, where there is one: a slot that is about
 * to be written must not be rolled back to. ESP_FAIL if there is none. *slot (may be NULL) receives
 * the partition that it named. */
esp_err_t ota_forget_inactive(const esp_partition_t **slot);

/** The same before this slot is written. */
void ota_forget(const esp_partition_t *slot);
