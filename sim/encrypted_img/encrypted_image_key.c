/* What a device's private key is good for: unwrapping, and telling the public one. */
#include <mbedtls/ecp.h>
#include <mbedtls/hkdf.h>
#include <mbedtls/pk.h>
#include <mbedtls/pkcs5.h>
#include <mbedtls/platform_util.h>
#include <string.h>

#include "encrypted_image.h"
#include "encrypted_image_mbedtls.h"

#define RSA_BITS         3072u
#define UNCOMPRESSED     0x04
#define PBKDF2_ROUNDS    2048
#define KEY_LENGTH       ENCRYPTED_IMAGE_KEY_LENGTH
#define POINT_LENGTH     ENCRYPTED_IMAGE_POINT_LENGTH
#define RSA_LENGTH       ENCRYPTED_IMAGE_RSA_LENGTH
#define HKDF_INFO        "_esp_enc_img_ecc"
#define HKDF_INFO_LENGTH (sizeof HKDF_INFO - 1)

static const uint8_t device_salt[32] = {
    0x0e, 0x21, 0x60, 0x64, 0x2d, 0xae, 0x76, 0xd3, 0x34, 0x48, 0xe4, 0x3d, 0x77, 0x20, 0x12, 0x3d,
    0x9f, 0x3b, 0x1e, 0xce, 0xb8, 0x8e, 0x57, 0x3a, 0x4e, 0x8f, 0x7f, 0xb9, 0x4f, 0xf0, 0xc8, 0x69,
};

static int pbkdf2(const uint8_t hmac_key[KEY_LENGTH], uint8_t out[KEY_LENGTH])
{
#if MBEDTLS_VERSION_NUMBER >= 0x03030000
    return mbedtls_pkcs5_pbkdf2_hmac_ext(MBEDTLS_MD_SHA256, hmac_key, KEY_LENGTH, device_salt,
                                         sizeof device_salt, PBKDF2_ROUNDS, KEY_LENGTH, out);
#else
    mbedtls_md_context_t md;
    mbedtls_md_init(&md);
    int err = mbedtls_md_setup(&md, mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), 1);
    if (err == 0) {
        err = mbedtls_pkcs5_pbkdf2_hmac(&md, hmac_key, KEY_LENGTH, device_salt, sizeof device_salt,
                                        PBKDF2_ROUNDS, KEY_LENGTH, out);
    }
    mbedtls_md_free(&md);
    return err;
#endif
}

/* P-256 and numbers on it, for one calculation. */
struct curve {
    mbedtls_ecp_group group;
    mbedtls_ecp_point point;
    mbedtls_mpi scalar, shared;
};

static void curve_init(struct curve *curve)
{
    mbedtls_ecp_group_init(&curve->group);
    mbedtls_ecp_point_init(&curve->point);
    mbedtls_mpi_init(&curve->scalar);
    mbedtls_mpi_init(&curve->shared);
}

static void curve_free(struct curve *curve)
{
    mbedtls_mpi_free(&curve->shared);
    mbedtls_mpi_free(&curve->scalar);
    mbedtls_ecp_point_free(&curve->point);
    mbedtls_ecp_group_free(&curve->group);
}

static bool curve_load(struct curve *curve, const uint8_t scalar[KEY_LENGTH])
{
    return mbedtls_ecp_group_load(&curve->group, MBEDTLS_ECP_DP_SECP256R1) == 0 &&
           mbedtls_mpi_read_binary(&curve->scalar, scalar, KEY_LENGTH) == 0 &&
           mbedtls_ecp_check_privkey(&curve->group, &curve->scalar) == 0;
}

bool encrypted_image_derive_scalar(const uint8_t hmac_key[KEY_LENGTH], uint8_t scalar[KEY_LENGTH])
{
    struct curve curve;
    curve_init(&curve);
    bool ok = pbkdf2(hmac_key, scalar) == 0 && curve_load(&curve, scalar);
    curve_free(&curve);
    return ok;
}

bool encrypted_image_ecies_key(const uint8_t shared[KEY_LENGTH], const uint8_t salt[KEY_LENGTH],
                               uint8_t aes_key[KEY_LENGTH])
{
    return mbedtls_hkdf(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), salt, KEY_LENGTH, shared,
                        KEY_LENGTH, (const uint8_t *)HKDF_INFO, HKDF_INFO_LENGTH, aes_key,
                        KEY_LENGTH) == 0;
}

static bool load_point(struct curve *curve, const uint8_t *xy)
{
    uint8_t bytes[1 + POINT_LENGTH];
    bytes[0] = UNCOMPRESSED;
    memcpy(bytes + 1, xy, POINT_LENGTH);
    return mbedtls_ecp_point_read_binary(&curve->group, &curve->point, bytes, sizeof bytes) == 0 &&
           mbedtls_ecp_check_pubkey(&curve->group, &curve->point) == 0;
}

