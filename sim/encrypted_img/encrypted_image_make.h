/* Pre-encrypting images, for tests and by hand: what the vendor's tool writes, or the same with
 * something wrong. */
#pragma once

#include <mbedtls/pk.h>

#include "encrypted_image.h"
#include "encrypted_image_flaw.h"

/** Who is to read it: an RSA-3072 or a P-256 key, of which only the public half is used. */
struct encrypted_image_recipient {
    enum encrypted_image_scheme scheme;
    mbedtls_pk_context pk;
};

/** Reads a public or an unencrypted private key. `length` counts the terminating zero of PEM.
 * encrypted_image_recipient_free() must follow in any case. */
bool encrypted_image_recipient_from_key(struct encrypted_image_recipient *to, const uint8_t *key,
                                        size_t length, struct error *err);

/** The device that has that private key. */
bool encrypted_image_recipient_from_device(struct encrypted_image_recipient *to,
                                           const struct encrypted_image_key *device,
                                           struct error *err);
void encrypted_image_recipient_free(struct encrypted_image_recipient *to);

/** Where the AES key, the IV and the like come from: mbedTLS's f_rng and p_rng. */
struct encrypted_image_random {
    int (*fill)(void *context, unsigned char *out, size_t length);
    void *context;
};

/** Encrypts an image, with those flaws (enum encrypted_image_flaw). The same random numbers give
 * the same bytes. *out is malloc'ed. */
bool encrypted_image_make(const uint8_t *plain, size_t length,
                          const struct encrypted_image_recipient *to,
                          const struct encrypted_image_random *random, uint32_t flaws,
                          uint8_t **out, size_t *out_length, struct error *err);
