/* Secure boot, as in ESP-IDF's esp_secure_boot.h: Secure Boot V2 only (formats page). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp_assert.h"
#include "esp_err.h"
#include "esp_flash_partitions.h"
#include "soc/soc_caps.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ESP_SECURE_BOOT_DIGEST_LEN     32
#define ESP_SECURE_BOOT_KEY_DIGEST_LEN 32
#define SECURE_BOOT_NUM_BLOCKS         SOC_EFUSE_SECURE_BOOT_KEY_DIGESTS

/** An RSA signature block. */
typedef struct __attribute__((packed)) {
    uint8_t n[384];
    uint32_t e;
    uint8_t rinv[384];
    uint32_t mdash;
} ets_rsa_pubkey_t;

typedef struct __attribute__((packed)) {
    uint8_t magic_byte;
    uint8_t version;
    uint8_t _reserved1;
    uint8_t _reserved2;
    uint8_t image_digest[32];
    ets_rsa_pubkey_t key;
    uint8_t signature[384];
    uint32_t block_crc;
    uint8_t _padding[16];
} ets_secure_boot_sig_block_t;

/** The sector behind a signed image. */
typedef struct __attribute__((packed)) {
    ets_secure_boot_sig_block_t block[SECURE_BOOT_NUM_BLOCKS];
    uint8_t _padding[4096 - sizeof(ets_secure_boot_sig_block_t) * SECURE_BOOT_NUM_BLOCKS];
} ets_secure_boot_signature_t;

ESP_STATIC_ASSERT(sizeof(ets_secure_boot_sig_block_t) == 1216, "a block has 1216 bytes");
ESP_STATIC_ASSERT(sizeof(ets_secure_boot_signature_t) == 4096, "the sector has 4096 bytes");

typedef struct {
    uint8_t *key_digests[SOC_EFUSE_SECURE_BOOT_KEY_DIGESTS];
} esp_secure_boot_key_digests_t;

/** Whether the chip boots signed apps only. */
bool esp_secure_boot_enabled(void);

/* For the function below, whose argument has as many places as the chip. */
esp_err_t otasim_secure_boot_read_key_digests(uint8_t **key_digests, size_t count);

/** The trusted keys' digests in efuse; those that are revoked or not burnt are NULL. ESP_FAIL for
 * NULL, or if there is none. */
static inline esp_err_t
esp_secure_boot_read_key_digests(esp_secure_boot_key_digests_t *trusted_key_digests)
{
    return trusted_key_digests == NULL
               ? ESP_FAIL
               : otasim_secure_boot_read_key_digests(trusted_key_digests->key_digests,
                                                     SOC_EFUSE_SECURE_BOOT_KEY_DIGESTS);
}

/** Verifies the image of `length` bytes at src_addr in flash, and the sector behind it, by the keys
 * that the running app trusts. ESP_OK or ESP_FAIL; ESP_ERR_INVALID_ARG beyond the flash. */
esp_err_t esp_secure_boot_verify_signature(uint32_t src_addr, uint32_t length);

/** The same for a sector and an image digest in memory; verified_digest, if not NULL, receives the
 * digest that was signed. */
esp_err_t esp_secure_boot_verify_sbv2_signature_block(const ets_secure_boot_signature_t *sig_block,
                                                      const uint8_t *image_digest,
                                                      uint8_t *verified_digest);

/** Verifies the image in a part of the flash by that one key in efuse. ESP_OK, ESP_FAIL, or
 * ESP_ERR_INVALID_ARG. */
esp_err_t esp_secure_boot_verify_with_efuse_digest_index(int efuse_digest_index,
                                                         esp_partition_pos_t *part_pos);

#ifdef __cplusplus
}
#endif
