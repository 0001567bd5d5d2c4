/* Secure Boot V2 signatures of images (formats page, "Secure Boot V2 signature sector"): the 4 KB
 * sector after the padded image, with up to three blocks, and whether a device takes them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app_image.h"
#include "chip.h"
#include "efuse.h"
#include "error.h"
#include "esp_err.h"

#define SIGNATURE_SECTOR_LENGTH 4096u
#define SIGNATURE_BLOCK_LENGTH  1216u
#define SIGNATURE_MAX_BLOCKS    3u
#define SIGNATURE_MAX_DIGEST    48u

enum signature_scheme {
    SIGNATURE_NONE,
    SIGNATURE_RSA_3072, /* PSS with SHA-256 */
    SIGNATURE_ECDSA_P256,
    SIGNATURE_ECDSA_P384,
    SIGNATURE_ECDSA_P192,
    SIGNATURE_SCHEMES, /* how many there are */
};

/** "RSA-3072", "ECDSA P-256", ...; "none". */
const char *signature_scheme_name(enum signature_scheme scheme);

/** Length of the image digest that such signatures are over, in bytes. */
size_t signature_digest_length(enum signature_scheme scheme);

/** A block as it is written, whether it is true or not. Pointers lead into the parsed bytes. */
struct signature_block {
    bool present;                 /* its magic is right */
    bool crc_right;               /* over the first 1196 bytes */
    bool reserved_clean;          /* the bytes that mean nothing are all zero */
    uint8_t version;              /* 2: RSA, 3: ECDSA */
    enum signature_scheme scheme; /* SIGNATURE_NONE: the version or the curve is of none */
    const uint8_t *image_digest;  /* signature_digest_length() bytes */
    const uint8_t *key;           /* its key fields, */
    size_t key_length;
    const uint8_t *signature;
    size_t signature_length;
    uint8_t key_digest[EFUSE_KEY_DIGEST_LENGTH]; /* and the digest that names the key */
};

/** Takes a block apart. True if it is one: magic, CRC, version and curve are right; err says which
 * of them is not. *out holds what could be read either way. */
bool signature_block_parse(const uint8_t bytes[SIGNATURE_BLOCK_LENGTH], struct signature_block *out,
                           struct error *err);

/** CRC-32 of zlib, as blocks carry it. */
uint32_t signature_crc(const uint8_t *bytes, size_t length);

/** Whether the block's signature is one of its key over that image digest. A key that is none (a
 * point off its curve, an even modulus) has signed nothing. */
bool signature_block_verify(const struct signature_block *block,
                            const uint8_t digest[SIGNATURE_MAX_DIGEST]);

/** Where the signature sector of an image begins: the padded length. */
uint32_t signature_offset(uint32_t image_length);

/** Digest of image and padding, of `length` bytes in all. ESP_OK, ESP_ERR_NO_MEM, or what the
 * source returned. */
esp_err_t signature_image_digest(const struct app_image_source *source, uint32_t length,
                                 enum signature_scheme scheme, uint8_t out[SIGNATURE_MAX_DIGEST]);

/** Whose signatures a device takes. */
struct signature_policy {
    enum signature_scheme scheme;
    bool first_block_only;
    uint8_t keys; /* bit n: key_digest[n] is trusted */
    uint8_t key_digest[EFUSE_MAX_KEY_DIGESTS][EFUSE_KEY_DIGEST_LENGTH];
};

/** The keys that are burnt and not revoked, as many as the chip has places for. */
void signature_policy_from_efuse(const struct efuse *efuse, const struct chip *chip,
                                 enum signature_scheme scheme, struct signature_policy *out);

/** The key of the first block of an app that is trusted already ("signed on update, no secure
 * boot"). An app without such a block gives a policy that trusts nobody, and err says why. */
void signature_policy_from_app(const struct app_image_source *source, uint32_t image_length,
                               enum signature_scheme scheme, struct signature_policy *out,
                               struct error *err);

/** Turns secure boot on, with the keys of an app's signature blocks as those that are burnt.
 * ESP_ERR_IMAGE_INVALID if it has none. */
esp_err_t signature_burn_signers(const struct app_image_source *source, uint32_t image_length,
                                 struct efuse *efuse, struct error *err);

/** A number that differs for policies that differ; 0 for NULL. */
uint64_t signature_policy_fingerprint(const struct signature_policy *policy);

struct signature_result {
    int key;              /* the trusted key that it was, -1: none */
    uint8_t refused_keys; /* bit n: a block of trusted key n has a signature that is wrong */
};

/** Verifies a sector against the digest of its image, as the device does: the first block that is
 * well formed, of a trusted key, of this digest and rightly signed will do. ESP_OK or
 * ESP_ERR_IMAGE_INVALID, with the reasons of all blocks in err. */
esp_err_t signature_verify_sector(const uint8_t sector[SIGNATURE_SECTOR_LENGTH],
                                  const uint8_t digest[SIGNATURE_MAX_DIGEST],
                                  const struct signature_policy *policy,
                                  struct signature_result *result, struct error *err);

/** The same for an image and the sector behind it. Also ESP_ERR_IMAGE_INVALID where there is no
 * room for one, ESP_ERR_NO_MEM, and what the source returned. */
esp_err_t signature_verify(const struct app_image_source *source, uint32_t image_length,
                           const struct signature_policy *policy, struct signature_result *result,
                           struct error *err);

/** What there is to say of one block, each question answered on its own. */
struct signature_finding {
    struct signature_block block;
    struct error malformed; /* "" if the block is well formed; the rest holds only then */
    bool digest_right;
    bool signature_right;
    bool trusted; /* by the policy; false without one */
};

/** Looks at all blocks of the sector at signature_offset(image_length). sector receives the bytes
 * that the findings point into. ESP_ERR_IMAGE_INVALID if the source ends before the sector does. */
esp_err_t signature_examine(const struct app_image_source *source, uint32_t image_length,
                            const struct signature_policy *policy,
                            uint8_t sector[SIGNATURE_SECTOR_LENGTH],
                            struct signature_finding findings[SIGNATURE_MAX_BLOCKS],
                            struct error *err);
