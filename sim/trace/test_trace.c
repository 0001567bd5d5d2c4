#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device.h"
#include "test_capture.h"

static void assert_written(FILE *file, const char *expected)
{
    char text[1024] = "";
    rewind(file);
    size_t length = fread(text, 1, sizeof text - 1, file);
    text[length] = '\0';
    trace_open(-1);
    fclose(file);
    assert_string_equal(text, expected);
}

static void a_record_is_one_line_that_begins_with_time_and_kind(void **state)
{
    (void)state;
    struct device device = {.now_us = 1234567};
    device_set_current(&device);
    FILE *file = capture_begin();

    trace_recordf("log", "{s:s, s:i}", "text", "hello", "n", 7);
    trace_record("end", json_pack("{s:s}", "how", "idle"));

    device_set_current(NULL);
    assert_written(file, "{\"t\":1234567,\"kind\":\"log\",\"text\":\"hello\",\"n\":7}\n"
                         "{\"t\":1234567,\"kind\":\"end\",\"how\":\"idle\"}\n");
}

static void nothing_is_written_while_no_trace_is_open(void **state)
{
    (void)state;
    FILE *file = capture_begin();
    assert_true(trace_is_open());
    trace_open(-1);
    assert_false(trace_is_open());

    trace_record("end", json_pack("{s:s}", "how", "idle"));
    trace_recordf("log", "{s:s}", "text", "hello");

    assert_written(file, "");
}

static void a_record_that_cannot_be_packed_still_leaves_a_mark(void **state)
{
    (void)state;
    FILE *file = capture_begin();
    trace_recordf("log", "{s:s}", "text", "\xFF");
    assert_written(file, "{\"t\":0,\"kind\":\"log\",\"lost\":\"fields that are not JSON\"}\n");
}

static void errno_survives_a_record(void **state)
{
    (void)state;
    trace_open(9999); /* every write fails */
    errno = 42;
    trace_recordf("log", "{s:s}", "text", "hello");
    assert_int_equal(errno, 42);
    trace_open(-1);
}

static void assert_text(const char *bytes, size_t length, const char *expected)
{
    json_t *text = trace_text(bytes, length);
    assert_string_equal(json_string_value(text), expected);
    json_decref(text);
}

static void bytes_that_are_not_utf8_are_shown_in_hex(void **state)
{
    (void)state;
    assert_text("plain", 5, "plain");
    assert_text("", 0, "");
    assert_text("h\xC3\xA9llo \xE2\x82\xAC \xF0\x9F\x98\x80", 15,
                "h\xC3\xA9llo \xE2\x82\xAC \xF0\x9F\x98\x80");
    assert_text("a\0b", 3, "a\\x00b");
    assert_text("\x80", 1, "\\x80");
    assert_text("\xC3", 1, "\\xc3");
    assert_text("\xC0\xAF", 2, "\\xc0\\xaf");                   /* overlong */
    assert_text("\xE0\x80\xAF", 3, "\\xe0\\x80\\xaf");          /* overlong */
    assert_text("\xED\xA0\x80", 3, "\\xed\\xa0\\x80");          /* surrogate */
    assert_text("\xF4\x90\x80\x80", 4, "\\xf4\\x90\\x80\\x80"); /* above U+10FFFF */
    assert_text("\xE2\x82", 2, "\\xe2\\x82");                   /* cut */
    assert_text("\xE2\x82x", 3, "\\xe2\\x82x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_one_line_that_begins_with_time_and_kind),
        cmocka_unit_test(nothing_is_written_while_no_trace_is_open),
        cmocka_unit_test(a_record_that_cannot_be_packed_still_leaves_a_mark),
        cmocka_unit_test(errno_survives_a_record),
        cmocka_unit_test(bytes_that_are_not_utf8_are_shown_in_hex),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
