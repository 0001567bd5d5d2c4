/* The HMAC peripheral, as in ESP-IDF's esp_hmac.h: keys that software uses and never sees. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "esp_err.h"

#ifdef __cplusplus
extern "C" {
#endif

/** An efuse key block. */
typedef enum {
    HMAC_KEY0 = 0,
    HMAC_KEY1,
    HMAC_KEY2,
    HMAC_KEY3,
    HMAC_KEY4,
    HMAC_KEY5,
    HMAC_KEY_MAX
} hmac_key_id_t;

/** HMAC-SHA256 of a message, 32 bytes, by the key of that block. ESP_FAIL if the block's purpose is
 * not HMAC_UP. */
esp_err_t esp_hmac_calculate(hmac_key_id_t key_id, const void *message, size_t message_len,
                             uint8_t *hmac);

#ifdef __cplusplus
}
#endif
