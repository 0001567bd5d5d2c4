#include "test_device.h"

#include "../device/test_signing.h"
#include "esp_efuse.h"
#include "esp_image_format.h"
#include "esp_log.h"
#include "esp_secure_boot.h"

#define RUNNING_AT 0x10000u
#define UPDATE_AT  0x110000u
#define SLOT_SIZE  0x100000u

static struct device *device;

static const esp_partition_pos_t update = {.offset = UPDATE_AT, .size = SLOT_SIZE};

static void load(uint32_t at, const char *keys, uint32_t flaws)
{
    const struct app_image_spec spec = {.size = 5120};
    struct signed_file file = signed_image(&spec, keys, flaws);
    flash_load(device->flash, at, file.bytes, (uint32_t)file.length);
    free(file.bytes);
}

static int begin(void **state)
{
    (void)state;
    device = begin_boot(&(struct device_config){0});
    test_boot.signing = (struct boot_signing){.on_update = true, .scheme = SIGNATURE_RSA_3072};
    load(RUNNING_AT, "rsa_a rsa_b", 0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    end_boot(device);
    return 0;
}

static void burn(unsigned place, const char *name)
{
    device->efuse.secure_boot = true;
    device->efuse.key_digests |= (uint8_t)(1u << place);
    test_key_digest(name, device->efuse.key_digest[place]);
}

static esp_err_t verify_update(void)
{
    esp_image_metadata_t data;
    return esp_image_verify(ESP_IMAGE_VERIFY_SILENT, &update, &data);
}

static void updates_must_have_the_running_apps_first_key(void **state)
{
    (void)state;
    load(UPDATE_AT, "rsa_a", 0);
    assert_int_equal(verify_update(), ESP_OK);
    load(UPDATE_AT, "rsa_b", 0);
    assert_int_equal(verify_update(), ESP_ERR_IMAGE_INVALID);
    load(UPDATE_AT, "rsa_b rsa_a", 0);
    assert_int_equal(verify_update(), ESP_ERR_IMAGE_INVALID);
    load(UPDATE_AT, "rsa_a rsa_b", 0);
    assert_int_equal(verify_update(), ESP_OK);
}

static void an_unsigned_running_app_takes_no_update(void **state)
{
    (void)state;
    flash_erase(device->flash, RUNNING_AT, 0x10000);
    load(RUNNING_AT, "", 0);
    load(UPDATE_AT, "rsa_a", 0);
    assert_int_equal(verify_update(), ESP_ERR_IMAGE_INVALID);
}

static void a_build_without_signatures_asks_for_none(void **state)
{
    (void)state;
    test_boot.signing = (struct boot_signing){.on_update = false};
    load(UPDATE_AT, "", 0);
    assert_int_equal(verify_update(), ESP_OK);
    assert_int_equal(esp_secure_boot_verify_signature(UPDATE_AT, 5120), ESP_FAIL);
}

static void under_secure_boot_the_keys_in_efuse_count(void **state)
{
    (void)state;
    test_boot.signing.secure_boot = true;
    load(UPDATE_AT, "rsa_c rsa_b", 0);
    assert_int_equal(verify_update(), ESP_ERR_IMAGE_INVALID); /* nothing is burnt yet */
    burn(0, "rsa_a");
    burn(1, "rsa_b");
    assert_int_equal(verify_update(), ESP_OK);
    assert_int_equal(esp_efuse_set_digest_revoke(1), ESP_OK);
    assert_int_equal(verify_update(), ESP_ERR_IMAGE_INVALID);
}

static void metadata_is_the_images_own(void **state)
{
    (void)state;
    esp_image_metadata_t data;
    load(UPDATE_AT, "rsa_a", 0);
    assert_int_equal(esp_image_verify(ESP_IMAGE_VERIFY, &update, &data), ESP_OK);
    assert_int_equal(data.image_len, 5120);
}

static void digests_are_read_from_efuse(void **state)
{
    (void)state;
    esp_secure_boot_key_digests_t digests;
    assert_false(esp_secure_boot_enabled());
    assert_int_equal(esp_secure_boot_read_key_digests(NULL), ESP_FAIL);
    assert_int_equal(esp_secure_boot_read_key_digests(&digests), ESP_FAIL);
    assert_null(digests.key_digests[0]);
    burn(0, "rsa_a");
    burn(2, "rsa_c");
    assert_true(esp_secure_boot_enabled());
    assert_int_equal(esp_secure_boot_read_key_digests(&digests), ESP_OK);
    assert_memory_equal(digests.key_digests[0], device->efuse.key_digest[0], 32);
    assert_null(digests.key_digests[1]);
    assert_memory_equal(digests.key_digests[2], device->efuse.key_digest[2], 32);
    assert_int_equal(esp_efuse_set_digest_revoke(0), ESP_OK);
    assert_true(esp_efuse_get_digest_revoke(0));
    assert_false(esp_efuse_get_digest_revoke(2));
    assert_int_equal(esp_secure_boot_read_key_digests(&digests), ESP_OK);
    assert_null(digests.key_digests[0]);
    assert_int_equal(esp_efuse_set_digest_revoke(2), ESP_OK);
    assert_int_equal(esp_secure_boot_read_key_digests(&digests), ESP_FAIL);
    assert_int_equal(esp_efuse_set_digest_revoke(3), ESP_ERR_INVALID_ARG);
}

static void an_image_in_flash_is_verified_by_its_length(void **state)
{
    (void)state;
    load(UPDATE_AT, "rsa_a", 0);
    assert_int_equal(esp_secure_boot_verify_signature(UPDATE_AT, 5120), ESP_OK);
    assert_int_equal(esp_secure_boot_verify_signature(UPDATE_AT, 8192), ESP_OK); /* with padding */
    assert_int_equal(esp_secure_boot_verify_signature(UPDATE_AT, 4096), ESP_FAIL);
    assert_int_equal(esp_secure_boot_verify_signature(UPDATE_AT, UINT32_MAX), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_secure_boot_verify_signature(UINT32_MAX, 4096), ESP_ERR_INVALID_ARG);
    load(UPDATE_AT, "rsa_a", SIGNATURE_FLAW_SIGNATURE);
    assert_int_equal(esp_secure_boot_verify_signature(UPDATE_AT, 5120), ESP_FAIL);
}

static void a_sector_in_memory_is_verified_by_a_digest(void **state)
{
    (void)state;
    const struct app_image_spec spec = {.size = 5120};
    struct signed_file file = signed_image(&spec, "rsa_a", 0);
    struct app_image_bytes bytes = {.data = file.bytes, .size = 8192};
    struct app_image_source source = app_image_from_bytes(&bytes);
    ets_secure_boot_signature_t sector;
    uint8_t digest[SIGNATURE_MAX_DIGEST], verified[32] = {0};
    memcpy(&sector, file.bytes + 8192, sizeof sector);
    assert_int_equal(signature_image_digest(&source, 8192, SIGNATURE_RSA_3072, digest), ESP_OK);
    assert_memory_equal(sector.block[0].image_digest, digest, 32);
    assert_int_equal(esp_secure_boot_verify_sbv2_signature_block(&sector, digest, verified),
                     ESP_OK);
    assert_memory_equal(verified, digest, 32);
    digest[5] ^= 1;
    assert_int_equal(esp_secure_boot_verify_sbv2_signature_block(&sector, digest, NULL), ESP_FAIL);
    assert_int_equal(esp_secure_boot_verify_sbv2_signature_block(NULL, digest, NULL), ESP_FAIL);
    assert_int_equal(esp_secure_boot_verify_sbv2_signature_block(&sector, NULL, NULL), ESP_FAIL);
    free(file.bytes);
}

static void a_key_is_asked_for_by_its_place(void **state)
{
    (void)state;
    esp_partition_pos_t place = update;
    burn(0, "rsa_a");
    burn(1, "rsa_b");
    load(UPDATE_AT, "rsa_b", 0);
    assert_int_equal(esp_secure_boot_verify_with_efuse_digest_index(0, &place), ESP_FAIL);
    assert_int_equal(esp_secure_boot_verify_with_efuse_digest_index(1, &place), ESP_OK);
    assert_int_equal(esp_secure_boot_verify_with_efuse_digest_index(2, &place), ESP_FAIL);
    assert_int_equal(esp_secure_boot_verify_with_efuse_digest_index(3, &place),
                     ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_secure_boot_verify_with_efuse_digest_index(-1, &place),
                     ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_secure_boot_verify_with_efuse_digest_index(1, NULL), ESP_ERR_INVALID_ARG);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    esp_log_level_set("*", ESP_LOG_NONE);
    const struct CMUnitTest tests[] = {
        TEST(updates_must_have_the_running_apps_first_key),
        TEST(an_unsigned_running_app_takes_no_update),
        TEST(a_build_without_signatures_asks_for_none),
        TEST(under_secure_boot_the_keys_in_efuse_count),
        TEST(metadata_is_the_images_own),
        TEST(digests_are_read_from_efuse),
        TEST(an_image_in_flash_is_verified_by_its_length),
        TEST(a_sector_in_memory_is_verified_by_a_digest),
        TEST(a_key_is_asked_for_by_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
