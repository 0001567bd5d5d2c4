#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bytes.h"
#include "device.h"
#include "encrypted_image_make.h"
#include "esp_hmac.h"
#include "test_encryption.h"

static struct error err;

static void assert_says(const char *text)
{
    if (strstr(err.text, text) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", err.text, text);
    }
}

struct decrypted {
    uint8_t *bytes;
    size_t length;
    bool ok;
};

/* The file in pieces of that size, and the tag checked at last. */
static struct decrypted decrypt(const struct encrypted_image_key *key, const uint8_t *file,
                                size_t length, size_t piece)
{
    struct encrypted_image_reader reader;
    struct decrypted result = {.bytes = malloc(length + 1), .ok = true};
    encrypted_image_begin(&reader, key);
    for (size_t at = 0; at < length && result.ok;) {
        size_t now = length - at < piece ? length - at : piece, used;
        result.ok = encrypted_image_take_header(&reader, file + at, now, &used, &err);
        if (result.ok && reader.open) {
            size_t plain = encrypted_image_plain_length(&reader, now - used);
            bool last = reader.received + now - used >= reader.size;
            assert_true(last || plain % ENCRYPTED_IMAGE_BLOCK == 0);
            result.ok = encrypted_image_decrypt(&reader, file + at + used, now - used,
                                                result.bytes + result.length, &err);
            result.length += plain;
        }
        at += now;
    }
    result.ok = result.ok && encrypted_image_check(&reader, &err);
    encrypted_image_end(&reader);
    return result;
}

static void assert_decrypts(const struct encrypted_image_key *key, const uint8_t *file,
                            size_t length, size_t piece, const uint8_t *plain, size_t plain_length)
{
    struct decrypted got = decrypt(key, file, length, piece);
    if (!got.ok) {
        fail_msg("%zu bytes in pieces of %zu: %s", plain_length, piece, err.text);
    }
    assert_int_equal(got.length, plain_length);
    assert_memory_equal(got.bytes, plain, plain_length);
    free(got.bytes);
}

static void assert_refused(const struct encrypted_image_key *key, const uint8_t *file,
                           size_t length, const char *why)
{
    struct decrypted got = decrypt(key, file, length, 1000);
    assert_false(got.ok);
    assert_says(why);
    free(got.bytes);
}

static const char *const keys[] = {"rsa_a", "hmac_a"};

static void any_length_comes_out_of_pieces_of_any_size(void **state)
{
    (void)state;
    static const size_t lengths[] = {1, 10, 15, 16, 17, 512, 1000, 4097};
    static const size_t pieces[] = {1, 3, 15, 16, 17, 511, 512, 513, 1024, 100000};
    for (size_t k = 0; k < 2; k++) {
        struct encrypted_image_key key = test_key(keys[k]);
        for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
            struct test_file file = test_encrypted(keys[k], lengths[i], 0);
            assert_int_equal(file.length, 512 + lengths[i]);
            for (size_t j = 0; j < sizeof pieces / sizeof pieces[0]; j++) {
                assert_decrypts(&key, file.bytes, file.length, pieces[j], file.plain, lengths[i]);
            }
            free(file.bytes);
        }
    }
}

static void the_same_numbers_give_the_same_bytes(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        struct test_file a = test_encrypted(keys[k], 100, 0), b = test_encrypted(keys[k], 100, 0);
        assert_memory_equal(a.bytes, b.bytes, a.length);
        free(a.bytes);
        free(b.bytes);
    }
}

static void each_flaw_is_refused_for_its_own_reason(void **state)
{
    (void)state;
    static const struct {
        uint32_t flaw;
        const char *why;
    } rows[] = {
        {ENCRYPTED_IMAGE_FLAW_MAGIC, "magic"},
        {ENCRYPTED_IMAGE_FLAW_TAG, "the tag is wrong"},
        {ENCRYPTED_IMAGE_FLAW_BIT_FLIP, "the tag is wrong"},
        {ENCRYPTED_IMAGE_FLAW_CUT, "984 bytes of the image have come, of 1000"},
        {ENCRYPTED_IMAGE_FLAW_HEADER_ONLY, "0 bytes of the image have come, of 1000"},
        {ENCRYPTED_IMAGE_FLAW_SIZE, "1000 bytes of the image have come, of 1016"},
        {ENCRYPTED_IMAGE_FLAW_SURPLUS, "1003 bytes of the image have come, of 1000"},
    };
    for (size_t k = 0; k < 2; k++) {
        struct encrypted_image_key key = test_key(keys[k]);
        for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            assert_int_equal(rows[i].flaw, 1u << i);
            assert_non_null(encrypted_image_flaw_name(i));
            struct test_file file = test_encrypted(keys[k], 1000, rows[i].flaw);
            assert_refused(&key, file.bytes, file.length, rows[i].why);
            free(file.bytes);
        }
    }
    assert_null(encrypted_image_flaw_name(7));
}

