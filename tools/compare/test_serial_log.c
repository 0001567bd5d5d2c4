/* Serial logs as people save them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "serial_log.h"

static struct serial_log parsed(const char *bytes, size_t length)
{
    struct serial_log log;
    struct error err;
    /* A copy of just that size: a sanitizer minds its end. */
    uint8_t *copy = malloc(length > 0 ? length : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, length);
    assert_true(serial_log_parse(copy, length, &log, &err));
    free(copy);
    return log;
}

#define PARSED(literal) parsed(literal, sizeof(literal) - 1)

static void assert_entry(const struct serial_log *log, size_t index, unsigned line, char level,
                         const char *tag, const char *text)
{
    assert_true(index < log->count);
    const struct serial_entry *entry = &log->entries[index];
    char actual_tag[80] = "", actual[SERIAL_LINE_MAX + 1] = "";
    memcpy(actual_tag, entry->tag.bytes != NULL ? entry->tag.bytes : "", entry->tag.length);
    memcpy(actual, entry->text.bytes, entry->text.length);
    assert_string_equal(actual, text);
    assert_string_equal(actual_tag, tag);
    assert_int_equal(entry->level, level);
    assert_int_equal(entry->line, line);
}

static void a_line_of_esp_log(void **state)
{
    (void)state;
    struct serial_log log = PARSED("I (1234) esp_https_ota: Starting OTA...\n");
    assert_int_equal(log.count, 1);
    assert_int_equal(log.lines, 1);
    assert_entry(&log, 0, 1, 'I', "esp_https_ota", "Starting OTA...");
    serial_log_free(&log);
}

static void colours_and_dos_line_ends(void **state)
{
    (void)state;
    struct serial_log log =
        PARSED("\x1b[0;32mI (1) a: one\x1b[0m\r\n\r\n\x1b[0;31mE (2) b: two\x1b[0m\r\n");
    assert_int_equal(log.count, 2);
    assert_entry(&log, 0, 1, 'I', "a", "one");
    assert_entry(&log, 1, 3, 'E', "b", "two");
    assert_int_equal(log.lines, 3);
    serial_log_free(&log);
}

static void times_of_terminal_programs(void **state)
{
    (void)state;
    struct serial_log log = PARSED("13:27:59.686 -> I (27) boot: x\n"
                                   "[08:27:20]E (7) ota: y\n"
                                   "I (00:00:19.796) esp_https_ota: z\n");
    assert_entry(&log, 0, 1, 0, "", "13:27:59.686 ->");
    assert_entry(&log, 1, 1, 'I', "boot", "x");
    assert_entry(&log, 2, 2, 0, "", "[08:27:20]");
    assert_entry(&log, 3, 2, 'E', "ota", "y");
    assert_entry(&log, 4, 3, 'I', "esp_https_ota", "z");
    serial_log_free(&log);
}

static void headers_of_other_frameworks(void **state)
{
    (void)state;
    struct serial_log log = PARSED("[ 67607][E][HTTPUpdate.cpp:442] runUpdate(): failed\n"
                                   "[I][safe_mode:142]: Boot seems successful\n");
    assert_entry(&log, 1, 1, 'E', "HTTPUpdate.cpp", "runUpdate(): failed");
    assert_entry(&log, 2, 2, 'I', "safe_mode", "Boot seems successful");
    serial_log_free(&log);
}

static void two_lines_in_one(void **state)
{
    (void)state;
    struct serial_log log =
        PARSED("I (1) a: Starting OI (2) b: run\nmI (3) c: no\n[0;32mI (4) d: lost ESC\n");
    /* What is cut by another line in the middle of a word can't be told from that word. */
    assert_entry(&log, 0, 1, 'I', "a", "Starting OI (2) b: run");
    assert_entry(&log, 1, 2, 0, "", "mI (3) c: no");
    assert_entry(&log, 3, 3, 'I', "d", "lost ESC");
    serial_log_free(&log);
    log = PARSED("I (1) a: Starting I (2) b: run");
    assert_entry(&log, 0, 1, 'I', "a", "Starting");
    assert_entry(&log, 1, 1, 'I', "b", "run");
    serial_log_free(&log);
}

