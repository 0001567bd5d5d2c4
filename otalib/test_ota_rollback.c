/* Confirming an app or giving it up, boot by boot. */
#include <sys/wait.h>
#include <unistd.h>

#include "esp_flash_err.h"
#include "esp_log.h"
#include "test_native_bench.h"

/* ota_0 runs and is confirmed; factory stands behind it. */
static int set_up(void **state)
{
    (void)state;
    bench_open_std("rollback");
    flash_app("ota_0", 0);
    flash_otadata(0, 1, OTADATA_VALID);
    assert_string_equal(reset(), "ota_0");
    return 0;
}

static int set_up_three(void **state)
{
    (void)state;
    bench_open("rollback", THREE_TABLE, NULL);
    flash_app("ota_0", 0);
    flash_app("ota_1", 0);
    flash_otadata(0, 1, OTADATA_VALID);
    assert_string_equal(reset(), "ota_0");
    return 0;
}

static esp_err_t state_of(const char *label, esp_ota_img_states_t *out)
{
    return esp_ota_get_state_partition(partition_named(label), out);
}

static void assert_state(const char *label, esp_ota_img_states_t expected)
{
    esp_ota_img_states_t is;
    assert_err(state_of(label, &is), ESP_OK);
    assert_int_equal(is, expected);
}

static void a_confirmed_update_stays(void **state)
{
    (void)state;
    assert_err(update_to("ota_1", 0), ESP_OK);
    assert_otadata("seq 1 VALID", "seq 2 NEW");
    assert_state("ota_1", ESP_OTA_IMG_NEW);
    assert_string_equal(reset(), "ota_1");
    assert_state("ota_1", ESP_OTA_IMG_PENDING_VERIFY);
    assert_err(esp_ota_mark_app_valid_cancel_rollback(), ESP_OK);
    assert_otadata("seq 1 VALID", "seq 2 VALID");
    assert_string_equal(reset(), "ota_1");
    assert_string_equal(reset(), "ota_1");
}

static void an_unconfirmed_update_is_rolled_back(void **state)
{
    (void)state;
    assert_err(update_to("ota_1", 0), ESP_OK);
    assert_string_equal(reset(), "ota_1");
    assert_string_equal(reset(), "ota_0");
    assert_otadata("seq 1 VALID", "seq 2 ABORTED");
    assert_state("ota_1", ESP_OTA_IMG_ABORTED);
    assert_ptr_equal(esp_ota_get_last_invalid_partition(), partition_named("ota_1"));
    assert_string_equal(reset(), "ota_0");
}

static void an_app_that_gives_itself_up_is_rolled_back(void **state)
{
    (void)state;
    assert_err(update_to("ota_1", 0), ESP_OK);
    assert_string_equal(reset(), "ota_1");
    assert_true(esp_ota_check_rollback_is_possible());
    assert_err(esp_ota_mark_app_invalid_rollback(), ESP_OK);
    assert_otadata("seq 1 VALID", "seq 2 INVALID");
    assert_string_equal(reset(), "ota_0");
    assert_ptr_equal(esp_ota_get_last_invalid_partition(), partition_named("ota_1"));
}

static void giving_up_may_restart_at_once(void **state)
{
    (void)state;
    assert_err(update_to("ota_1", 0), ESP_OK);
    assert_string_equal(reset(), "ota_1");
    pid_t child = fork();
    if (child == 0) {
        esp_ota_mark_app_invalid_rollback_and_reboot();
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), BOOT_EXIT_BASE + BOOT_END_RESTART);
    assert_string_equal(reset(), "ota_0"); /* flash is shared with the child */
}

static void without_another_app_nothing_is_given_up(void **state)
{
    (void)state;
    uint8_t zeros[SECTOR] = {0};
    assert_err(update_to("ota_1", 0), ESP_OK);
    assert_string_equal(reset(), "ota_1");
    flash_load(bench.device->flash, place("ota_0")->offset, zeros, sizeof zeros);
    /* The factory app is not asked: the other entry is valid, only its app is not. */
    assert_false(esp_ota_check_rollback_is_possible());
    assert_err(esp_ota_mark_app_invalid_rollback(), ESP_ERR_OTA_ROLLBACK_FAILED);
    assert_err(esp_ota_mark_app_invalid_rollback_and_reboot(), ESP_ERR_OTA_ROLLBACK_FAILED);
    assert_otadata("seq 1 VALID", "seq 2 PENDING_VERIFY");
}

static void the_factory_app_is_gone_back_to(void **state)
{
    (void)state;
    assert_true(esp_ota_check_rollback_is_possible());
    assert_err(esp_ota_mark_app_invalid_rollback(), ESP_OK);
    assert_string_equal(reset(), "factory");
    assert_err(esp_ota_mark_app_valid_cancel_rollback(), ESP_FAIL);
    assert_err(esp_ota_mark_app_invalid_rollback(), ESP_FAIL);
}

