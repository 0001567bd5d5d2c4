#include "test_signing.h"

#include <mbedtls/ecp.h>
#include <mbedtls/hmac_drbg.h>
#include <mbedtls/pk.h>

#include "bytes.h"
#include "esp_err_image.h"
#include "image_memo.h"

#define IMAGE_SIZE 5120u /* ends within its second sector */
#define SECTOR_AT  8192u

static const struct app_image_spec spec = {.size = IMAGE_SIZE};
static struct error err;

static struct app_image_source source_of(struct app_image_bytes *bytes,
                                         const struct signed_file *file)
{
    *bytes = (struct app_image_bytes){.data = file->bytes, .size = (uint32_t)file->length};
    return app_image_from_bytes(bytes);
}

static struct signature_result result;

static esp_err_t verify(const struct signed_file *file, const struct signature_policy *policy)
{
    struct app_image_bytes bytes;
    struct app_image_source source = source_of(&bytes, file);
    return signature_verify(&source, file->image_length, policy, &result, &err);
}

static void assert_says(const char *text)
{
    if (strstr(err.text, text) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", err.text, text);
    }
}

static void assert_refused(const char *keys, uint32_t flaws, const struct signature_policy *policy,
                           const char *why)
{
    struct signed_file file = signed_image(&spec, keys, flaws);
    assert_int_equal(verify(&file, policy), ESP_ERR_IMAGE_INVALID);
    assert_says(why);
    assert_int_equal(result.key, -1);
    free(file.bytes);
}

static void what_was_signed_verifies_in_each_scheme(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        enum signature_scheme scheme;
    } rows[] = {
        {"rsa_a", SIGNATURE_RSA_3072},
        {"p256_a", SIGNATURE_ECDSA_P256},
        {"p384_a", SIGNATURE_ECDSA_P384},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct signed_file file = signed_image(&spec, rows[i].key, 0);
        struct signature_policy policy = policy_of(rows[i].key);
        assert_int_equal(file.length, SECTOR_AT + SIGNATURE_SECTOR_LENGTH);
        assert_int_equal(policy.scheme, rows[i].scheme);
        assert_int_equal(verify(&file, &policy), ESP_OK);
        assert_int_equal(result.key, 0);
        free(file.bytes);
    }
}

static void the_same_image_and_key_give_the_same_bytes(void **state)
{
    (void)state;
    static const char *const keys[] = {"rsa_a", "p256_a", "p384_a"};
    for (size_t i = 0; i < 3; i++) {
        struct signed_file one = signed_image(&spec, keys[i], 0);
        struct signed_file two = signed_image(&spec, keys[i], 0);
        assert_int_equal(one.length, two.length);
        assert_memory_equal(one.bytes, two.bytes, one.length);
        free(one.bytes);
        free(two.bytes);
    }
}

static void each_flaw_is_refused_for_its_own_reason(void **state)
{
    (void)state;
    struct signature_policy policy = policy_of("rsa_a");
    assert_refused("rsa_a", SIGNATURE_FLAW_BIT_FLIP, &policy, "the digest differs");
    assert_refused("rsa_a", SIGNATURE_FLAW_CRC, &policy, "CRC");
    assert_refused("rsa_a", SIGNATURE_FLAW_VERSION, &policy, "of no scheme");
    assert_refused("rsa_a", SIGNATURE_FLAW_SIGNATURE, &policy, "the signature is wrong");
    assert_refused("rsa_a", SIGNATURE_FLAW_DIGEST, &policy, "the digest differs");
    assert_refused("rsa_a", SIGNATURE_FLAW_CUT, &policy, "no room for a signature sector");
    assert_refused("rsa_a", SIGNATURE_FLAW_MAGIC, &policy, "magic 0xe6");
    assert_refused("rsa_b", 0, &policy, "is not trusted");
    assert_refused("p256_a", 0, &policy, "wants RSA-3072");
    assert_refused("", 0, &policy, "no room for a signature sector");
    policy = policy_of("p256_a");
    assert_refused("p256_a", SIGNATURE_FLAW_SIGNATURE, &policy, "the signature is wrong");
    assert_refused("p256_a", SIGNATURE_FLAW_VERSION, &policy, "wants ECDSA P-256");
    assert_refused("p384_a", 0, &policy, "wants ECDSA P-256");
    policy = policy_of("p384_a");
    assert_refused("p384_a", SIGNATURE_FLAW_SIGNATURE, &policy, "the signature is wrong");
    assert_refused("p384_a", SIGNATURE_FLAW_BIT_FLIP, &policy, "the digest differs");
}

