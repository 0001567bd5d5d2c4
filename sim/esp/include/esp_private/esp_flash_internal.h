/* As in ESP-IDF's esp_private/esp_flash_internal.h. */
#pragma once

#include "esp_flash.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Arms (the default) or lifts the protection of bootloader, partition table and running app. */
esp_err_t esp_flash_set_dangerous_write_protection(esp_flash_t *chip, const bool protect);

#ifdef __cplusplus
}
#endif
