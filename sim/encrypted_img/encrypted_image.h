/* Pre-encrypted images, the format of the component esp_encrypted_img (formats page): 512 bytes of
 * header, then the image in AES-256-GCM. The header holds the AES key, wrapped for a device's
 * RSA-3072 key or for a P-256 key (ECIES), and the tag, so what comes out of the decryption is only
 * known to be right when all of it has come out. Nothing here allocates. */
#pragma once

#include <mbedtls/gcm.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

#define ENCRYPTED_IMAGE_HEADER_LENGTH 512u
#define ENCRYPTED_IMAGE_BLOCK         16u
#define ENCRYPTED_IMAGE_RSA_LENGTH    384u
#define ENCRYPTED_IMAGE_KEY_LENGTH    32u /* AES key, P-256 scalar and HMAC key alike */
#define ENCRYPTED_IMAGE_POINT_LENGTH  64u /* x and y of P-256, highest byte first */

enum encrypted_image_scheme { ENCRYPTED_IMAGE_RSA_3072, ENCRYPTED_IMAGE_ECIES_P256 };

/* Where things are in the header. The two schemes differ in what stands from 4 to 388. */
enum {
    ENCRYPTED_IMAGE_MAGIC_AT = 0,
    ENCRYPTED_IMAGE_RSA_AT = 4,
    ENCRYPTED_IMAGE_POINT_AT = 4,
    ENCRYPTED_IMAGE_SALT_AT = 68,
    ENCRYPTED_IMAGE_ECIES_END = 100,
    ENCRYPTED_IMAGE_IV_AT = 388,
    ENCRYPTED_IMAGE_SIZE_AT = 404,
    ENCRYPTED_IMAGE_TAG_AT = 408,
    ENCRYPTED_IMAGE_END = 424,
};
#define ENCRYPTED_IMAGE_MAGIC 0x0788B6CFu /* little-endian, as all numbers here */

/** A device's private key. */
struct encrypted_image_key {
    enum encrypted_image_scheme scheme;
    const uint8_t *rsa; /* PEM with its terminating zero, or DER; stays the caller's */
    size_t rsa_length;
    uint8_t scalar[ENCRYPTED_IMAGE_KEY_LENGTH];
};

/** The P-256 scalar that a device derives from the HMAC key in its efuses. False if mbedTLS cannot,
 * or if it is no scalar of the curve. */
bool encrypted_image_derive_scalar(const uint8_t hmac_key[ENCRYPTED_IMAGE_KEY_LENGTH],
                                   uint8_t scalar[ENCRYPTED_IMAGE_KEY_LENGTH]);

/** The public key in DER (SubjectPublicKeyInfo), at the end of the buffer. Its length, or 0. */
size_t encrypted_image_public_key(const struct encrypted_image_key *key, uint8_t *buffer,
                                  size_t size, struct error *err);

/** Unwraps the AES key of a header for that device. */
bool encrypted_image_unwrap(const struct encrypted_image_key *key,
                            const uint8_t header[ENCRYPTED_IMAGE_HEADER_LENGTH],
                            uint8_t aes_key[ENCRYPTED_IMAGE_KEY_LENGTH], struct error *err);

/** AES key of ECIES from the x of the shared point and the salt. */
bool encrypted_image_ecies_key(const uint8_t shared[ENCRYPTED_IMAGE_KEY_LENGTH],
                               const uint8_t salt[ENCRYPTED_IMAGE_KEY_LENGTH],
                               uint8_t aes_key[ENCRYPTED_IMAGE_KEY_LENGTH]);

/** Whether the bytes that the format reserves are zero. No device looks at them. */
bool encrypted_image_reserved_clean(enum encrypted_image_scheme scheme,
                                    const uint8_t header[ENCRYPTED_IMAGE_HEADER_LENGTH]);

/** An image on its way in, in pieces of any size. */
struct encrypted_image_reader {
    struct encrypted_image_key key;
    uint8_t header[ENCRYPTED_IMAGE_HEADER_LENGTH];
    size_t header_length;
    bool open;   /* the header is there and right */
    bool broken; /* something failed; nothing more comes out */
    mbedtls_gcm_context gcm;
    uint32_t size;                       /* of the plain image, as the header says */
    uint64_t received;                   /* bytes behind the header */
    uint8_t held[ENCRYPTED_IMAGE_BLOCK]; /* less than a block, which waits for the rest of it */
    size_t held_length;
};

/** encrypted_image_end() must follow. What the key points to must live until then. */
void encrypted_image_begin(struct encrypted_image_reader *reader,
                           const struct encrypted_image_key *key);
void encrypted_image_end(struct encrypted_image_reader *reader);

/** Takes what belongs to the header, and opens it when it is whole. *used is how much that was. */
bool encrypted_image_take_header(struct encrypted_image_reader *reader, const uint8_t *in,
                                 size_t length, size_t *used, struct error *err);

/** How many bytes encrypted_image_decrypt() gives out for so many bytes behind the header: whole
 * blocks, and the rest with the last byte. */
size_t encrypted_image_plain_length(const struct encrypted_image_reader *reader, size_t length);

/** Decrypts; `out` has room for encrypted_image_plain_length(). Bytes beyond the image's size are
 * counted only. */
bool encrypted_image_decrypt(struct encrypted_image_reader *reader, const uint8_t *in,
                             size_t length, uint8_t *out, struct error *err);

/** All bytes that the header promises have come, and none more. */
bool encrypted_image_is_complete(const struct encrypted_image_reader *reader);

/** Whether the image is complete and its tag right; once, and nothing can be decrypted after. */
bool encrypted_image_check(struct encrypted_image_reader *reader, struct error *err);
