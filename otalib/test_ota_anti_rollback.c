/* Secure versions: the chip's only ever rises, and an app below it neither runs nor stays. */
#include "esp_flash_err.h"
#include "esp_log.h"
#include "test_native_bench.h"

/* ota_0 of secure version 1 runs and is confirmed, on a chip of version 1. */
static int set_up(void **state)
{
    (void)state;
    bench_open("anti_rollback", NOFACTORY_TABLE, &(struct efuse){.secure_version_bits = 0x1});
    flash_app("ota_0", 1);
    flash_otadata(0, 1, OTADATA_VALID);
    assert_string_equal(reset(), "ota_0");
    return 0;
}

static uint32_t chip_version(void)
{
    return efuse_secure_version(&bench.device->efuse);
}

static void confirming_raises_the_chips_version(void **state)
{
    (void)state;
    assert_err(update_to("ota_1", 3), ESP_OK);
    assert_int_equal(chip_version(), 1);
    assert_string_equal(reset(), "ota_1");
    assert_int_equal(chip_version(), 1); /* not while it has to prove itself */
    assert_err(esp_ota_mark_app_valid_cancel_rollback(), ESP_OK);
    assert_int_equal(chip_version(), 3);
}

static void an_app_that_is_too_old_is_refused_and_erased(void **state)
{
    (void)state;
    assert_err(update_to("ota_1", 0), ESP_ERR_OTA_SMALL_SEC_VER);
    assert_true(is_erased(bytes_of("ota_1"), SLOT_SIZE));
    assert_otadata("seq 1 VALID", "erased");
    assert_string_equal(reset(), "ota_0");
}

static void an_app_of_the_same_version_is_accepted(void **state)
{
    (void)state;
    assert_err(update_to("ota_1", 1), ESP_OK);
    assert_string_equal(reset(), "ota_1");
}

static void an_app_without_a_description_is_refused(void **state)
{
    (void)state;
    struct image image = build_image(
        &(struct app_image_spec){.size = 1024, .flaws = APP_IMAGE_FLAW_DESCRIPTOR_MAGIC});
    flash_load(bench.device->flash, place("ota_1")->offset, image.bytes, (uint32_t)image.length);
    free(image.bytes);
    assert_err(esp_ota_set_boot_partition(partition_named("ota_1")), ESP_ERR_NOT_FOUND);
    assert_otadata("seq 1 VALID", "erased");
}

static void the_app_before_may_become_too_old_to_go_back_to(void **state)
{
    (void)state;
    assert_err(update_to("ota_1", 2), ESP_OK);
    assert_string_equal(reset(), "ota_1");
    assert_true(esp_ota_check_rollback_is_possible());
    assert_err(esp_ota_mark_app_valid_cancel_rollback(), ESP_OK);
    assert_false(esp_ota_check_rollback_is_possible());
    assert_err(esp_ota_mark_app_invalid_rollback(), ESP_ERR_OTA_ROLLBACK_FAILED);
    assert_string_equal(reset(), "ota_1");
}

static void an_unconfirmed_app_is_rolled_back_without_a_trace_in_the_chip(void **state)
{
    (void)state;
    assert_err(update_to("ota_1", 5), ESP_OK);
    assert_string_equal(reset(), "ota_1");
    assert_string_equal(reset(), "ota_0");
    assert_int_equal(chip_version(), 1);
}

static void the_bootloader_raises_the_version_for_a_confirmed_app(void **state)
{
    (void)state;
    assert_err(update_to("ota_1", 4), ESP_OK);
    flash_otadata(1, 2, OTADATA_VALID); /* confirmed, but power was lost before the efuse */
    assert_string_equal(reset(), "ota_1");
    assert_int_equal(chip_version(), 4);
}

static void a_version_beyond_the_field_cannot_be_confirmed(void **state)
{
    (void)state;
    assert_err(update_to("ota_1", 17), ESP_OK);
    assert_string_equal(reset(), "ota_1");
    assert_err(esp_ota_mark_app_valid_cancel_rollback(), ESP_ERR_INVALID_ARG);
    assert_otadata("seq 1 VALID", "seq 2 VALID"); /* all the same */
    assert_int_equal(chip_version(), 1);
    assert_string_equal(reset(), "ota_1");
}

int main(void)
{
    esp_log_level_set("*", ESP_LOG_NONE);
    const struct CMUnitTest tests[] = {
        test_of(confirming_raises_the_chips_version, set_up),
        test_of(an_app_that_is_too_old_is_refused_and_erased, set_up),
        test_of(an_app_of_the_same_version_is_accepted, set_up),
        test_of(an_app_without_a_description_is_refused, set_up),
        test_of(the_app_before_may_become_too_old_to_go_back_to, set_up),
        test_of(an_unconfirmed_app_is_rolled_back_without_a_trace_in_the_chip, set_up),
        test_of(the_bootloader_raises_the_version_for_a_confirmed_app, set_up),
        test_of(a_version_beyond_the_field_cannot_be_confirmed, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
