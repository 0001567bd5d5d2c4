/* For tests: images signed with the keys that are made with the test certificates. Needs
 * TEST_CERTS_DIR. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "signature_sign.h"

struct signed_file {
    uint8_t *bytes;
    size_t length;
    uint32_t image_length;
};

static inline size_t read_test_file(const char *path, uint8_t *out, size_t limit)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return 0;
    }
    size_t length = fread(out, 1, limit, file);
    fclose(file);
    return length;
}

/** The key signing_NAME.key. */
static inline struct signature_key *test_key(const char *name)
{
    char path[1024], pem[16384] = "";
    struct error err;
    snprintf(path, sizeof path, "%s/signing_%s.key", TEST_CERTS_DIR, name);
    if (read_test_file(path, (uint8_t *)pem, sizeof pem - 1) == 0) {
        fail_msg("%s cannot be read", path);
    }
    struct signature_key *key = signature_key_from_pem(pem, &err);
    if (key == NULL) {
        fail_msg("%s: %s", path, err.text);
    }
    return key;
}

static inline void test_key_digest(const char *name, uint8_t out[EFUSE_KEY_DIGEST_LENGTH])
{
    struct signature_key *key = test_key(name);
    signature_key_digest(key, out);
    signature_key_free(key);
}

/** Builds an image and signs it with those keys ("rsa_a rsa_b"); none: it stays unsigned. */
static inline struct signed_file signed_image(const struct app_image_spec *spec, const char *names,
                                              uint32_t flaws)
{
    struct signature_key *keys[SIGNATURE_MAX_BLOCKS];
    size_t count = 0, length;
    uint8_t *image;
    struct error err;
    char list[64], *rest = list;
    snprintf(list, sizeof list, "%s", names);
    for (char *name = strtok_r(list, " ", &rest); name != NULL; name = strtok_r(NULL, " ", &rest)) {
        keys[count++] = test_key(name);
    }
    if (!app_image_build(spec, &image, &length, &err)) {
        fail_msg("%s", err.text);
    }
    struct signed_file file = {.bytes = image, .length = length, .image_length = (uint32_t)length};
    if (count > 0) {
        if (!signature_sign(image, length, (const struct signature_key *const *)keys, count, flaws,
                            &file.bytes, &file.length, &err)) {
            fail_msg("%s", err.text);
        }
        free(image);
    }
    for (size_t i = 0; i < count; i++) {
        signature_key_free(keys[i]);
    }
    return file;
}

/** A policy that trusts those keys, of the scheme of the first. */
static inline struct signature_policy policy_of(const char *names)
{
    struct signature_policy policy = {.scheme = SIGNATURE_NONE};
    char list[64], *rest = list;
    snprintf(list, sizeof list, "%s", names);
    unsigned place = 0;
    for (char *name = strtok_r(list, " ", &rest); name != NULL; name = strtok_r(NULL, " ", &rest)) {
        struct signature_key *key = test_key(name);
        policy.scheme = place == 0 ? signature_key_scheme(key) : policy.scheme;
        signature_key_digest(key, policy.key_digest[place]);
        policy.keys |= (uint8_t)(1u << place++);
        signature_key_free(key);
    }
    return policy;
}
