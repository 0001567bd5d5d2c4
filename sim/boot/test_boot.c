#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <sys/wait.h>

#include "boot.h"
#include "otadata.h"
#include "test_capture.h"

static const char table_text[] = "nvs,     data, nvs,     0x9000,  0x4000,\n"
                                 "otadata, data, ota,     0xd000,  0x2000,\n"
                                 "factory, app,  factory, 0x10000, 1M,\n"
                                 "ota_0,   app,  ota_0,   0x110000, 1M,\n";

static struct device *make_device(void)
{
    struct partition_table table;
    struct error err;
    struct device *device = device_create(&(struct device_config){0});
    assert_non_null(device);
    if (!partition_table_from_csv("test.csv", table_text, sizeof table_text - 1, 0, 0, &table,
                                  &err)) {
        fail_msg("%s", err.text);
    }
    device_load_partition_table(device, &table);
    return device;
}

static void leave_a_mark_at_exit(void)
{
    trace_recordf("log", "{s:s}", "text", "an exit handler ran");
}

static int end_in_a_child(enum boot_end_kind kind, const char *detail)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        atexit(leave_a_mark_at_exit);
        boot_end(kind, detail);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void the_end_of_a_boot_is_in_its_status_and_in_the_trace(void **state)
{
    (void)state;
    FILE *file = capture_begin();
    assert_int_equal(end_in_a_child(BOOT_END_RESTART, NULL), BOOT_EXIT_BASE + BOOT_END_RESTART);
    assert_int_equal(end_in_a_child(BOOT_END_PANIC, "bad \xFF"), BOOT_EXIT_BASE + BOOT_END_PANIC);
    json_t *trace = capture_end(file);

    assert_int_equal(json_array_size(trace), 2);
    assert_string_equal(captured_text(trace, "end", 0, "how"), "restart");
    assert_string_equal(captured_text(trace, "end", 0, "detail"), "");
    assert_string_equal(captured_text(trace, "end", 1, "how"), "panic");
    assert_string_equal(captured_text(trace, "end", 1, "detail"), "bad \\xff");
    json_decref(trace);
}

static void every_end_has_a_name(void **state)
{
    (void)state;
    for (int kind = BOOT_END_IDLE; kind < BOOT_END_COUNT; kind++) {
        assert_string_not_equal(boot_end_name((enum boot_end_kind)kind), "unknown");
    }
    assert_string_equal(boot_end_name((enum boot_end_kind)99), "unknown");
}

static void flash_operations_are_named_by_partition(void **state)
{
    (void)state;
    struct device *device = make_device();
    boot_observe_flash(device, NULL, NULL);
    FILE *file = capture_begin();
    assert_int_equal(flash_erase(device->flash, 0x111000, FLASH_SECTOR_SIZE), ESP_OK);
    assert_int_equal(flash_program(device->flash, 0x110020, "abc", 3), ESP_OK);
    assert_int_equal(flash_program(device->flash, 0x300000, "abc", 3), ESP_OK);
    json_t *trace = capture_end(file);

    assert_int_equal(captured_count(trace, "flash"), 3);
    assert_string_equal(captured_text(trace, "flash", 0, "op"), "erase");
    assert_string_equal(captured_text(trace, "flash", 0, "at"), "ota_0+0x1000");
    assert_string_equal(captured_text(trace, "flash", 1, "op"), "program");
    assert_string_equal(captured_text(trace, "flash", 1, "at"), "ota_0+0x20");
    assert_string_equal(captured_text(trace, "flash", 2, "at"), "0x300000");
    const json_t *second = json_array_get(trace, 1);
    assert_int_equal(json_integer_value(json_object_get(second, "len")), 3);
    assert_int_equal(json_integer_value(json_object_get(second, "n")), 1);
    json_decref(trace);
    device_destroy(device);
}

static void changes_of_otadata_are_decoded(void **state)
{
    (void)state;
    struct device *device = make_device();
    boot_observe_flash(device, NULL, NULL);
    FILE *file = capture_begin();
    struct otadata_entry entry = {.seq = 2, .state = OTADATA_NEW};
    assert_int_equal(otadata_write(device->flash, 0xd000, 1, &entry, true), ESP_OK);
    entry.state = OTADATA_VALID;
    assert_int_equal(otadata_write(device->flash, 0xd000, 1, &entry, true), ESP_OK);
    json_t *trace = capture_end(file);

    /* Erasing what was erased changes nothing; rewriting takes an erase and a program. */
    assert_int_equal(captured_count(trace, "flash"), 4);
    assert_int_equal(captured_count(trace, "otadata"), 3);
    static const char *const was[] = {"erased", "seq 2 NEW", "erased"};
    static const char *const is[] = {"seq 2 NEW", "erased", "seq 2 VALID"};
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(captured_text(trace, "otadata", i, "was"), was[i]);
        assert_string_equal(captured_text(trace, "otadata", i, "is"), is[i]);
    }
    const json_t *first = json_array_get(trace, 2);
    assert_int_equal(json_integer_value(json_object_get(first, "entry")), 1);
    json_decref(trace);
    device_destroy(device);
}

static void a_write_of_one_field_is_decoded_too(void **state)
{
    (void)state;
    struct device *device = make_device();
    struct otadata_entry entry = {.seq = 2, .state = OTADATA_UNDEFINED};
    assert_int_equal(otadata_write(device->flash, 0xd000, 0, &entry, true), ESP_OK);
    boot_observe_flash(device, NULL, NULL);
    FILE *file = capture_begin();
    const uint8_t aborted[4] = {OTADATA_ABORTED};
    assert_int_equal(flash_program(device->flash, 0xd000 + 24, aborted, 4), ESP_OK);
    json_t *trace = capture_end(file);
    assert_string_equal(captured_text(trace, "otadata", 0, "was"), "seq 2 UNDEFINED");
    assert_string_equal(captured_text(trace, "otadata", 0, "is"), "seq 2 ABORTED");
    json_decref(trace);
    device_destroy(device);
}

static void names_follow_a_new_partition_table(void **state)
{
    (void)state;
    struct device *device = make_device();
    struct partition_table table;
    boot_observe_flash(device, NULL, NULL);
    FILE *file = capture_begin();
    flash_program(device->flash, 0x110000, "a", 1);
    assert_int_equal(device_partition_table(device, &table, NULL), ESP_OK);
    strcpy(table.entries[3].label, "other");
    device_load_partition_table(device, &table);
    flash_program(device->flash, 0x110000, "a", 1);
    flash_erase(device->flash, PARTITION_TABLE_OFFSET, FLASH_SECTOR_SIZE);
    json_t *trace = capture_end(file);

    assert_string_equal(captured_text(trace, "flash", 0, "at"), "ota_0+0x0");
    assert_string_equal(captured_text(trace, "flash", 1, "at"), "other+0x0");
    assert_string_equal(captured_text(trace, "flash", 2, "at"), "0x8000");
    json_decref(trace);
    device_destroy(device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_end_of_a_boot_is_in_its_status_and_in_the_trace),
        cmocka_unit_test(every_end_has_a_name),
        cmocka_unit_test(flash_operations_are_named_by_partition),
        cmocka_unit_test(changes_of_otadata_are_decoded),
        cmocka_unit_test(a_write_of_one_field_is_decoded_too),
        cmocka_unit_test(names_follow_a_new_partition_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