static void any_block_will_do_unless_only_the_first_counts(void **state)
{
    (void)state;
    struct signature_policy policy = policy_of("rsa_a");
    struct signed_file file = signed_image(&spec, "rsa_b rsa_c rsa_a", 0);
    assert_int_equal(verify(&file, &policy), ESP_OK);
    policy.first_block_only = true;
    assert_int_equal(verify(&file, &policy), ESP_ERR_IMAGE_INVALID);
    assert_null(strstr(err.text, "2:"));
    free(file.bytes);
}

static void a_wrong_signature_is_remembered_for_its_key(void **state)
{
    (void)state;
    struct signature_policy policy = policy_of("rsa_c rsa_a rsa_b");
    struct signed_file file = signed_image(&spec, "rsa_a rsa_b", SIGNATURE_FLAW_SIGNATURE);
    assert_int_equal(verify(&file, &policy), ESP_OK);
    assert_int_equal(result.key, 2);
    assert_int_equal(result.refused_keys, 1u << 1);
    free(file.bytes);
    file = signed_image(&spec, "rsa_a", SIGNATURE_FLAW_DIGEST);
    assert_int_equal(verify(&file, &policy), ESP_ERR_IMAGE_INVALID);
    assert_int_equal(result.refused_keys, 0);
    free(file.bytes);
}

static void keys_in_efuse_count_until_they_are_revoked(void **state)
{
    (void)state;
    struct efuse efuse = {.secure_boot = true, .key_digests = 0x3};
    struct signature_policy policy;
    struct signed_file file = signed_image(&spec, "rsa_b", 0);
    test_key_digest("rsa_a", efuse.key_digest[0]);
    test_key_digest("rsa_b", efuse.key_digest[1]);
    const struct chip *three = chip_by_name("esp32s3"), *one = chip_by_name("esp32");
    signature_policy_from_efuse(&efuse, three, SIGNATURE_RSA_3072, &policy);
    assert_int_equal(verify(&file, &policy), ESP_OK);
    assert_int_equal(result.key, 1);
    signature_policy_from_efuse(&efuse, one, SIGNATURE_RSA_3072, &policy);
    assert_int_equal(policy.keys, 0x1); /* the chip has one place */
    assert_int_equal(verify(&file, &policy), ESP_ERR_IMAGE_INVALID);
    assert_int_equal(efuse_revoke_key(&efuse, 1), ESP_OK);
    signature_policy_from_efuse(&efuse, three, SIGNATURE_RSA_3072, &policy);
    assert_int_equal(verify(&file, &policy), ESP_ERR_IMAGE_INVALID);
    assert_says("is not trusted");
    assert_int_equal(efuse_revoke_key(&efuse, 0), ESP_OK);
    assert_int_equal(efuse_revoke_key(&efuse, 3), ESP_ERR_INVALID_ARG);
    signature_policy_from_efuse(&efuse, three, SIGNATURE_RSA_3072, &policy);
    assert_int_equal(verify(&file, &policy), ESP_ERR_IMAGE_INVALID);
    assert_says("trusts no key");
    free(file.bytes);
}

static void an_app_trusts_its_own_first_key(void **state)
{
    (void)state;
    struct app_image_bytes bytes;
    struct signature_policy policy;
    struct signed_file running = signed_image(&spec, "rsa_a rsa_b", 0);
    struct app_image_source source = source_of(&bytes, &running);
    signature_policy_from_app(&source, IMAGE_SIZE, SIGNATURE_RSA_3072, &policy, &err);
    assert_int_equal(policy.keys, 0x1);
    assert_true(policy.first_block_only);
    uint8_t digest[EFUSE_KEY_DIGEST_LENGTH];
    test_key_digest("rsa_a", digest);
    assert_memory_equal(policy.key_digest[0], digest, sizeof digest);

    signature_policy_from_app(&source, IMAGE_SIZE, SIGNATURE_ECDSA_P256, &policy, &err);
    assert_int_equal(policy.keys, 0);
    assert_says("wants ECDSA P-256");
    running.bytes[SECTOR_AT + 100] ^= 1;
    signature_policy_from_app(&source, IMAGE_SIZE, SIGNATURE_RSA_3072, &policy, &err);
    assert_int_equal(policy.keys, 0);
    assert_says("CRC");
    free(running.bytes);
}

