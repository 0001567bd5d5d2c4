/* The verdict sees each thing that can go wrong with an update's calls, events, requests, boots and
 * its flash, and nothing where all is well. */
#include "test_judge.h"

static void a_good_run_passes(void **state)
{
    struct fixture *fixture = *state;
    expect_no_mismatch(fixture);
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
    expect_no_mismatch(fixture);
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
    expect_no_mismatch(fixture);
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
    expect_no_mismatch(fixture);
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

/* The rest is of updates that must fail. */

static void expect_failure(struct fixture *fixture)
{
    fixture->scenario.expect.result = ESP_FAIL;
    fixture->after = fixture->before;
    json_object_set_new(json_array_get(fixture->result.trace, 9), "ret", json_integer(ESP_FAIL));
    json_object_set_new(json_array_get(fixture->result.trace, 10), "running", json_string(FACTORY));
    json_object_set_new(json_array_get(fixture->result.trace, 10), "version", json_string("1.0.0"));
}

static void a_failed_update_passes_if_nothing_was_switched(void **state)
{
    struct fixture *fixture = *state;
    expect_failure(fixture);
    json_array_remove(fixture->result.trace, 7); /* UPDATE_BOOT_PARTITION */
    expect_no_mismatch(fixture);
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
    expect_no_mismatch(fixture);

    fixture->after.entry[0].seq = 1;
    fixture->after.entry[0].crc = otadata_crc(1);
    expect_mismatch(fixture, "otadata");
}

static void an_attempt_after_a_failed_one_counts(void **state)
{
    struct fixture *fixture = *state;
    json_t *failed = json_pack("{s:s, s:s, s:i}", "kind", "call", "fn", "esp_https_ota", "ret", -1);
    json_array_insert_new(fixture->result.trace, 1, failed);
    expect_no_mismatch(fixture);
}

static void attempts_that_all_fail_come_to_the_first_failure(void **state)
{
    struct fixture *fixture = *state;
    expect_failure(fixture);
    json_array_remove(fixture->result.trace, 7);
    add_call(fixture, ESP_ERR_NO_MEM);
    expect_no_mismatch(fixture);
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
    expect_no_mismatch(fixture);
}

static void an_update_that_the_firmware_should_have_left(void **state)
{
    struct fixture *fixture = *state;
    expect_no_update(fixture);
    expect_mismatch(fixture, "events");
}

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
        CASE(a_failed_update_passes_if_nothing_was_switched),
        CASE(a_switch_announced_after_a_failure),
        CASE(a_selection_that_a_failed_update_changed),
        CASE(what_the_bootloader_noted_is_no_switch),
        CASE(an_attempt_after_a_failed_one_counts),
        CASE(attempts_that_all_fail_come_to_the_first_failure),
        CASE(an_update_that_the_firmware_left_passes),
        CASE(an_update_that_the_firmware_should_have_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
