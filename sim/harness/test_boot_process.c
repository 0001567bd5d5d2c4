/* Each way in which a boot can end, with real firmware modules: what the harness sees of it and
 * what the next boot begins with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "boot_process.h"
#include "firmware_module.h"
#include "scenario_device.h"
#include "symbols.h"
#include "trace_file.h"

struct bench {
    struct device *device;
    struct partition_table table;
    json_t *trace; /* of the last boot */
    int boots;
};

static int set_up(void **state)
{
    static const struct scenario scenario = {.name = "test/test"};
    struct bench *bench = calloc(1, sizeof *bench);
    struct error err;
    bench->device = scenario_device_create(&scenario, &bench->table, &err);
    assert_non_null(bench->device);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    json_decref(bench->trace);
    device_destroy(bench->device);
    free(bench);
    return 0;
}

static const struct firmware *named(const char *version, void *context)
{
    struct error err;
    (void)version;
    return firmware_load(context, &err);
}

/* One boot of the factory app with that firmware, and the reset after it. */
static struct boot_result boot(struct bench *bench, const char *firmware,
                               struct boot_power_dip power)
{
    static const struct net_env net;
    char name[64];
    struct error err;
    struct boot_result result;
    snprintf(name, sizeof name, "%s", firmware);
    assert_non_null(firmware_load(name, &err));
    FILE *trace_file = tmpfile();
    assert_non_null(trace_file);
    const struct boot_request request = {
        .device = bench->device,
        .firmware_for = named,
        .context = name,
        .power_dip = power,
        .net = &net,
        .number = bench->boots++,
        .trace_fd = fileno(trace_file),
    };
    assert_true(boot_process_run(&request, &result, &err));
    boot_reset(bench->device, &result);
    json_decref(bench->trace);
    bench->trace = trace_file_read(fileno(trace_file), &err);
    assert_non_null(bench->trace);
    fclose(trace_file);
    return result;
}

static const char *text_of_end(const struct bench *bench, const char *field)
{
    const json_t *end = trace_first(bench->trace, "end");
    assert_non_null(end);
    const char *text = json_string_value(json_object_get(end, field));
    return text != NULL ? text : "";
}

static const char *innermost_frame(const struct bench *bench)
{
    const json_t *backtrace = trace_first(bench->trace, "backtrace");
    const char *frame = json_string_value(json_array_get(json_object_get(backtrace, "frames"), 0));
    return frame != NULL ? frame : "";
}

static void every_end_is_told_by_name_and_leads_to_its_reset_reason(void **state)
{
    static const struct {
        const char *behaviour;
        enum boot_end_kind end;
        enum device_reset_reason reset;
        const char *detail; /* part of it */
        const char *frame;  /* where it happened; NULL: no backtrace */
    } rows[] = {
        {"app_main", BOOT_END_IDLE, DEVICE_RESET_POWERON, "", NULL},
        {"restarts", BOOT_END_RESTART, DEVICE_RESET_SW, "", NULL},
        {"crashes", BOOT_END_PANIC, DEVICE_RESET_PANIC, "SIGSEGV: ", "read_sensor ("},
        {"overflows_its_stack", BOOT_END_PANIC, DEVICE_RESET_PANIC, "stack overflow", ""},
        {"aborts", BOOT_END_PANIC, DEVICE_RESET_PANIC, "SIGABRT: abort() was called", "aborts ("},
        {"fails_an_assert", BOOT_END_PANIC, DEVICE_RESET_PANIC,
         "assert failed: fails_an_assert behaviours.c:", "fails_an_assert ("},
        {"fails_a_check", BOOT_END_PANIC, DEVICE_RESET_PANIC, "ESP_ERR_NOT_FOUND",
         "fails_a_check ("},
        {"sleeps_before_confirming", BOOT_END_DEEP_SLEEP, DEVICE_RESET_DEEPSLEEP, "", NULL},
    };
    struct bench *bench = *state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char name[64];
        snprintf(name, sizeof name, "behaviours:%s", rows[i].behaviour);
        struct boot_result result = boot(bench, name, (struct boot_power_dip){0});
        assert_string_equal(boot_end_name(result.end), boot_end_name(rows[i].end));
        assert_string_equal(text_of_end(bench, "how"), boot_end_name(rows[i].end));
        assert_int_equal(bench->device->reset_reason, rows[i].reset);
        if (strstr(text_of_end(bench, "detail"), rows[i].detail) == NULL) {
            fail_msg("%s: \"%s\" lacks \"%s\"", name, text_of_end(bench, "detail"), rows[i].detail);
        }
#ifdef OTASIM_HAVE_BACKTRACE
        if (rows[i].frame == NULL) {
            assert_string_equal(innermost_frame(bench), "");
        } else if (strncmp(innermost_frame(bench), rows[i].frame, strlen(rows[i].frame)) != 0) {
            fail_msg("%s: crashed in %s", name, innermost_frame(bench));
        }
#endif
    }
}

