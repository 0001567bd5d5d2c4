/* The arithmetic of signatures, by mbedTLS. Blocks have their numbers with the lowest byte first,
 * mbedTLS wants the highest. */
#include <mbedtls/ecdsa.h>
#include <mbedtls/md.h>
#include <mbedtls/rsa.h>
#include <mbedtls/version.h>
#include <string.h>

#include "signature.h"

#define RSA_LENGTH  384u
#define SALT_LENGTH 32
#define MAX_COORD   48u

static void reverse(uint8_t *out, const uint8_t *in, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        out[i] = in[length - 1 - i];
    }
}

static int pss_verify(mbedtls_rsa_context *rsa, const uint8_t *digest, const uint8_t *signature)
{
#if MBEDTLS_VERSION_MAJOR >= 3
    return mbedtls_rsa_rsassa_pss_verify_ext(rsa, MBEDTLS_MD_SHA256, 32, digest, MBEDTLS_MD_SHA256,
                                             SALT_LENGTH, signature);
#else
    return mbedtls_rsa_rsassa_pss_verify_ext(rsa, NULL, NULL, MBEDTLS_RSA_PUBLIC, MBEDTLS_MD_SHA256,
                                             32, digest, MBEDTLS_MD_SHA256, SALT_LENGTH, signature);
#endif
}

static void init_pss(mbedtls_rsa_context *rsa)
{
#if MBEDTLS_VERSION_MAJOR >= 3
    mbedtls_rsa_init(rsa);
    (void)mbedtls_rsa_set_padding(rsa, MBEDTLS_RSA_PKCS_V21, MBEDTLS_MD_SHA256);
#else
    mbedtls_rsa_init(rsa, MBEDTLS_RSA_PKCS_V21, MBEDTLS_MD_SHA256);
#endif
}

/* Of the key only n and e are used; R and M' serve the chip's accelerator. */
static bool verify_rsa(const struct signature_block *block, const uint8_t *digest)
{
    uint8_t n[RSA_LENGTH], e[4], signature[RSA_LENGTH];
    reverse(n, block->key, sizeof n);
    reverse(e, block->key + RSA_LENGTH, sizeof e);
    reverse(signature, block->signature, sizeof signature);
    mbedtls_rsa_context rsa;
    init_pss(&rsa);
    bool right =
        mbedtls_rsa_import_raw(&rsa, n, sizeof n, NULL, 0, NULL, 0, NULL, 0, e, sizeof e) == 0 &&
        mbedtls_rsa_complete(&rsa) == 0 && mbedtls_rsa_get_len(&rsa) == RSA_LENGTH &&
        mbedtls_rsa_check_pubkey(&rsa) == 0 && pss_verify(&rsa, digest, signature) == 0;
    mbedtls_rsa_free(&rsa);
    return right;
}

static bool read_point(const mbedtls_ecp_group *group, const uint8_t *at, size_t coordinate,
                       mbedtls_ecp_point *point)
{
    uint8_t uncompressed[1 + 2 * MAX_COORD] = {0x04};
    reverse(uncompressed + 1, at, coordinate);
    reverse(uncompressed + 1 + coordinate, at + coordinate, coordinate);
    return mbedtls_ecp_point_read_binary(group, point, uncompressed, 1 + 2 * coordinate) == 0 &&
           mbedtls_ecp_check_pubkey(group, point) == 0;
}

static bool read_number(const uint8_t *at, size_t length, mbedtls_mpi *number)
{
    uint8_t bytes[MAX_COORD];
    reverse(bytes, at, length);
    return mbedtls_mpi_read_binary(number, bytes, length) == 0;
}

static mbedtls_ecp_group_id curve_of(enum signature_scheme scheme)
{
    return scheme == SIGNATURE_ECDSA_P192   ? MBEDTLS_ECP_DP_SECP192R1
           : scheme == SIGNATURE_ECDSA_P256 ? MBEDTLS_ECP_DP_SECP256R1
                                            : MBEDTLS_ECP_DP_SECP384R1;
}

static bool verify_ecdsa(const struct signature_block *block, const uint8_t *digest)
{
    size_t coordinate = block->signature_length / 2;
    mbedtls_ecp_group group;
    mbedtls_ecp_point point;
    mbedtls_mpi r, s;
    mbedtls_ecp_group_init(&group);
    mbedtls_ecp_point_init(&point);
    mbedtls_mpi_init(&r);
    mbedtls_mpi_init(&s);
    bool right = mbedtls_ecp_group_load(&group, curve_of(block->scheme)) == 0 &&
                 read_point(&group, block->key + 1, coordinate, &point) &&
                 read_number(block->signature, coordinate, &r) &&
                 read_number(block->signature + coordinate, coordinate, &s) &&
                 mbedtls_ecdsa_verify(&group, digest, signature_digest_length(block->scheme),
                                      &point, &r, &s) == 0;
    mbedtls_mpi_free(&s);
    mbedtls_mpi_free(&r);
    mbedtls_ecp_point_free(&point);
    mbedtls_ecp_group_free(&group);
    return right;
}

bool signature_block_verify(const struct signature_block *block,
                            const uint8_t digest[SIGNATURE_MAX_DIGEST])
{
    return block->scheme == SIGNATURE_RSA_3072 ? verify_rsa(block, digest)
           : block->scheme == SIGNATURE_NONE   ? false
                                               : verify_ecdsa(block, digest);
}

static esp_err_t hash_source(mbedtls_md_context_t *hash, const struct app_image_source *source,
                             uint32_t length)
{
    uint8_t part[4096];
    for (uint32_t done = 0; done < length;) {
        uint32_t now = length - done < sizeof part ? length - done : (uint32_t)sizeof part;
        esp_err_t err = source->read(source->context, done, part, now);
        if (err != ESP_OK) {
            return err;
        }
        mbedtls_md_update(hash, part, now);
        done += now;
    }
    return ESP_OK;
}

esp_err_t signature_image_digest(const struct app_image_source *source, uint32_t length,
                                 enum signature_scheme scheme, uint8_t out[SIGNATURE_MAX_DIGEST])
{
    mbedtls_md_type_t type = scheme == SIGNATURE_ECDSA_P384 ? MBEDTLS_MD_SHA384 : MBEDTLS_MD_SHA256;
    mbedtls_md_context_t hash;
    mbedtls_md_init(&hash);
    esp_err_t err = ESP_ERR_NO_MEM;
    if (mbedtls_md_setup(&hash, mbedtls_md_info_from_type(type), 0) == 0 &&
        mbedtls_md_starts(&hash) == 0) {
        err = hash_source(&hash, source, length);
        memset(out, 0, SIGNATURE_MAX_DIGEST);
        mbedtls_md_finish(&hash, out);
    }
    mbedtls_md_free(&hash);
    return err;
}
