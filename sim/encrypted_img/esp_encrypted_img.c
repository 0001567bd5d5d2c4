/* The component's interface over encrypted_image.h: handles, the device's heap and its efuses. */
#include "esp_encrypted_img.h"

#include <string.h>

#include "device.h"
#include "efuse.h"
#include "encrypted_image.h"
#include "esp_heap_caps.h"
#include "esp_log.h"

static const char *const TAG = "esp_encrypted_img";

#define MAX_PUBLIC_DER 600u /* RSA-3072 takes 422 */

struct session {
    struct encrypted_image_reader reader;
    uint8_t *rsa_key; /* a copy: callers may drop theirs */
};

static void *device_calloc(size_t size)
{
    return heap_caps_calloc(1, size, MALLOC_CAP_DEFAULT);
}

static void release(struct session *session)
{
    if (session->rsa_key != NULL) {
        memset(session->rsa_key, 0, session->reader.key.rsa_length);
    }
    heap_caps_free(session->rsa_key);
    encrypted_image_end(&session->reader);
    heap_caps_free(session);
}

static struct session *begin(const struct encrypted_image_key *key)
{
    struct session *session = device_calloc(sizeof *session);
    if (session == NULL) {
        ESP_LOGE(TAG, "out of memory");
        return NULL;
    }
    encrypted_image_begin(&session->reader, key);
    return session;
}

/* The key is parsed when the header is there: a bad one shows only then. */
esp_decrypt_handle_t otasim_encrypted_img_start_rsa(const char *key, size_t length)
{
    if (key == NULL || length == 0) {
        ESP_LOGE(TAG, "rsa_priv_key is missing");
        return NULL;
    }
    struct encrypted_image_key device = {.scheme = ENCRYPTED_IMAGE_RSA_3072, .rsa_length = length};
    struct session *session = begin(&device);
    if (session == NULL) {
        return NULL;
    }
    session->rsa_key = device_calloc(length);
    if (session->rsa_key == NULL) {
        ESP_LOGE(TAG, "out of memory");
        release(session);
        return NULL;
    }
    memcpy(session->rsa_key, key, length);
    session->reader.key.rsa = session->rsa_key;
    return session;
}

esp_decrypt_handle_t otasim_encrypted_img_start_ecies(int hmac_key_id)
{
    if (hmac_key_id < 0 || hmac_key_id >= (int)EFUSE_MAX_KEY_BLOCKS) {
        ESP_LOGE(TAG, "hmac_key_id %d is not within 0 to %u", hmac_key_id,
                 EFUSE_MAX_KEY_BLOCKS - 1);
        return NULL;
    }
    const struct device *chip = device_current();
    const uint8_t *hmac = chip != NULL ? efuse_hmac_key(&chip->efuse, (unsigned)hmac_key_id) : NULL;
    struct encrypted_image_key device = {.scheme = ENCRYPTED_IMAGE_ECIES_P256};
    if (hmac == NULL) {
        ESP_LOGE(TAG, "efuse key block %d holds no HMAC key", hmac_key_id);
        return NULL;
    }
    if (!encrypted_image_derive_scalar(hmac, device.scalar)) {
        ESP_LOGE(TAG, "no P-256 key derives from the HMAC key");
        return NULL;
    }
    struct session *session = begin(&device);
    memset(&device, 0, sizeof device);
    return session;
}

/* What follows the header, within this piece. */
static esp_err_t decrypt(struct encrypted_image_reader *reader, const uint8_t *in, size_t length,
                         pre_enc_decrypt_arg_t *args)
{
    struct error err;
    size_t plain = encrypted_image_plain_length(reader, length);
    uint8_t none, *out = &none;
    if (plain > 0) {
        out = device_calloc(plain);
        if (out == NULL) {
            ESP_LOGE(TAG, "out of memory for %zu bytes", plain);
            reader->broken = true; /* this piece is lost */
            return ESP_ERR_NO_MEM;
        }
    }
    if (!encrypted_image_decrypt(reader, in, length, out, &err)) {
        ESP_LOGE(TAG, "%s", err.text);
        heap_caps_free(plain > 0 ? out : NULL);
        return ESP_FAIL;
    }
    args->data_out = plain > 0 ? (char *)out : NULL;
    args->data_out_len = plain;
    return encrypted_image_is_complete(reader) ? ESP_OK : ESP_ERR_NOT_FINISHED;
}

esp_err_t esp_encrypted_img_decrypt_data(esp_decrypt_handle_t ctx, pre_enc_decrypt_arg_t *args)
{
    if (ctx == NULL || args == NULL || args->data_in == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    struct encrypted_image_reader *reader = &((struct session *)ctx)->reader;
    const uint8_t *in = (const uint8_t *)args->data_in;
    size_t used;
    struct error err;
    args->data_out = NULL;
    args->data_out_len = 0;
    if (!encrypted_image_take_header(reader, in, args->data_in_len, &used, &err)) {
        ESP_LOGE(TAG, "%s", err.text);
        return ESP_FAIL;
    }
    if (!reader->open) {
        return ESP_ERR_NOT_FINISHED;
    }
    return decrypt(reader, in + used, args->data_in_len - used, args);
}

esp_err_t esp_encrypted_img_decrypt_end(esp_decrypt_handle_t ctx)
{
    if (ctx == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    struct error err;
    bool right = encrypted_image_check(&((struct session *)ctx)->reader, &err);
    if (!right) {
        ESP_LOGE(TAG, "%s", err.text);
    }
    release(ctx);
    return right ? ESP_OK : ESP_FAIL;
}

bool esp_encrypted_img_is_complete_data_received(esp_decrypt_handle_t ctx)
{
    return ctx != NULL && encrypted_image_is_complete(&((struct session *)ctx)->reader);
}

esp_err_t esp_encrypted_img_decrypt_abort(esp_decrypt_handle_t ctx)
{
    if (ctx == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    release(ctx);
    return ESP_OK;
}

uint16_t esp_encrypted_img_get_header_size(void)
{
    return ENCRYPTED_IMAGE_HEADER_LENGTH;
}

esp_err_t esp_encrypted_img_export_public_key(esp_decrypt_handle_t ctx, uint8_t **pub_key,
                                              size_t *pub_key_len)
{
    if (ctx == NULL || pub_key == NULL || pub_key_len == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    struct error err;
    uint8_t der[MAX_PUBLIC_DER];
    size_t length =
        encrypted_image_public_key(&((struct session *)ctx)->reader.key, der, sizeof der, &err);
    if (length == 0) {
        ESP_LOGE(TAG, "%s", err.text);
        return ESP_FAIL;
    }
    *pub_key = device_calloc(length);
    if (*pub_key == NULL) {
        return ESP_ERR_NO_MEM;
    }
    memcpy(*pub_key, der + sizeof der - length, length);
    *pub_key_len = length;
    return ESP_OK;
}
