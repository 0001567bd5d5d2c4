#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "boot.h"
#include "device.h"
#include "esp_encrypted_img.h"
#include "esp_heap_caps.h"
#include "esp_random.h"
#include "heap.h"
#include "test_encryption.h"

#define BLOCK_OF_KEY 2

static struct device *device;
static struct boot boot;

static int begin_boot(void **state)
{
    (void)state;
    uint8_t key[32];
    const struct device_config config = {.chip = NULL};
    device = device_create(&config);
    assert_non_null(device);
    test_hmac_key("hmac_a", key);
    efuse_burn_hmac_key(&device->efuse, BLOCK_OF_KEY, key);
    boot = (struct boot){.device = device};
    device_set_current(device);
    boot_set_current(&boot);
    return 0;
}

static int end_boot(void **state)
{
    (void)state;
    struct heap_stats stats = heap_stats();
    boot_set_current(NULL);
    device_set_current(NULL);
    device_destroy(device);
    return stats.blocks == 0 ? 0 : -1; /* whatever a test does, nothing is lost */
}

/* Tests need both schemes, a build has one: through what the header's start calls. */
static esp_decrypt_handle_t start(const char *key)
{
    struct encrypted_image_key device_key = test_key(key);
    return device_key.scheme == ENCRYPTED_IMAGE_RSA_3072
               ? otasim_encrypted_img_start_rsa((const char *)device_key.rsa, device_key.rsa_length)
               : otasim_encrypted_img_start_ecies(BLOCK_OF_KEY);
}

static esp_err_t feed(esp_decrypt_handle_t handle, const uint8_t *bytes, size_t length,
                      uint8_t *out, size_t *out_length)
{
    pre_enc_decrypt_arg_t args = {.data_in = (const char *)bytes, .data_in_len = length};
    esp_err_t err = esp_encrypted_img_decrypt_data(handle, &args);
    if (args.data_out_len > 0 && out != NULL) {
        memcpy(out + *out_length, args.data_out, args.data_out_len);
        *out_length += args.data_out_len;
    }
    heap_caps_free(args.data_out);
    return err;
}

static int test_numbers(void *unused, unsigned char *out, size_t length)
{
    (void)unused;
    esp_fill_random(out, length);
    return 0;
}

static const char *const keys[] = {"rsa_a", "hmac_a"};

static void an_image_comes_out_in_pieces_and_ends_well(void **state)
{
    (void)state;
    static const size_t pieces[] = {1, 16, 1000, 10000};
    uint8_t out[5000];
    for (size_t i = 0; i < 8; i++) {
        const char *key = keys[i % 2];
        size_t piece = pieces[i / 2], length = 0;
        struct test_file file = test_encrypted(key, 2500, 0);
        esp_decrypt_handle_t handle = start(key);
        assert_non_null(handle);
        for (size_t at = 0; at < file.length; at += piece) {
            assert_false(esp_encrypted_img_is_complete_data_received(handle));
            size_t now = file.length - at < piece ? file.length - at : piece;
            assert_int_equal(feed(handle, file.bytes + at, now, out, &length),
                             at + now < file.length ? ESP_ERR_NOT_FINISHED : ESP_OK);
        }
        assert_true(esp_encrypted_img_is_complete_data_received(handle));
        assert_int_equal(esp_encrypted_img_decrypt_end(handle), ESP_OK);
        assert_int_equal(length, 2500);
        assert_memory_equal(out, file.plain, length);
        free(file.bytes);
    }
}

