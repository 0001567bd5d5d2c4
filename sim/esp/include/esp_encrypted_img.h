/* Images that are encrypted for this device, as in the component esp_encrypted_img: 512 bytes of
 * header, then the image in AES-256-GCM. A build with CONFIG_PRE_ENCRYPTED_OTA_USE_ECIES has a
 * P-256 key that derives from an HMAC key in efuse, any other an RSA-3072 key.
 *
 * What comes out is authentic only once esp_encrypted_img_decrypt_end() has returned ESP_OK: end
 * the decryption before esp_https_ota_finish(), and abort the update if that fails.
 *
 * A project that brings the vendor's component along, with its own header, uses that one. */
#pragma once

#if __has_include("sdkconfig.h")
#include "sdkconfig.h"
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp_err.h"
#include "esp_hmac.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef void *esp_decrypt_handle_t;

typedef struct {
#if CONFIG_PRE_ENCRYPTED_OTA_USE_ECIES
    hmac_key_id_t hmac_key_id; /* the efuse key block, whose purpose is HMAC_UP */
#else
    union {
        const char *rsa_priv_key; /* PEM */
        const char *rsa_pub_key;  /* an old name of it */
    };
    union {
        size_t rsa_priv_key_len; /* with the terminating zero */
        size_t rsa_pub_key_len;
    };
#endif
} esp_decrypt_cfg_t;

/** data_out comes with the call, if there is any output, and is the caller's to free. */
typedef struct {
    const char *data_in;
    size_t data_in_len;
    char *data_out;
    size_t data_out_len;
} pre_enc_decrypt_arg_t;

/* The two schemes of esp_encrypted_img_decrypt_start(); not for applications. */
esp_decrypt_handle_t otasim_encrypted_img_start_rsa(const char *key, size_t length);
esp_decrypt_handle_t otasim_encrypted_img_start_ecies(int hmac_key_id);

/** Begins. NULL without a key, without the HMAC key in efuse, or without memory. A key that cannot
 * be read shows when the header has come. */
static inline esp_decrypt_handle_t esp_encrypted_img_decrypt_start(const esp_decrypt_cfg_t *cfg)
{
    if (cfg == NULL) {
        return NULL;
    }
#if CONFIG_PRE_ENCRYPTED_OTA_USE_ECIES
    return otasim_encrypted_img_start_ecies((int)cfg->hmac_key_id);
#else
    return otasim_encrypted_img_start_rsa(cfg->rsa_priv_key, cfg->rsa_priv_key_len);
#endif
}

/** Decrypts the next piece, of any size: whole blocks of 16 bytes come out, and the rest with the
 * last byte, so a short piece may give nothing. ESP_ERR_NOT_FINISHED: more is wanted; ESP_OK: that
 * was all; ESP_FAIL: no such image, or not for this device; ESP_ERR_INVALID_ARG, ESP_ERR_NO_MEM. */
esp_err_t esp_encrypted_img_decrypt_data(esp_decrypt_handle_t ctx, pre_enc_decrypt_arg_t *args);

/** Ends the decryption and frees the handle. ESP_FAIL: not all had come, or more than that, or the
 * tag is wrong. ESP_ERR_INVALID_ARG without a handle. */
esp_err_t esp_encrypted_img_decrypt_end(esp_decrypt_handle_t ctx);

/** All that the header promises has come; says nothing of the tag. */
bool esp_encrypted_img_is_complete_data_received(esp_decrypt_handle_t ctx);

/** Frees the handle without a look at what has come. ESP_ERR_INVALID_ARG without one. */
esp_err_t esp_encrypted_img_decrypt_abort(esp_decrypt_handle_t ctx);

/** Bytes in front of the image: for enc_img_header_size of esp_https_ota_config_t. */
uint16_t esp_encrypted_img_get_header_size(void);

/** The device's public key in DER, which is the caller's to free: what images are encrypted for. */
esp_err_t esp_encrypted_img_export_public_key(esp_decrypt_handle_t ctx, uint8_t **pub_key,
                                              size_t *pub_key_len);

#ifdef __cplusplus
}
#endif