/* The bytes that mean nothing are all that a flip may change unnoticed. */
static void assert_flips_are_noticed(enum encrypted_image_scheme scheme,
                                     const struct encrypted_image_key *key, uint8_t *file,
                                     size_t length)
{
    size_t step = 1;
    for (size_t at = 0; at < length; at += step) {
        /* RSA takes milliseconds each time, and long images too. */
        step = scheme == ENCRYPTED_IMAGE_RSA_3072 && at < ENCRYPTED_IMAGE_IV_AT ? 29
               : at < ENCRYPTED_IMAGE_HEADER_LENGTH                             ? 3
                                                                                : length / 97 + 1;
        file[at] ^= 0x20;
        struct decrypted got = decrypt(key, file, length, length);
        bool noticed = !got.ok || !encrypted_image_reserved_clean(scheme, file);
        if (!noticed) {
            fail_msg("a flipped bit at %zu was not noticed", at);
        }
        free(got.bytes);
        file[at] ^= 0x20;
    }
    assert_true(encrypted_image_reserved_clean(scheme, file));
}

static void a_flipped_bit_anywhere_is_noticed(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        struct encrypted_image_key key = test_key(keys[k]);
        struct test_file file = test_encrypted(keys[k], 300, 0);
        assert_flips_are_noticed(key.scheme, &key, file.bytes, file.length);
        free(file.bytes);
    }
}

/* As on a device: what the format reserves is for later, and does not matter now. */
static void nobody_looks_at_reserved_bytes(void **state)
{
    (void)state;
    struct encrypted_image_key key = test_key("hmac_a");
    struct test_file file = test_encrypted("hmac_a", 300, 0);
    file.bytes[200] ^= 1;
    file.bytes[500] ^= 1;
    assert_decrypts(&key, file.bytes, file.length, 100, file.plain, 300);
    free(file.bytes);
}

static void another_devices_image_is_no_good(void **state)
{
    (void)state;
    struct encrypted_image_key rsa_b = test_key("rsa_b"), hmac_b = test_key("hmac_b");
    struct test_file rsa = test_encrypted("rsa_a", 300, 0);
    struct test_file ecies = test_encrypted("hmac_a", 300, 0);
    assert_refused(&rsa_b, rsa.bytes, rsa.length, "not encrypted for this device's key");
    /* The AES key is agreed on, not sent: it is another one, which only the tag tells. */
    assert_refused(&hmac_b, ecies.bytes, ecies.length, "the tag is wrong");
    assert_refused(&hmac_b, rsa.bytes, rsa.length, "no point of P-256");
    free(rsa.bytes);
    free(ecies.bytes);
}

static void keys_that_will_not_do(void **state)
{
    (void)state;
    static const uint8_t garbage[] = "-----BEGIN PRIVATE "
                                     "KEY-----\n";
    struct test_file file = test_encrypted("rsa_a", 300, 0);
    struct encrypted_image_key key = {.rsa = garbage, .rsa_length = sizeof garbage};
    assert_refused(&key, file.bytes, file.length, "no private key");
    struct encrypted_image_key small = test_key_file("rsa_server.key");
    assert_refused(&small, file.bytes, file.length, "not RSA-3072");
    struct encrypted_image_key curve = test_key_file("signing_p256_a.key");
    assert_refused(&curve, file.bytes, file.length, "not RSA-3072");
    struct encrypted_image_key unterminated = test_key("rsa_a");
    unterminated.rsa_length--;
    assert_refused(&unterminated, file.bytes, file.length, "no private key");
    struct encrypted_image_key zero = {.scheme = ENCRYPTED_IMAGE_ECIES_P256};
    assert_refused(&zero, file.bytes, file.length, "no P-256 key");
    free(file.bytes);
}

