/* The verdict sees each thing that can go wrong, and nothing where all is well. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "boot.h"
#include "event_names.h"
#include "otadata.h"
#include "run.h"
#include "scenario_device.h"

#define IMAGE_LENGTH 1024

struct fixture {
    struct scenario scenario;
    struct device *device;
    struct partition_table table;
    uint8_t *image;
    size_t image_length;
    struct otadata before, after;
    struct run_evidence evidence;
    struct run_result result;
};

static void add(struct fixture *fixture, json_t *record)
{
    json_array_append_new(fixture->result.trace, record);
}

static void add_event(struct fixture *fixture, enum scenario_event event, int data)
{
    add(fixture, json_pack("{s:s, s:s, s:s, s:i}", "kind", "event", "base", "ESP_HTTPS_OTA_EVENT",
                           "name", event_full_name(event), "data", data));
}

static void add_call(struct fixture *fixture, int result)
{
    add(fixture,
        json_pack("{s:s, s:s, s:i}", "kind", "call", "fn", "esp_https_ota", "ret", result));
}

static void add_boot(struct fixture *fixture, int number, const char *label, const char *version)
{
    add(fixture, json_pack("{s:s, s:i, s:s, s:s}", "kind", "boot", "n", number, "running", label,
                           "version", version));
}

/* A good update of the usual device, as its trace tells it. */
static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    struct error err;
    fixture->scenario = (struct scenario){
        .name = "test/test",
        .image = {.size = IMAGE_LENGTH},
        .expect = {.requests = {GET("/fw.bin")}},
    };
    fixture->device = scenario_device_create(&fixture->scenario, &fixture->table, &err);
    assert_non_null(fixture->device);
    assert_true(scenario_image(&fixture->scenario, &fixture->image, &fixture->image_length, &err));
    const struct partition *slot = partition_table_find_label(&fixture->table, OTA_0);
    flash_load(fixture->device->flash, slot->offset, fixture->image,
               (uint32_t)fixture->image_length);
    memset(&fixture->before, 0xFF, sizeof fixture->before);
    fixture->after = fixture->before;
    fixture->after.entry[0].seq = 1;
    fixture->after.entry[0].crc = otadata_crc(1);
    fixture->evidence = (struct run_evidence){
        .scenario = &fixture->scenario,
        .table = &fixture->table,
        .device = fixture->device,
        .image = fixture->image,
        .image_length = fixture->image_length,
        .update_slot = slot,
        .first_version = "1.0.0",
        .first_slot = partition_table_find_label(&fixture->table, FACTORY),
        .otadata_before = &fixture->before,
        .otadata_after = &fixture->after,
    };
    fixture->result.trace = json_array();
    fixture->result.quirks = json_array();
    fixture->result.requests = json_pack("[{s:s, s:s, s:i, s:i}]", "method", "GET", "path",
                                         "/fw.bin", "status", 200, "conn", 1);
    add_boot(fixture, 0, FACTORY, "1.0.0");
    add_event(fixture, EVENT_START, 0);
    add_event(fixture, EVENT_CONNECTED, 0);
    add_event(fixture, EVENT_VERIFY_CHIP_ID, 9);
    add_event(fixture, EVENT_VERIFY_CHIP_REVISION, 0);
    add_event(fixture, EVENT_WRITE_FLASH, 512);
    add_event(fixture, EVENT_WRITE_FLASH, IMAGE_LENGTH);
    add_event(fixture, EVENT_UPDATE_BOOT_PARTITION, 16);
    add_event(fixture, EVENT_FINISH, 0);
    add_call(fixture, ESP_OK);
    add_boot(fixture, 1, OTA_0, "2.0.0");
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    run_result_free(&fixture->result);
    device_destroy(fixture->device);
    free(fixture->image);
    free(fixture);
    return 0;
}

/* Judges, and expects exactly one mismatch, of that field. */
static void expect_mismatch(struct fixture *fixture, const char *field)
{
    run_judge(&fixture->evidence, &fixture->result);
    assert_int_equal(fixture->result.mismatches, 1);
    assert_string_equal(fixture->result.mismatch[0].field, field);
}

static json_t *nth_event(struct fixture *fixture, size_t index)
{
    return json_array_get(fixture->result.trace, index + 1);
}

