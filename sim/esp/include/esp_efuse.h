/* Efuses as OTA code reads and burns them, as in ESP-IDF's esp_efuse.h. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "esp_err.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The secure version: the number of burnt bits. */
uint32_t esp_efuse_read_secure_version(void);

/** Whether an app with that secure version may run. */
bool esp_efuse_check_secure_version(uint32_t secure_version);

/** Burns up to that version; a lower one changes nothing. ESP_ERR_INVALID_ARG if the field is too
 * small for it. */
esp_err_t esp_efuse_update_secure_version(uint32_t secure_version);

bool esp_efuse_is_flash_encryption_enabled(void);

/** Whether a secure boot key (0 to 2) is revoked. */
bool esp_efuse_get_digest_revoke(unsigned num_digest);

/** Revokes a secure boot key for good, whatever depends on it. ESP_ERR_INVALID_ARG beyond 2. */
esp_err_t esp_efuse_set_digest_revoke(unsigned num_digest);

#ifdef __cplusplus
}
#endif
