#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "release.h"

static void releases_are_read_from_their_names(void **state)
{
    (void)state;
    struct error err;
    uint32_t release = 0;
    char text[RELEASE_TEXT_LENGTH];
    assert_true(release_parse("5.1.2", &release, &err));
    assert_int_equal(release, 0x050102);
    assert_string_equal(release_text(release, text), "5.1.2");
    assert_true(release_parse("v5.3", &release, &err));
    assert_int_equal(release, 0x050305);
    assert_true(release_parse("master", &release, &err));
    assert_int_equal(release, release_master());
    assert_string_equal(release_text(release, text), "master");
}

static void what_is_no_release_is_refused_with_those_that_are(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",      "5",     "5.",    "x5.1",   "5.1.7.1",
                                        "5.1.x", "3.3.1", "5.1 ",  "9999.1", "5.256",
                                        "v",     "5..1",  "5.1.8", "6.9.0",  "5.1.7-rc"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct error err = {""};
        uint32_t release = 7;
        assert_false(release_parse(wrong[i], &release, &err));
        assert_int_equal(release, 7);
        assert_non_null(strstr(err.text, wrong[i]));
    }
}

static void a_change_is_in_each_branch_from_its_own_patch_on(void **state)
{
    (void)state;
    static const char changes[] = "5.0.6 5.1.3 5.2";
    assert_false(release_has(0x040408, changes));
    assert_false(release_has(0x050005, changes));
    assert_true(release_has(0x050006, changes));
    assert_false(release_has(0x050102, changes));
    assert_true(release_has(0x050103, changes));
    assert_true(release_has(0x050200, changes));
    assert_true(release_has(release_master(), changes));
    assert_false(release_has(release_master(), ""));
}

static void a_behaviour_lies_between_two_changes(void **state)
{
    (void)state;
    assert_true(release_between(0x050505, "5.3.3 5.4.2 5.5", "6.1"));
    assert_true(release_between(0x060002, "5.3.3 5.4.2 5.5", "6.1"));
    assert_false(release_between(0x050302, "5.3.3 5.4.2 5.5", "6.1"));
    assert_false(release_between(0x060100, "5.3.3 5.4.2 5.5", "6.1"));
    assert_true(release_between(0x040400, "", ""));
    assert_false(release_between(0x060002, "5.5.5 6.1", ""));
    assert_true(release_between(0x050505, "5.5.5 6.1", ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(releases_are_read_from_their_names),
        cmocka_unit_test(what_is_no_release_is_refused_with_those_that_are),
        cmocka_unit_test(a_change_is_in_each_branch_from_its_own_patch_on),
        cmocka_unit_test(a_behaviour_lies_between_two_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