static void an_unconfirmed_app_must_not_update(void **state)
{
    (void)state;
    assert_err(update_to("ota_1", 0), ESP_OK);
    assert_string_equal(reset(), "ota_1");
    flash_reset_counters(bench.device->flash);
    assert_err(update_to("ota_0", 0), ESP_ERR_OTA_ROLLBACK_INVALID_STATE);
    esp_ota_handle_t handle;
    assert_err(esp_ota_resume(partition_named("ota_0"), 0, 0, &handle),
               ESP_ERR_OTA_ROLLBACK_INVALID_STATE);
    assert_int_equal(flash_op_count(bench.device->flash), 0);
    assert_err(esp_ota_begin(partition_named("nvs"), 0, &handle), ESP_OK); /* data it may */
    assert_err(esp_ota_mark_app_valid_cancel_rollback(), ESP_OK);
    assert_err(update_to("ota_0", 0), ESP_OK);
    assert_string_equal(reset(), "ota_0");
}

static void begin_forgets_the_app_before(void **state)
{
    (void)state;
    assert_err(update_to("ota_1", 0), ESP_OK);
    assert_string_equal(reset(), "ota_1");
    assert_err(esp_ota_mark_app_valid_cancel_rollback(), ESP_OK);
    esp_ota_handle_t handle;
    esp_ota_img_states_t unused;
    assert_err(esp_ota_begin(partition_named("ota_0"), OTA_WITH_SEQUENTIAL_WRITES, &handle),
               ESP_OK);
    assert_otadata("erased", "seq 2 VALID");
    assert_err(state_of("ota_0", &unused), ESP_ERR_NOT_FOUND);
    assert_string_equal(reset(), "ota_1");
}

static void begin_forgets_the_app_before_whatever_slot_it_is_for(void **state)
{
    (void)state;
    flash_otadata(1, 5, OTADATA_VALID); /* names ota_1 */
    assert_string_equal(reset(), "ota_1");
    esp_ota_handle_t handle;
    assert_err(esp_ota_begin(partition_named("ota_2"), OTA_WITH_SEQUENTIAL_WRITES, &handle),
               ESP_OK);
    assert_otadata("erased", "seq 5 VALID");
}

static void begin_does_not_mind_if_that_fails(void **state)
{
    (void)state;
    flash_otadata(1, 2, OTADATA_ABORTED);
    flash_arm_error(bench.device->flash, flash_op_count(bench.device->flash),
                    ESP_ERR_FLASH_OP_FAIL);
    esp_ota_handle_t handle;
    assert_err(esp_ota_begin(partition_named("ota_1"), OTA_WITH_SEQUENTIAL_WRITES, &handle),
               ESP_OK);
    assert_otadata("seq 1 VALID", "seq 2 ABORTED");
}

static void confirming_twice_writes_once(void **state)
{
    (void)state;
    assert_err(update_to("ota_1", 0), ESP_OK);
    assert_string_equal(reset(), "ota_1");
    assert_err(esp_ota_mark_app_valid_cancel_rollback(), ESP_OK);
    flash_reset_counters(bench.device->flash);
    assert_err(esp_ota_mark_app_valid_cancel_rollback(), ESP_OK);
    assert_int_equal(flash_op_count(bench.device->flash), 0);
}

static void a_failing_flash_fails_the_confirmation(void **state)
{
    (void)state;
    static const char *const left[] = {"seq 2 PENDING_VERIFY", "erased"};
    for (uint64_t at = 0; at < 2; at++) {
        flash_otadata(1, 2, OTADATA_PENDING_VERIFY);
        flash_reset_counters(bench.device->flash);
        flash_arm_error(bench.device->flash, at, ESP_ERR_FLASH_OP_FAIL);
        assert_err(esp_ota_mark_app_valid_cancel_rollback(), ESP_ERR_FLASH_OP_FAIL);
        assert_otadata("seq 1 VALID", left[at]);
    }
}

static void selecting_the_running_app_unconfirms_it(void **state)
{
    (void)state;
    assert_err(esp_ota_set_boot_partition(partition_named("ota_0")), ESP_OK);
    assert_otadata("seq 1 NEW", "erased");
    assert_string_equal(reset(), "ota_0");
    assert_string_equal(reset(), "factory");
}

static void strictly_selecting_the_running_app_changes_nothing(void **state)
{
    (void)state;
    be_strict();
    assert_err(esp_ota_set_boot_partition(partition_named("ota_0")), ESP_OK);
    assert_otadata("seq 1 VALID", "erased");
}

static void confirming_after_a_switch_confirms_the_new_app(void **state)
{
    (void)state;
    assert_err(update_to("ota_1", 0), ESP_OK);
    assert_err(esp_ota_mark_app_valid_cancel_rollback(), ESP_OK);
    assert_otadata("seq 1 VALID", "seq 2 VALID");
    assert_string_equal(reset(), "ota_1");
    assert_string_equal(reset(), "ota_1"); /* it never has to prove itself */
}

