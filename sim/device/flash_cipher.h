/* The cipher between the processor and the flash chip: AES-XTS in data units of 128 bytes, the
 * unit's address is the tweak, and the bytes of a unit go through it in reverse order (ESP-IDF
 * documentation, "Flash Encryption", technical details). So 16 bytes at a multiple of 16 are the
 * least that can be written. The original ESP32 has a cipher of its own, for which this one stands
 * in: all that an update can notice is the same but the bytes of a dump.
 *
 * Everything here is plain where the flash has no key. */
#pragma once

#include "flash.h"

#define FLASH_CIPHER_BLOCK 16u
#define FLASH_CIPHER_UNIT  128u

/** Reads what the processor sees of the flash, at any address. ESP_ERR_INVALID_ARG past the end. */
esp_err_t flash_read_decrypted(struct flash *flash, uint32_t address, void *out, uint32_t length);

/** Programs in one operation what will read back so. With a key, ESP_ERR_INVALID_ARG for an address
 * and ESP_ERR_INVALID_SIZE for a length that is no multiple of 16. */
esp_err_t flash_program_encrypted(struct flash *flash, uint32_t address, const void *data,
                                  uint32_t length);

/** flash_load of what will read back so, filled up with 0xFF to a multiple of 16. */
esp_err_t flash_load_encrypted(struct flash *flash, uint32_t address, const void *data,
                               uint32_t length);

/** What flash_read_decrypted gives, in malloc'ed memory and without being counted. NULL past the
 * end, for no bytes, or when memory is short. */
uint8_t *flash_decrypted_copy(const struct flash *flash, uint32_t address, uint32_t length);

/** Encrypts or decrypts in place the bytes at a multiple of 16, which are a multiple of 16. */
void flash_cipher_encrypt(const struct flash_key *key, uint32_t address, uint8_t *bytes,
                          uint32_t length);
void flash_cipher_decrypt(const struct flash_key *key, uint32_t address, uint8_t *bytes,
                          uint32_t length);
