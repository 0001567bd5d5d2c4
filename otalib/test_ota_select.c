/* Which app boots next: otadata's sequence numbers, and what the getters make of them. */
#include "esp_flash_err.h"
#include "esp_log.h"
#include "test_native_bench.h"

#define NEAR_MAX 0xFFFFFFFEu

static int set_up(void **state)
{
    (void)state;
    bench_open_std("default");
    flash_app("ota_0", 0);
    flash_app("ota_1", 0);
    return 0;
}

static int set_up_three(void **state)
{
    (void)state;
    bench_open("default", THREE_TABLE, NULL);
    flash_app("ota_0", 0);
    flash_app("ota_1", 0);
    flash_app("ota_2", 0);
    run_app(place("ota_0"));
    return 0;
}

struct switch_case {
    uint32_t seq[2]; /* 0: erased */
    const char *slot;
    const char *otadata[2]; /* afterwards */
};

static void expect_switches(const struct switch_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct switch_case *row = &cases[i];
        flash_otadata(0, row->seq[0], OTADATA_UNDEFINED);
        flash_otadata(1, row->seq[1], OTADATA_UNDEFINED);
        assert_err(esp_ota_set_boot_partition(partition_named(row->slot)), ESP_OK);
        assert_otadata(row->otadata[0], row->otadata[1]);
        assert_ptr_equal(esp_ota_get_boot_partition(), partition_named(row->slot));
        assert_string_equal(reset(), row->slot);
    }
}

static void two_slots_take_the_next_seq_of_theirs(void **state)
{
    (void)state;
    static const struct switch_case cases[] = {
        {{0, 0}, "ota_0", {"seq 1 UNDEFINED", "erased"}},
        {{0, 0}, "ota_1", {"seq 2 UNDEFINED", "erased"}},
        {{1, 0}, "ota_1", {"seq 1 UNDEFINED", "seq 2 UNDEFINED"}},
        {{1, 0}, "ota_0", {"seq 1 UNDEFINED", "erased"}},
        {{1, 2}, "ota_0", {"seq 3 UNDEFINED", "seq 2 UNDEFINED"}},
        {{3, 2}, "ota_1", {"seq 3 UNDEFINED", "seq 4 UNDEFINED"}},
        {{3, 2}, "ota_0", {"seq 3 UNDEFINED", "seq 2 UNDEFINED"}},
        {{0, 7}, "ota_1", {"seq 8 UNDEFINED", "seq 7 UNDEFINED"}},
        {{0xFFFFFFFC, 0}, "ota_0", {"seq 4294967292 UNDEFINED", "seq 4294967293 UNDEFINED"}},
    };
    expect_switches(cases, sizeof cases / sizeof cases[0]);
}

static void three_slots_take_the_next_seq_of_theirs(void **state)
{
    (void)state;
    static const struct switch_case cases[] = {
        {{0, 0}, "ota_2", {"seq 3 UNDEFINED", "erased"}},
        {{1, 0}, "ota_1", {"seq 1 UNDEFINED", "seq 2 UNDEFINED"}},
        {{1, 0}, "ota_2", {"seq 1 UNDEFINED", "seq 3 UNDEFINED"}},
        {{1, 2}, "ota_0", {"seq 4 UNDEFINED", "seq 2 UNDEFINED"}},
        {{1, 3}, "ota_1", {"seq 5 UNDEFINED", "seq 3 UNDEFINED"}},
        {{5, 3}, "ota_0", {"seq 5 UNDEFINED", "seq 7 UNDEFINED"}},
        {{5, 6}, "ota_2", {"seq 5 UNDEFINED", "seq 6 UNDEFINED"}},
    };
    expect_switches(cases, sizeof cases / sizeof cases[0]);
}

/* No library writes seq 0, and with three slots it names the slot of 0xFFFFFFFF, ota_0. */
static void seq_0_is_followed_by_the_first_of_the_slot(void **state)
{
    (void)state;
    struct otadata_entry entry = {.seq = 0, .state = OTADATA_UNDEFINED, .crc = otadata_crc(0)};
    flash_load(bench.device->flash, OTADATA_AT, &entry, sizeof entry);
    assert_ptr_equal(esp_ota_get_boot_partition(), partition_named("ota_0"));
    assert_err(esp_ota_set_boot_partition(partition_named("ota_2")), ESP_OK);
    assert_otadata("seq 0 UNDEFINED", "seq 3 UNDEFINED");
    assert_string_equal(reset(), "ota_2");
}

