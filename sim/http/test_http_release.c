/* What the client of an older release does, on both sides of each change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "esp_http_client.h"
#include "esp_idf_version.h"
#include "test_http_server.h"

#define V4_4_8 ESP_IDF_VERSION_VAL(4, 4, 8)
#define V5_1_7 ESP_IDF_VERSION_VAL(5, 1, 7)
#define V5_3_5 ESP_IDF_VERSION_VAL(5, 3, 5)
#define V5_5_5 ESP_IDF_VERSION_VAL(5, 5, 5)
#define MASTER 0

/* Opens a GET and reads the response's header. */
static esp_http_client_handle_t get(const esp_http_client_config_t *config, int64_t *length)
{
    esp_http_client_handle_t client = esp_http_client_init(config);
    assert_non_null(client);
    assert_int_equal(esp_http_client_open(client, 0), ESP_OK);
    *length = esp_http_client_fetch_headers(client);
    return client;
}

/* What a body is to the application: how much can be read, and how that ends. */
static void assert_body(uint32_t release, const char *response, int bytes, int end)
{
    START(response);
    boot.release = release;
    const esp_http_client_config_t config = {.url = "http://localhost/"};
    int64_t length;
    esp_http_client_handle_t client = get(&config, &length);
    char body[100];
    int got, total = 0;
    while ((got = esp_http_client_read(client, body, sizeof body)) > 0) {
        total += got;
    }
    assert_int_equal(total, bytes);
    assert_int_equal(got, end);
    esp_http_client_cleanup(client);
    stop_server();
}

#define CLOSES "HTTP/1.1 200 OK\r\nConnection: close\r\n"

static void a_body_that_the_end_of_the_connection_delimits_fails_in_4_4(void **state)
{
    (void)state;
    assert_body(V4_4_8, CLOSES "\r\nabc", 3, ESP_FAIL);
    assert_body(V5_1_7, CLOSES "\r\nabc", 3, 0);
    assert_body(MASTER, CLOSES "\r\nabc", 3, 0);
}

static void what_came_of_a_broken_chunk_is_read_before_master(void **state)
{
    (void)state;
    static const char cut[] = CLOSES "Transfer-Encoding: chunked\r\n\r\n9\r\nabc";
    assert_body(V4_4_8, cut, 3, ESP_FAIL);
    assert_body(V5_5_5, cut, 3, ESP_FAIL);
    assert_body(MASTER, cut, 0, ESP_FAIL);
}

static void surplus_is_noticed_by_master_alone(void **state)
{
    (void)state;
    static const uint32_t releases[] = {V4_4_8, V5_3_5, V5_5_5, MASTER};
    for (size_t i = 0; i < sizeof releases / sizeof releases[0]; i++) {
        START("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef");
        boot.release = releases[i];
        const esp_http_client_config_t config = {.url = "http://localhost/"};
        int64_t length;
        esp_http_client_handle_t client = get(&config, &length);
        assert_int_equal(length, releases[i] == MASTER ? ESP_FAIL : 3);
        esp_http_client_cleanup(client);
        stop_server();
    }
}

static void a_strict_run_notices_surplus_in_any_release(void **state)
{
    (void)state;
    START("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef");
    boot.release = V5_5_5;
    boot.strict = true;
    const esp_http_client_config_t config = {.url = "http://localhost/"};
    int64_t length;
    esp_http_client_handle_t client = get(&config, &length);
    assert_int_equal(length, ESP_FAIL);
    esp_http_client_cleanup(client);
    stop_server();
}

static void a_timeout_in_the_header_is_a_failure_in_4_4(void **state)
{
    (void)state;
    static const struct {
        uint32_t release;
        int64_t length;
    } cases[] = {
        {V4_4_8, ESP_FAIL}, {V5_1_7, -ESP_ERR_HTTP_EAGAIN}, {MASTER, -ESP_ERR_HTTP_EAGAIN}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        START("HTTP/1.1 200 OK\r\n", OK);
        boot.release = cases[i].release;
        const esp_http_client_config_t config = {.url = "http://localhost/", .timeout_ms = 20};
        int64_t length;
        esp_http_client_handle_t client = get(&config, &length);
        assert_int_equal(length, cases[i].length);
        esp_http_client_cleanup(client);
        stop_server();
    }
}

static void credentials_follow_a_redirect_to_another_host_before_master(void **state)
{
    (void)state;
    static const uint32_t releases[] = {V4_4_8, V5_5_5, MASTER};
    for (size_t i = 0; i < sizeof releases / sizeof releases[0]; i++) {
        START(CHALLENGE("Basic realm=\"r\""), MOVED("http://other/c"), OK);
        boot.release = releases[i];
        const esp_http_client_config_t config = {.url = "http://u:p@localhost/a"};
        esp_http_client_handle_t client = esp_http_client_init(&config);
        assert_int_equal(esp_http_client_perform(client), ESP_OK);
        esp_http_client_cleanup(client);
        stop_server();
        assert_int_equal(server.seen, 3);
        assert_int_equal(strstr(server.requests[2], "Authorization: Basic") == NULL,
                         releases[i] == MASTER);
    }
}

