/* The app descriptor, as in ESP-IDF's esp_app_desc.h (formats page, "App image"). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "esp_assert.h"
#include "esp_err.h"

#ifdef __cplusplus
extern "C" {
#endif

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
    uint16_t min_efuse_blk_rev_full;
    uint16_t max_efuse_blk_rev_full;
    uint8_t mmu_page_size; /* log2, 0: unset */
    uint8_t spi_flash_mode;
    uint8_t reserv3[2];
    uint32_t reserv2[18];
} esp_app_desc_t;
ESP_STATIC_ASSERT(sizeof(esp_app_desc_t) == 256, "esp_app_desc_t should be 256 bytes");
ESP_STATIC_ASSERT(offsetof(esp_app_desc_t, spi_flash_mode) == 181, "app descriptor layout");

/** The descriptor of the running app. */
const esp_app_desc_t *esp_app_get_description(void);

/** Writes the first characters of the running app's ELF hash in hex: as many as fit into size with
 * the terminator, 9 at most. Returns the bytes written, terminator included. */
int esp_app_get_elf_sha256(char *dst, size_t size);

/** The same, in memory that stays valid. */
char *esp_app_get_elf_sha256_str(void);

#ifdef __cplusplus
}
#endif
