#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "http_auth.h"
#include "http_memory.h"

static struct http_challenge parse(const char *text)
{
    struct http_challenge challenge;
    assert_int_equal(http_challenge_parse(text, &challenge), ESP_OK);
    return challenge;
}

static void assert_answer(const char *challenge_text, const struct http_digest_request *request,
                          const char *expected)
{
    struct http_challenge challenge = parse(challenge_text);
    char *answer = http_auth_digest(&challenge, request);
    assert_non_null(answer);
    assert_string_equal(answer, expected);
    http_free(answer);
    http_challenge_clear(&challenge);
}

/* RFC 7617, 2. */
static void basic_as_in_the_rfc(void **state)
{
    (void)state;
    static const struct {
        const char *username, *password, *answer;
    } cases[] = {
        {"Aladdin", "open sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},
        {"user", "pass", "Basic dXNlcjpwYXNz"},
        {"", "", "Basic Og=="},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *answer = http_auth_basic(cases[i].username, cases[i].password);
        assert_string_equal(answer, cases[i].answer);
        http_free(answer);
    }
}

#define RFC_NONCE  "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
#define RFC_OPAQUE "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
#define RFC_CNONCE "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"

static const struct http_digest_request rfc_request = {
    .username = "Mufasa",
    .password = "Circle of Life",
    .method = "GET",
    .uri = "/dir/index.html",
    .cnonce = RFC_CNONCE,
    .count = 1,
};

/* RFC 7616, 3.9.1. */
static void digest_as_in_the_rfc(void **state)
{
    (void)state;
    assert_answer("Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=MD5, "
                  "nonce=\"" RFC_NONCE "\", opaque=\"" RFC_OPAQUE "\"",
                  &rfc_request,
                  "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", "
                  "nonce=\"" RFC_NONCE "\", uri=\"/dir/index.html\", algorithm=MD5, "
                  "response=\"8ca523f5e9506fed4657c9700eebdbec\", qop=auth, nc=00000001, "
                  "cnonce=\"" RFC_CNONCE "\", opaque=\"" RFC_OPAQUE "\"");
    assert_answer("Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", "
                  "algorithm=SHA-256, nonce=\"" RFC_NONCE "\", opaque=\"" RFC_OPAQUE "\"",
                  &rfc_request,
                  "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", "
                  "nonce=\"" RFC_NONCE "\", uri=\"/dir/index.html\", algorithm=SHA-256, "
                  "response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\", "
                  "qop=auth, nc=00000001, cnonce=\"" RFC_CNONCE "\", opaque=\"" RFC_OPAQUE "\"");
}

/* RFC 2617, 3.5, without its qop: what RFC 2069 servers send. The response is
 * MD5(MD5(user:realm:password):nonce:MD5(method:uri)). */
static void digest_without_qop(void **state)
{
    (void)state;
    const struct http_digest_request request = {
        .username = "Mufasa",
        .password = "CircleOfLife",
        .method = "GET",
        .uri = "/dir/index.html",
        .cnonce = "x",
        .count = 1,
    };
    assert_answer(
        "Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"",
        &request,
        "Digest username=\"Mufasa\", realm=\"testrealm@host.com\", "
        "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"/dir/index.html\", "
        "algorithm=MD5, response=\"1949323746fe6a43ef61f9606e7febea\"");
}

static void digest_escapes_what_it_quotes(void **state)
{
    (void)state;
    struct http_digest_request request = rfc_request;
    request.username = "a\"b\\c";
    struct http_challenge challenge =
        parse("digest REALM = \"say \\\"hi\\\"\" ,nonce=n,foo=\"a,b=c\"");
    assert_string_equal(challenge.realm, "say \"hi\"");
    assert_string_equal(challenge.nonce, "n");
    assert_false(challenge.has_qop);
    char *answer = http_auth_digest(&challenge, &request);
    assert_non_null(strstr(answer, "username=\"a\\\"b\\\\c\", realm=\"say \\\"hi\\\"\""));
    http_free(answer);
    http_challenge_clear(&challenge);
}

static void other_challenges(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        esp_err_t err;
        esp_http_client_auth_type_t type;
    } cases[] = {
        {"Basic realm=\"x\"", ESP_OK, HTTP_AUTH_TYPE_BASIC},
        {"bAsIc", ESP_OK, HTTP_AUTH_TYPE_BASIC},
        {"Basically", ESP_OK, HTTP_AUTH_TYPE_NONE},
        {"Bearer realm=\"x\"", ESP_OK, HTTP_AUTH_TYPE_NONE},
        {"", ESP_OK, HTTP_AUTH_TYPE_NONE},
        {"Digest", ESP_ERR_INVALID_ARG, HTTP_AUTH_TYPE_NONE},
        {"Digest realm=\"x\"", ESP_ERR_INVALID_ARG, HTTP_AUTH_TYPE_NONE},
        {"Digest realm=\"x\", nonce=\"y", ESP_OK, HTTP_AUTH_TYPE_DIGEST},
        {"Digest realm=\"x\", nonce=\"y\\", ESP_OK, HTTP_AUTH_TYPE_DIGEST},
        {"Digest =\"x\", nonce=\"y\"", ESP_ERR_INVALID_ARG, HTTP_AUTH_TYPE_NONE},
        {"Digest realm=x, nonce=y, algorithm=SHA-1", ESP_ERR_NOT_SUPPORTED, HTTP_AUTH_TYPE_NONE},
        {"Digest realm=x, nonce=y, qop=auth-int", ESP_ERR_NOT_SUPPORTED, HTTP_AUTH_TYPE_NONE},
        {"Digest realm=x, realm=z, nonce=y, qop=\"auth-int,auth\"", ESP_OK, HTTP_AUTH_TYPE_DIGEST},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct http_challenge challenge;
        if (http_challenge_parse(cases[i].text, &challenge) != cases[i].err) {
            fail_msg("%s", cases[i].text);
        }
        assert_int_equal(challenge.type, cases[i].type);
        http_challenge_clear(&challenge);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(basic_as_in_the_rfc), cmocka_unit_test(digest_as_in_the_rfc),
        cmocka_unit_test(digest_without_qop),  cmocka_unit_test(digest_escapes_what_it_quotes),
        cmocka_unit_test(other_challenges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