static void strictly_the_running_app_confirms_itself_only(void **state)
{
    (void)state;
    be_strict();
    assert_err(update_to("ota_1", 0), ESP_OK);
    assert_err(esp_ota_mark_app_valid_cancel_rollback(), ESP_OK);
    assert_otadata("seq 1 VALID", "seq 2 NEW");
}

static void the_app_before_can_be_erased(void **state)
{
    (void)state;
    assert_err(esp_ota_erase_last_boot_app_partition(), ESP_FAIL);
    assert_err(update_to("ota_1", 0), ESP_OK);
    assert_string_equal(reset(), "ota_1");
    assert_err(esp_ota_erase_last_boot_app_partition(), ESP_OK);
    assert_otadata("erased", "seq 2 PENDING_VERIFY");
    assert_true(is_erased(bytes_of("ota_0"), SLOT_SIZE));
    assert_err(esp_ota_erase_last_boot_app_partition(), ESP_FAIL);
}

static void the_app_before_can_be_forgotten(void **state)
{
    (void)state;
    assert_err(esp_ota_invalidate_inactive_ota_data_slot(), ESP_FAIL);
    assert_err(update_to("ota_1", 0), ESP_OK);
    assert_string_equal(reset(), "ota_1");
    assert_err(esp_ota_invalidate_inactive_ota_data_slot(), ESP_OK);
    assert_otadata("erased", "seq 2 PENDING_VERIFY");
    assert_false(is_erased(bytes_of("ota_0"), SECTOR));
}

static void the_running_app_is_never_the_app_before(void **state)
{
    (void)state;
    assert_err(update_to("ota_1", 0), ESP_OK); /* selected, but ota_0 runs */
    flash_reset_counters(bench.device->flash);
    assert_err(esp_ota_erase_last_boot_app_partition(), ESP_FAIL);
    assert_int_equal(flash_op_count(bench.device->flash), 0);
}

static void the_state_of_a_slot_is_that_of_its_first_entry(void **state)
{
    (void)state;
    esp_ota_img_states_t unused;
    assert_err(esp_ota_get_state_partition(NULL, &unused), ESP_ERR_INVALID_ARG);
    assert_err(esp_ota_get_state_partition(partition_named("ota_0"), NULL), ESP_ERR_INVALID_ARG);
    assert_err(state_of("factory", &unused), ESP_ERR_NOT_SUPPORTED);
    assert_err(state_of("nvs", &unused), ESP_ERR_NOT_SUPPORTED);
    assert_err(state_of("ota_1", &unused), ESP_ERR_NOT_FOUND);
    flash_otadata(0, 1, OTADATA_ABORTED);
    flash_otadata(1, 3, OTADATA_VALID); /* the same slot, and the active entry */
    assert_state("ota_0", ESP_OTA_IMG_ABORTED);
}

static void the_older_of_two_apps_given_up_is_the_last_invalid_one(void **state)
{
    (void)state;
    flash_app("ota_1", 0);
    assert_null(esp_ota_get_last_invalid_partition());
    flash_otadata(0, 1, OTADATA_INVALID);
    flash_otadata(1, 2, OTADATA_ABORTED);
    assert_ptr_equal(esp_ota_get_last_invalid_partition(), partition_named("ota_0"));
    uint8_t zeros[SECTOR] = {0};
    flash_load(bench.device->flash, place("ota_0")->offset, zeros, sizeof zeros);
    assert_null(esp_ota_get_last_invalid_partition()); /* what is there does not verify */
}

int main(void)
{
    esp_log_level_set("*", ESP_LOG_NONE);
    const struct CMUnitTest tests[] = {
        test_of(a_confirmed_update_stays, set_up),
        test_of(an_unconfirmed_update_is_rolled_back, set_up),
        test_of(an_app_that_gives_itself_up_is_rolled_back, set_up),
        test_of(giving_up_may_restart_at_once, set_up),
        test_of(without_another_app_nothing_is_given_up, set_up),
        test_of(the_factory_app_is_gone_back_to, set_up),
        test_of(an_unconfirmed_app_must_not_update, set_up),
        test_of(begin_forgets_the_app_before, set_up),
        test_of(begin_forgets_the_app_before_whatever_slot_it_is_for, set_up_three),
        test_of(begin_does_not_mind_if_that_fails, set_up),
        test_of(confirming_twice_writes_once, set_up),
        test_of(a_failing_flash_fails_the_confirmation, set_up),
        test_of(selecting_the_running_app_unconfirms_it, set_up),
        test_of(strictly_selecting_the_running_app_changes_nothing, set_up),
        test_of(confirming_after_a_switch_confirms_the_new_app, set_up),
        test_of(strictly_the_running_app_confirms_itself_only, set_up),
        test_of(the_app_before_can_be_erased, set_up),
        test_of(the_app_before_can_be_forgotten, set_up),
        test_of(the_running_app_is_never_the_app_before, set_up),
        test_of(the_state_of_a_slot_is_that_of_its_first_entry, set_up),
        test_of(the_older_of_two_apps_given_up_is_the_last_invalid_one, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
