#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "device.h"
#include "record_line.h"
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

/* Whatever is in the texts: both ways of making a record give the same line. */
static void a_line_is_what_json_values_would_give(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",           "plain",        "a\"b\\c/d",
        "\b\f\n\r\t", "\x01\x1F\x7F", "h\xC3\xA9 \xF0\x9F\x98\x80",
        "\xFF\xC3",   "\xE2\x82",     "\xED\xA0\x80x",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        FILE *file = capture_begin();
        trace_record("event", json_pack("{s:o, s:I, s:I, s:b, s:n}", "text",
                                        trace_text(texts[i], strlen(texts[i])), "least",
                                        (json_int_t)INT64_MIN, "most", (json_int_t)INT64_MAX, "yes",
                                        1, "nothing"));
        struct record_line line;
        record_begin(&line, "event");
        record_text(&line, "text", texts[i]);
        record_number(&line, "least", INT64_MIN);
        record_number(&line, "most", INT64_MAX);
        record_bool(&line, "yes", true);
        record_text(&line, "nothing", NULL);
        record_end(&line);
        trace_open(-1);
        char lines[2][256];
        rewind(file);
        assert_non_null(fgets(lines[0], sizeof lines[0], file));
        assert_non_null(fgets(lines[1], sizeof lines[1], file));
        assert_string_equal(lines[0], lines[1]);
        fclose(file);
    }
}

static void a_line_that_is_too_long_leaves_a_mark(void **state)
{
    (void)state;
    char text[2000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    FILE *file = capture_begin();
    struct record_line line;
    record_begin(&line, "log");
    record_text(&line, "text", text);
    record_end(&line);
    assert_written(file, "{\"t\":0,\"kind\":\"log\",\"lost\":\"fields that are too long\"}\n");
}

/* More than is staged at once, and then the process dies. Last: it stays staged. */
static void staged_records_of_a_process_that_is_killed_are_kept(void **state)
{
    enum { RECORDS = 20000 };
    (void)state;
    trace_stage();
    FILE *file = capture_begin();
    trace_recordf("log", "{s:i}", "n", 0);
    pid_t child = fork();
    if (child == 0) {
        for (int i = 1; i < RECORDS; i++) {
            trace_recordf("log", "{s:i}", "n", i);
        }
        raise(SIGKILL);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    json_t *records = capture_end(file);
    assert_int_equal(json_array_size(records), RECORDS);
    for (size_t i = 0; i < RECORDS; i++) {
        const json_t *record = json_array_get(records, i);
        assert_int_equal(json_integer_value(json_object_get(record, "n")), i);
    }
    json_decref(records);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_one_line_that_begins_with_time_and_kind),
        cmocka_unit_test(nothing_is_written_while_no_trace_is_open),
        cmocka_unit_test(a_record_that_cannot_be_packed_still_leaves_a_mark),
        cmocka_unit_test(errno_survives_a_record),
        cmocka_unit_test(bytes_that_are_not_utf8_are_shown_in_hex),
        cmocka_unit_test(a_line_is_what_json_values_would_give),
        cmocka_unit_test(a_line_that_is_too_long_leaves_a_mark),
        cmocka_unit_test(staged_records_of_a_process_that_is_killed_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
