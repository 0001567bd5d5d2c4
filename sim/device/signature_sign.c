#include "signature_sign.h"

#include <mbedtls/asn1.h>
#include <mbedtls/bignum.h>
#include <mbedtls/hmac_drbg.h>
#include <mbedtls/pk.h>
#include <mbedtls/rsa.h>
#include <mbedtls/version.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"

#define RSA_LENGTH    384u
#define RSA_BITS      3072u
#define SALT_LENGTH   32
#define MAX_COORD     48u
#define MAX_KEY       776u
#define MAX_IMAGE     (64u << 20)
#define MAX_DER       1024u
#define BLOCK_MAGIC   0xE7u
#define CRC_OFFSET    1196u
#define VERSION_RSA   2u
#define VERSION_ECDSA 3u

struct signature_key {
    mbedtls_pk_context pk;
    enum signature_scheme scheme;
    uint8_t fields[MAX_KEY]; /* as blocks have them */
    size_t fields_length;
    uint8_t seed[32]; /* of the numbers that signing needs; nobody else has it */
};

static const char *const flaw_names[] = {
    "bit-flip", "bad-crc", "other-version", "bad-signature", "bad-digest", "cut", "bad-magic",
};

const char *signature_flaw_name(unsigned bit)
{
    return bit < sizeof flaw_names / sizeof flaw_names[0] ? flaw_names[bit] : NULL;
}

static void sha256(const uint8_t *bytes, size_t length, uint8_t out[32])
{
    mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), bytes, length, out);
}

static void reverse(uint8_t *out, const uint8_t *in, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        out[i] = in[length - 1 - i];
    }
}

/* R = 2^6144 mod n, highest byte first. */
static bool montgomery_factor(const uint8_t *n, uint8_t out[RSA_LENGTH])
{
    mbedtls_mpi modulus, factor;
    mbedtls_mpi_init(&modulus);
    mbedtls_mpi_init(&factor);
    bool ok = mbedtls_mpi_read_binary(&modulus, n, RSA_LENGTH) == 0 &&
              mbedtls_mpi_lset(&factor, 1) == 0 &&
              mbedtls_mpi_shift_l(&factor, 2 * RSA_BITS) == 0 &&
              mbedtls_mpi_mod_mpi(&factor, &factor, &modulus) == 0 &&
              mbedtls_mpi_write_binary(&factor, out, RSA_LENGTH) == 0;
    mbedtls_mpi_free(&factor);
    mbedtls_mpi_free(&modulus);
    return ok;
}

/* -(n^-1) mod 2^32 by Newton's iteration; each round doubles the bits that are right. */
static uint32_t montgomery_inverse(uint32_t n)
{
    uint32_t inverse = n;
    for (int round = 0; round < 5; round++) {
        inverse *= 2 - n * inverse;
    }
    return 0 - inverse;
}

static bool write_rsa_fields(struct signature_key *key, struct error *err)
{
    uint8_t n[RSA_LENGTH], e[4], r[RSA_LENGTH];
    mbedtls_rsa_context *rsa = mbedtls_pk_rsa(key->pk);
    if (mbedtls_rsa_get_len(rsa) != RSA_LENGTH ||
        mbedtls_rsa_export_raw(rsa, n, sizeof n, NULL, 0, NULL, 0, NULL, 0, e, sizeof e) != 0 ||
        n[0] < 0x80 || !montgomery_factor(n, r)) {
        return error_set(err, "an RSA key must have 3072 bits");
    }
    reverse(key->fields, n, sizeof n);
    reverse(key->fields + RSA_LENGTH, e, sizeof e);
    reverse(key->fields + RSA_LENGTH + 4, r, sizeof r);
    put_u32(key->fields + 2 * RSA_LENGTH + 4, montgomery_inverse(get_u32(key->fields)));
    key->fields_length = MAX_KEY;
    key->scheme = SIGNATURE_RSA_3072;
    return true;
}

/* A DER public key ends with the point. */
static bool write_ec_fields(struct signature_key *key, struct error *err)
{
    uint8_t der[MAX_DER];
    static const struct curve {
        enum signature_scheme scheme;
        uint8_t id;
        uint16_t bits;
        uint8_t point; /* bytes that blocks have for it, filled up with zeros */
    } curves[] = {{SIGNATURE_ECDSA_P192, 1, 192, 64},
                  {SIGNATURE_ECDSA_P256, 2, 256, 64},
                  {SIGNATURE_ECDSA_P384, 3, 384, 96}};
    const struct curve *curve = NULL;
    size_t bits = mbedtls_pk_get_bitlen(&key->pk), coordinate = bits / 8;
    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
        curve = curves[i].bits == bits ? &curves[i] : curve;
    }
    int length = mbedtls_pk_write_pubkey_der(&key->pk, der, sizeof der);
    const uint8_t *point = der + sizeof der - 1 - 2 * coordinate;
    if (curve == NULL || length < (int)(1 + 2 * coordinate) || point[0] != 0x04) {
        return error_set(err, "an EC key must be of the curve P-192, P-256 or P-384");
    }
    key->scheme = curve->scheme;
    key->fields[0] = curve->id;
    reverse(key->fields + 1, point + 1, coordinate);
    reverse(key->fields + 1 + coordinate, point + 1 + coordinate, coordinate);
    key->fields_length = 1 + (size_t)curve->point;
    return true;
}

