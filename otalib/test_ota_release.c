/* What the native API did in releases before the newest: each behaviour on both sides of the change
 * that ended it, and in a strict run. */
#include "test_native_bench.h"

static int set_up(void **state)
{
    (void)state;
    bench_open_std("default");
    return 0;
}

/* ota_0 runs and is confirmed by sector 0; ota_1 was before it. */
static int set_up_rollback(void **state)
{
    (void)state;
    bench_open("rollback", NOFACTORY_TABLE, NULL);
    flash_app("ota_0", 0);
    flash_app("ota_1", 0);
    flash_otadata(0, 3, OTADATA_VALID);
    flash_otadata(1, 2, OTADATA_VALID);
    assert_string_equal(reset(), "ota_0");
    return 0;
}

static esp_err_t begin(const char *label, size_t size, esp_ota_handle_t *handle)
{
    return esp_ota_begin(partition_named(label), size, handle);
}

/* ota_1 is selected by sector 0, but fell back to ota_0, which updates ota_1 once more. */
static void select_broken_slot_again(void)
{
    uint8_t zeroes[64] = {0};
    flash_otadata(0, 4, OTADATA_VALID);
    flash_otadata(1, 3, OTADATA_VALID);
    flash_load(bench.device->flash, place("ota_1")->offset, zeroes, sizeof zeroes);
    assert_string_equal(reset(), "ota_0");
    assert_err(update_to("ota_1", 0), ESP_OK);
}

static void a_slot_selected_again_is_never_unconfirmed_before_6_0(void **state)
{
    (void)state;
    be_release("5.5.5");
    select_broken_slot_again();
    assert_otadata("seq 4 VALID", "seq 4 NEW");
    assert_string_equal(reset(), "ota_1");
    assert_otadata("seq 4 VALID", "seq 4 NEW");
    assert_string_equal(reset(), "ota_1"); /* nobody confirmed it */
}

static void a_slot_selected_again_must_be_confirmed_from_6_0_on(void **state)
{
    (void)state;
    be_release("6.0");
    select_broken_slot_again();
    assert_otadata("seq 4 NEW", "seq 3 VALID");
    assert_string_equal(reset(), "ota_1");
    assert_otadata("seq 4 PENDING_VERIFY", "seq 3 VALID");
    assert_string_equal(reset(), "ota_0");
}

static void a_strict_run_selects_again_in_place(void **state)
{
    (void)state;
    be_release("5.5.5");
    be_strict();
    select_broken_slot_again();
    assert_otadata("seq 4 NEW", "seq 3 VALID");
}

static void without_rollback_both_records_name_the_slot(void **state)
{
    (void)state;
    be_release("4.4.8");
    assert_err(update_to("ota_0", 0), ESP_OK);
    assert_otadata("seq 1 UNDEFINED", "erased");
    assert_err(esp_ota_set_boot_partition(partition_named("ota_0")), ESP_OK);
    assert_otadata("seq 1 UNDEFINED", "seq 1 UNDEFINED");
    assert_string_equal(esp_ota_get_boot_partition()->label, "ota_0");
}

static void two_updates_of_one_slot_write_into_it(void **state)
{
    (void)state;
    struct image image = good_image();
    esp_ota_handle_t first, second;
    be_release("5.5.5");
    assert_err(begin("ota_0", OTA_WITH_SEQUENTIAL_WRITES, &first), ESP_OK);
    assert_err(begin("ota_0", OTA_SIZE_UNKNOWN, &second), ESP_OK);
    assert_int_not_equal(first, second);
    assert_err(esp_ota_write(second, image.bytes, image.length), ESP_OK);
    assert_err(esp_ota_write(first, image.bytes, SECTOR), ESP_OK); /* erases its sector first */
    assert_err(esp_ota_end(second), ESP_OK);
    assert_err(esp_ota_abort(first), ESP_OK);
    free(image.bytes);
}

static void a_second_update_of_a_slot_is_refused(void **state)
{
    (void)state;
    esp_ota_handle_t first, second;
    be_release("5.5.5");
    be_strict();
    assert_err(begin("ota_0", OTA_WITH_SEQUENTIAL_WRITES, &first), ESP_OK);
    assert_err(begin("ota_0", OTA_WITH_SEQUENTIAL_WRITES, &second),
               ESP_ERR_OTA_ALREADY_IN_PROGRESS);
}