static void an_image_verifies_with_its_signature(void **state)
{
    (void)state;
    struct app_image_bytes bytes;
    struct signed_file file = signed_image(&spec, "rsa_a", SIGNATURE_FLAW_BIT_FLIP);
    struct app_image_source source = source_of(&bytes, &file);
    struct signature_policy policy = policy_of("rsa_a");
    struct app_image_rules rules = {.kind = APP_IMAGE_APP};
    struct app_image_info info;
    assert_int_equal(app_image_verify(&source, &rules, &info, &err), ESP_OK);
    rules.signature = &policy;
    assert_int_equal(app_image_verify(&source, &rules, &info, &err), ESP_ERR_IMAGE_INVALID);
    file.bytes[SECTOR_AT - 1] ^= 0x10; /* as it was when it was signed */
    assert_int_equal(app_image_verify(&source, &rules, &info, &err), ESP_OK);
    free(file.bytes);
}

static void a_verdict_is_remembered_for_its_policy_only(void **state)
{
    (void)state;
    struct flash *flash = flash_create(0x10000);
    struct image_memo *memo = image_memo_create();
    struct signed_file file = signed_image(&spec, "rsa_a", 0);
    flash_load(flash, 0, file.bytes, (uint32_t)file.length);
    const struct partition slot = {.size = 0x10000};
    struct signature_policy first = policy_of("rsa_a"), second = policy_of("rsa_b");
    struct app_image_rules rules = {.kind = APP_IMAGE_APP, .signature = &first};
    for (int round = 0; round < 2; round++) {
        rules.signature = &first;
        assert_int_equal(image_memo_verify(memo, flash, &slot, &rules, NULL, NULL), ESP_OK);
        rules.signature = &second;
        assert_int_equal(image_memo_verify(memo, flash, &slot, &rules, NULL, NULL),
                         ESP_ERR_IMAGE_INVALID);
        rules.signature = NULL;
        assert_int_equal(image_memo_verify(memo, flash, &slot, &rules, NULL, NULL), ESP_OK);
    }
    uint64_t made, reused;
    image_memo_figures(memo, &made, &reused);
    assert_int_equal(made, 3);
    assert_int_equal(reused, 3);
    free(file.bytes);
    image_memo_destroy(memo);
    flash_destroy(flash);
}

static void policies_have_fingerprints_of_their_own(void **state)
{
    (void)state;
    struct signature_policy policy = policy_of("rsa_a rsa_b"), other = policy;
    assert_int_equal(signature_policy_fingerprint(NULL), 0);
    assert_true(signature_policy_fingerprint(&policy) != 0);
    other.keys = 0x1;
    assert_true(signature_policy_fingerprint(&policy) != signature_policy_fingerprint(&other));
    other = policy;
    other.first_block_only = true;
    assert_true(signature_policy_fingerprint(&policy) != signature_policy_fingerprint(&other));
    other = policy;
    other.scheme = SIGNATURE_ECDSA_P256;
    assert_true(signature_policy_fingerprint(&policy) != signature_policy_fingerprint(&other));
}

/* Such keys are made here: not every openssl CLI has the curve. */
static struct signature_key *p192_key(void)
{
    static const char seed[] = "a key for P-192";
    unsigned char pem[1024];
    mbedtls_pk_context pk;
    mbedtls_hmac_drbg_context numbers;
    mbedtls_pk_init(&pk);
    mbedtls_hmac_drbg_init(&numbers);
    assert_int_equal(mbedtls_hmac_drbg_seed_buf(&numbers,
                                                mbedtls_md_info_from_type(MBEDTLS_MD_SHA256),
                                                (const unsigned char *)seed, sizeof seed),
                     0);
    assert_int_equal(mbedtls_pk_setup(&pk, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)), 0);
    assert_int_equal(mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP192R1, mbedtls_pk_ec(pk),
                                         mbedtls_hmac_drbg_random, &numbers),
                     0);
    assert_int_equal(mbedtls_pk_write_key_pem(&pk, pem, sizeof pem), 0);
    mbedtls_hmac_drbg_free(&numbers);
    mbedtls_pk_free(&pk);
    struct signature_key *key = signature_key_from_pem((const char *)pem, &err);
    assert_non_null(key);
    return key;
}

