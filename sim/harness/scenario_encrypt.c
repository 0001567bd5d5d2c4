#include "scenario_encrypt.h"

#include <mbedtls/aes.h>
#include <mbedtls/md.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "paths.h"

#define NONCE_LENGTH 16
#define KEY_LENGTH   32
#define TAG_LENGTH   32

static bool read_key(uint8_t key[KEY_LENGTH], struct error *err)
{
    char path[1024];
    uint8_t *bytes;
    size_t length;
    snprintf(path, sizeof path, "%s/image_key.bin", paths_certs_dir());
    if (!read_file(path, KEY_LENGTH, &bytes, &length, err)) {
        return false;
    }
    if (length == KEY_LENGTH) {
        memcpy(key, bytes, KEY_LENGTH);
    }
    free(bytes);
    return length == KEY_LENGTH ||
           error_set(err, "%s: expected %d bytes, found %zu", path, KEY_LENGTH, length);
}

static bool add_tag(enum scenario_tag tag, const uint8_t key[KEY_LENGTH], uint8_t *file,
                    size_t *length)
{
    if (tag == TAG_NONE) {
        return true;
    }
    const mbedtls_md_info_t *sha256 = mbedtls_md_info_from_type(MBEDTLS_MD_SHA256);
    uint8_t *end = file + *length;
    if (mbedtls_md_hmac(sha256, key, KEY_LENGTH, file, *length, end) != 0) {
        return false;
    }
    *end ^= tag == TAG_WRONG;
    *length += TAG_LENGTH;
    return true;
}

bool scenario_encrypt(const uint8_t *image, size_t length, enum scenario_tag tag, uint8_t **out,
                      size_t *out_length, struct error *err)
{
    uint8_t key[KEY_LENGTH], counter[NONCE_LENGTH], stream[16];
    size_t stream_used = 0;
    if (!read_key(key, err)) {
        return false;
    }
    uint8_t *file = malloc(NONCE_LENGTH + length + TAG_LENGTH);
    if (file == NULL) {
        return error_set(err, "out of memory for the encrypted image");
    }
    memset(counter, 0x5A, sizeof counter);
    memcpy(file, counter, sizeof counter);

    mbedtls_aes_context aes;
    mbedtls_aes_init(&aes);
    bool ok = mbedtls_aes_setkey_enc(&aes, key, 8 * KEY_LENGTH) == 0 &&
              mbedtls_aes_crypt_ctr(&aes, length, &stream_used, counter, stream, image,
                                    file + NONCE_LENGTH) == 0;
    mbedtls_aes_free(&aes);
    *out_length = NONCE_LENGTH + length;
    ok = ok && add_tag(tag, key, file, out_length);
    if (!ok) {
        free(file);
        return error_set(err, "the image could not be encrypted");
    }
    *out = file;
    return true;
}
