/* The app descriptor (formats page, "App image"): part of esp_app_desc.h since ESP-IDF 5.0, and of
 * esp_app_format.h before. Older releases take the newer fields for reserved. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "esp_assert.h"
#include "esp_idf_version.h"

#define ESP_APP_DESC_MAGIC_WORD 0xABCD5432

typedef struct {
    uint32_t magic_word;
    uint32_t secure_version;
    uint32_t reserv1[2];
    char version[32];
    char project_name[32];
    char time[16];
    char date[16];
    char idf_ver[32];
    uint8_t app_elf_sha256[32];
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(6, 1, 0)
    uint16_t min_efuse_blk_rev_full;
    uint16_t max_efuse_blk_rev_full;
    uint8_t mmu_page_size; /* log2, 0: unset */
    uint8_t spi_flash_mode;
    uint8_t reserv3[2];
    uint32_t reserv2[18];
#elif ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 4, 0)
    uint16_t min_efuse_blk_rev_full;
    uint16_t max_efuse_blk_rev_full;
    uint8_t mmu_page_size;
    uint8_t reserv3[3];
    uint32_t reserv2[18];
#elif ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 3, 2) ||                                           \
    (ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 1, 7) &&                                            \
     ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(5, 2, 0))
    uint16_t min_efuse_blk_rev_full;
    uint16_t max_efuse_blk_rev_full;
    uint32_t reserv2[19];
#else
    uint32_t reserv2[20];
#endif
} esp_app_desc_t;
ESP_STATIC_ASSERT(sizeof(esp_app_desc_t) == 256, "esp_app_desc_t should be 256 bytes");
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(6, 1, 0)
ESP_STATIC_ASSERT(offsetof(esp_app_desc_t, spi_flash_mode) == 181, "app descriptor layout");
#endif