static void a_good_run_passes(void **state)
{
    struct fixture *fixture = *state;
    run_judge(&fixture->evidence, &fixture->result);
    assert_int_equal(fixture->result.mismatches, 0);
}

static void another_return_code(void **state)
{
    struct fixture *fixture = *state;
    json_object_set_new(json_array_get(fixture->result.trace, 9), "ret", json_integer(ESP_FAIL));
    expect_mismatch(fixture, "result");
}

static void failed_in(struct fixture *fixture, const char *expected, const char *actual)
{
    json_t *call = json_array_get(fixture->result.trace, 9);
    json_object_set_new(call, "ret", json_integer(ESP_FAIL));
    json_object_set_new(call, "fn", json_string(actual));
    fixture->scenario.expect.result = ESP_FAIL;
    fixture->scenario.expect.failed_in = expected;
    fixture->scenario.expect.state = STATE_K2; /* the rest of the trace is a good run's */
}

static void the_right_code_from_the_right_call(void **state)
{
    struct fixture *fixture = *state;
    failed_in(fixture, "esp_ota_end", "esp_ota_end");
    run_judge(&fixture->evidence, &fixture->result);
    assert_int_equal(fixture->result.mismatches, 0);
}

static void the_right_code_from_another_call(void **state)
{
    struct fixture *fixture = *state;
    failed_in(fixture, "esp_ota_end", "esp_ota_set_boot_partition");
    expect_mismatch(fixture, "result");
    const struct mismatch *mismatch = &fixture->result.mismatch[0];
    assert_non_null(strstr(mismatch->expected, "ESP_FAIL"));
    assert_non_null(strstr(mismatch->expected, "from esp_ota_end"));
    assert_non_null(strstr(mismatch->actual, "from esp_ota_set_boot_partition"));
}

static void a_call_that_never_returned(void **state)
{
    struct fixture *fixture = *state;
    json_array_remove(fixture->result.trace, 9);
    expect_mismatch(fixture, "result");
}

static void a_missing_event(void **state)
{
    struct fixture *fixture = *state;
    json_array_remove(fixture->result.trace, 3);
    expect_mismatch(fixture, "events");
}

static void an_event_too_many(void **state)
{
    struct fixture *fixture = *state;
    add_event(fixture, EVENT_ABORT, 0);
    expect_mismatch(fixture, "events");
}

static void a_last_write_that_is_short(void **state)
{
    struct fixture *fixture = *state;
    json_object_set_new(nth_event(fixture, 5), "data", json_integer(IMAGE_LENGTH - 1));
    expect_mismatch(fixture, "events");
}

static void a_request_too_many(void **state)
{
    struct fixture *fixture = *state;
    json_array_append_new(fixture->result.requests,
                          json_pack("{s:s, s:s}", "method", "GET", "path", "/again"));
    expect_mismatch(fixture, "requests");
}

static void a_range_that_nobody_expected(void **state)
{
    struct fixture *fixture = *state;
    json_object_set_new(json_array_get(fixture->result.requests, 0), "range",
                        json_string("bytes=0-"));
    expect_mismatch(fixture, "requests");
}

static void a_request_where_none_may_come(void **state)
{
    struct fixture *fixture = *state;
    memset(fixture->scenario.expect.requests, 0, sizeof fixture->scenario.expect.requests);
    fixture->scenario.expect.no_requests = true;
    expect_mismatch(fixture, "requests");
}

static void another_app_boots(void **state)
{
    struct fixture *fixture = *state;
    json_object_set_new(json_array_get(fixture->result.trace, 10), "running", json_string(FACTORY));
    expect_mismatch(fixture, "boots");
}

static void nothing_boots(void **state)
{
    struct fixture *fixture = *state;
    json_array_remove(fixture->result.trace, 10);
    add(fixture, json_pack("{s:s, s:s, s:s}", "kind", "end", "how", boot_end_name(BOOT_END_NO_APP),
                           "detail", "brick: no app verifies"));
    expect_mismatch(fixture, "boots");
    assert_non_null(strstr(fixture->result.mismatch[0].actual, "brick"));
}

