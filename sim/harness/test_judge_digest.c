/* The example of RFC 7616, 3.9.1, and answers that are wrong in one thing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "judge_digest.h"

#define NONCE  "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
#define OPAQUE "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
#define URI    "/dir/index.html"

#define ANSWER(algorithm, response)                                                                \
    "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", uri=\"" URI                      \
    "\", algorithm=" algorithm ", nonce=\"" NONCE "\", nc=00000001, "                              \
    "cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", qop=auth, response=\"" response      \
    "\", opaque=\"" OPAQUE "\""
#define MD5_ANSWER ANSWER("MD5", "8ca523f5e9506fed4657c9700eebdbec")

static const struct expected_digest mufasa = {
    .username = "Mufasa",
    .password = "Circle of Life",
    .nonce = NONCE,
    .opaque = OPAQUE,
    .count = 1,
};

static void the_example_is_right(void **state)
{
    (void)state;
    assert_true(judge_digest(&mufasa, "GET", URI, MD5_ANSWER));
    assert_true(judge_digest(
        &mufasa, "GET", URI,
        ANSWER("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1")));
}

static void another_request_or_algorithm_is_wrong(void **state)
{
    (void)state;
    assert_false(judge_digest(&mufasa, "HEAD", URI, MD5_ANSWER));
    assert_false(judge_digest(&mufasa, "GET", "/dir/", MD5_ANSWER));
    assert_false(
        judge_digest(&mufasa, "GET", URI, ANSWER("MD5-sess", "8ca523f5e9506fed4657c9700eebdbec")));
    assert_false(
        judge_digest(&mufasa, "GET", URI, ANSWER("SHA-256", "8ca523f5e9506fed4657c9700eebdbec")));
}

static void another_user_challenge_or_count_is_wrong(void **state)
{
    (void)state;
    struct expected_digest other[] = {mufasa, mufasa, mufasa, mufasa, mufasa};
    other[0].username = "Scar";
    other[1].password = "Be Prepared";
    other[2].nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093";
    other[3].opaque = NULL;
    other[4].count = 2;
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
        assert_false(judge_digest(&other[i], "GET", URI, MD5_ANSWER));
    }
}

static void what_is_no_answer_is_wrong(void **state)
{
    (void)state;
    static const char *const none[] = {
        NULL,
        "",
        "Digest",
        "Digest ",
        "Digest =",
        "Basic dTpw",
        "Digest ,,,",
        "Digest a",
        "Digest a=",
        "Digest username=\"",
        "Digest a=\"\\",
        "Digest a=,",
        "Digest ,=",
        "Digest \"\"",
        "Digest username",
    };
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        assert_false(judge_digest(&mufasa, "GET", URI, none[i]));
    }
    char longest[4000];
    memset(longest, 'a', sizeof longest);
    memcpy(longest, "Digest nonce=", 13);
    longest[sizeof longest - 1] = '\0';
    assert_false(judge_digest(&mufasa, "GET", URI, longest));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_is_right),
        cmocka_unit_test(another_request_or_algorithm_is_wrong),
        cmocka_unit_test(another_user_challenge_or_count_is_wrong),
        cmocka_unit_test(what_is_no_answer_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
