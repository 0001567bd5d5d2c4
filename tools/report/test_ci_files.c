/* JUnit and TAP, whatever the scenarios are called and however many fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "commands.h"
#include "junit.h"
#include "markup.h"
#include "tap.h"
#include "verdicts.h"

/* The harness wants to know all tables; here are none. */
const struct scenario *const scenario_tables[] = {NULL};

#define HOSTILE "odd/<b a=\"'x'\">&amp; # \\ \x01\x1b[31m \xff \xc3\xa9 ]]> -->"

static char *escaped(const char *bytes)
{
    struct text text = {0};
    markup_add(&text, bytes);
    return text_take(&text);
}

static void assert_escaped(const char *bytes, const char *expected)
{
    char *actual = escaped(bytes);
    assert_string_equal(actual, expected);
    free(actual);
}

static void markup_is_text_again(void **state)
{
    (void)state;
    assert_escaped("a<b>&\"c\"'d'", "a&lt;b&gt;&amp;&quot;c&quot;&#39;d&#39;");
    assert_escaped("line\n\ttab\r", "line&#10;&#9;tab&#13;");
    assert_escaped("\xC3\xA9 \xE2\x86\x92 \xF0\x9F\x98\x80",
                   "\xC3\xA9 \xE2\x86\x92 \xF0\x9F\x98\x80");
}

static void what_xml_cannot_hold_is_shown(void **state)
{
    (void)state;
    assert_escaped("\x01\x1b[0m\x7f", "\\x01\\x1B[0m\\x7F");
    assert_escaped("\xC2\x85", "\\xC2\\x85");
    assert_escaped("\xEF\xBF\xBF", "\\xEF\\xBF\\xBF");
    assert_escaped("\xED\xA0\x80", "\\xED\\xA0\\x80");
    assert_escaped("\xC0\xAF", "\\xC0\\xAF");
    assert_escaped("\xF8\x88\x80\x80\x80", "\\xF8\\x88\\x80\\x80\\x80");
    assert_escaped("\xE2\x86", "\\xE2\\x86");
    assert_escaped("\xF4\x90\x80\x80", "\\xF4\\x90\\x80\\x80");
}

static const struct scenario odd[] = {
    {.name = HOSTILE, .about = "fails"},
    {.name = "odd/passes", .about = "passes"},
    {.name = "other/skipped", .about = "is skipped"},
    {.name = "other/never-run", .about = "is never run"},
};

static struct verdicts odd_verdicts(void)
{
    const struct scenario *rows[] = {&odd[0], &odd[1], &odd[2], &odd[3]};
    struct verdicts verdicts = verdicts_create(rows, 4);
    json_t *quirks = json_pack("[s]", "drain-waits");
    const struct scenario_outcome outcomes[] = {
        {.scenario = &odd[1], .passed = true, .text = "", .quirks = quirks, .milliseconds = 1500},
        {.scenario = &odd[2], .passed = true, .skipped = true, .text = "  a # file is missing\n"},
        {.scenario = &odd[0], .text = "  result\n      <expected> \x02\n"},
    };
    for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++) {
        verdicts_take(&verdicts, &outcomes[i]);
    }
    json_decref(quirks);
    return verdicts;
}

static void junit_holds_odd_names(void **state)
{
    (void)state;
    struct verdicts verdicts = odd_verdicts();
    struct text text = {0};
    junit_add(&text, &verdicts, 0);
    char *xml = text_take(&text);
    assert_non_null(strstr(xml,
                           "name=\"&lt;b a=&quot;&#39;x&#39;&quot;&gt;&amp;amp; # \\ \\x01\\x1B"
                           "[31m \\xFF \xC3\xA9 ]]&gt; --&gt;\""));
    assert_non_null(strstr(xml, "<failure type=\"expectation\" message=\"result\">"));
    assert_non_null(strstr(xml, "&lt;expected&gt; \\x02"));
    assert_non_null(strstr(xml, "<testsuite name=\"odd\" id=\"0\" package=\"otasim\" "
                                "hostname=\"localhost\" timestamp=\"1970-01-01T00:00:00\" "
                                "tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"0\" "
                                "time=\"1.500\">"));
    assert_non_null(strstr(xml, "tests=\"2\" failures=\"0\" errors=\"1\" skipped=\"1\""));
    assert_non_null(strstr(xml, "<error type=\"not run\""));
    assert_non_null(strstr(xml, "odd/passes met the hazard drain-waits"));
    free(xml);
    verdicts_free(&verdicts);
}

static void tap_points_are_one_line_each(void **state)
{
    (void)state;
    struct verdicts verdicts = odd_verdicts();
    struct text text = {0};
    tap_begin(&text, verdicts.count);
    for (size_t i = 0; i < verdicts.count; i++) {
        tap_point(&text, i + 1, &verdicts.rows[i]);
    }
    char *lines = text_take(&text);
    assert_string_equal(lines, "TAP version 14\n"
                               "1..4\n"
                               "not ok 1 - odd/<b a=\"'x'\">&amp; \\# \\\\ \\x01\\x1B[31m \\xFF "
                               "\xC3\xA9 ]]> -->\n"
                               "  ---\n"
                               "  message: |2\n"
                               "      result\n"
                               "          <expected> \\x02\n"
                               "  ...\n"
                               "ok 2 - odd/passes\n"
                               "ok 3 - other/skipped # SKIP a # file is missing\n"
                               "not ok 4 - other/never-run\n"
                               "  ---\n"
                               "  message: |2\n"
                               "    the run broke off before it\n"
                               "  ...\n");
    free(lines);
    verdicts_free(&verdicts);
}

/* An exit status has eight bits. */
static void any_number_of_failures_is_a_failure(void **state)
{
    (void)state;
    for (size_t failures = 1; failures <= 1024; failures++) {
        const struct verdict_counts counts = {.passed = 3, .failed = failures};
        assert_int_equal(verdicts_status(&counts), EXIT_FAILED);
    }
    assert_int_equal(verdicts_status(&(struct verdict_counts){.passed = 3, .missing = 256}),
                     EXIT_FAILED);
    assert_int_equal(verdicts_status(&(struct verdict_counts){.passed = 3, .skipped = 1}), EXIT_OK);
    assert_int_equal(verdicts_status(&(struct verdict_counts){.skipped = 3}), EXIT_SKIPPED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(markup_is_text_again),
        cmocka_unit_test(what_xml_cannot_hold_is_shown),
        cmocka_unit_test(junit_holds_odd_names),
        cmocka_unit_test(tap_points_are_one_line_each),
        cmocka_unit_test(any_number_of_failures_is_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