static void expect_boots(struct fixture *fixture, struct expected_boot row, unsigned more)
{
    fixture->scenario.expect.boots[0] = row;
    fixture->scenario.expect.more_boots = more;
}

/* The boot of the set-up once more, as the trace of a real one has it. */
static void add_whole_boot(struct fixture *fixture, int number, const char *reset, const char *end)
{
    add_boot(fixture, number, OTA_0, "2.0.0");
    size_t last = json_array_size(fixture->result.trace) - 1;
    json_object_set_new(json_array_get(fixture->result.trace, last), "reset", json_string(reset));
    add(fixture, json_pack("{s:s, s:s}", "kind", "end", "how", end));
}

static void boots_as_expected_in_every_column(void **state)
{
    struct fixture *fixture = *state;
    json_array_remove(fixture->result.trace, 10);
    add_whole_boot(fixture, 1, "software", "idle");
    add_whole_boot(fixture, 2, "power-on", "idle");
    expect_boots(fixture, (struct expected_boot){OTA_0, "2.0.0", "software", "idle"}, 1);
    run_judge(&fixture->evidence, &fixture->result);
    assert_int_equal(fixture->result.mismatches, 0);
}

static void another_reset_reason(void **state)
{
    struct fixture *fixture = *state;
    json_array_remove(fixture->result.trace, 10);
    add_whole_boot(fixture, 1, "software", "idle");
    expect_boots(fixture, (struct expected_boot){OTA_0, "2.0.0", .reset = "power-on"}, 0);
    expect_mismatch(fixture, "boots");
    assert_string_equal(fixture->result.mismatch[0].actual, "ota_0 2.0.0 after software");
}

static void another_end_of_a_boot(void **state)
{
    struct fixture *fixture = *state;
    json_array_remove(fixture->result.trace, 10);
    add_whole_boot(fixture, 1, "software", "restart");
    expect_boots(fixture, (struct expected_boot){OTA_0, "2.0.0", .end = "idle"}, 0);
    expect_mismatch(fixture, "boots");
    assert_string_equal(fixture->result.mismatch[0].actual, "ota_0 2.0.0 ends restart");
}

static void fewer_boots_than_expected(void **state)
{
    struct fixture *fixture = *state;
    expect_boots(fixture, (struct expected_boot){OTA_0, .version = "2.0.0"}, 1);
    expect_mismatch(fixture, "boots");
}

static void a_further_boot_ends_otherwise(void **state)
{
    struct fixture *fixture = *state;
    json_array_remove(fixture->result.trace, 10);
    add_whole_boot(fixture, 1, "software", "idle");
    add_whole_boot(fixture, 2, "power-on", "restart");
    expect_boots(fixture, (struct expected_boot){OTA_0, "2.0.0", .end = "idle"}, 1);
    expect_mismatch(fixture, "boots");
}

static void a_boot_that_hangs(void **state)
{
    struct fixture *fixture = *state;
    add(fixture, json_pack("{s:s, s:s, s:s}", "kind", "end", "how", boot_end_name(BOOT_END_HANG),
                           "detail", "a loop without end"));
    expect_mismatch(fixture, "end");
}

static void one_wrong_byte_in_the_slot(void **state)
{
    struct fixture *fixture = *state;
    uint8_t byte = (uint8_t)~fixture->image[700];
    flash_load(fixture->device->flash, fixture->evidence.update_slot->offset + 700, &byte, 1);
    expect_mismatch(fixture, "slot");
}

static void a_program_without_an_erase(void **state)
{
    struct fixture *fixture = *state;
    static const uint8_t ones = 0xFF, zero = 0x00;
    flash_program(fixture->device->flash, 0x3F0000, &zero, 1);
    flash_program(fixture->device->flash, 0x3F0000, &ones, 1);
    expect_mismatch(fixture, RUN_FIELD_UNERASED);
}

static void a_hazard_that_was_not_met(void **state)
{
    struct fixture *fixture = *state;
    fixture->scenario.expect.hazard = "some-quirk";
    expect_mismatch(fixture, "hazard");
}

static void a_strict_run_meets_no_hazard(void **state)
{
    struct fixture *fixture = *state;
    fixture->scenario.expect.hazard = "some-quirk";
    fixture->evidence.strict = true;
    run_judge(&fixture->evidence, &fixture->result);
    assert_int_equal(fixture->result.mismatches, 0);
}

