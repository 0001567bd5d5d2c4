#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "http_url.h"

static void assert_text(const char *actual, const char *expected)
{
    if (expected == NULL) {
        assert_null(actual);
    } else {
        assert_non_null(actual);
        assert_string_equal(actual, expected);
    }
}

static void takes_urls_apart(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        struct http_url url;
    } cases[] = {
        {"http://localhost", {.scheme = "http", .host = "localhost", .path = "/"}},
        {"https://localhost:8443/fw.bin?v=1&x=%20y#top",
         {.scheme = "https",
          .host = "localhost",
          .port = 8443,
          .path = "/fw.bin",
          .query = "v=1&x=%20y"}},
        {"HTTP://Host/a/../b", {.scheme = "http", .host = "Host", .path = "/a/../b"}},
        {"http://user%40x:p%3Aw@host/",
         {.scheme = "http", .host = "host", .path = "/", .username = "user@x", .password = "p:w"}},
        {"http://[::1]:80/", {.scheme = "http", .host = "::1", .port = 80, .path = "/"}},
        {"ftp://host:21/x", {.scheme = "ftp", .host = "host", .port = 21, .path = "/x"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct http_url url;
        assert_int_equal(http_url_parse(cases[i].text, &url), ESP_OK);
        assert_text(url.scheme, cases[i].url.scheme);
        assert_text(url.host, cases[i].url.host);
        assert_int_equal(url.port, cases[i].url.port);
        assert_text(url.path, cases[i].url.path);
        assert_text(url.query, cases[i].url.query);
        assert_text(url.username, cases[i].url.username);
        assert_text(url.password, cases[i].url.password);
        http_url_clear(&url);
    }
}

static void refuses_what_is_no_absolute_url(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "not-a-url",
        "/fw.bin",
        "?v=2",
        "//host/x",
        "http://",
        "ht!tp://host/",
        "http://a b/",
        "http://host/a b",
        "http://host/\xC3\xA9",
        "http://h/\r\nX: y",
        "http://host:99999/",
        "http://host:x/",
        "mailto:x",
        "http://h\x01/",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct http_url url;
        if (http_url_parse(texts[i], &url) != ESP_ERR_INVALID_ARG) {
            fail_msg("\"%s\" was taken for a URL", texts[i]);
        }
        assert_null(url.host);
    }
}

static void takes_paths_apart(void **state)
{
    (void)state;
    static const struct {
        const char *text, *path, *query;
    } cases[] = {
        {"/", "/", NULL},
        {"/b.bin?x=1&y=2", "/b.bin", "x=1&y=2"},
        {"//cdn/fw.bin", "//cdn/fw.bin", NULL},
        {"/a#f?g", "/a", NULL},
        {"/a?b#c", "/a", "b"},
        {"/a?", "/a", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct http_url url;
        assert_int_equal(http_url_parse_path(cases[i].text, &url), ESP_OK);
        assert_text(url.path, cases[i].path);
        assert_text(url.query, cases[i].query);
        http_url_clear(&url);
    }
    struct http_url url;
    assert_int_equal(http_url_parse_path("fw.bin", &url), ESP_ERR_INVALID_ARG);
    assert_int_equal(http_url_parse_path("/a b", &url), ESP_ERR_INVALID_ARG);
    assert_int_equal(http_url_parse_path("/a\r\nb", &url), ESP_ERR_INVALID_ARG);
}

/* The examples of RFC 3986, 5.4.1, as far as http knows them. */
static void resolves_references(void **state)
{
    (void)state;
    static const struct {
        const char *reference, *target;
    } cases[] = {
        {"g", "http://a/b/c/g"},        {"./g", "http://a/b/c/g"}, {"g/", "http://a/b/c/g/"},
        {"/g", "http://a/g"},           {"//g/", "http://g/"},     {"?y", "http://a/b/c/d;p?y"},
        {"g?y", "http://a/b/c/g?y"},    {"../g", "http://a/b/g"},  {"../../g", "http://a/g"},
        {"https://x/y", "https://x/y"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *target = http_url_resolve("http://a/b/c/d;p?q", cases[i].reference);
        assert_text(target, cases[i].target);
        http_url_free_text(target);
    }
    assert_null(http_url_resolve("http://a/", "b c"));
}

static void puts_urls_together(void **state)
{
    (void)state;
    static const struct {
        struct http_url url;
        const char *text, *authority;
    } cases[] = {
        {{.scheme = "https", .host = "h", .port = 443, .path = "/a"}, "https://h/a", "h"},
        {{.scheme = "http", .host = "h", .port = 443, .path = "/", .query = "q"},
         "http://h:443/?q",
         "h:443"},
        {{.scheme = "http", .host = "::1", .port = 80, .path = "/", .username = "u"},
         "http://[::1]/",
         "[::1]"},
    };
    char text[64];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(http_url_compose(&cases[i].url, text, sizeof text));
        assert_string_equal(text, cases[i].text);
        assert_true(http_url_authority(&cases[i].url, text, sizeof text));
        assert_string_equal(text, cases[i].authority);
        assert_false(http_url_compose(&cases[i].url, text, strlen(cases[i].text)));
        assert_int_equal(strlen(text), strlen(cases[i].text) - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_urls_apart),   cmocka_unit_test(refuses_what_is_no_absolute_url),
        cmocka_unit_test(takes_paths_apart),  cmocka_unit_test(resolves_references),
        cmocka_unit_test(puts_urls_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
