/* The native API where images must be signed, and keys that are given up. */
#include "esp_log.h"
#include "test_native_bench.h"

#include "../sim/device/test_signing.h"

static void put_app(const char *label, const char *keys)
{
    const struct app_image_spec spec = {.size = 1024, .version = label};
    struct signed_file file = signed_image(&spec, keys, 0);
    flash_load(bench.device->flash, place(label)->offset, file.bytes, (uint32_t)file.length);
    free(file.bytes);
}

static const char *reset_into_signed(void)
{
    const char *label = reset();
    bench.boot.signing =
        (struct boot_signing){.on_update = true, .secure_boot = true, .scheme = SIGNATURE_RSA_3072};
    return label;
}

/* Secure boot with rsa_a and rsa_b; ota_0 runs, signed with both and confirmed. */
static void open_device(const char *variant)
{
    struct efuse efuse = {.secure_boot = true, .key_digests = 0x3};
    test_key_digest("rsa_a", efuse.key_digest[0]);
    test_key_digest("rsa_b", efuse.key_digest[1]);
    bench_open(variant, STD_TABLE, &efuse);
    put_app("factory", "rsa_a");
    put_app("ota_0", "rsa_a rsa_b");
    flash_otadata(0, 1, OTADATA_VALID);
    assert_string_equal(reset_into_signed(), "ota_0");
}

static int with_rollback(void **state)
{
    (void)state;
    open_device("rollback");
    return 0;
}

static int without_rollback(void **state)
{
    (void)state;
    open_device("default");
    return 0;
}

static esp_err_t revoke(int index)
{
    return native->revoke_secure_boot_public_key((esp_ota_secure_boot_public_key_index_t)index);
}

static unsigned revoked(void)
{
    return bench.device->efuse.revoked_keys;
}

/* Written, ended and selected; what the first step that fails says. */
static esp_err_t update_with(const char *keys, uint32_t flaws)
{
    const struct app_image_spec spec = {.size = IMAGE_SIZE, .version = "ota_1", .seed = 5};
    struct signed_file file = signed_image(&spec, keys, flaws);
    const esp_partition_t *slot = partition_named("ota_1");
    esp_ota_handle_t handle;
    esp_err_t err = native->begin(slot, OTA_WITH_SEQUENTIAL_WRITES, &handle);
    if (err == ESP_OK) {
        err = native->write(handle, file.bytes, file.length);
    }
    if (err == ESP_OK) {
        err = native->end(handle);
    }
    free(file.bytes);
    return err == ESP_OK ? native->set_boot_partition(slot) : err;
}

static void updates_are_verified_at_the_end(void **state)
{
    (void)state;
    assert_err(update_with("rsa_b", 0), ESP_OK);
    assert_string_equal(reset_into_signed(), "ota_1");
}

static void unsigned_and_foreign_updates_fail_at_the_end(void **state)
{
    (void)state;
    assert_err(update_with("", 0), ESP_ERR_OTA_VALIDATE_FAILED);
    assert_err(update_with("rsa_c", 0), ESP_ERR_OTA_VALIDATE_FAILED);
    assert_err(update_with("rsa_b", SIGNATURE_FLAW_SIGNATURE), ESP_ERR_OTA_VALIDATE_FAILED);
    assert_err(update_with("rsa_b", SIGNATURE_FLAW_BIT_FLIP), ESP_ERR_OTA_VALIDATE_FAILED);
    assert_string_equal(reset_into_signed(), "ota_0");
}

static void selecting_a_slot_verifies_its_signature(void **state)
{
    (void)state;
    put_app("ota_1", "rsa_c");
    assert_err(native->set_boot_partition(partition_named("ota_1")), ESP_ERR_OTA_VALIDATE_FAILED);
    put_app("ota_1", "rsa_b");
    assert_err(native->set_boot_partition(partition_named("ota_1")), ESP_OK);
}

static void an_unverified_selection_is_for_the_bootloader_to_refuse(void **state)
{
    (void)state;
    put_app("ota_1", "rsa_c");
    assert_err(native->set_boot_partition_skip_validate(partition_named("ota_1")), ESP_OK);
    assert_string_equal(reset_into_signed(), "ota_0");
}