/* PBKDF2 with the peripheral for its HMAC, as a device does it: mbedTLS must give the same. */
static void the_device_key_derives_from_the_hmac_key(void **state)
{
    (void)state;
    static const uint8_t salt[] = {0x0e, 0x21, 0x60, 0x64, 0x2d, 0xae, 0x76, 0xd3, 0x34,
                                   0x48, 0xe4, 0x3d, 0x77, 0x20, 0x12, 0x3d, 0x9f, 0x3b,
                                   0x1e, 0xce, 0xb8, 0x8e, 0x57, 0x3a, 0x4e, 0x8f, 0x7f,
                                   0xb9, 0x4f, 0xf0, 0xc8, 0x69, 0,    0,    0,    1};
    uint8_t hmac_key[32], round[32], expected[32] = {0}, scalar[32];
    const struct device_config config = {.chip = NULL};
    struct device *device = device_create(&config);
    device_set_current(device);
    for (unsigned i = 0; i < sizeof hmac_key; i++) {
        hmac_key[i] = (uint8_t)(i * 5 + 1);
    }
    assert_int_equal(esp_hmac_calculate(HMAC_KEY3, salt, sizeof salt, round), ESP_FAIL);
    assert_int_equal(efuse_burn_hmac_key(&device->efuse, 3, hmac_key), ESP_OK);
    assert_int_equal(efuse_burn_hmac_key(&device->efuse, 3, hmac_key), ESP_ERR_INVALID_STATE);
    assert_int_equal(efuse_burn_hmac_key(&device->efuse, 6, hmac_key), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_hmac_calculate(HMAC_KEY_MAX, salt, sizeof salt, round),
                     ESP_ERR_INVALID_ARG);
    for (int i = 0; i < 2048; i++) {
        assert_int_equal(esp_hmac_calculate(HMAC_KEY3, i == 0 ? salt : round,
                                            i == 0 ? sizeof salt : sizeof round, round),
                         ESP_OK);
        for (size_t j = 0; j < sizeof round; j++) {
            expected[j] ^= round[j];
        }
    }
    device_set_current(NULL);
    device_destroy(device);
    assert_true(encrypted_image_derive_scalar(hmac_key, scalar));
    assert_memory_equal(scalar, expected, sizeof expected);
}

static uint8_t real[1u << 20];

static size_t real_file(const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", OTASIM_REAL_IMAGES, name);
    size_t length = OTASIM_REAL_IMAGES[0] != '\0' ? test_read(path, real, sizeof real) : 0;
    if (length == 0) {
        print_message("%s is not here\n", name);
        skip();
    }
    return length;
}

static void assert_vendor_file(const struct encrypted_image_key *key, size_t length,
                               size_t plain_length)
{
    static const size_t pieces[] = {1, 16, 1000, 1u << 20};
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        struct decrypted got = decrypt(key, real, length, pieces[i]);
        if (!got.ok) {
            fail_msg("%s", err.text);
        }
        assert_int_equal(got.length, plain_length);
        free(got.bytes);
    }
    assert_flips_are_noticed(key->scheme, key, real, length);
}

static void the_vendors_rsa_file_decrypts(void **state)
{
    (void)state;
    static uint8_t pem[8192];
    struct encrypted_image_key key = {.rsa = pem,
                                      .rsa_length = 1 + real_file("encrypted_rsa3072_key.pem")};
    memcpy(pem, real, key.rsa_length - 1);
    size_t length = real_file("encrypted_rsa3072.bin");
    assert_vendor_file(&key, length, 11680);
}

static void the_vendors_ecies_file_decrypts(void **state)
{
    (void)state;
    const struct encrypted_image_key key = {
        .scheme = ENCRYPTED_IMAGE_ECIES_P256,
        .scalar = {0x83, 0x17, 0x93, 0x66, 0x0d, 0xe4, 0x91, 0x33, 0x66, 0xae, 0x1e,
                   0x37, 0x9b, 0x2c, 0xeb, 0x43, 0x17, 0xc8, 0x87, 0x00, 0xcc, 0x07,
                   0x91, 0xd9, 0x8e, 0x5a, 0x2a, 0x2d, 0x5c, 0x71, 0xaf, 0x66}};
    size_t length = real_file("encrypted_ecies.bin");
    assert_vendor_file(&key, length, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_length_comes_out_of_pieces_of_any_size),
        cmocka_unit_test(the_same_numbers_give_the_same_bytes),
        cmocka_unit_test(each_flaw_is_refused_for_its_own_reason),
        cmocka_unit_test(a_flipped_bit_anywhere_is_noticed),
        cmocka_unit_test(nobody_looks_at_reserved_bytes),
        cmocka_unit_test(another_devices_image_is_no_good),
        cmocka_unit_test(keys_that_will_not_do),
        cmocka_unit_test(the_device_key_derives_from_the_hmac_key),
        cmocka_unit_test(the_vendors_rsa_file_decrypts),
        cmocka_unit_test(the_vendors_ecies_file_decrypts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
