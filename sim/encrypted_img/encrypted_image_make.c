#include "encrypted_image_make.h"

#include <mbedtls/gcm.h>
#include <mbedtls/platform_util.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "encrypted_image_mbedtls.h"

#define MAX_DER      600u
#define MAX_IMAGE    (64u << 20)
#define RSA_BITS     3072u
#define P256_BITS    256u
#define IV_LENGTH    16u
#define TAG_LENGTH   16u
#define SURPLUS      3u
#define KEY_LENGTH   ENCRYPTED_IMAGE_KEY_LENGTH
#define POINT_LENGTH ENCRYPTED_IMAGE_POINT_LENGTH
#define HEADER       ENCRYPTED_IMAGE_HEADER_LENGTH

static const char *const flaw_names[] = {
    "bad-magic", "bad-tag", "bit-flip", "cut", "header-only", "bad-size", "surplus",
};

const char *encrypted_image_flaw_name(unsigned bit)
{
    return bit < sizeof flaw_names / sizeof flaw_names[0] ? flaw_names[bit] : NULL;
}

static bool settle_scheme(struct encrypted_image_recipient *to, struct error *err)
{
    mbedtls_pk_type_t type = mbedtls_pk_get_type(&to->pk);
    size_t bits = mbedtls_pk_get_bitlen(&to->pk);
    if (type == MBEDTLS_PK_RSA && bits == RSA_BITS) {
        to->scheme = ENCRYPTED_IMAGE_RSA_3072;
        return true;
    }
    if (type == MBEDTLS_PK_ECKEY && bits == P256_BITS) {
        to->scheme = ENCRYPTED_IMAGE_ECIES_P256;
        return true;
    }
    return error_set(err, "the key is neither RSA-3072 nor EC P-256");
}

bool encrypted_image_recipient_from_key(struct encrypted_image_recipient *to, const uint8_t *key,
                                        size_t length, struct error *err)
{
    mbedtls_pk_init(&to->pk);
    if (mbedtls_pk_parse_public_key(&to->pk, key, length) != 0) {
        mbedtls_pk_free(&to->pk);
        mbedtls_pk_init(&to->pk);
        if (encrypted_image_parse_private(&to->pk, key, length) != 0) {
            return error_set(err, "no key without a password");
        }
    }
    return settle_scheme(to, err);
}

bool encrypted_image_recipient_from_device(struct encrypted_image_recipient *to,
                                           const struct encrypted_image_key *device,
                                           struct error *err)
{
    uint8_t der[MAX_DER];
    size_t length = encrypted_image_public_key(device, der, sizeof der, err);
    if (length == 0) {
        mbedtls_pk_init(&to->pk);
        return false;
    }
    return encrypted_image_recipient_from_key(to, der + sizeof der - length, length, err);
}

void encrypted_image_recipient_free(struct encrypted_image_recipient *to)
{
    mbedtls_pk_free(&to->pk);
}

static bool wrap_rsa(const struct encrypted_image_recipient *to,
                     const struct encrypted_image_random *random, const uint8_t aes_key[KEY_LENGTH],
                     uint8_t *header)
{
    size_t length;
    mbedtls_pk_context pk = to->pk; /* 2.28 does not take it const */
    return mbedtls_pk_encrypt(&pk, aes_key, KEY_LENGTH, header + ENCRYPTED_IMAGE_RSA_AT, &length,
                              ENCRYPTED_IMAGE_RSA_LENGTH, random->fill, random->context) == 0;
}

struct exchange {
    mbedtls_ecp_group group;
    mbedtls_ecp_point theirs, ours;
    mbedtls_mpi secret, shared;
};

static bool read_point(const struct encrypted_image_recipient *to, struct exchange *exchange)
{
    uint8_t der[MAX_DER];
    mbedtls_pk_context pk = to->pk;
    /* A public key in DER ends with the point. */
    int length = mbedtls_pk_write_pubkey_der(&pk, der, sizeof der);
    return length > (int)POINT_LENGTH &&
           mbedtls_ecp_point_read_binary(&exchange->group, &exchange->theirs,
                                         der + sizeof der - 1 - POINT_LENGTH,
                                         1 + POINT_LENGTH) == 0;
}

static bool agree(struct exchange *exchange, const struct encrypted_image_random *random,
                  uint8_t shared[KEY_LENGTH], uint8_t *header)
{
    uint8_t point[1 + POINT_LENGTH];
    size_t length;
    bool ok = mbedtls_ecp_gen_keypair(&exchange->group, &exchange->secret, &exchange->ours,
                                      random->fill, random->context) == 0 &&
              mbedtls_ecdh_compute_shared(&exchange->group, &exchange->shared, &exchange->theirs,
                                          &exchange->secret, random->fill, random->context) == 0 &&
              mbedtls_mpi_write_binary(&exchange->shared, shared, KEY_LENGTH) == 0 &&
              mbedtls_ecp_point_write_binary(&exchange->group, &exchange->ours,
                                             MBEDTLS_ECP_PF_UNCOMPRESSED, &length, point,
                                             sizeof point) == 0;
    if (ok) {
        memcpy(header + ENCRYPTED_IMAGE_POINT_AT, point + 1, POINT_LENGTH);
    }
    return ok;
}

