/* Image verification, as in ESP-IDF's esp_image_format.h (formats page, "App image"). */
#pragma once

#include <inttypes.h>
#include <stdbool.h>

#include "esp_app_format.h"
#include "esp_err.h"
#include "esp_flash_partitions.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifndef ESP_ERR_IMAGE_BASE
#define ESP_ERR_IMAGE_BASE       0x2000
#define ESP_ERR_IMAGE_FLASH_FAIL (ESP_ERR_IMAGE_BASE + 1)
#define ESP_ERR_IMAGE_INVALID    (ESP_ERR_IMAGE_BASE + 2)
#endif

#define ESP_IMAGE_HASH_LEN 32

typedef enum {
    ESP_IMAGE_BOOTLOADER,
    ESP_IMAGE_APPLICATION,
} esp_image_type;

typedef struct {
    uint32_t start_addr; /* in flash */
    esp_image_header_t image;
    esp_image_segment_header_t segments[ESP_IMAGE_MAX_SEGMENTS];
    uint32_t segment_data[ESP_IMAGE_MAX_SEGMENTS]; /* flash addresses of the segments' data */
    uint32_t image_len;                            /* bytes */
    uint8_t image_digest[32];                      /* the appended SHA-256, if there is one */
    uint32_t secure_version;
    uint32_t mmu_page_size; /* bytes */
} esp_image_metadata_t;

typedef enum {
    ESP_IMAGE_VERIFY,        /* say in the log what is wrong */
    ESP_IMAGE_VERIFY_SILENT, /* only return it */
} esp_image_load_mode_t;

/** Verifies the image at a place in flash; data receives what was found. ESP_ERR_IMAGE_INVALID,
 * ESP_FAIL for the wrong chip or revision, ESP_ERR_INVALID_ARG for NULLs or more than 16 MB,
 * ESP_ERR_IMAGE_FLASH_FAIL. */
esp_err_t esp_image_verify(esp_image_load_mode_t mode, const esp_partition_pos_t *part,
                           esp_image_metadata_t *data);

/** Reads headers and length without verifying contents; the digest stays zero. */
esp_err_t esp_image_get_metadata(const esp_partition_pos_t *part, esp_image_metadata_t *metadata);

/** Verifies the bootloader; length, if not NULL, receives its image's, 0 if it is not valid. */
esp_err_t esp_image_verify_bootloader(uint32_t *length);

/** Where the bootloader is taken to lie; images there are verified as bootloaders. */
uint32_t esp_image_bootloader_offset_get(void);
void esp_image_bootloader_offset_set(const uint32_t offset);

#ifdef __cplusplus
}
#endif