static void less_than_a_block_gives_nothing_yet(void **state)
{
    (void)state;
    size_t length = 0;
    uint8_t out[100];
    struct test_file file = test_encrypted("hmac_a", 100, 0);
    esp_decrypt_handle_t handle = start("hmac_a");
    assert_int_equal(feed(handle, file.bytes, 512 + 15, out, &length), ESP_ERR_NOT_FINISHED);
    assert_int_equal(length, 0);
    assert_int_equal(feed(handle, file.bytes + 527, 2, out, &length), ESP_ERR_NOT_FINISHED);
    assert_int_equal(length, 16);
    assert_int_equal(feed(handle, file.bytes + 529, 83, out, &length), ESP_OK);
    assert_int_equal(length, 100);
    assert_memory_equal(out, file.plain, length);
    assert_int_equal(esp_encrypted_img_decrypt_end(handle), ESP_OK);
    free(file.bytes);
}

static void the_plain_image_is_out_before_the_tag_is_found_wrong(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        size_t length = 0;
        uint8_t out[1000];
        struct test_file file = test_encrypted(keys[k], 1000, ENCRYPTED_IMAGE_FLAW_TAG);
        esp_decrypt_handle_t handle = start(keys[k]);
        assert_int_equal(feed(handle, file.bytes, file.length, out, &length), ESP_OK);
        assert_memory_equal(out, file.plain, 1000);
        assert_true(esp_encrypted_img_is_complete_data_received(handle));
        assert_int_equal(esp_encrypted_img_decrypt_end(handle), ESP_FAIL);
        free(file.bytes);
    }
}

static void ending_early_or_with_too_much_fails(void **state)
{
    (void)state;
    static const uint32_t flaws[] = {ENCRYPTED_IMAGE_FLAW_CUT, ENCRYPTED_IMAGE_FLAW_HEADER_ONLY,
                                     ENCRYPTED_IMAGE_FLAW_SIZE, ENCRYPTED_IMAGE_FLAW_SURPLUS};
    for (size_t i = 0; i < sizeof flaws / sizeof flaws[0]; i++) {
        struct test_file file = test_encrypted("hmac_a", 1000, flaws[i]);
        esp_decrypt_handle_t handle = start("hmac_a");
        assert_int_equal(feed(handle, file.bytes, file.length, NULL, NULL), ESP_ERR_NOT_FINISHED);
        assert_false(esp_encrypted_img_is_complete_data_received(handle));
        assert_int_equal(esp_encrypted_img_decrypt_end(handle), ESP_FAIL);
        free(file.bytes);
    }
    assert_int_equal(esp_encrypted_img_decrypt_end(start("rsa_a")), ESP_FAIL);
}

static void what_is_no_image_for_this_device_fails_at_once(void **state)
{
    (void)state;
    static const uint8_t page[] = "<html>not found</html>";
    struct test_file other = test_encrypted("rsa_b", 100, 0);
    esp_decrypt_handle_t handle = start("rsa_a");
    assert_int_equal(feed(handle, page, sizeof page, NULL, NULL), ESP_FAIL);
    assert_int_equal(feed(handle, other.bytes, other.length, NULL, NULL), ESP_FAIL);
    assert_int_equal(esp_encrypted_img_decrypt_end(handle), ESP_FAIL);
    handle = start("rsa_a");
    assert_int_equal(feed(handle, other.bytes, 511, NULL, NULL), ESP_ERR_NOT_FINISHED);
    assert_int_equal(feed(handle, other.bytes + 511, 1, NULL, NULL), ESP_FAIL);
    assert_false(esp_encrypted_img_is_complete_data_received(handle));
    assert_int_equal(esp_encrypted_img_decrypt_abort(handle), ESP_OK);
    free(other.bytes);
}

static void a_key_must_be_there(void **state)
{
    (void)state;
    assert_null(esp_encrypted_img_decrypt_start(NULL));
    const esp_decrypt_cfg_t no_key = {.rsa_priv_key_len = 10};
    assert_null(esp_encrypted_img_decrypt_start(&no_key));
    const esp_decrypt_cfg_t no_length = {.rsa_priv_key = "key"};
    assert_null(esp_encrypted_img_decrypt_start(&no_length));
    assert_null(otasim_encrypted_img_start_ecies(-1));
    assert_null(otasim_encrypted_img_start_ecies(6));
    assert_null(otasim_encrypted_img_start_ecies(BLOCK_OF_KEY + 1));
}