static void a_switch_leaves_the_other_sector_alone(void **state)
{
    (void)state;
    flash_otadata(0, 1, OTADATA_UNDEFINED);
    flash_reset_counters(bench.device->flash);
    assert_err(esp_ota_set_boot_partition(partition_named("ota_1")), ESP_OK);
    assert_int_equal(flash_sector_erases(bench.device->flash, OTADATA_AT), 0);
    assert_int_equal(flash_sector_erases(bench.device->flash, OTADATA_AT + SECTOR), 1);
    assert_int_equal(flash_counters(bench.device->flash).bytes_programmed, 32);
}

static void a_seq_may_reach_the_erased_value(void **state)
{
    (void)state;
    flash_otadata(0, NEAR_MAX, OTADATA_UNDEFINED); /* names ota_1 */
    assert_err(esp_ota_set_boot_partition(partition_named("ota_0")), ESP_OK);
    assert_ptr_equal(esp_ota_get_boot_partition(), partition_named("ota_1"));
    assert_string_equal(reset(), "ota_1");
}

static void strictly_both_entries_are_numbered_anew(void **state)
{
    (void)state;
    be_strict();
    flash_otadata(0, NEAR_MAX, OTADATA_VALID);
    assert_err(esp_ota_set_boot_partition(partition_named("ota_0")), ESP_OK);
    assert_otadata("seq 2 VALID", "seq 3 UNDEFINED");
    assert_ptr_equal(esp_ota_get_boot_partition(), partition_named("ota_0"));
    assert_string_equal(reset(), "ota_0");
}

static void the_factory_app_is_selected_by_erasing_otadata(void **state)
{
    (void)state;
    flash_otadata(0, 1, OTADATA_UNDEFINED);
    flash_otadata(1, 2, OTADATA_UNDEFINED);
    assert_err(esp_ota_set_boot_partition(partition_named("factory")), ESP_OK);
    assert_otadata("erased", "erased");
    assert_ptr_equal(esp_ota_get_boot_partition(), partition_named("factory"));
    assert_string_equal(reset(), "factory");
}

static void the_test_app_is_taken_for_slot_0(void **state)
{
    (void)state;
    flash_app("test", 0);
    assert_err(esp_ota_set_boot_partition(partition_named("test")), ESP_OK);
    assert_string_equal(reset(), "ota_0");
}

static void strictly_the_test_app_cannot_be_selected(void **state)
{
    (void)state;
    be_strict();
    flash_app("test", 0);
    assert_err(esp_ota_set_boot_partition(partition_named("test")), ESP_ERR_INVALID_ARG);
    assert_otadata("erased", "erased");
}

static void only_an_app_that_verifies_is_selected(void **state)
{
    (void)state;
    uint8_t flipped = (uint8_t)~bytes_of("ota_1")[700];
    flash_load(bench.device->flash, place("ota_1")->offset + 700, &flipped, 1);
    flash_reset_counters(bench.device->flash);
    assert_err(esp_ota_set_boot_partition(NULL), ESP_ERR_INVALID_ARG);
    assert_err(esp_ota_set_boot_partition_skip_validate(NULL), ESP_ERR_INVALID_ARG);
    assert_err(esp_ota_set_boot_partition(partition_named("ota_1")), ESP_ERR_OTA_VALIDATE_FAILED);
    assert_err(esp_ota_set_boot_partition(partition_named("nvs")), ESP_ERR_OTA_VALIDATE_FAILED);
    assert_err(esp_ota_set_boot_partition_skip_validate(partition_named("nvs")),
               ESP_ERR_INVALID_ARG);
    assert_int_equal(flash_op_count(bench.device->flash), 0);
    assert_err(esp_ota_set_boot_partition_skip_validate(partition_named("ota_1")), ESP_OK);
    assert_ptr_equal(esp_ota_get_boot_partition(), partition_named("ota_1"));
    assert_string_equal(reset(), "ota_0"); /* from ota_1 downwards */
}

