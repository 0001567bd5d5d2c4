/* Secure boot, as in ESP-IDF's esp_secure_boot.h, as far as the simulated device has it: it is
 * never enabled in efuse. */
#pragma once

#include <stdbool.h>

#include "soc/soc_caps.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ESP_SECURE_BOOT_DIGEST_LEN 32

bool esp_secure_boot_enabled(void);

#ifdef __cplusplus
}
#endif