static void saved_as_utf_16(void **state)
{
    (void)state;
    struct serial_log log =
        PARSED("\xff\xfeI\0 \0(\0001\0)\0 \0a\0:\0 \0x\0\r\0\n\0E\0 \0(\0002\0)\0 \0b\0:\0 \0y\0");
    assert_int_equal(log.count, 3);
    assert_entry(&log, 1, 1, 'I', "a", "x");
    assert_entry(&log, 2, 2, 'E', "b", "y");
    serial_log_free(&log);
}

static void nothing_reaches_a_terminal(void **state)
{
    (void)state;
    struct serial_log log = PARSED("I (1) a: \x1b]0;title\x07 \xc2\x9b"
                                   "31m \x7f\x08\n\x1b");
    for (size_t i = 0; i < log.count; i++) {
        for (size_t j = 0; j < log.entries[i].text.length; j++) {
            char c = log.entries[i].text.bytes[j];
            assert_true(c >= ' ' && c <= '~');
        }
    }
    serial_log_free(&log);
}

static void a_lone_carriage_return_ends_no_line_of_the_file(void **state)
{
    (void)state;
    struct serial_log log = PARSED("10%\r20%\rI (1) a: done\nI (2) a: next\n");
    assert_entry(&log, 2, 1, 'I', "a", "done");
    assert_entry(&log, 3, 2, 'I', "a", "next");
    assert_int_equal(log.lines, 2);
    serial_log_free(&log);
}

static void what_is_almost_a_header(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "I (",     "I ()",    "I (1)",      "I (1) ",
        "I (1) a", "I (1) :", "I (x) a: b", "X (1) a:",
        "[E][",    "[E][a",   "[E]",        "\x1b",
        "\x1b[",   "\x1b[0;", "",           "I (1234567890123456789012345) a: b"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct serial_log log = parsed(lines[i], strlen(lines[i]));
        for (size_t j = 0; j < log.count; j++) {
            assert_int_equal(log.entries[j].level, 0);
        }
        serial_log_free(&log);
    }
}

static void a_line_without_end(void **state)
{
    (void)state;
    size_t length = 1 << 20;
    char *bytes = malloc(length);
    assert_non_null(bytes);
    memset(bytes, 'x', length);
    memcpy(bytes + length - 12, "\nI (1) a: end", 12);
    struct serial_log log = parsed(bytes, length);
    assert_int_equal(log.entries[0].text.length, SERIAL_LINE_MAX);
    assert_entry(&log, 1, 2, 'I', "a", "en");
    serial_log_free(&log);
    free(bytes);
}

static void numbers(void **state)
{
    (void)state;
    uint32_t value = 0;
#define TEXT_OF(literal) ((struct serial_text){literal, sizeof(literal) - 1})
    assert_true(serial_text_number(TEXT_OF(" 0x110000 "), 16, &value));
    assert_int_equal(value, 0x110000);
    assert_true(serial_text_number(TEXT_OF("110000"), 16, &value));
    assert_int_equal(value, 0x110000);
    assert_true(serial_text_number(TEXT_OF("16at"), 10, &value));
    assert_int_equal(value, 16);
    assert_true(serial_text_number(TEXT_OF("4294967295"), 10, &value));
    assert_false(serial_text_number(TEXT_OF("4294967296"), 10, &value));
    assert_false(serial_text_number(TEXT_OF("99999999999999999999999"), 16, &value));
    assert_false(serial_text_number(TEXT_OF("0x"), 16, &value));
    assert_false(serial_text_number(TEXT_OF("-1"), 10, &value));
    assert_false(serial_text_number(TEXT_OF(""), 10, &value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_of_esp_log),
        cmocka_unit_test(colours_and_dos_line_ends),
        cmocka_unit_test(times_of_terminal_programs),
        cmocka_unit_test(headers_of_other_frameworks),
        cmocka_unit_test(two_lines_in_one),
        cmocka_unit_test(saved_as_utf_16),
        cmocka_unit_test(nothing_reaches_a_terminal),
        cmocka_unit_test(a_lone_carriage_return_ends_no_line_of_the_file),
        cmocka_unit_test(what_is_almost_a_header),
        cmocka_unit_test(a_line_without_end),
        cmocka_unit_test(numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