static void arguments_that_are_missing_are_refused(void **state)
{
    (void)state;
    uint8_t *der;
    size_t length;
    pre_enc_decrypt_arg_t args = {.data_in_len = 3};
    esp_decrypt_handle_t handle = start("rsa_a");
    assert_int_equal(esp_encrypted_img_decrypt_data(NULL, &args), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_encrypted_img_decrypt_data(handle, NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_encrypted_img_decrypt_data(handle, &args), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_encrypted_img_decrypt_end(NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_encrypted_img_decrypt_abort(NULL), ESP_ERR_INVALID_ARG);
    assert_false(esp_encrypted_img_is_complete_data_received(NULL));
    assert_int_equal(esp_encrypted_img_export_public_key(NULL, &der, &length), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_encrypted_img_export_public_key(handle, NULL, &length),
                     ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_encrypted_img_export_public_key(handle, &der, NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_encrypted_img_decrypt_abort(handle), ESP_OK);
    assert_int_equal(esp_encrypted_img_get_header_size(), 512);
}

static void images_for_the_exported_key_can_be_read(void **state)
{
    (void)state;
    static const uint8_t plain[] = "for whoever has the private key";
    for (size_t k = 0; k < 2; k++) {
        uint8_t *der, *file;
        size_t length, file_length;
        struct error err;
        struct encrypted_image_recipient to;
        const struct encrypted_image_random random = {test_numbers, NULL};
        esp_decrypt_handle_t handle = start(keys[k]);
        assert_int_equal(esp_encrypted_img_export_public_key(handle, &der, &length), ESP_OK);
        assert_true(encrypted_image_recipient_from_key(&to, der, length, &err));
        assert_true(
            encrypted_image_make(plain, sizeof plain, &to, &random, 0, &file, &file_length, &err));
        assert_int_equal(feed(handle, file, file_length, NULL, NULL), ESP_OK);
        assert_int_equal(esp_encrypted_img_decrypt_end(handle), ESP_OK);
        encrypted_image_recipient_free(&to);
        heap_caps_free(der);
        free(file);
    }
}

/* Each allocation fails in turn: an error that says so, and nothing is lost. */
static void no_memory_is_said_and_nothing_is_lost(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        unsigned failures = 0;
        struct test_file file = test_encrypted(keys[k], 100, 0);
        for (bool done = false; !done; failures++) {
            esp_err_t err = ESP_ERR_NO_MEM;
            heap_arm_failure(heap_stats().allocations + failures);
            esp_decrypt_handle_t handle = start(keys[k]);
            if (handle != NULL) {
                err = feed(handle, file.bytes, file.length, NULL, NULL);
                done = err == ESP_OK;
                assert_int_equal(esp_encrypted_img_decrypt_end(handle), done ? ESP_OK : ESP_FAIL);
            }
            heap_arm_failure(UINT64_MAX);
            assert_true(err == ESP_OK || err == ESP_ERR_NO_MEM);
            assert_int_equal(heap_stats().blocks, 0);
        }
        assert_int_equal(failures, k == 0 ? 4 : 3);
        free(file.bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_image_comes_out_in_pieces_and_ends_well),
        cmocka_unit_test(less_than_a_block_gives_nothing_yet),
        cmocka_unit_test(the_plain_image_is_out_before_the_tag_is_found_wrong),
        cmocka_unit_test(ending_early_or_with_too_much_fails),
        cmocka_unit_test(what_is_no_image_for_this_device_fails_at_once),
        cmocka_unit_test(a_key_must_be_there),
        cmocka_unit_test(arguments_that_are_missing_are_refused),
        cmocka_unit_test(images_for_the_exported_key_can_be_read),
        cmocka_unit_test(no_memory_is_said_and_nothing_is_lost),
    };
    return cmocka_run_group_tests(tests, begin_boot, end_boot);
}