/* A begin that fails gives no handle away before 6.1, and blocks nothing. */
static void a_failed_begin_leaves_the_handle_as_it_was(void **state)
{
    (void)state;
    esp_ota_handle_t handle = 77;
    be_release("5.5.5");
    assert_err(begin("ota_0", SLOT_SIZE + 1, &handle), ESP_ERR_INVALID_SIZE);
    assert_int_equal(handle, 77);
    assert_err(esp_ota_abort(1), ESP_ERR_NOT_FOUND);
    be_release("master");
    assert_err(begin("ota_0", SLOT_SIZE + 1, &handle), ESP_ERR_INVALID_SIZE);
    assert_err(esp_ota_abort(handle), ESP_OK);
}

static void resume_by_an_unconfirmed_app(const char *release, bool strict, esp_err_t expected)
{
    esp_ota_handle_t handle;
    flash_otadata(0, 3, OTADATA_NEW);
    bench.boot.strict = strict;
    be_release(release);
    assert_string_equal(reset(), "ota_0");
    assert_err(begin("ota_1", OTA_WITH_SEQUENTIAL_WRITES, &handle),
               ESP_ERR_OTA_ROLLBACK_INVALID_STATE);
    assert_err(
        esp_ota_resume(partition_named("ota_1"), OTA_WITH_SEQUENTIAL_WRITES, SECTOR, &handle),
        expected);
}

static void an_unconfirmed_app_may_resume_before_6_1(void **state)
{
    (void)state;
    resume_by_an_unconfirmed_app("5.3.3", false, ESP_OK);
    resume_by_an_unconfirmed_app("5.5.5", false, ESP_OK);
    resume_by_an_unconfirmed_app("5.5.5", true, ESP_ERR_OTA_ROLLBACK_INVALID_STATE);
    resume_by_an_unconfirmed_app("master", false, ESP_ERR_OTA_ROLLBACK_INVALID_STATE);
}

static esp_err_t state_of_begun_slot(const char *release, esp_ota_img_states_t *slot_state)
{
    esp_ota_handle_t handle;
    be_release(release);
    assert_err(begin("ota_1", OTA_WITH_SEQUENTIAL_WRITES, &handle), ESP_OK);
    assert_err(esp_ota_abort(handle), ESP_OK);
    return esp_ota_get_state_partition(partition_named("ota_1"), slot_state);
}

static void the_slot_that_is_overwritten_stays_valid_before_5_5(void **state)
{
    (void)state;
    esp_ota_img_states_t slot_state = ESP_OTA_IMG_UNDEFINED;
    assert_err(state_of_begun_slot("5.4", &slot_state), ESP_OK);
    assert_int_equal(slot_state, ESP_OTA_IMG_VALID);
    assert_otadata("seq 3 VALID", "seq 2 VALID");
    assert_err(state_of_begun_slot("5.5", &slot_state), ESP_ERR_NOT_FOUND);
    assert_otadata("seq 3 VALID", "erased");
}

static void the_overwritten_slot_is_forgotten_in_a_strict_run(void **state)
{
    (void)state;
    esp_ota_img_states_t slot_state;
    be_strict();
    assert_err(state_of_begun_slot("4.4.8", &slot_state), ESP_ERR_NOT_FOUND);
}

static void only_app_slots_are_targets_before_5_5(void **state)
{
    (void)state;
    esp_ota_handle_t handle;
    be_release("5.4");
    assert_err(begin("nvs", OTA_WITH_SEQUENTIAL_WRITES, &handle), ESP_ERR_INVALID_ARG);
    assert_err(begin("factory", OTA_WITH_SEQUENTIAL_WRITES, &handle), ESP_ERR_INVALID_ARG);
    be_release("5.5");
    assert_err(begin("nvs", OTA_WITH_SEQUENTIAL_WRITES, &handle), ESP_OK);
}

static esp_err_t write_past_end(const char *release)
{
    esp_ota_handle_t handle;
    uint8_t byte = 0xE9;
    be_release(release);
    assert_err(
        esp_ota_resume(partition_named("ota_0"), OTA_WITH_SEQUENTIAL_WRITES, SLOT_SIZE, &handle),
        ESP_OK);
    esp_err_t err = esp_ota_write(handle, &byte, 1);
    assert_err(esp_ota_abort(handle), ESP_OK);
    return err;
}

static void a_resumed_write_past_the_end_has_two_names(void **state)
{
    (void)state;
    assert_err(write_past_end("5.3.5"), ESP_ERR_INVALID_ARG);
    assert_err(write_past_end("5.5"), ESP_ERR_INVALID_SIZE);
}