static bool unwrap_ecies(const struct encrypted_image_key *key, const uint8_t *header,
                         uint8_t aes_key[KEY_LENGTH], struct error *err)
{
    struct curve curve;
    uint8_t shared[KEY_LENGTH];
    curve_init(&curve);
    bool ok = curve_load(&curve, key->scalar) || error_set(err, "the device's key is no P-256 key");
    ok = ok && (load_point(&curve, header + ENCRYPTED_IMAGE_POINT_AT) ||
                error_set(err, "the server's public key is no point of P-256"));
    ok = ok && ((mbedtls_ecdh_compute_shared(&curve.group, &curve.shared, &curve.point,
                                             &curve.scalar, encrypted_image_blinding, NULL) == 0 &&
                 mbedtls_mpi_write_binary(&curve.shared, shared, sizeof shared) == 0 &&
                 encrypted_image_ecies_key(shared, header + ENCRYPTED_IMAGE_SALT_AT, aes_key)) ||
                error_set(err, "the AES key could not be derived"));
    mbedtls_platform_zeroize(shared, sizeof shared);
    curve_free(&curve);
    return ok;
}

static bool load_rsa(mbedtls_pk_context *pk, const struct encrypted_image_key *key,
                     struct error *err)
{
    int failed = encrypted_image_parse_private(pk, key->rsa, key->rsa_length);
    if (failed != 0) {
        return error_set(err, "the device's key is no private key: -0x%x", (unsigned)-failed);
    }
    return (mbedtls_pk_get_type(pk) == MBEDTLS_PK_RSA && mbedtls_pk_get_bitlen(pk) == RSA_BITS) ||
           error_set(err, "the device's key is not RSA-3072");
}

static bool unwrap_rsa(const struct encrypted_image_key *key, const uint8_t *header,
                       uint8_t aes_key[KEY_LENGTH], struct error *err)
{
    uint8_t plain[RSA_LENGTH];
    size_t length = 0;
    mbedtls_pk_context pk;
    mbedtls_pk_init(&pk);
    bool ok = load_rsa(&pk, key, err);
    if (ok) {
        int failed = mbedtls_pk_decrypt(&pk, header + ENCRYPTED_IMAGE_RSA_AT, RSA_LENGTH, plain,
                                        &length, sizeof plain, encrypted_image_blinding, NULL);
        ok = (failed == 0 && length == KEY_LENGTH) ||
             error_set(err, "the AES key is not encrypted for this device's key");
    }
    if (ok) {
        memcpy(aes_key, plain, KEY_LENGTH);
    }
    mbedtls_platform_zeroize(plain, sizeof plain);
    mbedtls_pk_free(&pk);
    return ok;
}

bool encrypted_image_unwrap(const struct encrypted_image_key *key,
                            const uint8_t header[ENCRYPTED_IMAGE_HEADER_LENGTH],
                            uint8_t aes_key[KEY_LENGTH], struct error *err)
{
    return key->scheme == ENCRYPTED_IMAGE_RSA_3072 ? unwrap_rsa(key, header, aes_key, err)
                                                   : unwrap_ecies(key, header, aes_key, err);
}

/* SubjectPublicKeyInfo of a P-256 key is all the same but for the point at its end. */
static const uint8_t p256_info[] = {
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
    0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
};
#define P256_DER_LENGTH (sizeof p256_info + 1 + POINT_LENGTH)

static size_t public_p256(const struct encrypted_image_key *key, uint8_t *buffer, size_t size,
                          struct error *err)
{
    struct curve curve;
    uint8_t *at = buffer + size - P256_DER_LENGTH;
    size_t length = 0;
    curve_init(&curve);
    bool ok =
        size >= P256_DER_LENGTH && curve_load(&curve, key->scalar) &&
        mbedtls_ecp_mul(&curve.group, &curve.point, &curve.scalar, &curve.group.G,
                        encrypted_image_blinding, NULL) == 0 &&
        mbedtls_ecp_point_write_binary(&curve.group, &curve.point, MBEDTLS_ECP_PF_UNCOMPRESSED,
                                       &length, at + sizeof p256_info, 1 + POINT_LENGTH) == 0;
    curve_free(&curve);
    if (!ok) {
        error_set(err, "the device's key is no P-256 key");
        return 0;
    }
    memcpy(at, p256_info, sizeof p256_info);
    return P256_DER_LENGTH;
}

static size_t public_rsa(const struct encrypted_image_key *key, uint8_t *buffer, size_t size,
                         struct error *err)
{
    mbedtls_pk_context pk;
    mbedtls_pk_init(&pk);
    int length = load_rsa(&pk, key, err) ? mbedtls_pk_write_pubkey_der(&pk, buffer, size) : 0;
    if (length < 0) {
        error_set(err, "the public key does not fit %zu bytes", size);
    }
    mbedtls_pk_free(&pk);
    return length > 0 ? (size_t)length : 0;
}

size_t encrypted_image_public_key(const struct encrypted_image_key *key, uint8_t *buffer,
                                  size_t size, struct error *err)
{
    return key->scheme == ENCRYPTED_IMAGE_RSA_3072 ? public_rsa(key, buffer, size, err)
                                                   : public_p256(key, buffer, size, err);
}

bool encrypted_image_reserved_clean(enum encrypted_image_scheme scheme,
                                    const uint8_t header[ENCRYPTED_IMAGE_HEADER_LENGTH])
{
    uint8_t any = 0;
    for (size_t i = ENCRYPTED_IMAGE_END; i < ENCRYPTED_IMAGE_HEADER_LENGTH; i++) {
        any |= header[i];
    }
    for (size_t i = ENCRYPTED_IMAGE_ECIES_END;
         scheme == ENCRYPTED_IMAGE_ECIES_P256 && i < ENCRYPTED_IMAGE_IV_AT; i++) {
        any |= header[i];
    }
    return any == 0;
}
