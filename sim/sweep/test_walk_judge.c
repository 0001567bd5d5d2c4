/* Traces written by hand: what a walk may come to, and what it must not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "walk.h"

#define BOOT(n, slot, version)                                                                     \
    "{\"kind\":\"boot\",\"n\":" #n ",\"running\":\"" slot "\",\"version\":\"" version "\"},"
#define UPDATES                                                                                    \
    "{\"kind\":\"enter\",\"fn\":\"esp_https_ota\"},"                                               \
    "{\"kind\":\"call\",\"fn\":\"esp_https_ota\",\"ret\":0,\"err\":\"ESP_OK\"},"
#define CONFIRMS "{\"kind\":\"call\",\"fn\":\"esp_ota_mark_app_valid_cancel_rollback\",\"ret\":0},"
#define REFUSES                                                                                    \
    "{\"kind\":\"enter\",\"fn\":\"esp_ota_set_boot_partition\"},"                                  \
    "{\"kind\":\"call\",\"fn\":\"esp_ota_set_boot_partition\",\"ret\":258,\"err\":\"\"},"
#define END(how)   "{\"kind\":\"end\",\"how\":\"" how "\",\"detail\":\"\"},"
#define LEFT(n)    "{\"kind\":\"heap_end\",\"blocks\":" #n "},"
#define LEAK_QUIRK "{\"kind\":\"quirk\",\"name\":\"failed-begin-leaks\"},"

#define APPS                                                                                       \
    .apps = {{.label = FACTORY, .image = {.version = "1.0.0"}},                                    \
             {.label = OTA_0, .image = {.version = "1.5.0"}}}

static const struct scenario plain = {
    .firmware = "updater-allow_http",
    .device = {APPS},
};
static const struct scenario rollback = {
    .firmware = "updater-rollback-allow_http",
    .device = {APPS},
};

static const struct row {
    const struct scenario *scenario;
    const char *trace;  /* records, each with a comma after it */
    const char *class;  /* of the only finding; NULL: none */
    const char *should; /* what should have booted; NULL: not said */
    const char *window;
} rows[] = {
    {&plain, BOOT(0, "factory", "1.0.0") UPDATES END("restart") BOOT(1, "ota_0", "2.0.0"), NULL,
     NULL, NULL},
    {&plain, BOOT(0, "factory", "1.0.0") UPDATES END("restart") END("no-app"), "brick", "factory",
     NULL},
    /* That it booted once is no excuse. */
    {&plain,
     BOOT(0, "factory", "1.0.0") UPDATES END("restart") BOOT(1, "ota_0", "2.0.0") END("power-cut")
         END("no-app"),
     "brick", "ota_0", NULL},
    {&plain, BOOT(0, "factory", "1.0.0") END("idle") BOOT(1, "ota_0", "1.5.0"), "silent downgrade",
     "factory", NULL},
    {&plain,
     BOOT(0, "factory", "1.0.0") UPDATES END("restart") BOOT(1, "ota_0", "2.0.0") END("idle")
         BOOT(2, "factory", "1.0.0"),
     "silent downgrade", "ota_0", NULL},
    {&plain, BOOT(0, "factory", "1.0.0") REFUSES END("idle") BOOT(1, "ota_0", "2.0.0"),
     "lost update", "factory", NULL},
    {&plain, BOOT(0, "factory", "1.0.0") UPDATES END("restart") BOOT(1, "ota_0", "3.0.0"),
     "wrong image", "factory", NULL},
    {&rollback,
     BOOT(0, "factory", "1.0.0") UPDATES END("restart") BOOT(1, "ota_0", "2.0.0") END("idle")
         BOOT(2, "factory", "1.0.0"),
     NULL, NULL, NULL},
    {&rollback,
     BOOT(0, "factory", "1.0.0") UPDATES END("restart") BOOT(1, "ota_0", "2.0.0") END("power-cut")
         BOOT(2, "ota_0", "2.0.0"),
     "unconfirmed survives", "factory", NULL},
    {&rollback,
     BOOT(0, "factory", "1.0.0") UPDATES END("restart") BOOT(1, "ota_0", "2.0.0")
         CONFIRMS END("power-cut") BOOT(2, "ota_0", "2.0.0"),
     NULL, NULL, NULL},
    /* Back to a slot that holds the same version, and was confirmed. */
    {&rollback,
     BOOT(0, "ota_0", "1.5.0") UPDATES END("restart") BOOT(1, "ota_1", "2.0.0")
         CONFIRMS UPDATES END("restart") BOOT(2, "ota_0", "2.0.0") END("power-cut")
             BOOT(3, "ota_1", "2.0.0"),
     NULL, NULL, NULL},
    {&plain, BOOT(0, "factory", "1.0.0") LEFT(1) END("idle"), "leak", NULL, NULL},
    {&plain, BOOT(0, "factory", "1.0.0") LEAK_QUIRK LEFT(1) END("idle"), "leak", NULL,
     "failed-begin-leaks"},
    {&plain, BOOT(0, "factory", "1.0.0") LEAK_QUIRK LEFT(2) END("idle"), "leak", NULL, NULL},
    {&plain, BOOT(0, "factory", "1.0.0") END("panic"), "crash", NULL, NULL},
};

static void check(const struct row *row)
{
    char text[4096];
    snprintf(text, sizeof text, "[%snull]", row->trace);
    json_t *trace = json_loads(text, 0, NULL);
    assert_non_null(trace);
    json_t *findings = walk_judge(row->scenario, trace, 0);
    const json_t *finding = json_array_get(findings, 0);
    static const char *const fields[] = {"class", "partition", "window"};
    const char *const wanted[] = {row->class, row->should, row->window};
    assert_int_equal(json_array_size(findings), row->class != NULL);
    for (size_t i = 0; i < 3; i++) {
        const char *actual = json_string_value(json_object_get(finding, fields[i]));
        assert_string_equal(actual != NULL ? actual : "(none)",
                            wanted[i] != NULL ? wanted[i] : "(none)");
    }
    json_decref(findings);
    json_decref(trace);
}

static void each_trace_has_its_verdict(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        print_message("trace %zu\n", i);
        check(&rows[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_trace_has_its_verdict)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