/* Numbers that only have to be unknown to others: from the key, so that runs are alike. */
static bool seed_numbers(mbedtls_hmac_drbg_context *numbers, const struct signature_key *key)
{
    mbedtls_hmac_drbg_init(numbers);
    return mbedtls_hmac_drbg_seed_buf(numbers, mbedtls_md_info_from_type(MBEDTLS_MD_SHA256),
                                      key->seed, sizeof key->seed) == 0;
}

static int parse_key(struct signature_key *key, const char *pem)
{
    const uint8_t *bytes = (const uint8_t *)pem;
    size_t length = strlen(pem) + 1;
#if MBEDTLS_VERSION_MAJOR >= 3
    mbedtls_hmac_drbg_context numbers;
    int err = -1;
    if (seed_numbers(&numbers, key)) {
        err = mbedtls_pk_parse_key(&key->pk, bytes, length, NULL, 0, mbedtls_hmac_drbg_random,
                                   &numbers);
    }
    mbedtls_hmac_drbg_free(&numbers);
    return err;
#else
    return mbedtls_pk_parse_key(&key->pk, bytes, length, NULL, 0);
#endif
}

static bool read_key(struct signature_key *key, const char *pem, struct error *err)
{
    sha256((const uint8_t *)pem, strlen(pem), key->seed);
    if (parse_key(key, pem) != 0) {
        return error_set(err, "no private key in PEM without a password");
    }
    switch (mbedtls_pk_get_type(&key->pk)) {
    case MBEDTLS_PK_RSA:
        return write_rsa_fields(key, err);
    case MBEDTLS_PK_ECKEY:
        return write_ec_fields(key, err);
    default:
        return error_set(err, "the key is neither RSA nor EC");
    }
}

struct signature_key *signature_key_from_pem(const char *pem, struct error *err)
{
    struct signature_key *key = calloc(1, sizeof *key);
    if (key == NULL) {
        error_set(err, "out of memory for a key");
        return NULL;
    }
    mbedtls_pk_init(&key->pk);
    if (!read_key(key, pem, err)) {
        signature_key_free(key);
        return NULL;
    }
    return key;
}

void signature_key_free(struct signature_key *key)
{
    if (key != NULL) {
        mbedtls_pk_free(&key->pk);
        memset(key->seed, 0, sizeof key->seed);
    }
    free(key);
}

enum signature_scheme signature_key_scheme(const struct signature_key *key)
{
    return key->scheme;
}

void signature_key_digest(const struct signature_key *key, uint8_t out[EFUSE_KEY_DIGEST_LENGTH])
{
    sha256(key->fields, key->fields_length, out);
}

static bool sign_rsa(const struct signature_key *key, mbedtls_hmac_drbg_context *numbers,
                     const uint8_t *digest, uint8_t *out)
{
    uint8_t signature[RSA_LENGTH];
    mbedtls_rsa_context *rsa = mbedtls_pk_rsa(key->pk);
#if MBEDTLS_VERSION_MAJOR >= 3
    (void)mbedtls_rsa_set_padding(rsa, MBEDTLS_RSA_PKCS_V21, MBEDTLS_MD_SHA256);
#else
    mbedtls_rsa_set_padding(rsa, MBEDTLS_RSA_PKCS_V21, MBEDTLS_MD_SHA256);
#endif
    if (mbedtls_rsa_rsassa_pss_sign_ext(rsa, mbedtls_hmac_drbg_random, numbers, MBEDTLS_MD_SHA256,
                                        32, digest, SALT_LENGTH, signature) != 0) {
        return false;
    }
    reverse(out, signature, sizeof signature);
    return true;
}

static bool read_der_number(uint8_t **at, const uint8_t *end, size_t length, uint8_t *out)
{
    uint8_t bytes[MAX_COORD];
    mbedtls_mpi number;
    mbedtls_mpi_init(&number);
    bool ok = mbedtls_asn1_get_mpi(at, end, &number) == 0 &&
              mbedtls_mpi_write_binary(&number, bytes, length) == 0;
    mbedtls_mpi_free(&number);
    if (ok) {
        reverse(out, bytes, length);
    }
    return ok;
}

