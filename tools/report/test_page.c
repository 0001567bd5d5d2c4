/* The page holds what it is told, as text, and stays small. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "axis.h"
#include "event_names.h"
#include "flash_facts.h"
#include "page.h"
#include "sweep_results.h"

/* The harness wants to know all tables; here are none. */
const struct scenario *const scenario_tables[] = {NULL};

#define SCRIPT "<script>alert(1)</script>"

static json_t *record(const char *kind, int us, json_t *fields)
{
    json_t *all = json_pack("{s:i, s:s}", "t", us, "kind", kind);
    json_object_update(all, fields);
    json_decref(fields);
    return all;
}

/* Every text in it is markup, as a server or an application might send it. */
static json_t *hostile_facts(void)
{
    json_t *trace = json_pack(
        "[o, o, o, o, o, o, o, o, o, o, o]",
        record("boot", 0,
               json_pack("{s:s, s:s, s:s, s:i}", "reset", SCRIPT, "running", SCRIPT, "version",
                         SCRIPT, "n", 0)),
        record("enter", 1, json_pack("{s:s}", "fn", SCRIPT)),
        record("http", 2,
               json_pack("{s:s, s:s, s:s}", "what", "request", "method", SCRIPT, "url",
                         "https://h/" SCRIPT)),
        record("tls", 3,
               json_pack("{s:s, s:i, s:s, s:s}", "what", SCRIPT, "code", -0x2700, "text", SCRIPT,
                         "why", SCRIPT)),
        record("event", 4, json_pack("{s:s, s:i}", "base", SCRIPT, "id", 1)),
        record("quirk", 5, json_pack("{s:s}", "name", SCRIPT)),
        record("otadata", 6, json_pack("{s:i, s:s, s:s}", "entry", 0, "was", SCRIPT, "is", SCRIPT)),
        record("flash", 7,
               json_pack("{s:s, s:s, s:i}", "op", "erase", "at", SCRIPT "+0x0", "len", 4096)),
        record("log", 8,
               json_pack("{s:s, s:s, s:s, s:i}", "level", SCRIPT, "tag", SCRIPT, "text", SCRIPT,
                         "ms", 1)),
        record("call", 9, json_pack("{s:s, s:s, s:i}", "fn", SCRIPT, "err", SCRIPT, "ret", 1)),
        record("end", 10, json_pack("{s:s, s:s}", "how", SCRIPT, "detail", SCRIPT)));
    return json_pack("{s:b, s:b, s:s, s:[{s:s, s:s, s:s}], s:o, s:[{s:s, s:s, s:s}], s:[s], "
                     "s:{s:[{s:s, s:s, s:s, s:s, s:i, s:i, s:[[i, i, b, b, i]]}], s:{s:[s, s], "
                     "s:[s, s], s:s, s:s}}}",
                     "passed", 0, "skipped", 0, "error", SCRIPT, "mismatches", "field", SCRIPT,
                     "expected", SCRIPT, "actual", SCRIPT, "trace", trace, "requests", "method",
                     SCRIPT, "path", SCRIPT, "range", SCRIPT, "quirks", SCRIPT, "flash",
                     "partitions", "label", SCRIPT, "kind", "app/" SCRIPT, "before", SCRIPT,
                     "after", SCRIPT SCRIPT, "size", 8192, "erases", 1, "map", 0, 2, 1, 1, 1,
                     "otadata", "before", SCRIPT, SCRIPT, "after", SCRIPT, SCRIPT, "before_selects",
                     SCRIPT, "after_selects", SCRIPT);
}

static char *page_of(const struct scenario *scenario, const json_t *facts, const char *why,
                     const json_t *sweeps)
{
    const struct scenario *const rows[] = {scenario};
    struct page page = page_create(rows, 1);
    page.sweeps = sweeps;
    page_take(&page, 0, facts, why);
    struct text text = {0};
    page_add(&text, &page);
    page_free(&page);
    return text_take(&text);
}

