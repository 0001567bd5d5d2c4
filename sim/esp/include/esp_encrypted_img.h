/* Images that are encrypted for this device, as in the component esp_encrypted_img. Declarations
 * only, for applications to compile: link the component itself (its sources need only mbedTLS) to
 * use them. Without it the module does not link. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp_err.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef void *esp_decrypt_handle_t;

typedef struct {
    const char *rsa_priv_key; /* PEM */
    size_t rsa_priv_key_len;
} esp_decrypt_cfg_t;

/** data_out is the caller's to free. */
typedef struct {
    const char *data_in;
    size_t data_in_len;
    char *data_out;
    size_t data_out_len;
} pre_enc_decrypt_arg_t;

esp_decrypt_handle_t esp_encrypted_img_decrypt_start(const esp_decrypt_cfg_t *cfg);
/** ESP_ERR_NOT_FINISHED: more data is wanted, ESP_OK: that was all. */
esp_err_t esp_encrypted_img_decrypt_data(esp_decrypt_handle_t ctx, pre_enc_decrypt_arg_t *args);
esp_err_t esp_encrypted_img_decrypt_end(esp_decrypt_handle_t ctx);
bool esp_encrypted_img_is_complete_data_received(esp_decrypt_handle_t ctx);
esp_err_t esp_encrypted_img_decrypt_abort(esp_decrypt_handle_t ctx);
uint16_t esp_encrypted_img_get_header_size(void);

#ifdef __cplusplus
}
#endif