static void a_key_is_revoked_for_good(void **state)
{
    (void)state;
    assert_err(revoke(SECURE_BOOT_PUBLIC_KEY_INDEX_0), ESP_OK);
    assert_int_equal(revoked(), 0x1);
    assert_err(revoke(SECURE_BOOT_PUBLIC_KEY_INDEX_0), ESP_FAIL); /* it is not there any more */
    assert_err(update_with("rsa_a", 0), ESP_ERR_OTA_VALIDATE_FAILED);
    assert_string_equal(reset_into_signed(), "ota_0");
    assert_err(update_with("rsa_b", 0), ESP_OK);
}

static void the_last_key_cannot_be_revoked(void **state)
{
    (void)state;
    assert_err(revoke(SECURE_BOOT_PUBLIC_KEY_INDEX_0), ESP_OK);
    assert_err(revoke(SECURE_BOOT_PUBLIC_KEY_INDEX_1), ESP_FAIL);
    assert_int_equal(revoked(), 0x1);
}

static void places_that_are_none_or_empty_are_refused(void **state)
{
    (void)state;
    assert_err(revoke(SECURE_BOOT_PUBLIC_KEY_INDEX_2), ESP_FAIL);
    assert_err(revoke(3), ESP_ERR_INVALID_ARG);
    assert_err(revoke(-1), ESP_ERR_INVALID_ARG);
    assert_int_equal(revoked(), 0);
}

static void without_secure_boot_nothing_can_be_revoked(void **state)
{
    (void)state;
    bench.device->efuse.secure_boot = false;
    assert_err(revoke(SECURE_BOOT_PUBLIC_KEY_INDEX_0), ESP_FAIL);
    assert_err(revoke(3), ESP_FAIL);
    assert_int_equal(revoked(), 0);
}

static void an_app_on_trial_cannot_revoke(void **state)
{
    (void)state;
    assert_err(update_with("rsa_b", 0), ESP_OK);
    assert_string_equal(reset_into_signed(), "ota_1");
    assert_err(revoke(SECURE_BOOT_PUBLIC_KEY_INDEX_0), ESP_FAIL);
    assert_err(native->mark_app_valid_cancel_rollback(), ESP_OK);
    assert_err(revoke(SECURE_BOOT_PUBLIC_KEY_INDEX_0), ESP_OK);
    assert_int_equal(revoked(), 0x1);
}

static void without_rollback_nobody_is_on_trial(void **state)
{
    (void)state;
    assert_err(update_with("rsa_b", 0), ESP_OK);
    assert_string_equal(reset_into_signed(), "ota_1");
    assert_err(revoke(SECURE_BOOT_PUBLIC_KEY_INDEX_0), ESP_OK);
}

static void there_is_no_going_back_to_an_app_of_a_revoked_key(void **state)
{
    (void)state;
    put_app("ota_1", "rsa_a");
    flash_otadata(1, 0, 0);
    assert_true(native->check_rollback_is_possible()); /* to factory, of rsa_a */
    assert_err(revoke(SECURE_BOOT_PUBLIC_KEY_INDEX_0), ESP_OK);
    assert_false(native->check_rollback_is_possible());
}

#define DATA_TABLE STD_TABLE "store, data, undefined, 0x50000, 32K\n"

static int with_signed_data(void **state)
{
    (void)state;
    struct efuse efuse = {.secure_boot = true, .key_digests = 0x1};
    test_key_digest("rsa_a", efuse.key_digest[0]);
    bench_open("signed_data", DATA_TABLE, &efuse);
    put_app("factory", "rsa_a");
    assert_string_equal(reset_into_signed(), "factory");
    return 0;
}

/* The signing tool takes any file. */
static struct signed_file signed_data(const char *keys, uint32_t flaws)
{
    const struct app_image_spec spec = {.size = 9008, .seed = 3};
    return signed_image(&spec, keys, flaws);
}

