/* Flash as the cache shows it in memory: decrypted, whatever partition it is (ESP-IDF
 * documentation, "Flash Encryption": the MMU flash cache decrypts all data, also what was stored
 * unencrypted). */
#pragma once

#include "esp_err.h"
#include "flash.h"

/** The bytes at an address, which follow what is written later, until the mapping is closed.
 * ESP_ERR_INVALID_ARG past the end, ESP_ERR_NO_MEM. */
esp_err_t flash_map_open(struct flash *flash, uint32_t address, uint32_t length,
                         const void **out_bytes, uint32_t *out_handle);
void flash_map_close(uint32_t handle);

/** The flash changed there. */
void flash_map_refresh(const struct flash *flash, uint32_t address, uint32_t length);

/** The address that a pointer into a mapping stands for. False if it is none. */
bool flash_map_address(const struct flash *flash, const void *pointer, uint32_t *out_address);
