#include <mbedtls/hmac_drbg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "encrypted_image_make.h"
#include "files.h"
#include "paths.h"
#include "scenario_encrypt.h"

#define MAX_KEY (1u << 16)

static bool is_hmac_key(const char *name)
{
    return strncmp(name, "hmac", 4) == 0;
}

/* *length counts the zero byte that follows. */
static bool read_key(const char *name, uint8_t **key, size_t *length, struct error *err)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/encryption_%s.key", paths_certs_dir(), name);
    if (!read_file(path, MAX_KEY, key, length, err)) {
        return false;
    }
    bool fits = !is_hmac_key(name) || *length == ENCRYPTED_IMAGE_KEY_LENGTH;
    *length += 1;
    if (!fits) {
        free(*key);
        return error_set(err, "%s: expected %u bytes", path, ENCRYPTED_IMAGE_KEY_LENGTH);
    }
    return true;
}

static bool find_recipient(const char *name, struct encrypted_image_recipient *to,
                           struct error *err)
{
    uint8_t *key = NULL;
    size_t length = 0;
    struct encrypted_image_key device = {.scheme = ENCRYPTED_IMAGE_ECIES_P256};
    mbedtls_pk_init(&to->pk);
    bool ok = read_key(name, &key, &length, err);
    if (ok && is_hmac_key(name)) {
        ok = (encrypted_image_derive_scalar(key, device.scalar) ||
              error_set(err, "no P-256 key derives from \"%s\"", name)) &&
             encrypted_image_recipient_from_device(to, &device, err);
    } else if (ok) {
        ok = encrypted_image_recipient_from_key(to, key, length, err);
    }
    free(key);
    return ok;
}

bool scenario_pre_encrypt(const struct scenario_pre_encryption *how, const uint8_t *image,
                          size_t length, uint8_t **out, size_t *out_length, struct error *err)
{
    /* Nobody is to be kept from reading it, and runs are to be alike. */
    static const uint8_t seed[] = "otasim scenarios";
    struct encrypted_image_recipient to;
    mbedtls_hmac_drbg_context numbers;
    const struct encrypted_image_random random = {mbedtls_hmac_drbg_random, &numbers};
    mbedtls_hmac_drbg_init(&numbers);
    bool ok = mbedtls_hmac_drbg_seed_buf(&numbers, mbedtls_md_info_from_type(MBEDTLS_MD_SHA256),
                                         seed, sizeof seed) == 0 ||
              error_set(err, "mbedTLS has no random numbers");
    ok = find_recipient(how->key, &to, err) && ok &&
         encrypted_image_make(image, length, &to, &random, how->flaws, out, out_length, err);
    encrypted_image_recipient_free(&to);
    mbedtls_hmac_drbg_free(&numbers);
    return ok;
}

static bool copy(const uint8_t *image, size_t length, uint8_t **out, size_t *out_length,
                 struct error *err)
{
    *out = malloc(length + 1);
    if (*out == NULL) {
        return error_set(err, "out of memory for the file to serve");
    }
    memcpy(*out, image, length);
    *out_length = length;
    return true;
}

bool scenario_served_file(const struct scenario *scenario, const uint8_t *image, size_t length,
                          uint8_t **out, size_t *out_length, struct error *err)
{
    if (scenario->pre_encrypted.key != NULL) {
        return scenario_pre_encrypt(&scenario->pre_encrypted, image, length, out, out_length, err);
    }
    return scenario->image_encrypted
               ? scenario_encrypt(image, length, scenario->image_tag, out, out_length, err)
               : copy(image, length, out, out_length, err);
}

bool scenario_burn_hmac_key(const struct scenario_device *device, struct efuse *efuse,
                            struct error *err)
{
    uint8_t *key;
    size_t length;
    if (device->hmac_key == NULL) {
        return true;
    }
    if (!is_hmac_key(device->hmac_key)) {
        return error_set(err, "device.hmac_key: \"%s\" is no HMAC key", device->hmac_key);
    }
    if (!read_key(device->hmac_key, &key, &length, err)) {
        return false;
    }
    bool ok = efuse_burn_hmac_key(efuse, SCENARIO_HMAC_BLOCK, key) == ESP_OK;
    free(key);
    return ok || error_set(err, "device.hmac_key: the key block is not free");
}
