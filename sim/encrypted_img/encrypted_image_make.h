/* Pre-encrypting images, for tests and by hand: what the vendor's tool writes, or the same with
 * something wrong. */
#pragma once

#include <mbedtls/pk.h>

#include "encrypted_image.h"

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

/** What can be wrong with an encrypted image; several may be combined. */
enum encrypted_image_flaw {
    ENCRYPTED_IMAGE_FLAW_MAGIC = 1u << 0,
    ENCRYPTED_IMAGE_FLAW_TAG = 1u << 1,         /* one bit of the tag */
    ENCRYPTED_IMAGE_FLAW_BIT_FLIP = 1u << 2,    /* one bit in the last quarter of the image */
    ENCRYPTED_IMAGE_FLAW_CUT = 1u << 3,         /* the last block is missing */
    ENCRYPTED_IMAGE_FLAW_HEADER_ONLY = 1u << 4, /* nothing follows the header */
    ENCRYPTED_IMAGE_FLAW_SIZE = 1u << 5,        /* the header promises a block more */
    ENCRYPTED_IMAGE_FLAW_SURPLUS = 1u << 6,     /* three bytes too many follow */
};

/** Name of the n-th flaw (bit n), as the command line takes it, or NULL. */
const char *encrypted_image_flaw_name(unsigned bit);

/** Where the AES key, the IV and the like come from: mbedTLS's f_rng and p_rng. */
struct encrypted_image_random {
    int (*fill)(void *context, unsigned char *out, size_t length);
    void *context;
};

/** Encrypts an image. The same random numbers give the same bytes. *out is malloc'ed. */
bool encrypted_image_make(const uint8_t *plain, size_t length,
                          const struct encrypted_image_recipient *to,
                          const struct encrypted_image_random *random, uint32_t flaws,
                          uint8_t **out, size_t *out_length, struct error *err);