static void p192_has_the_places_of_p256(void **state)
{
    (void)state;
    struct signature_key *key = p192_key();
    struct signed_file plain = signed_image(&spec, "", 0), file = plain;
    assert_true(signature_sign(plain.bytes, plain.length, (const struct signature_key *[]){key}, 1,
                               0, &file.bytes, &file.length, &err));
    struct signature_policy policy = {.scheme = signature_key_scheme(key), .keys = 0x1};
    assert_int_equal(policy.scheme, SIGNATURE_ECDSA_P192);
    signature_key_digest(key, policy.key_digest[0]);
    assert_int_equal(verify(&file, &policy), ESP_OK);

    struct signature_block block;
    const uint8_t *bytes = file.bytes + SECTOR_AT;
    assert_true(signature_block_parse(bytes, &block, &err));
    assert_true(block.reserved_clean);
    assert_int_equal(bytes[36], 1);
    assert_int_equal(block.key - bytes, 36);
    assert_int_equal(block.signature - bytes, 101);
    for (size_t i = 36 + 1 + 48; i < 101; i++) {
        assert_int_equal(bytes[i], 0);
    }
    for (size_t i = SECTOR_AT; i < SECTOR_AT + 1200; i++) {
        file.bytes[i] ^= 0x08;
        if (verify(&file, &policy) == ESP_OK) {
            fail_msg("nobody notices a flipped bit at %zu", i);
        }
        file.bytes[i] ^= 0x08;
    }
    policy.scheme = SIGNATURE_ECDSA_P256;
    assert_int_equal(verify(&file, &policy), ESP_ERR_IMAGE_INVALID);
    signature_key_free(key);
    free(plain.bytes);
    free(file.bytes);
}

/* The CRC covers all of a block but what nobody looks at. */
static void one_flipped_bit_anywhere_is_noticed(void **state)
{
    (void)state;
    static const char *const keys[] = {"rsa_a", "p256_a", "p384_a"};
    for (size_t k = 0; k < 3; k++) {
        struct signed_file file = signed_image(&spec, keys[k], 0);
        struct signature_policy policy = policy_of(keys[k]);
        for (size_t i = 0; i < SECTOR_AT + 1200; i += i < SECTOR_AT ? 97 : 1) {
            file.bytes[i] ^= (uint8_t)(1u << i % 8);
            if (verify(&file, &policy) == ESP_OK) {
                fail_msg("%s: nobody notices a flipped bit at %zu", keys[k], i);
            }
            file.bytes[i] ^= (uint8_t)(1u << i % 8);
        }
        assert_int_equal(verify(&file, &policy), ESP_OK);
        free(file.bytes);
    }
}

static void unused_bytes_are_looked_at_by_the_curious_only(void **state)
{
    (void)state;
    struct signed_file file = signed_image(&spec, "rsa_a", 0);
    struct signature_policy policy = policy_of("rsa_a");
    struct signature_block block;
    assert_true(signature_block_parse(file.bytes + SECTOR_AT, &block, &err));
    assert_true(block.reserved_clean);
    file.bytes[SECTOR_AT + 1210] = 1;
    assert_true(signature_block_parse(file.bytes + SECTOR_AT, &block, &err));
    assert_false(block.reserved_clean);
    assert_int_equal(verify(&file, &policy), ESP_OK);
    free(file.bytes);
}

static void each_question_of_a_block_is_answered(void **state)
{
    (void)state;
    struct app_image_bytes bytes;
    uint8_t sector[SIGNATURE_SECTOR_LENGTH];
    struct signature_finding findings[SIGNATURE_MAX_BLOCKS];
    struct signature_policy policy = policy_of("rsa_b");
    struct signed_file file = signed_image(&spec, "rsa_a p384_a", SIGNATURE_FLAW_SIGNATURE);
    struct app_image_source source = source_of(&bytes, &file);
    assert_int_equal(signature_examine(&source, IMAGE_SIZE, &policy, sector, findings, &err),
                     ESP_OK);
    assert_int_equal(findings[0].block.scheme, SIGNATURE_RSA_3072);
    assert_string_equal(findings[0].malformed.text, "");
    assert_true(findings[0].digest_right);
    assert_false(findings[0].signature_right);
    assert_false(findings[0].trusted);
    assert_int_equal(findings[1].block.scheme, SIGNATURE_ECDSA_P384);
    assert_true(findings[1].digest_right);
    assert_true(findings[1].signature_right);
    assert_false(findings[2].block.present);
    free(file.bytes);
}

