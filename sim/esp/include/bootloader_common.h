/* What bootloader and app share, as in ESP-IDF's bootloader_common.h. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "esp_err.h"
#include "esp_flash_partitions.h"
#include "esp_image_format.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The otadata rules of the native OTA page. */
uint32_t bootloader_common_ota_select_crc(const esp_ota_select_entry_t *s);
bool bootloader_common_ota_select_valid(const esp_ota_select_entry_t *s);
bool bootloader_common_ota_select_invalid(const esp_ota_select_entry_t *s);

/** Index of the entry that counts, or -1. */
int bootloader_common_get_active_otadata(esp_ota_select_entry_t *two_otadata);

/** Of the entries marked valid, the index of the one with the highest seq (max) or the lowest; 0 on
 * a tie, -1 if none is valid. */
int bootloader_common_select_otadata(const esp_ota_select_entry_t *two_otadata,
                                     bool *valid_two_otadata, bool max);

/** Chip id and revisions of an image header against this device: ESP_OK or ESP_FAIL. */
esp_err_t bootloader_common_check_chip_validity(const esp_image_header_t *img_hdr,
                                                esp_image_type type);
/** The revisions alone. */
esp_err_t bootloader_common_check_chip_revision_validity(const esp_image_header_t *img_hdr,
                                                         esp_image_type type);

/** SHA-256 of a region; type 0 (app): the image's, see esp_partition_get_sha256. */
esp_err_t bootloader_common_get_sha256_of_partition(uint32_t address, uint32_t size, int type,
                                                    uint8_t *out_sha_256);

#ifdef __cplusplus
}
#endif