static void without_otadata_nothing_is_selected(void **state)
{
    (void)state;
    bench_close(NULL);
    bench_open("default", NO_OTADATA_TABLE, NULL);
    flash_app("factory", 0);
    flash_app("ota_0", 0);
    run_app(place("factory"));
    esp_ota_img_states_t img;
    assert_err(esp_ota_set_boot_partition(partition_named("ota_0")), ESP_ERR_NOT_FOUND);
    assert_err(esp_ota_set_boot_partition(partition_named("factory")), ESP_ERR_NOT_FOUND);
    assert_null(esp_ota_get_boot_partition());
    assert_err(esp_ota_get_state_partition(partition_named("ota_0"), &img), ESP_ERR_NOT_FOUND);
    assert_err(esp_ota_mark_app_valid_cancel_rollback(), ESP_ERR_NOT_FOUND);
    assert_err(esp_ota_mark_app_invalid_rollback(), ESP_FAIL);
    assert_err(esp_ota_erase_last_boot_app_partition(), ESP_FAIL);
    assert_false(esp_ota_check_rollback_is_possible());
    assert_null(esp_ota_get_last_invalid_partition());
}

static void a_failing_flash_fails_the_switch(void **state)
{
    (void)state;
    flash_otadata(0, 1, OTADATA_UNDEFINED);
    for (uint64_t at = 0; at < 2; at++) {
        flash_otadata(1, 0, 0);
        flash_reset_counters(bench.device->flash);
        flash_arm_error(bench.device->flash, at, ESP_ERR_FLASH_OP_FAIL);
        assert_err(esp_ota_set_boot_partition(partition_named("ota_1")), ESP_ERR_FLASH_OP_FAIL);
        assert_otadata("seq 1 UNDEFINED", "erased");
        assert_string_equal(reset(), "ota_0");
    }
}

/* Erase of the inactive sector, 32 bytes: at no point is there more than the old or the new app. */
static void lose_power(void *context)
{
    longjmp(*(jmp_buf *)context, 1);
}

static void power_lost_while_switching_keeps_the_old_app(void **state)
{
    (void)state;
    static const struct {
        uint64_t at;
        enum flash_cut_mode mode;
        const char *boots;
    } cases[] = {
        {0, FLASH_CUT_BEFORE, "ota_0"}, {0, FLASH_CUT_TORN, "ota_0"}, {0, FLASH_CUT_AFTER, "ota_0"},
        {1, FLASH_CUT_BEFORE, "ota_0"}, {1, FLASH_CUT_TORN, "ota_0"}, {1, FLASH_CUT_AFTER, "ota_1"},
    };
    for (volatile size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        jmp_buf power_off;
        flash_otadata(0, 1, OTADATA_UNDEFINED);
        flash_otadata(1, 0, 0);
        flash_reset_counters(bench.device->flash);
        flash_arm_power_cut(bench.device->flash, cases[i].at, cases[i].mode, lose_power,
                            &power_off);
        if (setjmp(power_off) == 0) {
            esp_ota_set_boot_partition(partition_named("ota_1"));
            fail_msg("power was not lost");
        }
        flash_arm_power_cut(bench.device->flash, 0, FLASH_CUT_NONE, NULL, NULL);
        assert_string_equal(reset(), cases[i].boots);
    }
}

static void slots_follow_each_other(void **state)
{
    (void)state;
    assert_ptr_equal(esp_ota_get_running_partition(), partition_named("ota_0"));
    assert_int_equal(esp_ota_get_app_partition_count(), 3);
    static const char *const next[][2] = {
        {"ota_0", "ota_1"}, {"ota_1", "ota_2"}, {"ota_2", "ota_0"}, {"nvs", "ota_0"}};
    for (size_t i = 0; i < sizeof next / sizeof next[0]; i++) {
        assert_ptr_equal(esp_ota_get_next_update_partition(partition_named(next[i][0])),
                         partition_named(next[i][1]));
    }
    assert_ptr_equal(esp_ota_get_next_update_partition(NULL), partition_named("ota_1"));
    esp_partition_t unknown = *partition_named("ota_0");
    unknown.size -= SECTOR;
    assert_null(esp_ota_get_next_update_partition(&unknown));
}

static void the_running_app_is_not_always_the_selected_one(void **state)
{
    (void)state;
    flash_otadata(0, 2, OTADATA_UNDEFINED);
    uint8_t zeros[SECTOR] = {0};
    flash_load(bench.device->flash, place("ota_1")->offset, zeros, sizeof zeros);
    assert_string_equal(reset(), "ota_0");
    assert_ptr_equal(esp_ota_get_running_partition(), partition_named("ota_0"));
    assert_ptr_equal(esp_ota_get_boot_partition(), partition_named("ota_1"));
}