static void a_challenge_that_cannot_be_answered_is_no_error_before_5_5(void **state)
{
    (void)state;
    static const struct {
        uint32_t release;
        esp_err_t perform, add_auth;
    } cases[] = {
        {V5_3_5, ESP_OK, ESP_OK},
        {V5_5_5, ESP_ERR_NOT_SUPPORTED, ESP_ERR_NOT_SUPPORTED},
        {MASTER, ESP_ERR_NOT_SUPPORTED, ESP_ERR_NOT_SUPPORTED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        START(CHALLENGE("Bearer realm=\"r\""), OK);
        boot.release = cases[i].release;
        const esp_http_client_config_t config = {.url = "http://u:p@localhost/a"};
        esp_http_client_handle_t client = esp_http_client_init(&config);
        assert_int_equal(esp_http_client_perform(client), cases[i].perform);
        assert_int_equal(esp_http_client_get_status_code(client), 401);
        assert_int_equal(esp_http_client_add_auth(client), cases[i].add_auth);
        esp_http_client_cleanup(client);
        stop_server();
        assert_int_equal(server.seen, 1);
    }
}

static void digest_is_md5_before_5_3(void **state)
{
    (void)state;
    static const struct {
        uint32_t release;
        const char *algorithm;
    } cases[] = {{V4_4_8, "algorithm=\"MD5\""},
                 {V5_1_7, "algorithm=\"MD5\""},
                 {V5_3_5, "algorithm=SHA-256"},
                 {MASTER, "algorithm=SHA-256"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        START(CHALLENGE("Digest realm=\"r\", nonce=\"n\", qop=\"auth\", algorithm=SHA-256"), OK);
        boot.release = cases[i].release;
        const esp_http_client_config_t config = {.url = "http://u:p@localhost/a"};
        esp_http_client_handle_t client = esp_http_client_init(&config);
        assert_int_equal(esp_http_client_perform(client), ESP_OK);
        esp_http_client_cleanup(client);
        stop_server();
        assert_non_null(strstr(server.requests[1], cases[i].algorithm));
    }
}

static void a_body_is_a_form_before_6_0(void **state)
{
    (void)state;
    static const uint32_t releases[] = {V4_4_8, V5_5_5, MASTER};
    for (size_t i = 0; i < 2 * sizeof releases / sizeof releases[0]; i++) {
        bool is_typed = i % 2 == 1;
        START(OK);
        boot.release = releases[i / 2];
        const esp_http_client_config_t config = {.url = "http://localhost/",
                                                 .method = HTTP_METHOD_POST};
        esp_http_client_handle_t client = esp_http_client_init(&config);
        if (is_typed) {
            esp_http_client_set_header(client, "Content-Type", "text/plain");
        }
        esp_http_client_set_post_field(client, "a=1", 3);
        assert_int_equal(esp_http_client_perform(client), ESP_OK);
        esp_http_client_cleanup(client);
        stop_server();
        bool is_form = strstr(server.requests[0],
                              "Content-Type: application/x-www-form-urlencoded\r\n") != NULL;
        assert_int_equal(is_form, !is_typed && releases[i / 2] != MASTER);
    }
}

/* What the server sees of it is in the recordings. */
static void a_request_that_is_too_long_is_cut_before_master(void **state)
{
    (void)state;
    static const struct {
        uint32_t release;
        esp_err_t err;
    } cases[] = {{V4_4_8, ESP_OK}, {V5_5_5, ESP_OK}, {MASTER, ESP_ERR_HTTP_HEADER_TOO_LONG}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        START(OK);
        boot.release = cases[i].release;
        const esp_http_client_config_t config = {.url = "http://localhost/", .buffer_size_tx = 30};
        esp_http_client_handle_t client = esp_http_client_init(&config);
        assert_int_equal(esp_http_client_open(client, 0), cases[i].err);
        esp_http_client_cleanup(client);
        stop_server();
    }
}

static int disconnections;

static esp_err_t count_disconnections(esp_http_client_event_t *event)
{
    disconnections += event->event_id == HTTP_EVENT_DISCONNECTED;
    return ESP_OK;
}

static void every_close_is_announced_before_5_3(void **state)
{
    (void)state;
    static const struct {
        uint32_t release;
        int unused, used; /* announcements */
    } cases[] = {{V4_4_8, 2, 3}, {V5_1_7, 2, 3}, {V5_3_5, 0, 1}, {MASTER, 0, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int is_used = 0; is_used <= 1; is_used++) {
            START(CLOSES "Content-Length: 3\r\n\r\nabc");
            boot.release = cases[i].release;
            const esp_http_client_config_t config = {.url = "http://localhost/",
                                                     .event_handler = count_disconnections};
            disconnections = 0;
            esp_http_client_handle_t client = esp_http_client_init(&config);
            if (is_used) {
                assert_int_equal(esp_http_client_perform(client), ESP_OK);
            }
            esp_http_client_close(client);
            esp_http_client_cleanup(client);
            stop_server();
            assert_int_equal(disconnections, is_used ? cases[i].used : cases[i].unused);
        }
    }
}

/* As recorded for A-tls-redirect-downgrade: once for the host and once for the port. */
static void a_redirect_closes_for_the_host_and_for_the_port(void **state)
{
    (void)state;
    static const struct {
        uint32_t release;
        int announced;
    } cases[] = {{V5_1_7, 3}, {V5_3_5, 2}, {MASTER, 2}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        START(MOVED("http://other:8080/b"), OK);
        boot.release = cases[i].release;
        const esp_http_client_config_t config = {.url = "http://localhost/",
                                                 .event_handler = count_disconnections};
        disconnections = 0;
        esp_http_client_handle_t client = esp_http_client_init(&config);
        assert_int_equal(esp_http_client_perform(client), ESP_OK);
        esp_http_client_cleanup(client);
        stop_server();
        assert_int_equal(server.connections, 2);
        assert_int_equal(disconnections, cases[i].announced);
    }
}

static int redirections;

static esp_err_t count_redirections(esp_http_client_event_t *event)
{
    redirections += event->event_id == HTTP_EVENT_REDIRECT;
    return ESP_OK;
}

static void a_handler_hears_of_a_redirect_from_5_0_on(void **state)
{
    (void)state;
    static const struct {
        uint32_t release;
        int heard;
    } cases[] = {{V4_4_8, 0}, {V5_1_7, 1}, {MASTER, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        START(MOVED("/b"));
        boot.release = cases[i].release;
        const esp_http_client_config_t config = {.url = "http://localhost/",
                                                 .disable_auto_redirect = true,
                                                 .event_handler = count_redirections};
        redirections = 0;
        esp_http_client_handle_t client = esp_http_client_init(&config);
        assert_int_equal(esp_http_client_perform(client), ESP_OK);
        esp_http_client_cleanup(client);
        stop_server();
        assert_int_equal(redirections, cases[i].heard);
    }
}

/* The second of the two, where there is one, is that of esp_http_client_cleanup. */
static void who_gives_up_a_handshake_hears_of_it_but_from_5_3_to_6_0(void **state)
{
    (void)state;
    static const struct {
        uint32_t release;
        int announced;
    } cases[] = {{V5_1_7, 2}, {V5_3_5, 0}, {V5_5_5, 0}, {MASTER, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        START(OK);
        boot.release = cases[i].release;
        const esp_http_client_config_t config = {.url = "https://localhost:8080/",
                                                 .is_async = true,
                                                 .cert_pem = "",
                                                 .event_handler = count_disconnections};
        disconnections = 0;
        esp_http_client_handle_t client = esp_http_client_init(&config);
        assert_int_not_equal(esp_http_client_open(client, 0), ESP_OK);
        esp_http_client_close(client);
        esp_http_client_cleanup(client);
        stop_server();
        assert_int_equal(disconnections, cases[i].announced);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_body_that_the_end_of_the_connection_delimits_fails_in_4_4),
        cmocka_unit_test(what_came_of_a_broken_chunk_is_read_before_master),
        cmocka_unit_test(surplus_is_noticed_by_master_alone),
        cmocka_unit_test(a_strict_run_notices_surplus_in_any_release),
        cmocka_unit_test(a_timeout_in_the_header_is_a_failure_in_4_4),
        cmocka_unit_test(credentials_follow_a_redirect_to_another_host_before_master),
        cmocka_unit_test(a_challenge_that_cannot_be_answered_is_no_error_before_5_5),
        cmocka_unit_test(digest_is_md5_before_5_3),
        cmocka_unit_test(a_body_is_a_form_before_6_0),
        cmocka_unit_test(a_request_that_is_too_long_is_cut_before_master),
        cmocka_unit_test(every_close_is_announced_before_5_3),
        cmocka_unit_test(a_redirect_closes_for_the_host_and_for_the_port),
        cmocka_unit_test(a_handler_hears_of_a_redirect_from_5_0_on),
        cmocka_unit_test(who_gives_up_a_handshake_hears_of_it_but_from_5_3_to_6_0),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
