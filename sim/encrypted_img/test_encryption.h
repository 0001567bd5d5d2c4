/* For tests: images that are encrypted for the keys of the test certificates. */
#pragma once

#include <mbedtls/hmac_drbg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "encrypted_image_make.h"

struct test_file {
    uint8_t *bytes; /* malloc'ed */
    size_t length;
    const uint8_t *plain; /* what it was, until the next one is made */
};

static inline size_t test_read(const char *path, uint8_t *bytes, size_t size)
{
    FILE *file = fopen(path, "rb");
    size_t length = file != NULL ? fread(bytes, 1, size, file) : 0;
    if (file != NULL) {
        fclose(file);
    }
    return length;
}

/** A key of a file, as RSA. At most eight are kept at a time. */
static inline struct encrypted_image_key test_key_file(const char *name)
{
    static uint8_t texts[8][8192];
    static unsigned next;
    uint8_t *text = texts[next++ % 8];
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", TEST_CERTS_DIR, name);
    size_t length = test_read(path, text, sizeof texts[0] - 1);
    assert_true(length > 0);
    text[length] = '\0';
    return (struct encrypted_image_key){.rsa = text, .rsa_length = length + 1};
}

static inline void test_hmac_key(const char *name, uint8_t key[ENCRYPTED_IMAGE_KEY_LENGTH])
{
    char path[1024];
    snprintf(path, sizeof path, "%s/encryption_%s.key", TEST_CERTS_DIR, name);
    assert_int_equal(test_read(path, key, ENCRYPTED_IMAGE_KEY_LENGTH), ENCRYPTED_IMAGE_KEY_LENGTH);
}

/** "rsa_a" or "hmac_a". */
static inline struct encrypted_image_key test_key(const char *name)
{
    char file[64];
    if (strncmp(name, "hmac", 4) != 0) {
        snprintf(file, sizeof file, "encryption_%s.key", name);
        return test_key_file(file);
    }
    uint8_t hmac[ENCRYPTED_IMAGE_KEY_LENGTH];
    struct encrypted_image_key key = {.scheme = ENCRYPTED_IMAGE_ECIES_P256};
    test_hmac_key(name, hmac);
    assert_true(encrypted_image_derive_scalar(hmac, key.scalar));
    return key;
}

static inline struct test_file test_encrypted(const char *key, size_t length, uint32_t flaws)
{
    static uint8_t plain[1u << 16];
    static const uint8_t seed[] = "the same each time";
    struct error err;
    struct test_file file = {.plain = plain};
    struct encrypted_image_recipient to;
    mbedtls_hmac_drbg_context numbers;
    struct encrypted_image_random random = {mbedtls_hmac_drbg_random, &numbers};
    struct encrypted_image_key device = test_key(key);
    assert_true(length <= sizeof plain);
    for (size_t i = 0; i < length; i++) {
        plain[i] = (uint8_t)(i * 31 + i / 256);
    }
    mbedtls_hmac_drbg_init(&numbers);
    assert_int_equal(mbedtls_hmac_drbg_seed_buf(
                         &numbers, mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), seed, sizeof seed),
                     0);
    bool ok =
        encrypted_image_recipient_from_device(&to, &device, &err) &&
        encrypted_image_make(plain, length, &to, &random, flaws, &file.bytes, &file.length, &err);
    encrypted_image_recipient_free(&to);
    mbedtls_hmac_drbg_free(&numbers);
    if (!ok) {
        fail_msg("%s", err.text);
    }
    return file;
}