static void keys_of_other_kinds_are_refused(void **state)
{
    (void)state;
    char path[1024], pem[16384] = "";
    assert_null(signature_key_from_pem("no key", &err));
    assert_says("no private key");
    snprintf(path, sizeof path, "%s/rsa_server.key", TEST_CERTS_DIR);
    assert_true(read_test_file(path, (uint8_t *)pem, sizeof pem - 1) > 0);
    assert_null(signature_key_from_pem(pem, &err));
    assert_says("3072 bits");
}

/* What an attacker serves: noise in a well-formed block, so that it comes as far as the arithmetic.
 */
static void noise_is_no_signature(void **state)
{
    (void)state;
    uint32_t noise = 12345;
    uint8_t bytes[SIGNATURE_BLOCK_LENGTH];
    uint8_t digest[SIGNATURE_MAX_DIGEST] = {0};
    for (int round = 0; round < 3000; round++) {
        for (size_t i = 0; i < sizeof bytes; i++) {
            noise = noise * 1664525u + 1013904223u;
            bytes[i] = round % 5 == 0 ? (uint8_t)(noise >> 31) * 0xFF : (uint8_t)(noise >> 24);
        }
        bytes[0] = 0xE7;
        bytes[1] = (uint8_t)(1 + round % 4);
        bytes[36] = (uint8_t)(round % 7);
        bytes[52] = (uint8_t)(round % 6);
        put_u32(bytes + 1196, signature_crc(bytes, 1196));
        struct signature_block block;
        if (signature_block_parse(bytes, &block, &err)) {
            assert_false(signature_block_verify(&block, digest));
        }
    }
}

static void degenerate_numbers_are_no_signature(void **state)
{
    (void)state;
    static const uint8_t fills[] = {0x00, 0x01, 0xFF};
    uint8_t digest[SIGNATURE_MAX_DIGEST] = {0};
    for (size_t i = 0; i < sizeof fills; i++) {
        for (uint8_t version = 2; version <= 3; version++) {
            for (uint8_t curve = 1; curve <= 3; curve++) {
                uint8_t bytes[SIGNATURE_BLOCK_LENGTH];
                struct signature_block block;
                memset(bytes, fills[i], sizeof bytes);
                bytes[0] = 0xE7;
                bytes[1] = version;
                bytes[36] = curve;
                bytes[52] = curve;
                put_u32(bytes + 1196, signature_crc(bytes, 1196));
                if (signature_block_parse(bytes, &block, &err)) {
                    assert_false(signature_block_verify(&block, digest));
                }
            }
        }
    }
}

/* Every length that a file can be cut to near its signature, in memory of just that size. */
static void a_cut_file_is_never_read_past_its_end(void **state)
{
    (void)state;
    struct signed_file file = signed_image(&spec, "p256_a", 0);
    struct signature_policy policy = policy_of("p256_a");
    for (size_t length = 0; length < file.length; length += length < SECTOR_AT ? 509 : 61) {
        struct signed_file cut = {
            .bytes = malloc(length + 1), .length = length, .image_length = IMAGE_SIZE};
        assert_non_null(cut.bytes);
        memcpy(cut.bytes, file.bytes, length);
        assert_int_equal(verify(&cut, &policy), ESP_ERR_IMAGE_INVALID);
        free(cut.bytes);
    }
    free(file.bytes);
}

static void a_length_beyond_all_bounds_has_no_sector(void **state)
{
    (void)state;
    struct app_image_bytes bytes;
    struct signed_file file = signed_image(&spec, "p256_a", 0);
    struct app_image_source source = source_of(&bytes, &file);
    struct signature_policy policy = policy_of("p256_a");
    static const uint32_t lengths[] = {UINT32_MAX, UINT32_MAX - 4095, 0x80000000u, 8193, 12288};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        assert_int_equal(signature_verify(&source, lengths[i], &policy, &result, &err),
                         ESP_ERR_IMAGE_INVALID);
    }
    free(file.bytes);
}