static void a_boot_that_crashes(void **state)
{
    struct fixture *fixture = *state;
    add(fixture, json_pack("{s:s, s:s, s:s}", "kind", "end", "how", boot_end_name(BOOT_END_PANIC),
                           "detail", "Segmentation fault"));
    expect_mismatch(fixture, "end");
}

static void a_crash_that_did_not_come(void **state)
{
    struct fixture *fixture = *state;
    fixture->scenario.expect.crash = true;
    expect_mismatch(fixture, "end");
}

static void a_handshake_that_failed(void **state)
{
    struct fixture *fixture = *state;
    json_array_append_new(fixture->result.requests,
                          json_pack("{s:i, s:b}", "conn", 2, "tls_handshake_failed", 1));
    expect_mismatch(fixture, "requests");
    assert_non_null(strstr(fixture->result.mismatch[0].actual, "(no handshake)"));
}

static void another_protocol_than_expected(void **state)
{
    struct fixture *fixture = *state;
    fixture->scenario.expect.requests[0].alpn = "http/1.1";
    expect_mismatch(fixture, "requests");
}

static void add_tls_errors(struct fixture *fixture, int code, int flags, int code_told)
{
    add(fixture, json_pack("{s:s, s:i, s:i, s:s}", "kind", "tls", "code", 0, "flags", 0, "text",
                           "ok")); /* an earlier one that went well */
    add(fixture, json_pack("{s:s, s:i, s:i}", "kind", "tls", "code", code, "flags", flags));
    add(fixture,
        json_pack("{s:s, s:i, s:i}", "kind", "tls_error", "code", code_told, "flags", flags));
    fixture->scenario.expect.tls_error = -0x2700;
    fixture->scenario.expect.tls_flags = 8;
}

static void the_tls_error_that_was_expected(void **state)
{
    struct fixture *fixture = *state;
    add_tls_errors(fixture, -0x2700, 8, -0x2700);
    run_judge(&fixture->evidence, &fixture->result);
    assert_int_equal(fixture->result.mismatches, 0);
}

static void a_tls_error_that_did_not_come(void **state)
{
    struct fixture *fixture = *state;
    fixture->scenario.expect.tls_error = -0x2700;
    run_judge(&fixture->evidence, &fixture->result);
    assert_int_equal(fixture->result.mismatches, 2);
}

static void a_tls_error_with_other_flags(void **state)
{
    struct fixture *fixture = *state;
    add_tls_errors(fixture, -0x2700, 4, -0x2700);
    run_judge(&fixture->evidence, &fixture->result);
    assert_int_equal(fixture->result.mismatches, 2);
}

static void a_tls_error_that_the_application_hears_otherwise(void **state)
{
    struct fixture *fixture = *state;
    add_tls_errors(fixture, -0x2700, 8, -0x7780);
    expect_mismatch(fixture, "tls error, as the application heard of it");
}

static void a_session_that_holds_more(void **state)
{
    struct fixture *fixture = *state;
    add(fixture, json_pack("{s:s, s:i}", "kind", "tls", "bytes", 33434));
    fixture->scenario.expect.tls_memory = 33433;
    expect_mismatch(fixture, "tls memory");
}

static void a_flash_that_was_touched(void **state)
{
    struct fixture *fixture = *state;
    flash_erase(fixture->device->flash, 0x3F0000, FLASH_SECTOR_SIZE);
    fixture->scenario.expect.flash_untouched = true;
    expect_mismatch(fixture, "flash");
}

static void a_boot_that_is_too_short_or_too_long(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        int ms;
        size_t mismatches;
    } ends[] = {{5999, 1}, {6000, 0}, {6499, 0}, {6500, 1}};
    fixture->scenario.expect.lasts_ms = 6000;
    json_object_set_new(json_array_get(fixture->result.trace, 0), "t", json_integer(1000));
    json_t *end =
        json_pack("{s:s, s:s, s:i}", "kind", "end", "how", boot_end_name(BOOT_END_IDLE), "t", 0);
    add(fixture, end);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        json_object_set_new(end, "t", json_integer(1000 + 1000 * (json_int_t)ends[i].ms));
        size_t before = fixture->result.mismatches;
        run_judge(&fixture->evidence, &fixture->result);
        assert_int_equal(fixture->result.mismatches - before, ends[i].mismatches);
    }
}

