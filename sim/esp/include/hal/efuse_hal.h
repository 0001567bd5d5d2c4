/* Chip revision efuses, as in ESP-IDF's hal/efuse_hal.h. Revisions are major * 100 + minor. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

uint32_t efuse_hal_chip_revision(void);
uint32_t efuse_hal_get_major_chip_version(void);
uint32_t efuse_hal_get_minor_chip_version(void);
uint32_t efuse_hal_blk_version(void);
bool efuse_hal_get_disable_wafer_version_major(void);
bool efuse_hal_get_disable_blk_version_major(void);
bool efuse_hal_flash_encryption_enabled(void);

#ifdef __cplusplus
}
#endif
