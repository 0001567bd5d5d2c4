/* What is burnt into the chip: bits that only ever go from 0 to 1 (formats page; native OTA page,
 * "Efuse secure version"). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "esp_err.h"

struct efuse {
    uint16_t chip_revision;  /* major * 100 + minor */
    uint16_t block_revision; /* efuse block revision, major * 100 + minor */
    bool ignore_wafer_major; /* "ignore major wafer version" bit */
    bool ignore_block_major;
    bool flash_encryption;
    uint32_t secure_version_bits;  /* the secure version is the number of ones */
    uint8_t secure_version_length; /* bits in the field, 16 unless the chip has fewer */
};

uint32_t efuse_secure_version(const struct efuse *efuse);

/** An app may run if its secure version is not below the chip's. */
bool efuse_allows_secure_version(const struct efuse *efuse, uint32_t version);

/** Burns bits until the secure version is `version`; lower ones change nothing. More than the
 * field holds: ESP_ERR_INVALID_ARG. */
esp_err_t efuse_raise_secure_version(struct efuse *efuse, uint32_t version);