/* An app of that kind is installed, and boots; or it is refused. */
static void install(const struct app_image_spec *spec, const char *release, esp_err_t expected)
{
    struct image image = build_image(spec);
    esp_ota_handle_t handle;
    flash_otadata(0, 0, 0);
    flash_otadata(1, 0, 0);
    be_release(release);
    assert_string_equal(reset(), "factory");
    assert_err(begin("ota_0", OTA_SIZE_UNKNOWN, &handle), ESP_OK);
    assert_err(esp_ota_write(handle, image.bytes, image.length), ESP_OK);
    free(image.bytes);
    assert_err(esp_ota_end(handle), expected);
    assert_err(esp_ota_set_boot_partition(partition_named("ota_0")), expected);
    assert_string_equal(reset(), expected == ESP_OK ? "ota_0" : "factory");
}

static void block_revisions_count_from_their_fix_on(void **state)
{
    (void)state;
    static const struct {
        const char *release;
        esp_err_t expected;
    } cases[] = {
        {"4.4.8", ESP_OK},
        {"5.1.6", ESP_OK},
        {"5.2.2", ESP_OK},
        {"5.3.1", ESP_OK},
        {"5.1.7", ESP_ERR_OTA_VALIDATE_FAILED},
        {"5.2.3", ESP_ERR_OTA_VALIDATE_FAILED},
        {"5.3.2", ESP_ERR_OTA_VALIDATE_FAILED},
        {"5.4", ESP_ERR_OTA_VALIDATE_FAILED},
        {"master", ESP_ERR_OTA_VALIDATE_FAILED},
    };
    const struct app_image_spec spec = {.size = IMAGE_SIZE, .min_block_revision = 103};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        install(&spec, cases[i].release, cases[i].expected);
    }
}

static void a_cut_off_descriptor_is_accepted_by_4_4(void **state)
{
    (void)state;
    const struct app_image_spec spec = {.size = IMAGE_SIZE,
                                        .flaws = APP_IMAGE_FLAW_SHORT_FIRST_SEGMENT};
    install(&spec, "4.4.8", ESP_OK);
    install(&spec, "5.1.7", ESP_ERR_OTA_VALIDATE_FAILED);
}

static esp_err_t end_with_final(const char *release, uint64_t *programs)
{
    struct image image = good_image();
    esp_ota_handle_t handle;
    be_release(release);
    assert_err(begin("ota_0", OTA_SIZE_UNKNOWN, &handle), ESP_OK);
    assert_err(esp_ota_set_final_partition(handle, partition_named("ota_1"), true), ESP_OK);
    assert_err(esp_ota_write(handle, image.bytes, image.length), ESP_OK);
    flash_reset_counters(bench.device->flash);
    esp_err_t err = esp_ota_end(handle);
    *programs = flash_counters(bench.device->flash).programs;
    assert_memory_equal(bytes_of("ota_1"), image.bytes, image.length);
    free(image.bytes);
    return err;
}

static void the_final_copy_was_one_program_call(void **state)
{
    (void)state;
    uint64_t programs;
    assert_err(end_with_final("5.5.5", &programs), ESP_OK);
    assert_int_equal(programs, 1);
    assert_err(end_with_final("master", &programs), ESP_OK);
    assert_int_equal(programs, SLOT_SIZE / SECTOR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_of(a_slot_selected_again_is_never_unconfirmed_before_6_0, set_up_rollback),
        test_of(a_slot_selected_again_must_be_confirmed_from_6_0_on, set_up_rollback),
        test_of(a_strict_run_selects_again_in_place, set_up_rollback),
        test_of(without_rollback_both_records_name_the_slot, set_up),
        test_of(two_updates_of_one_slot_write_into_it, set_up),
        test_of(a_second_update_of_a_slot_is_refused, set_up),
        test_of(a_failed_begin_leaves_the_handle_as_it_was, set_up),
        test_of(an_unconfirmed_app_may_resume_before_6_1, set_up_rollback),
        test_of(the_slot_that_is_overwritten_stays_valid_before_5_5, set_up_rollback),
        test_of(the_overwritten_slot_is_forgotten_in_a_strict_run, set_up_rollback),
        test_of(only_app_slots_are_targets_before_5_5, set_up),
        test_of(a_resumed_write_past_the_end_has_two_names, set_up),
        test_of(block_revisions_count_from_their_fix_on, set_up),
        test_of(a_cut_off_descriptor_is_accepted_by_4_4, set_up),
        test_of(the_final_copy_was_one_program_call, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