static uint8_t real[1u << 20];

static struct signed_file real_file(const char *name)
{
    char path[1024];
    struct app_image_bytes bytes;
    struct app_image_info info;
    const struct app_image_rules rules = {.kind = APP_IMAGE_BOOTLOADER};
    snprintf(path, sizeof path, "%s/%s", OTASIM_REAL_IMAGES, name);
    struct signed_file file = {.bytes = real, .length = read_test_file(path, real, sizeof real)};
    if (OTASIM_REAL_IMAGES[0] == '\0' || file.length == 0) {
        print_message("%s is not here\n", name);
        skip();
    }
    struct app_image_source source = source_of(&bytes, &file);
    assert_int_equal(app_image_verify(&source, &rules, &info, &err), ESP_OK);
    file.image_length = info.image_length;
    return file;
}

static void assert_vendor_signature(const struct signed_file *file, enum signature_scheme scheme,
                                    struct signature_policy *policy)
{
    struct app_image_bytes bytes;
    struct app_image_source source = source_of(&bytes, file);
    signature_policy_from_app(&source, file->image_length, scheme, policy, &err);
    assert_int_equal(policy->keys, 0x1);
    assert_int_equal(verify(file, policy), ESP_OK);
    uint32_t sector = signature_offset(file->image_length);
    for (size_t i = 0; i < sector + 1200u; i += i < sector ? 997 : 7) {
        file->bytes[i] ^= 0x04;
        assert_int_equal(verify(file, policy), ESP_ERR_IMAGE_INVALID);
        file->bytes[i] ^= 0x04;
    }
}

static void the_vendors_rsa_signature_verifies(void **state)
{
    (void)state;
    uint8_t digest[EFUSE_KEY_DIGEST_LENGTH];
    struct signature_policy policy;
    char path[1024];
    struct signed_file file = real_file("bootloader_signed_v2_rsa.bin");
    assert_vendor_signature(&file, SIGNATURE_RSA_3072, &policy);
    snprintf(path, sizeof path, "%s/rsa_public_key_digest.bin", OTASIM_REAL_IMAGES);
    assert_int_equal(read_test_file(path, digest, sizeof digest), sizeof digest);
    assert_memory_equal(policy.key_digest[0], digest, sizeof digest);
}

static void the_vendors_ecdsa_signature_verifies(void **state)
{
    (void)state;
    struct signature_policy policy;
    struct signed_file file = real_file("bootloader_signed_v2_ecdsa256.bin");
    assert_vendor_signature(&file, SIGNATURE_ECDSA_P256, &policy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_signed_verifies_in_each_scheme),
        cmocka_unit_test(the_same_image_and_key_give_the_same_bytes),
        cmocka_unit_test(each_flaw_is_refused_for_its_own_reason),
        cmocka_unit_test(any_block_will_do_unless_only_the_first_counts),
        cmocka_unit_test(a_wrong_signature_is_remembered_for_its_key),
        cmocka_unit_test(keys_in_efuse_count_until_they_are_revoked),
        cmocka_unit_test(an_app_trusts_its_own_first_key),
        cmocka_unit_test(an_image_verifies_with_its_signature),
        cmocka_unit_test(a_verdict_is_remembered_for_its_policy_only),
        cmocka_unit_test(policies_have_fingerprints_of_their_own),
        cmocka_unit_test(p192_has_the_places_of_p256),
        cmocka_unit_test(one_flipped_bit_anywhere_is_noticed),
        cmocka_unit_test(unused_bytes_are_looked_at_by_the_curious_only),
        cmocka_unit_test(each_question_of_a_block_is_answered),
        cmocka_unit_test(keys_of_other_kinds_are_refused),
        cmocka_unit_test(noise_is_no_signature),
        cmocka_unit_test(degenerate_numbers_are_no_signature),
        cmocka_unit_test(a_cut_file_is_never_read_past_its_end),
        cmocka_unit_test(a_length_beyond_all_bounds_has_no_sector),
        cmocka_unit_test(the_vendors_rsa_signature_verifies),
        cmocka_unit_test(the_vendors_ecdsa_signature_verifies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