static void a_crash_is_told_the_same_twice(void **state)
{
    struct bench *bench = *state;
    boot(bench, "behaviours:crashes", (struct boot_power_dip){0});
    json_t *backtrace = json_deep_copy(trace_first(bench->trace, "backtrace"));
    json_t *end = json_deep_copy(trace_first(bench->trace, "end"));
    bench->device->now_us = 0;
    boot(bench, "behaviours:crashes", (struct boot_power_dip){0});
    json_t *again = json_deep_copy(trace_first(bench->trace, "end"));
    assert_string_equal(json_string_value(json_object_get(end, "detail")),
                        json_string_value(json_object_get(again, "detail")));
    assert_true(json_equal(json_object_get(backtrace, "frames"),
                           json_object_get(trace_first(bench->trace, "backtrace"), "frames")));
    json_decref(backtrace);
    json_decref(end);
    json_decref(again);
}

static void a_busy_loop_ends_by_the_task_watchdog_if_it_panics(void **state)
{
    struct bench *bench = *state;
    struct boot_result result =
        boot(bench, "behaviours-rollback-watchdog:hangs", (struct boot_power_dip){0});
    assert_int_equal(result.end, BOOT_END_WATCHDOG);
    assert_int_equal(bench->device->reset_reason, DEVICE_RESET_TASK_WDT);
    assert_true(bench->device->now_us - bench->device->boot_us >= 5000000);
    assert_true(bench->device->now_us - bench->device->boot_us < 6000000);
}

static void otherwise_it_hangs_until_somebody_takes_the_power_away(void **state)
{
    struct bench *bench = *state;
    struct boot_result result = boot(bench, "behaviours:hangs", (struct boot_power_dip){0});
    assert_int_equal(result.end, BOOT_END_HANG);
    assert_int_equal(bench->device->reset_reason, DEVICE_RESET_POWERON);
}

static void a_deep_sleep_ends_at_the_timers_time(void **state)
{
    struct bench *bench = *state;
    boot(bench, "behaviours:sleeps_before_confirming", (struct boot_power_dip){0});
    assert_int_equal(bench->device->reset_reason, DEVICE_RESET_DEEPSLEEP);
    assert_int_equal(bench->device->sleep.woken_by, DEVICE_WAKE_TIMER);
    assert_true(bench->device->now_us - bench->device->boot_us >= 60000000);
    assert_true(bench->device->now_us - bench->device->boot_us < 61000000);
}

static void a_deep_sleep_without_a_source_never_ends(void **state)
{
    struct bench *bench = *state;
    struct boot_result result =
        boot(bench, "behaviours:sleeps_for_ever", (struct boot_power_dip){0});
    assert_int_equal(result.end, BOOT_END_DEEP_SLEEP);
    assert_true(result.sleeps_for_ever);
    assert_non_null(strstr(text_of_end(bench, "detail"), "for ever"));
    result = boot(bench, "behaviours:restarts", (struct boot_power_dip){0});
    assert_false(result.sleeps_for_ever);
}

static void power_fails_in_the_middle_of_a_boot(void **state)
{
    struct bench *bench = *state;
    struct boot_result result =
        boot(bench, "behaviours:confirms", (struct boot_power_dip){.after_us = 1000000});
    assert_int_equal(result.end, BOOT_END_POWER_CUT);
    assert_int_equal(bench->device->reset_reason, DEVICE_RESET_POWERON);
    result = boot(bench, "behaviours:confirms",
                  (struct boot_power_dip){.after_us = 1000000, .brownout = true});
    assert_int_equal(result.end, BOOT_END_BROWNOUT);
    assert_int_equal(bench->device->reset_reason, DEVICE_RESET_BROWNOUT);
}

static void a_log_level_is_the_modules_own(void **state)
{
    struct bench *bench = *state;
    boot(bench, "behaviours:app_main", (struct boot_power_dip){0});
    assert_non_null(trace_first(bench->trace, "log"));
    boot(bench, "behaviours-quiet:app_main", (struct boot_power_dip){0});
    assert_null(trace_first(bench->trace, "log"));
}

