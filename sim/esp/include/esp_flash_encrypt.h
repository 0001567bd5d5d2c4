/* As in ESP-IDF's esp_flash_encrypt.h, as far as it only asks. */
#pragma once

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

bool esp_flash_encryption_enabled(void);

#ifdef __cplusplus
}
#endif