static size_t occurrences(const char *text, const char *of)
{
    size_t count = 0;
    for (; (text = strstr(text, of)) != NULL; text++) {
        count++;
    }
    return count;
}

static void hostile_texts_stay_texts(void **state)
{
    (void)state;
    const struct scenario hostile = {
        .name = SCRIPT "/\"><img src=x>\x01",
        .about = SCRIPT,
        .source = SCRIPT,
        .catalogue = SCRIPT,
        .why = SCRIPT,
        .advice = SCRIPT,
        .server = {RESPONSE(302, .headers = {{"Location", SCRIPT}}, .body = TEXT(SCRIPT))},
    };
    json_t *facts = hostile_facts();
    assert_non_null(facts);
    json_t *sweeps =
        json_pack("[{s:s, s:s, s:{s:s, s:s, s:s, s:s}}, {s:s, s:s, s:{s:i}}]", "sweep", SCRIPT,
                  "scenario", SCRIPT, "finding", "at", "3/half", "class", SCRIPT, "text", SCRIPT,
                  "id", SCRIPT, "sweep", SCRIPT, "scenario", SCRIPT, "summary", SCRIPT, 1);
    assert_non_null(sweeps);
    char *html = page_of(&hostile, facts, NULL, sweeps);
    assert_null(strstr(html, "<script"));
    assert_null(strstr(html, "<img"));
    assert_null(strchr(html, '\x01'));
    assert_true(occurrences(html, "&lt;script&gt;alert(1)&lt;/script&gt;") > 40);
    free(html);
    json_decref(facts);
    json_decref(sweeps);
}

static void a_crashed_worker_is_a_failed_scenario(void **state)
{
    (void)state;
    const struct scenario scenario = {.name = "a/b", .about = "story"};
    char *html = page_of(&scenario, NULL, "the harness itself ended with signal 11", NULL);
    assert_non_null(strstr(html, "<div class=\"card failed\"><b>1</b> failed</div>"));
    assert_non_null(strstr(html, "the harness itself ended with signal 11"));
    free(html);
}

static json_t *long_trace(size_t operations)
{
    json_t *trace = json_array();
    for (size_t i = 0; i < operations; i++) {
        json_array_append_new(
            trace, record("flash", (int)i * 5000,
                          json_pack("{s:s, s:s, s:i}", "op", i % 17 == 0 ? "erase" : "program",
                                    "at", i % 2 != 0 ? "ota_0+0x0" : "nvs+0x1000", "len", 256)));
        json_array_append_new(trace,
                              record("event", (int)i * 5000,
                                     json_pack("{s:s, s:s}", "base", "ESP_HTTPS_OTA_EVENT", "name",
                                               event_full_name(EVENT_START + i % 9))));
        json_array_append_new(
            trace, record("log", (int)i * 5000,
                          json_pack("{s:s, s:s, s:s, s:i}", "level", "I", "tag", "app", "text",
                                    "a line that an application writes again and again", "ms", 1)));
    }
    return trace;
}

static void a_long_trace_makes_a_short_page(void **state)
{
    (void)state;
    const struct scenario scenario = {.name = "a/b", .about = "story"};
    json_t *facts = json_pack("{s:b, s:o}", "passed", 1, "trace", long_trace(20000));
    char *html = page_of(&scenario, facts, NULL, NULL);
    assert_true(strlen(html) < 200000);
    assert_non_null(strstr(html, "lines more: otasim trace a/b"));
    free(html);
    json_decref(facts);
}

