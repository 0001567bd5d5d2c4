/* Signing images for tests and by hand: what the vendor's signing tool appends, or the same with
 * something wrong. Keys are PEM files as the openssl CLI makes them. */
#pragma once

#include "signature.h"

struct signature_key;

/** Reads an unencrypted private key in PEM: RSA-3072, EC P-192, P-256 or P-384. NULL with err set for any
 * other. */
struct signature_key *signature_key_from_pem(const char *pem, struct error *err);
void signature_key_free(struct signature_key *key);

enum signature_scheme signature_key_scheme(const struct signature_key *key);

/** The digest that names it, as it is burnt into efuse. */
void signature_key_digest(const struct signature_key *key, uint8_t out[EFUSE_KEY_DIGEST_LENGTH]);

/** What can be wrong with a signed image; several may be combined. Blocks mean the first. */
enum signature_flaw {
    SIGNATURE_FLAW_BIT_FLIP = 1u << 0,  /* one bit of the image, after signing */
    SIGNATURE_FLAW_CRC = 1u << 1,       /* the block's CRC is wrong */
    SIGNATURE_FLAW_VERSION = 1u << 2,   /* the block has the version of the other scheme */
    SIGNATURE_FLAW_SIGNATURE = 1u << 3, /* one bit of the signature, and the CRC fits it */
    SIGNATURE_FLAW_DIGEST = 1u << 4,    /* one bit of the image digest, and the CRC fits it */
    SIGNATURE_FLAW_CUT = 1u << 5,       /* the file ends within the signature */
    SIGNATURE_FLAW_MAGIC = 1u << 6,     /* the block's magic is wrong */
};

/** Name of the n-th flaw (bit n), as the command line takes it, or NULL. */
const char *signature_flaw_name(unsigned bit);

/** Pads the image and appends a sector with a block for each key (1 to 3). The same image and keys
 * give the same bytes. *out is malloc'ed. */
bool signature_sign(const uint8_t *image, size_t length, const struct signature_key *const keys[],
                    size_t key_count, uint32_t flaws, uint8_t **out, size_t *out_length,
                    struct error *err);
