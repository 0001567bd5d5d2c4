/* The flash driver, as in ESP-IDF's esp_flash.h. There is one chip; NULL means that one. Each
 * operation takes the virtual time that a usual chip takes.
 *
 * Writing or erasing bootloader, partition table or the running app ends the boot as a panic
 * (CONFIG_SPI_FLASH_DANGEROUS_WRITE_ABORTS, the default of ESP-IDF), unless that protection was
 * lifted. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "esp_err.h"
#include "esp_flash_err.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct esp_flash_t esp_flash_t;

/** The chip that the device boots from. */
extern esp_flash_t *esp_flash_default_chip;

/** Bytes. */
esp_err_t esp_flash_get_size(esp_flash_t *chip, uint32_t *out_size);
esp_err_t esp_flash_get_physical_size(esp_flash_t *chip, uint32_t *out_size);

/** ESP_ERR_INVALID_ARG outside of the chip, ESP_ERR_NOT_ALLOWED in a read-only partition, or the
 * chip's error. Nothing to do is ESP_OK. */
esp_err_t esp_flash_read(esp_flash_t *chip, void *buffer, uint32_t address, uint32_t length);
esp_err_t esp_flash_write(esp_flash_t *chip, const void *buffer, uint32_t address, uint32_t length);

/** Erases sectors: start and len are multiples of 4096, else ESP_ERR_INVALID_ARG. */
esp_err_t esp_flash_erase_region(esp_flash_t *chip, uint32_t start, uint32_t len);
esp_err_t esp_flash_erase_chip(esp_flash_t *chip);

/** Through the encryption, if the chip has it. Reads are as the cache gives them; writes only take
 * 16-byte units (ESP_ERR_INVALID_ARG for the address, ESP_ERR_INVALID_SIZE for the length). */
esp_err_t esp_flash_read_encrypted(esp_flash_t *chip, uint32_t address, void *out_buffer,
                                   uint32_t length);
esp_err_t esp_flash_write_encrypted(esp_flash_t *chip, uint32_t address, const void *buffer,
                                    uint32_t length);

#ifdef __cplusplus
}
#endif