/* mbedTLS gives r and s in DER. */
static bool sign_ecdsa(const struct signature_key *key, mbedtls_hmac_drbg_context *numbers,
                       const uint8_t *digest, uint8_t *out)
{
    bool p384 = key->scheme == SIGNATURE_ECDSA_P384;
    size_t coordinate = mbedtls_pk_get_bitlen(&key->pk) / 8, length = 0, sequence;
    uint8_t der[MAX_DER], *at = der;
    mbedtls_pk_context pk = key->pk; /* 2.28 does not take it const */
    mbedtls_md_type_t type = p384 ? MBEDTLS_MD_SHA384 : MBEDTLS_MD_SHA256;
#if MBEDTLS_VERSION_MAJOR >= 3
    int err = mbedtls_pk_sign(&pk, type, digest, signature_digest_length(key->scheme), der,
                              sizeof der, &length, mbedtls_hmac_drbg_random, numbers);
#else
    int err = mbedtls_pk_sign(&pk, type, digest, signature_digest_length(key->scheme), der, &length,
                              mbedtls_hmac_drbg_random, numbers);
#endif
    const uint8_t *end = der + length;
    return err == 0 &&
           mbedtls_asn1_get_tag(&at, end, &sequence,
                                MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE) == 0 &&
           read_der_number(&at, end, coordinate, out) &&
           read_der_number(&at, end, coordinate, out + coordinate);
}

static bool write_block(const struct signature_key *key, const struct app_image_source *padded,
                        uint8_t *block)
{
    uint8_t digest[SIGNATURE_MAX_DIGEST];
    size_t digest_length = signature_digest_length(key->scheme);
    bool rsa = key->scheme == SIGNATURE_RSA_3072;
    if (signature_image_digest(padded, padded->size, key->scheme, digest) != ESP_OK) {
        return false;
    }
    memset(block, 0, SIGNATURE_BLOCK_LENGTH);
    block[0] = BLOCK_MAGIC;
    block[1] = rsa ? VERSION_RSA : VERSION_ECDSA;
    memcpy(block + 4, digest, digest_length);
    memcpy(block + 4 + digest_length, key->fields, key->fields_length);
    uint8_t *signature = block + 4 + digest_length + key->fields_length;
    mbedtls_hmac_drbg_context numbers;
    bool ok = seed_numbers(&numbers, key) && (rsa ? sign_rsa(key, &numbers, digest, signature)
                                                  : sign_ecdsa(key, &numbers, digest, signature));
    mbedtls_hmac_drbg_free(&numbers);
    put_u32(block + CRC_OFFSET, signature_crc(block, CRC_OFFSET));
    return ok;
}

static void spoil(uint8_t *block, const struct signature_key *key, uint32_t flaws)
{
    size_t signature = 4 + signature_digest_length(key->scheme) + key->fields_length;
    if (flaws & SIGNATURE_FLAW_VERSION) {
        block[1] ^= VERSION_RSA ^ VERSION_ECDSA;
    }
    if (flaws & SIGNATURE_FLAW_SIGNATURE) {
        block[signature + 7] ^= 0x10;
    }
    if (flaws & SIGNATURE_FLAW_DIGEST) {
        block[4] ^= 0x10;
    }
    put_u32(block + CRC_OFFSET, signature_crc(block, CRC_OFFSET));
    if (flaws & SIGNATURE_FLAW_CRC) {
        block[CRC_OFFSET] ^= 0x01;
    }
    if (flaws & SIGNATURE_FLAW_MAGIC) {
        block[0] = 0xE6;
    }
    if (flaws & SIGNATURE_FLAW_BIT_FLIP) {
        /* Not in the image proper, whose own checks would notice, if there is padding. */
        block[-1] ^= 0x10;
    }
}

bool signature_sign(const uint8_t *image, size_t length, const struct signature_key *const keys[],
                    size_t key_count, uint32_t flaws, uint8_t **out, size_t *out_length,
                    struct error *err)
{
    if (key_count == 0 || key_count > SIGNATURE_MAX_BLOCKS) {
        return error_set(err, "an image is signed by 1 to %u keys", SIGNATURE_MAX_BLOCKS);
    }
    if (length == 0 || length > MAX_IMAGE) {
        return error_set(err, "%zu bytes are no image to sign", length);
    }
    uint32_t padded = signature_offset((uint32_t)length);
    uint8_t *file = malloc(padded + SIGNATURE_SECTOR_LENGTH);
    if (file == NULL) {
        return error_set(err, "out of memory for the signed image");
    }
    memset(file, 0xFF, padded + SIGNATURE_SECTOR_LENGTH);
    memcpy(file, image, length);
    struct app_image_bytes bytes = {.data = file, .size = padded};
    struct app_image_source source = app_image_from_bytes(&bytes);
    for (size_t i = 0; i < key_count; i++) {
        if (!write_block(keys[i], &source, file + padded + i * SIGNATURE_BLOCK_LENGTH)) {
            free(file);
            return error_set(err, "mbedTLS could not sign");
        }
    }
    if (flaws != 0) {
        spoil(file + padded, keys[0], flaws);
    }
    *out = file;
    *out_length = padded + (flaws & SIGNATURE_FLAW_CUT ? SIGNATURE_BLOCK_LENGTH / 2
                                                       : SIGNATURE_SECTOR_LENGTH);
    return true;
}
