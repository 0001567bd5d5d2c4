/* The verdict on figures: TLS errors and memory, operations on the flash, time, bytes received. */
#include "test_judge.h"

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
    expect_no_mismatch(fixture);
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

static void a_call_that_lasts_too_long(void **state)
{
    struct fixture *fixture = *state;
    add(fixture,
        json_pack("{s:s, s:s, s:i}", "kind", "enter", "fn", "esp_https_ota_perform", "t", 1000000));
    add(fixture, json_pack("{s:s, s:s, s:i, s:i}", "kind", "call", "fn",
                           "esp_https_ota_get_image_len_read", "ret", 0, "t", 4000000));
    fixture->scenario.expect.longest_call_ms = 3000;
    expect_no_mismatch(fixture);
    fixture->scenario.expect.longest_call_ms = 2000;
    expect_mismatch(fixture, "time");
}

static void more_bytes_than_cross_the_wire(void **state)
{
    struct fixture *fixture = *state;
    add(fixture, json_pack("{s:s, s:s, s:i}", "kind", "http", "what", "closed", "received", 600));
    add(fixture, json_pack("{s:s, s:s, s:i}", "kind", "http", "what", "closed", "received", 400));
    fixture->scenario.expect.downloads = 1000;
    expect_no_mismatch(fixture);
    fixture->scenario.expect.downloads = 600;
    expect_mismatch(fixture, "downloads");
}

static void a_slot_that_was_touched(void **state)
{
    struct fixture *fixture = *state;
    fixture->scenario.expect.slot_untouched = true;
    flash_erase(fixture->device->flash, 0x9000, FLASH_SECTOR_SIZE);
    expect_no_mismatch(fixture);
    const struct partition *slot = fixture->evidence.update_slot;
    flash_erase(fixture->device->flash, slot->offset + slot->size - FLASH_SECTOR_SIZE,
                FLASH_SECTOR_SIZE);
    expect_mismatch(fixture, "flash");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_tls_error_that_was_expected),
        CASE(a_tls_error_that_did_not_come),
        CASE(a_tls_error_with_other_flags),
        CASE(a_tls_error_that_the_application_hears_otherwise),
        CASE(a_session_that_holds_more),
        CASE(a_flash_that_was_touched),
        CASE(a_boot_that_is_too_short_or_too_long),
        CASE(a_call_that_lasts_too_long),
        CASE(more_bytes_than_cross_the_wire),
        CASE(a_slot_that_was_touched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
