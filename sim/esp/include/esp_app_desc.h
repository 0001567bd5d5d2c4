/* The descriptor of the running app, as in ESP-IDF's esp_app_desc.h. */
#pragma once

#include <stddef.h>

#include "esp_err.h"
#include "otasim_app_desc.h"

#if ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(5, 0, 0)
#error "ESP-IDF 4.4 has no esp_app_desc.h: esp_app_desc_t is in esp_app_format.h"
#endif

#ifdef __cplusplus
extern "C" {
#endif

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