/* The rest is of updates that must fail. */

static void expect_failure(struct fixture *fixture)
{
    fixture->scenario.expect.result = ESP_FAIL;
    fixture->after = fixture->before;
    json_object_set_new(json_array_get(fixture->result.trace, 9), "ret", json_integer(ESP_FAIL));
    json_object_set_new(json_array_get(fixture->result.trace, 10), "running", json_string(FACTORY));
    json_object_set_new(json_array_get(fixture->result.trace, 10), "version", json_string("1.0.0"));
}

static void a_call_that_lasts_too_long(void **state)
{
    struct fixture *fixture = *state;
    add(fixture,
        json_pack("{s:s, s:s, s:i}", "kind", "enter", "fn", "esp_https_ota_perform", "t", 1000000));
    add(fixture, json_pack("{s:s, s:s, s:i, s:i}", "kind", "call", "fn",
                           "esp_https_ota_get_image_len_read", "ret", 0, "t", 4000000));
    fixture->scenario.expect.longest_call_ms = 3000;
    run_judge(&fixture->evidence, &fixture->result);
    assert_int_equal(fixture->result.mismatches, 0);
    fixture->scenario.expect.longest_call_ms = 2000;
    expect_mismatch(fixture, "time");
}

static void more_bytes_than_cross_the_wire(void **state)
{
    struct fixture *fixture = *state;
    add(fixture, json_pack("{s:s, s:s, s:i}", "kind", "http", "what", "closed", "received", 600));
    add(fixture, json_pack("{s:s, s:s, s:i}", "kind", "http", "what", "closed", "received", 400));
    fixture->scenario.expect.downloads = 1000;
    run_judge(&fixture->evidence, &fixture->result);
    assert_int_equal(fixture->result.mismatches, 0);
    fixture->scenario.expect.downloads = 600;
    expect_mismatch(fixture, "downloads");
}

static void a_failed_update_passes_if_nothing_was_switched(void **state)
{
    struct fixture *fixture = *state;
    expect_failure(fixture);
    json_array_remove(fixture->result.trace, 7); /* UPDATE_BOOT_PARTITION */
    run_judge(&fixture->evidence, &fixture->result);
    assert_int_equal(fixture->result.mismatches, 0);
}

static void a_switch_announced_after_a_failure(void **state)
{
    struct fixture *fixture = *state;
    expect_failure(fixture);
    expect_mismatch(fixture, "events");
}

static void a_selection_that_a_failed_update_changed(void **state)
{
    struct fixture *fixture = *state;
    expect_failure(fixture);
    json_array_remove(fixture->result.trace, 7);
    fixture->after.entry[1].seq = 2;
    fixture->after.entry[1].crc = otadata_crc(2);
    expect_mismatch(fixture, "otadata");
}

/* Without a factory app the bootloader writes what it starts; that is no switch. */
static void what_the_bootloader_noted_is_no_switch(void **state)
{
    struct fixture *fixture = *state;
    expect_failure(fixture);
    json_array_remove(fixture->result.trace, 7);
    fixture->evidence.first_slot = partition_table_find_label(&fixture->table, OTA_1);
    json_object_set_new(json_array_get(fixture->result.trace, 9), "running", json_string(OTA_1));
    fixture->after.entry[0] =
        (struct otadata_entry){.seq = 2, .state = OTADATA_VALID, .crc = otadata_crc(2)};
    run_judge(&fixture->evidence, &fixture->result);
    assert_int_equal(fixture->result.mismatches, 0);

    fixture->after.entry[0].seq = 1;
    fixture->after.entry[0].crc = otadata_crc(1);
    expect_mismatch(fixture, "otadata");
}

static void an_attempt_after_a_failed_one_counts(void **state)
{
    struct fixture *fixture = *state;
    json_t *failed = json_pack("{s:s, s:s, s:i}", "kind", "call", "fn", "esp_https_ota", "ret", -1);
    json_array_insert_new(fixture->result.trace, 1, failed);
    run_judge(&fixture->evidence, &fixture->result);
    assert_int_equal(fixture->result.mismatches, 0);
}