static esp_err_t write_data(const char *label, const void *bytes, size_t length)
{
    esp_ota_handle_t handle;
    assert_err(native->begin(partition_named(label), OTA_SIZE_UNKNOWN, &handle), ESP_OK);
    assert_err(native->write(handle, bytes, length), ESP_OK);
    return native->end(handle);
}

static void signed_data_are_verified_at_the_end(void **state)
{
    (void)state;
    struct signed_file file = signed_data("rsa_a", 0);
    assert_int_equal(file.length, 4 * SECTOR);
    assert_err(write_data("store", file.bytes, file.length), ESP_OK);
    /* The signature is looked for in the last sector that was written, and nowhere else. */
    assert_err(write_data("store", file.bytes, file.length - 1), ESP_ERR_OTA_VALIDATE_FAILED);
    assert_err(write_data("store", file.bytes, file.length - SECTOR), ESP_ERR_OTA_VALIDATE_FAILED);
    assert_err(write_data("store", file.bytes + 3 * SECTOR, SECTOR), ESP_ERR_OTA_VALIDATE_FAILED);
    for (size_t i = 0; i < file.length - SECTOR; i += 1013) {
        file.bytes[i] ^= 0x20;
        assert_err(write_data("store", file.bytes, file.length), ESP_ERR_OTA_VALIDATE_FAILED);
        file.bytes[i] ^= 0x20;
    }
    free(file.bytes);
    file = signed_data("rsa_c", 0);
    assert_err(write_data("store", file.bytes, file.length), ESP_ERR_OTA_VALIDATE_FAILED);
    free(file.bytes);
}

static esp_err_t stage_data(const struct signed_file *file)
{
    esp_ota_handle_t handle;
    assert_err(native->begin(partition_named("ota_0"), OTA_SIZE_UNKNOWN, &handle), ESP_OK);
    assert_err(native->set_final_partition(handle, partition_named("store"), true), ESP_OK);
    assert_err(native->write(handle, file->bytes, file->length), ESP_OK);
    return native->end(handle);
}

static void data_that_are_refused_are_not_copied(void **state)
{
    (void)state;
    const uint8_t *store = flash_view(bench.device->flash, place("store")->offset, SLOT_SIZE);
    struct signed_file file = signed_data("rsa_a", SIGNATURE_FLAW_SIGNATURE);
    assert_err(stage_data(&file), ESP_ERR_OTA_VALIDATE_FAILED);
    for (size_t i = 0; i < SLOT_SIZE; i++) {
        assert_int_equal(store[i], 0xFF);
    }
    free(file.bytes);
    file = signed_data("rsa_a", 0);
    assert_err(stage_data(&file), ESP_OK);
    assert_memory_equal(store, file.bytes, file.length);
    free(file.bytes);
}

static void without_the_option_data_are_not_looked_at(void **state)
{
    (void)state;
    assert_err(write_data("nvs", "any data", 8), ESP_OK);
}

int main(void)
{
    esp_log_level_set("*", ESP_LOG_NONE);
    const struct CMUnitTest tests[] = {
        test_of(updates_are_verified_at_the_end, with_rollback),
        test_of(unsigned_and_foreign_updates_fail_at_the_end, with_rollback),
        test_of(selecting_a_slot_verifies_its_signature, with_rollback),
        test_of(an_unverified_selection_is_for_the_bootloader_to_refuse, with_rollback),
        test_of(a_key_is_revoked_for_good, with_rollback),
        test_of(the_last_key_cannot_be_revoked, with_rollback),
        test_of(places_that_are_none_or_empty_are_refused, with_rollback),
        test_of(without_secure_boot_nothing_can_be_revoked, with_rollback),
        test_of(an_app_on_trial_cannot_revoke, with_rollback),
        test_of(without_rollback_nobody_is_on_trial, without_rollback),
        test_of(there_is_no_going_back_to_an_app_of_a_revoked_key, with_rollback),
        test_of(signed_data_are_verified_at_the_end, with_signed_data),
        test_of(data_that_are_refused_are_not_copied, with_signed_data),
        test_of(without_the_option_data_are_not_looked_at, with_rollback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