/* Here the AES key is not chosen but agreed on. */
static bool wrap_ecies(const struct encrypted_image_recipient *to,
                       const struct encrypted_image_random *random, uint8_t aes_key[KEY_LENGTH],
                       uint8_t *header)
{
    uint8_t shared[KEY_LENGTH];
    struct exchange exchange;
    mbedtls_ecp_group_init(&exchange.group);
    mbedtls_ecp_point_init(&exchange.theirs);
    mbedtls_ecp_point_init(&exchange.ours);
    mbedtls_mpi_init(&exchange.secret);
    mbedtls_mpi_init(&exchange.shared);
    bool ok = mbedtls_ecp_group_load(&exchange.group, MBEDTLS_ECP_DP_SECP256R1) == 0 &&
              read_point(to, &exchange) && agree(&exchange, random, shared, header) &&
              random->fill(random->context, header + ENCRYPTED_IMAGE_SALT_AT, KEY_LENGTH) == 0 &&
              encrypted_image_ecies_key(shared, header + ENCRYPTED_IMAGE_SALT_AT, aes_key);
    mbedtls_platform_zeroize(shared, sizeof shared);
    mbedtls_mpi_free(&exchange.shared);
    mbedtls_mpi_free(&exchange.secret);
    mbedtls_ecp_point_free(&exchange.ours);
    mbedtls_ecp_point_free(&exchange.theirs);
    mbedtls_ecp_group_free(&exchange.group);
    return ok;
}

static bool encrypt(const uint8_t aes_key[KEY_LENGTH], const uint8_t *plain, size_t length,
                    uint8_t *file)
{
    mbedtls_gcm_context gcm;
    mbedtls_gcm_init(&gcm);
    bool ok = mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, aes_key, 8 * KEY_LENGTH) == 0 &&
              mbedtls_gcm_crypt_and_tag(
                  &gcm, MBEDTLS_GCM_ENCRYPT, length, file + ENCRYPTED_IMAGE_IV_AT, IV_LENGTH, NULL,
                  0, plain, file + HEADER, TAG_LENGTH, file + ENCRYPTED_IMAGE_TAG_AT) == 0;
    mbedtls_gcm_free(&gcm);
    return ok;
}

static bool fill_file(const uint8_t *plain, size_t length,
                      const struct encrypted_image_recipient *to,
                      const struct encrypted_image_random *random, uint8_t *file)
{
    uint8_t aes_key[KEY_LENGTH];
    put_u32(file + ENCRYPTED_IMAGE_MAGIC_AT, ENCRYPTED_IMAGE_MAGIC);
    put_u32(file + ENCRYPTED_IMAGE_SIZE_AT, (uint32_t)length);
    bool ok = random->fill(random->context, file + ENCRYPTED_IMAGE_IV_AT, IV_LENGTH) == 0 &&
              random->fill(random->context, aes_key, sizeof aes_key) == 0 &&
              (to->scheme == ENCRYPTED_IMAGE_RSA_3072 ? wrap_rsa(to, random, aes_key, file)
                                                      : wrap_ecies(to, random, aes_key, file)) &&
              encrypt(aes_key, plain, length, file);
    mbedtls_platform_zeroize(aes_key, sizeof aes_key);
    return ok;
}

static size_t spoil(uint8_t *file, size_t length, uint32_t flaws)
{
    size_t whole = HEADER + length;
    if (flaws & ENCRYPTED_IMAGE_FLAW_MAGIC) {
        file[ENCRYPTED_IMAGE_MAGIC_AT] ^= 0x01;
    }
    if (flaws & ENCRYPTED_IMAGE_FLAW_TAG) {
        file[ENCRYPTED_IMAGE_TAG_AT + 5] ^= 0x10;
    }
    if (flaws & ENCRYPTED_IMAGE_FLAW_BIT_FLIP) {
        file[HEADER + length - 1 - length / 8] ^= 0x10;
    }
    if (flaws & ENCRYPTED_IMAGE_FLAW_SIZE) {
        put_u32(file + ENCRYPTED_IMAGE_SIZE_AT, (uint32_t)length + ENCRYPTED_IMAGE_BLOCK);
    }
    if (flaws & ENCRYPTED_IMAGE_FLAW_HEADER_ONLY) {
        return HEADER;
    }
    if (flaws & ENCRYPTED_IMAGE_FLAW_CUT) {
        return whole - (length < ENCRYPTED_IMAGE_BLOCK ? length : ENCRYPTED_IMAGE_BLOCK);
    }
    return whole + (flaws & ENCRYPTED_IMAGE_FLAW_SURPLUS ? SURPLUS : 0);
}

bool encrypted_image_make(const uint8_t *plain, size_t length,
                          const struct encrypted_image_recipient *to,
                          const struct encrypted_image_random *random, uint32_t flaws,
                          uint8_t **out, size_t *out_length, struct error *err)
{
    if (length == 0 || length > MAX_IMAGE) {
        return error_set(err, "%zu bytes are no image to encrypt", length);
    }
    uint8_t *file = calloc(1, HEADER + length + SURPLUS);
    if (file == NULL) {
        return error_set(err, "out of memory for the encrypted image");
    }
    if (!fill_file(plain, length, to, random, file)) {
        free(file);
        return error_set(err, "mbedTLS could not encrypt");
    }
    *out = file;
    *out_length = spoil(file, length, flaws);
    return true;
}