static void attempts_that_all_fail_come_to_the_first_failure(void **state)
{
    struct fixture *fixture = *state;
    expect_failure(fixture);
    json_array_remove(fixture->result.trace, 7);
    add_call(fixture, ESP_ERR_NO_MEM);
    run_judge(&fixture->evidence, &fixture->result);
    assert_int_equal(fixture->result.mismatches, 0);
}

/* As expect_failure, but no call says so. */
static void expect_no_update(struct fixture *fixture)
{
    expect_failure(fixture);
    fixture->scenario.expect.result = ESP_OK;
    fixture->scenario.expect.no_update = true;
    json_object_set_new(json_array_get(fixture->result.trace, 9), "ret", json_integer(ESP_OK));
}

static void an_update_that_the_firmware_left_passes(void **state)
{
    struct fixture *fixture = *state;
    expect_no_update(fixture);
    json_array_remove(fixture->result.trace, 7);
    run_judge(&fixture->evidence, &fixture->result);
    assert_int_equal(fixture->result.mismatches, 0);
}

static void an_update_that_the_firmware_should_have_left(void **state)
{
    struct fixture *fixture = *state;
    expect_no_update(fixture);
    expect_mismatch(fixture, "events");
}

static void a_slot_that_was_touched(void **state)
{
    struct fixture *fixture = *state;
    fixture->scenario.expect.slot_untouched = true;
    flash_erase(fixture->device->flash, 0x9000, FLASH_SECTOR_SIZE);
    run_judge(&fixture->evidence, &fixture->result);
    assert_int_equal(fixture->result.mismatches, 0);
    const struct partition *slot = fixture->evidence.update_slot;
    flash_erase(fixture->device->flash, slot->offset + slot->size - FLASH_SECTOR_SIZE,
                FLASH_SECTOR_SIZE);
    expect_mismatch(fixture, "flash");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_good_run_passes),
        CASE(another_return_code),
        CASE(the_right_code_from_the_right_call),
        CASE(the_right_code_from_another_call),
        CASE(a_call_that_never_returned),
        CASE(a_missing_event),
        CASE(an_event_too_many),
        CASE(a_last_write_that_is_short),
        CASE(a_request_too_many),
        CASE(a_range_that_nobody_expected),
        CASE(a_request_where_none_may_come),
        CASE(another_app_boots),
        CASE(nothing_boots),
        CASE(boots_as_expected_in_every_column),
        CASE(another_reset_reason),
        CASE(another_end_of_a_boot),
        CASE(fewer_boots_than_expected),
        CASE(a_further_boot_ends_otherwise),
        CASE(a_boot_that_hangs),
        CASE(one_wrong_byte_in_the_slot),
        CASE(a_program_without_an_erase),
        CASE(a_hazard_that_was_not_met),
        CASE(a_strict_run_meets_no_hazard),
        CASE(a_boot_that_crashes),
        CASE(a_crash_that_did_not_come),
        CASE(a_handshake_that_failed),
        CASE(another_protocol_than_expected),
        CASE(the_tls_error_that_was_expected),
        CASE(a_tls_error_that_did_not_come),
        CASE(a_tls_error_with_other_flags),
        CASE(a_tls_error_that_the_application_hears_otherwise),
        CASE(a_session_that_holds_more),
        CASE(a_flash_that_was_touched),
        CASE(a_boot_that_is_too_short_or_too_long),
        CASE(a_call_that_lasts_too_long),
        CASE(more_bytes_than_cross_the_wire),
        CASE(a_failed_update_passes_if_nothing_was_switched),
        CASE(a_switch_announced_after_a_failure),
        CASE(a_selection_that_a_failed_update_changed),
        CASE(what_the_bootloader_noted_is_no_switch),
        CASE(an_attempt_after_a_failed_one_counts),
        CASE(attempts_that_all_fail_come_to_the_first_failure),
        CASE(an_update_that_the_firmware_left_passes),
        CASE(an_update_that_the_firmware_should_have_left),
        CASE(a_slot_that_was_touched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