static void entries_that_do_not_count_leave_the_default(void **state)
{
    (void)state;
    static const struct {
        uint32_t states[2];
        const char *selected;
    } cases[] = {
        {{OTADATA_INVALID, OTADATA_ABORTED}, "factory"},
        {{OTADATA_VALID, OTADATA_ABORTED}, "ota_0"},
        {{OTADATA_INVALID, OTADATA_PENDING_VERIFY}, "ota_1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        flash_otadata(0, 1, cases[i].states[0]);
        flash_otadata(1, 2, cases[i].states[1]);
        assert_ptr_equal(esp_ota_get_boot_partition(), partition_named(cases[i].selected));
    }
    uint32_t bad_crc = 0;
    flash_otadata(0, 1, OTADATA_VALID);
    flash_otadata(1, 2, OTADATA_VALID);
    for (uint32_t entry = 0; entry < 2; entry++) {
        flash_load(bench.device->flash, OTADATA_AT + entry * SECTOR + 28, &bad_crc, sizeof bad_crc);
    }
    assert_ptr_equal(esp_ota_get_boot_partition(), partition_named("factory"));
}

static void an_app_describes_itself(void **state)
{
    (void)state;
    esp_app_desc_t description;
    assert_err(esp_ota_get_partition_description(NULL, &description), ESP_ERR_INVALID_ARG);
    assert_err(esp_ota_get_partition_description(partition_named("ota_1"), NULL),
               ESP_ERR_INVALID_ARG);
    assert_err(esp_ota_get_partition_description(partition_named("nvs"), &description),
               ESP_ERR_NOT_SUPPORTED);
    assert_err(esp_ota_get_partition_description(partition_named("test"), &description),
               ESP_ERR_NOT_FOUND);
    assert_err(esp_ota_get_partition_description(partition_named("ota_1"), &description), ESP_OK);
    assert_string_equal(description.version, "ota_1");
}

static void an_image_must_suit_the_device(void **state)
{
    (void)state;
    struct image image = build_image(&(struct app_image_spec){.size = 1024, .spi_flash_mode = 3});
    esp_image_header_t header;
    esp_app_desc_t description;
    memcpy(&header, image.bytes, sizeof header);
    memcpy(&description, image.bytes + APP_IMAGE_DESCRIPTOR_OFFSET, sizeof description);
    free(image.bytes);
    const esp_partition_type_t app = ESP_PARTITION_TYPE_APP;
    assert_err(esp_ota_check_image_validity(app, NULL, &description), ESP_ERR_INVALID_ARG);
    assert_err(esp_ota_check_image_validity(ESP_PARTITION_TYPE_DATA, &header, NULL),
               ESP_ERR_INVALID_ARG);
    /* The running app names no SPI mode, so any will do. */
    assert_err(esp_ota_check_image_validity(app, &header, &description), ESP_OK);
    uint8_t mode = 1;
    flash_load(bench.device->flash, place("factory")->offset + APP_IMAGE_DESCRIPTOR_OFFSET + 181,
               &mode, 1);
    assert_err(esp_ota_check_image_validity(app, &header, &description),
               ESP_ERR_OTA_SPI_MODE_MISMATCH);
    assert_err(esp_ota_check_image_validity(app, &header, NULL), ESP_OK);
    header.chip_id = ESP_CHIP_ID_ESP32C3;
    assert_err(esp_ota_check_image_validity(app, &header, NULL), ESP_ERR_INVALID_VERSION);
}

int main(void)
{
    esp_log_level_set("*", ESP_LOG_NONE);
    const struct CMUnitTest tests[] = {
        test_of(two_slots_take_the_next_seq_of_theirs, set_up),
        test_of(three_slots_take_the_next_seq_of_theirs, set_up_three),
        test_of(seq_0_is_followed_by_the_first_of_the_slot, set_up_three),
        test_of(a_switch_leaves_the_other_sector_alone, set_up),
        test_of(a_seq_may_reach_the_erased_value, set_up),
        test_of(strictly_both_entries_are_numbered_anew, set_up),
        test_of(the_factory_app_is_selected_by_erasing_otadata, set_up),
        test_of(the_test_app_is_taken_for_slot_0, set_up),
        test_of(strictly_the_test_app_cannot_be_selected, set_up),
        test_of(only_an_app_that_verifies_is_selected, set_up),
        test_of(without_otadata_nothing_is_selected, set_up),
        test_of(a_failing_flash_fails_the_switch, set_up),
        test_of(power_lost_while_switching_keeps_the_old_app, set_up),
        test_of(slots_follow_each_other, set_up_three),
        test_of(the_running_app_is_not_always_the_selected_one, set_up),
        test_of(entries_that_do_not_count_leave_the_default, set_up),
        test_of(an_app_describes_itself, set_up),
        test_of(an_image_must_suit_the_device, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
