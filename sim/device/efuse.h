/* What is burnt into the chip: bits that only ever go from 0 to 1 (formats page; native OTA page,
 * "Efuse secure version"). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "esp_err.h"
#include "flash.h"

#define EFUSE_MAX_KEY_DIGESTS   3u
#define EFUSE_KEY_DIGEST_LENGTH 32u
#define EFUSE_MAX_KEY_BLOCKS    6u
#define EFUSE_KEY_LENGTH        32u

struct efuse {
    uint16_t chip_revision;  /* major * 100 + minor */
    uint16_t block_revision; /* efuse block revision, major * 100 + minor */
    bool ignore_wafer_major; /* "ignore major wafer version" bit */
    bool ignore_block_major;
    bool flash_encryption;
    struct flash_key flash_key; /* with flash_encryption: the key. Length 0: encryption is only a
                                   flag, and the flash holds plain text, as in the recordings */
    bool secure_boot;       /* Secure Boot V2: nothing boots that no trusted key has signed */
    bool aggressive_revoke; /* a wrong signature of a trusted key revokes that key */
    uint8_t key_digests;    /* bit n: key_digest[n] is burnt */
    uint8_t revoked_keys;   /* bit n: and is not to be trusted any more */
    uint8_t key_digest[EFUSE_MAX_KEY_DIGESTS][EFUSE_KEY_DIGEST_LENGTH];
    uint8_t hmac_keys; /* bit n: key block n holds a key of the HMAC peripheral (HMAC_UP) */
    uint8_t hmac_key[EFUSE_MAX_KEY_BLOCKS][EFUSE_KEY_LENGTH];
    uint32_t secure_version_bits;  /* the secure version is the number of ones */
    uint8_t secure_version_length; /* bits in the field, 16 unless the chip has fewer */
};

uint32_t efuse_secure_version(const struct efuse *efuse);

/** An app may run if its secure version is not below the chip's. */
bool efuse_allows_secure_version(const struct efuse *efuse, uint32_t version);

/** Burns bits until the secure version is `version`; lower ones change nothing. More than the
 * field holds: ESP_ERR_INVALID_ARG. */
esp_err_t efuse_raise_secure_version(struct efuse *efuse, uint32_t version);

/** The secure boot key is burnt and not revoked. */
bool efuse_key_is_usable(const struct efuse *efuse, unsigned index);

/** Revokes a key, for good. ESP_ERR_INVALID_ARG beyond the last place. */
esp_err_t efuse_revoke_key(struct efuse *efuse, unsigned index);

/** The HMAC key of a key block, which no software of a device can read; NULL if it holds none. */
const uint8_t *efuse_hmac_key(const struct efuse *efuse, unsigned block);

/** Burns an HMAC key. ESP_ERR_INVALID_ARG beyond the last block, ESP_ERR_INVALID_STATE if there is
 * one. */
esp_err_t efuse_burn_hmac_key(struct efuse *efuse, unsigned block,
                              const uint8_t key[EFUSE_KEY_LENGTH]);