static void boots_follow_each_other_on_the_axis(void **state)
{
    (void)state;
    json_t *trace = json_pack(
        "[o, o, o, o, o]", record("boot", 0, json_object()), record("end", 9000000, json_object()),
        record("backtrace", 9000000, json_object()), record("bootloader", 9002000, json_object()),
        record("end", 9002000, json_object()));
    struct axis axis = axis_create(trace);
    assert_int_equal(axis.count, 2);
    assert_int_equal(axis.boot_of[2], 0);
    assert_int_equal(axis.boot_of[3], 1);
    assert_true(axis.boots[0].width > axis.boots[1].width);
    assert_true(axis.boots[1].width > 5);
    assert_true(axis_x(&axis, 0, 0) == 0);
    assert_true(axis_x(&axis, 0, 9000000) < axis.boots[1].x);
    assert_true(axis_x(&axis, 1, 9002000) < 100);
    axis_free(&axis);
    json_decref(trace);
}

static void places_of_faults(void **state)
{
    (void)state;
    unsigned request;
    unsigned long place;
    assert_true(sweep_results_place("812/half,1/bits", &request, &place));
    assert_int_equal(place, 812);
    assert_int_equal(request, 0);
    assert_true(sweep_results_place("2+65577/silence", &request, &place));
    assert_int_equal(place, 65577);
    assert_int_equal(request, 2);
    assert_false(sweep_results_place("", &request, &place));
    assert_false(sweep_results_place("-1", &request, &place));
    assert_false(sweep_results_place("1+", &request, &place));
    assert_false(sweep_results_place("99999999999999999999999", &request, &place));
}

static const struct partition_table small_table = {
    .count = 2,
    .entries = {{.type = PARTITION_TYPE_DATA,
                 .subtype = PARTITION_DATA_OTA,
                 .offset = 0x1000,
                 .size = 0x2000,
                 .label = "ota+data"},
                {.type = PARTITION_TYPE_APP,
                 .subtype = PARTITION_APP_OTA_0,
                 .offset = 0x3000,
                 .size = 0x4000,
                 .label = "ota_0"}},
};

static json_t *operation(const char *op, const char *at, int length)
{
    return record("flash", 0, json_pack("{s:s, s:s, s:i}", "op", op, "at", at, "len", length));
}

static void the_trace_tells_what_was_erased(void **state)
{
    (void)state;
    struct flash *before = flash_create(0x8000);
    struct flash *after = flash_create(0x8000);
    const uint8_t byte = 0;
    flash_load(after, 0x4000, &byte, 1);
    json_t *trace = json_pack(
        "[o, o, o, o, o]", operation("erase", "ota_0+0x1000", 4096),
        operation("erase", "ota_0+0x1000", 4096), operation("program", "ota_0+0x1000", 1),
        operation("erase", "ota+data+0x0", 4096), operation("erase", "ota_0+0xfffffff0", 4096));
    json_t *facts = flash_facts(&small_table, before, after, trace);
    const json_t *partitions = json_object_get(facts, "partitions");
    const json_t *slot = json_array_get(partitions, 1);
    json_t *expected = json_pack("[[i,i,b,b,i], [i,i,b,b,i], [i,i,b,b,i]]", 0, 1, 0, 0, 0, 1, 1, 0,
                                 1, 2, 2, 2, 0, 0, 0);
    assert_true(json_equal(json_object_get(slot, "map"), expected));
    assert_int_equal(json_integer_value(json_object_get(slot, "most")), 2);
    assert_string_equal(json_string_value(json_object_get(slot, "before")), "empty");
    assert_int_equal(json_integer_value(json_object_get(json_array_get(partitions, 0), "erases")),
                     1);
    json_decref(expected);
    json_decref(facts);
    json_decref(trace);
    flash_destroy(before);
    flash_destroy(after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hostile_texts_stay_texts),
        cmocka_unit_test(a_crashed_worker_is_a_failed_scenario),
        cmocka_unit_test(a_long_trace_makes_a_short_page),
        cmocka_unit_test(boots_follow_each_other_on_the_axis),
        cmocka_unit_test(places_of_faults),
        cmocka_unit_test(the_trace_tells_what_was_erased),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