static void an_entry_that_a_module_lacks_is_named(void **state)
{
    (void)state;
    struct error err;
    assert_null(firmware_load("behaviours:no_such_entry", &err));
    assert_non_null(strstr(err.text, "no_such_entry"));
}

static json_t *trace_of_idle_boot(const struct bench *bench, bool idles, struct boot_result *end)
{
    static const struct net_env net;
    struct error err;
    FILE *file = tmpfile();
    assert_non_null(file);
    const struct boot_request request = {
        .device = bench->device, .idles = idles, .net = &net, .trace_fd = fileno(file)};
    bench->device->now_us = 0;
    assert_true(boot_process_run(&request, end, &err));
    json_t *trace = trace_file_read(fileno(file), &err);
    assert_non_null(trace);
    fclose(file);
    return trace;
}

/* With an app that boots, and with none. */
static void a_boot_that_idles_is_the_same_without_a_process(void **state)
{
    struct bench *bench = *state;
    static const enum boot_end_kind ends[] = {BOOT_END_IDLE, BOOT_END_NO_APP};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        struct boot_result with, without;
        json_t *process = trace_of_idle_boot(bench, false, &with);
        json_t *here = trace_of_idle_boot(bench, true, &without);
        assert_int_equal(with.end, ends[i]);
        assert_int_equal(without.end, ends[i]);
        assert_string_equal(without.detail, with.detail);
        assert_true(json_array_size(here) > 1);
        assert_true(json_equal(here, process));
        json_decref(process);
        json_decref(here);
        uint32_t size = flash_size(bench->device->flash);
        assert_int_equal(flash_erase(bench->device->flash, 0x10000, size - 0x10000), ESP_OK);
    }
}

static void no_symbols_in_what_is_no_module(void **state)
{
    (void)state;
    static const char junk[] = "\177ELF\2\1\1 and no more of it";
    char path[] = "/tmp/otasim-symbols-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "wb");
    assert_int_equal(fwrite(junk, 1, sizeof junk, file), sizeof junk);
    fclose(file);
    assert_null(symbols_name(path, NULL, path + 8));
    assert_null(symbols_name("/nonexistent", NULL, path));
    remove(path);
}

static void what_is_laid_over_a_module_is_asked_first(void **state)
{
    (void)state;
    static const struct firmware_option signed_p384[] = {
        {"CONFIG_SECURE_SIGNED_ON_UPDATE", "y"},
        {"CONFIG_SECURE_BOOT_V2_ENABLED", "y"},
        {"CONFIG_SECURE_SIGNED_APPS_ECDSA_V2_SCHEME", "y"},
        {"CONFIG_SECURE_BOOT_ECDSA_KEY_LEN_384_BITS", "y"},
        {NULL, NULL},
    };
    struct error err;
    assert_true(firmware_lay_over("behaviours+signed", "behaviours", signed_p384, &err));
    const struct firmware *above = firmware_load("behaviours+signed", &err);
    const struct firmware *below = firmware_load("behaviours", &err);
    assert_non_null(above);
    struct boot_signing signing = firmware_signing(above);
    assert_true(signing.on_update && signing.secure_boot);
    assert_int_equal(signing.scheme, SIGNATURE_ECDSA_P384);
    assert_int_equal(firmware_bootloader(above).scheme, SIGNATURE_ECDSA_P384);
    assert_string_equal(firmware_option(above, "CONFIG_FREERTOS_HZ"),
                        firmware_option(below, "CONFIG_FREERTOS_HZ"));
    assert_false(firmware_signing(below).on_update);
    assert_false(firmware_lay_over("nothing+signed", "no-such-module", signed_p384, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_end_is_told_by_name_and_leads_to_its_reset_reason,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_crash_is_told_the_same_twice, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_busy_loop_ends_by_the_task_watchdog_if_it_panics, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(otherwise_it_hangs_until_somebody_takes_the_power_away,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_deep_sleep_ends_at_the_timers_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_deep_sleep_without_a_source_never_ends, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(power_fails_in_the_middle_of_a_boot, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_log_level_is_the_modules_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_boot_that_idles_is_the_same_without_a_process, set_up,
                                        tear_down),
        cmocka_unit_test(an_entry_that_a_module_lacks_is_named),
        cmocka_unit_test(no_symbols_in_what_is_no_module),
        cmocka_unit_test(what_is_laid_over_a_module_is_asked_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
