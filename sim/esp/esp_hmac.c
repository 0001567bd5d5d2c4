#include "esp_hmac.h"

#include <mbedtls/md.h>

#include "device.h"
#include "esp_log.h"

static const char *const TAG = "esp_hmac";

esp_err_t esp_hmac_calculate(hmac_key_id_t key_id, const void *message, size_t message_len,
                             uint8_t *hmac)
{
    if (message == NULL || hmac == NULL || (unsigned)key_id >= HMAC_KEY_MAX) {
        return ESP_ERR_INVALID_ARG;
    }
    const struct device *device = device_current();
    const uint8_t *key = device != NULL ? efuse_hmac_key(&device->efuse, (unsigned)key_id) : NULL;
    if (key == NULL) {
        ESP_LOGE(TAG, "efuse key block %u holds no HMAC key", (unsigned)key_id);
        return ESP_FAIL;
    }
    return mbedtls_md_hmac(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), key, EFUSE_KEY_LENGTH,
                           message, message_len, hmac) == 0
               ? ESP_OK
               : ESP_FAIL;
}
