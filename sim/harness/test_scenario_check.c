#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "scenario_check.h"

#define GOOD(title)                                                                                \
    {                                                                                              \
        .name = (title), .about = "a story", .server = { IMAGE() }                                 \
    }

static bool checks(const struct scenario *table, struct error *err)
{
    static const struct scenario other[] = {GOOD("other/one"), END_OF_SCENARIOS};
    const struct scenario *const tables[] = {other, table, NULL};
    return scenario_check(tables, NULL, err);
}

static void assert_refused(const struct scenario *table, const char *why)
{
    struct error err = {""};
    assert_false(checks(table, &err));
    if (strstr(err.text, why) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", err.text, why);
    }
}

static void good_tables_are_good(void **state)
{
    (void)state;
    struct error err;
    const struct scenario empty[] = {END_OF_SCENARIOS};
    const struct scenario table[] = {GOOD("family/one"), GOOD("family/two/steps-1.5"),
                                     END_OF_SCENARIOS};
    assert_true(checks(empty, &err));
    assert_true(checks(table, &err));
}

static void a_row_without_a_name_ends_no_table(void **state)
{
    (void)state;
    const struct scenario second[] = {
        GOOD("family/one"), {.about = "a story"}, GOOD("family/three"), END_OF_SCENARIOS};
    const struct scenario first[] = {{.about = "a story"}, END_OF_SCENARIOS};
    assert_refused(second, "the row after \"family/one\" has no .name");
    assert_refused(first, "no .name: \"a story\"");
}

static void names_are_checked(void **state)
{
    (void)state;
    static const char *const wrong[] = {"family",     "/one",           "family/",
                                        "family/a b", "family/\"a\"",   "family/$x",
                                        "family/a;b", "family/\xc3\xa9"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        const struct scenario table[] = {GOOD(wrong[i]), END_OF_SCENARIOS};
        assert_refused(table, wrong[i]);
    }
}

static void each_name_is_there_once(void **state)
{
    (void)state;
    const struct scenario within[] = {GOOD("family/one"), GOOD("family/one"), END_OF_SCENARIOS};
    const struct scenario across[] = {GOOD("other/one"), END_OF_SCENARIOS};
    assert_refused(within, "two scenarios are named \"family/one\"");
    assert_refused(across, "two scenarios are named \"other/one\"");
}

static void a_story_is_needed(void **state)
{
    (void)state;
    const struct scenario table[] = {{.name = "family/one"}, END_OF_SCENARIOS};
    assert_refused(table, "\"family/one\": .about");
}

static void a_response_without_a_status_ends_no_list(void **state)
{
    (void)state;
    const struct scenario first[] = {
        {.name = "family/one", .about = "a story", .server = {{.path = "/fw.bin"}, IMAGE()}},
        END_OF_SCENARIOS};
    const struct scenario second[] = {
        {.name = "family/one", .about = "a story", .server = {IMAGE(), {.cut_after = 1}}},
        END_OF_SCENARIOS};
    assert_refused(first, "response 1 has no status");
    assert_refused(second, "response 2 has no status");
}

static void an_updater_needs_a_server(void **state)
{
    (void)state;
    const struct scenario forgotten[] = {{.name = "family/one", .about = "a story"},
                                         END_OF_SCENARIOS};
    const struct scenario variant[] = {
        {.name = "family/one", .about = "a story", .firmware = "updater-rollback"},
        END_OF_SCENARIOS};
    const struct scenario without[] = {
        {.name = "family/boots", .about = "a story", .update.api = UPDATE_NOTHING},
        {.name = "family/silent", .about = "a story", .expect.no_requests = true},
        {.name = "family/outside", .about = "a story", .listeners.external = true},
        {.name = "family/another", .about = "a story", .firmware = "thermostat"},
        END_OF_SCENARIOS};
    const struct scenario *const of_a_project[] = {forgotten, NULL};
    struct error err = {""};
    assert_refused(forgotten, "\"family/one\": .server is missing");
    assert_refused(variant, "\"family/one\": .server is missing");
    assert_true(checks(without, &err));
    assert_true(scenario_check(of_a_project, "thermostat", &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_tables_are_good),
        cmocka_unit_test(a_row_without_a_name_ends_no_table),
        cmocka_unit_test(names_are_checked),
        cmocka_unit_test(each_name_is_there_once),
        cmocka_unit_test(a_story_is_needed),
        cmocka_unit_test(a_response_without_a_status_ends_no_list),
        cmocka_unit_test(an_updater_needs_a_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
