#include "flash_cipher.h"

#include <mbedtls/aes.h>
#include <stdlib.h>
#include <string.h>

/* One pass over many units needs the key's schedule once. */
struct pass {
    mbedtls_aes_xts_context aes;
    int mode;
};

static void reverse(uint8_t unit[FLASH_CIPHER_UNIT])
{
    for (uint32_t i = 0; i < FLASH_CIPHER_UNIT / 2; i++) {
        uint8_t byte = unit[i];
        unit[i] = unit[FLASH_CIPHER_UNIT - 1 - i];
        unit[FLASH_CIPHER_UNIT - 1 - i] = byte;
    }
}

static void crypt_unit(struct pass *pass, uint32_t address, uint8_t unit[FLASH_CIPHER_UNIT])
{
    uint8_t tweak[16] = {0};
    for (unsigned i = 0; i < 4; i++) {
        tweak[i] = (uint8_t)(address >> 8 * i);
    }
    uint8_t in[FLASH_CIPHER_UNIT];
    reverse(unit);
    memcpy(in, unit, sizeof in);
    if (mbedtls_aes_crypt_xts(&pass->aes, pass->mode, sizeof in, tweak, in, unit) != 0) {
        abort(); /* only a wrong length could do that */
    }
    reverse(unit);
}

/* A block's part of the tweak comes from its place in the unit alone, so that blocks of one unit
 * may be encrypted one after the other. */
static void crypt_part(struct pass *pass, uint32_t address, uint8_t *bytes, uint32_t length)
{
    uint8_t unit[FLASH_CIPHER_UNIT] = {0};
    uint32_t within = address % FLASH_CIPHER_UNIT;
    memcpy(unit + within, bytes, length);
    crypt_unit(pass, address - within, unit);
    memcpy(bytes, unit + within, length);
}

static void apply(const struct flash_key *key, int mode, uint32_t address, uint8_t *bytes,
                  uint32_t length)
{
    if (key->length == 0) {
        return;
    }
    struct pass pass = {.mode = mode};
    mbedtls_aes_xts_init(&pass.aes);
    int err = mode == MBEDTLS_AES_ENCRYPT
                  ? mbedtls_aes_xts_setkey_enc(&pass.aes, key->bytes, key->length * 8u)
                  : mbedtls_aes_xts_setkey_dec(&pass.aes, key->bytes, key->length * 8u);
    if (err != 0) {
        abort(); /* flash_set_key takes no other lengths */
    }
    while (length > 0) {
        uint32_t part = FLASH_CIPHER_UNIT - address % FLASH_CIPHER_UNIT;
        part = part < length ? part : length;
        crypt_part(&pass, address, bytes, part);
        address += part;
        bytes += part;
        length -= part;
    }
    mbedtls_aes_xts_free(&pass.aes);
}

void flash_cipher_encrypt(const struct flash_key *key, uint32_t address, uint8_t *bytes,
                          uint32_t length)
{
    apply(key, MBEDTLS_AES_ENCRYPT, address, bytes, length);
}

void flash_cipher_decrypt(const struct flash_key *key, uint32_t address, uint8_t *bytes,
                          uint32_t length)
{
    apply(key, MBEDTLS_AES_DECRYPT, address, bytes, length);
}

/* The few bytes before the first whole block, or after the last one. */
static void decrypt_within_block(const struct flash *flash, uint32_t address, uint8_t *out,
                                 uint32_t length)
{
    uint8_t block[FLASH_CIPHER_BLOCK];
    uint32_t within = address % FLASH_CIPHER_BLOCK;
    memcpy(block, flash_view(flash, address - within, sizeof block), sizeof block);
    flash_cipher_decrypt(flash_key(flash), address - within, block, sizeof block);
    memcpy(out, block + within, length);
}

static void decrypt_into(const struct flash *flash, uint32_t address, uint8_t *out, uint32_t length)
{
    uint32_t head = (FLASH_CIPHER_BLOCK - address % FLASH_CIPHER_BLOCK) % FLASH_CIPHER_BLOCK;
    head = head < length ? head : length;
    if (head > 0) {
        decrypt_within_block(flash, address, out, head);
    }
    uint32_t whole = (length - head) / FLASH_CIPHER_BLOCK * FLASH_CIPHER_BLOCK;
    uint32_t tail = length - head - whole;
    flash_cipher_decrypt(flash_key(flash), address + head, out + head, whole);
    if (tail > 0) {
        decrypt_within_block(flash, address + head + whole, out + head + whole, tail);
    }
}

esp_err_t flash_read_decrypted(struct flash *flash, uint32_t address, void *out, uint32_t length)
{
    esp_err_t err = flash_read(flash, address, out, length);
    if (err == ESP_OK && flash_key(flash)->length != 0) {
        decrypt_into(flash, address, out, length);
    }
    return err;
}

uint8_t *flash_decrypted_copy(const struct flash *flash, uint32_t address, uint32_t length)
{
    const uint8_t *bytes = flash_view(flash, address, length);
    uint8_t *copy = bytes != NULL && length > 0 ? malloc(length) : NULL;
    if (copy == NULL) {
        return NULL;
    }
    memcpy(copy, bytes, length);
    if (flash_key(flash)->length != 0) {
        decrypt_into(flash, address, copy, length);
    }
    return copy;
}

/* Filled up with 0xFF to a multiple of 16. NULL when memory is short. */
static uint8_t *encrypted(const struct flash *flash, uint32_t address, const void *data,
                          uint32_t length, uint32_t *padded)
{
    *padded = (length + FLASH_CIPHER_BLOCK - 1) / FLASH_CIPHER_BLOCK * FLASH_CIPHER_BLOCK;
    uint8_t *bytes = malloc(*padded);
    if (bytes != NULL) {
        memcpy(bytes, data, length);
        memset(bytes + length, 0xFF, *padded - length);
        flash_cipher_encrypt(flash_key(flash), address, bytes, *padded);
    }
    return bytes;
}

esp_err_t flash_program_encrypted(struct flash *flash, uint32_t address, const void *data,
                                  uint32_t length)
{
    if (flash_key(flash)->length == 0 || length == 0) {
        return flash_program(flash, address, data, length);
    }
    if (address % FLASH_CIPHER_BLOCK != 0 || flash_view(flash, address, length) == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (length % FLASH_CIPHER_BLOCK != 0) {
        return ESP_ERR_INVALID_SIZE;
    }
    uint32_t padded;
    uint8_t *bytes = encrypted(flash, address, data, length, &padded);
    esp_err_t err = bytes != NULL ? flash_program(flash, address, bytes, padded) : ESP_ERR_NO_MEM;
    free(bytes);
    return err;
}

esp_err_t flash_load_encrypted(struct flash *flash, uint32_t address, const void *data,
                               uint32_t length)
{
    if (flash_key(flash)->length == 0 || length == 0) {
        return flash_load(flash, address, data, length);
    }
    if (address % FLASH_CIPHER_BLOCK != 0 || flash_view(flash, address, length) == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    uint32_t padded;
    uint8_t *bytes = encrypted(flash, address, data, length, &padded);
    esp_err_t err = bytes != NULL ? flash_load(flash, address, bytes, padded) : ESP_ERR_NO_MEM;
    free(bytes);
    return err;
}
