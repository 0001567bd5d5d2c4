/* Whole requests over loopback, against a server of a few lines that keeps what it was sent: the
 * bytes on the wire are compared exactly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../esp/heap.h"
#include "esp_http_client.h"
#include "test_http_server.h"

static void gets_with_the_headers_that_the_device_sends(void **state)
{
    (void)state;
    START(OK, OK);
    const esp_http_client_config_t config = {.url = "http://localhost:8080/fw.bin?v=1"};
    esp_http_client_handle_t client = esp_http_client_init(&config);
    assert_int_equal(esp_http_client_set_header(client, "X-Device", "7"), ESP_OK);
    assert_int_equal(esp_http_client_perform(client), ESP_OK);
    assert_int_equal(esp_http_client_get_status_code(client), 200);
    esp_http_client_set_url(client, "/other");
    esp_http_client_delete_header(client, "x-device");
    assert_int_equal(esp_http_client_perform(client), ESP_OK);
    esp_http_client_cleanup(client);
    stop_server();
    assert_string_equal(server.requests[0], "GET /fw.bin?v=1 HTTP/1.1\r\n"
                                            "User-Agent: ESP32 HTTP Client/1.0\r\n"
                                            "Host: localhost:8080\r\n"
                                            "X-Device: 7\r\n\r\n");
    assert_string_equal(server.requests[1], "GET /other HTTP/1.1\r\n"
                                            "User-Agent: ESP32 HTTP Client/1.0\r\n"
                                            "Host: localhost:8080\r\n\r\n");
    assert_int_equal(server.connections, 1);
}

static void posts_a_body(void **state)
{
    (void)state;
    START(OK);
    const esp_http_client_config_t config = {
        .host = "localhost", .path = "/p", .user_agent = "me", .method = HTTP_METHOD_POST};
    esp_http_client_handle_t client = esp_http_client_init(&config);
    assert_int_equal(esp_http_client_set_post_field(client, "a=1&b=2", 7), ESP_OK);
    assert_int_equal(esp_http_client_perform(client), ESP_OK);
    esp_http_client_cleanup(client);
    stop_server();
    assert_string_equal(server.requests[0], "POST /p HTTP/1.1\r\n"
                                            "User-Agent: me\r\n"
                                            "Host: localhost\r\n"
                                            "Content-Length: 7\r\n\r\na=1&b=2");
}

static void streams_in_pieces_of_any_size(void **state)
{
    (void)state;
    for (int step = 1; step <= 4; step++) {
        START(OK);
        const esp_http_client_config_t config = {.url = "http://localhost/"};
        esp_http_client_handle_t client = esp_http_client_init(&config);
        char body[8] = "";
        assert_int_equal(esp_http_client_open(client, 0), ESP_OK);
        assert_int_equal(esp_http_client_fetch_headers(client), 3);
        int length = 0, got;
        while ((got = esp_http_client_read(client, body + length, step)) > 0) {
            assert_in_range(got, 1, step);
            length += got;
        }
        assert_int_equal(got, 0);
        assert_string_equal(body, "abc");
        assert_true(esp_http_client_is_complete_data_received(client));
        assert_true(esp_http_client_is_persistent_connection(client));
        esp_http_client_cleanup(client);
        stop_server();
    }
}

/* The first size in which the request is sent, and what the next smaller one gives. */
static void assert_smallest_send_buffer(const esp_http_client_config_t *config, int size,
                                        esp_err_t below)
{
    for (int i = 0; i <= 1; i++) {
        START(OK);
        esp_http_client_config_t sized = *config;
        sized.buffer_size_tx = size - i;
        esp_http_client_handle_t client = esp_http_client_init(&sized);
        assert_int_equal(esp_http_client_open(client, 0), i == 0 ? ESP_OK : below);
        esp_http_client_cleanup(client);
        stop_server();
        if (i == 1) {
            assert_string_equal(server.requests[0], ""); /* not even a part of it */
        }
    }
}

static void what_does_not_fit_the_send_buffer_is_not_sent(void **state)
{
    (void)state;
    char url[400];
    memset(url, 'p', sizeof url);
    memcpy(url, "http://localhost/", 17);
    url[sizeof url - 1] = '\0';
    size_t request_line = strlen("GET / HTTP/1.1\r\n") + strlen(url) - 17;
    assert_smallest_send_buffer(&(esp_http_client_config_t){.url = url}, (int)request_line + 1,
                                ESP_FAIL);
    size_t header = strlen("User-Agent: ESP32 HTTP Client/1.0\r\n");
    assert_smallest_send_buffer(&(esp_http_client_config_t){.url = "http://localhost/"},
                                (int)header + 3, ESP_ERR_HTTP_HEADER_TOO_LONG);
}

static const char *host_line(size_t request)
{
    static char line[200];
    const char *host = strstr(server.requests[request], "Host: ");
    snprintf(line, sizeof line, "%.*s", host != NULL ? (int)strcspn(host, "\r") : 0,
             host != NULL ? host : "");
    return line;
}

static void redirects_and_the_host_header(void **state)
{
    (void)state;
    static const struct {
        const char *location, *on_device, *strictly;
    } cases[] = {
        {MOVED("/b"), "Host: localhost:8080", "Host: localhost:8080"},
        {MOVED("http://localhost/b"), "Host: localhost:8080", "Host: localhost"},
        {MOVED("http://other:8080/b"), "Host: other", "Host: other:8080"},
        {MOVED("http://other/b"), "Host: other", "Host: other"},
    };
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        START(cases[i / 2].location, OK);
        boot.strict = i % 2 == 1;
        const esp_http_client_config_t config = {.url = "http://localhost:8080/a"};
        esp_http_client_handle_t client = esp_http_client_init(&config);
        assert_int_equal(esp_http_client_perform(client), ESP_OK);
        esp_http_client_cleanup(client);
        stop_server();
        assert_int_equal(server.seen, 2);
        assert_string_equal(host_line(1),
                            i % 2 == 0 ? cases[i / 2].on_device : cases[i / 2].strictly);
    }
}

static void redirects_are_limited_in_perform(void **state)
{
    (void)state;
    static const char *responses[MAX_EXCHANGES];
    for (size_t i = 0; i < MAX_EXCHANGES; i++) {
        responses[i] = MOVED("/again");
    }
    static const int limits[] = {0, 1, 3};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        start_server(responses, MAX_EXCHANGES);
        const esp_http_client_config_t config = {.url = "http://localhost/",
                                                 .max_redirection_count = limits[i]};
        esp_http_client_handle_t client = esp_http_client_init(&config);
        assert_int_equal(esp_http_client_perform(client), ESP_ERR_HTTP_MAX_REDIRECT);
        esp_http_client_cleanup(client);
        stop_server();
        assert_int_equal(server.seen, (limits[i] == 0 ? 10 : limits[i]) + 1);
    }
}

static void credentials_answer_challenges_but_not_those_of_another_host(void **state)
{
    (void)state;
    START(CHALLENGE("Digest realm=\"r\", nonce=\"n\", qop=\"auth\""), MOVED("/b"),
          MOVED("http://other/c"), OK);
    const esp_http_client_config_t config = {.url = "http://u:p@localhost/a"};
    esp_http_client_handle_t client = esp_http_client_init(&config);
    assert_int_equal(esp_http_client_perform(client), ESP_OK);
    esp_http_client_cleanup(client);
    stop_server();
    assert_int_equal(server.seen, 4);
    assert_null(strstr(server.requests[0], "Authorization"));
    assert_non_null(strstr(server.requests[1], "Authorization: Digest username=\"u\""));
    assert_non_null(strstr(server.requests[1], "uri=\"/a\""));
    assert_non_null(strstr(server.requests[1], "nc=00000001"));
    assert_non_null(strstr(server.requests[2], "uri=\"/b\""));
    assert_non_null(strstr(server.requests[2], "nc=00000002"));
    assert_null(strstr(server.requests[3], "Authorization"));
}

static void wrong_credentials_are_tried_a_bounded_number_of_times(void **state)
{
    (void)state;
    static const char *responses[MAX_EXCHANGES];
    for (size_t i = 0; i < MAX_EXCHANGES; i++) {
        responses[i] = CHALLENGE("Basic realm=\"r\"");
    }
    static const struct {
        int retries;
        size_t requests;
    } cases[] = {{-1, 1}, {0, 11}, {2, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        start_server(responses, MAX_EXCHANGES);
        const esp_http_client_config_t config = {.url = "http://localhost/",
                                                 .username = "u",
                                                 .password = "wrong",
                                                 .max_authorization_retries = cases[i].retries};
        esp_http_client_handle_t client = esp_http_client_init(&config);
        assert_int_equal(esp_http_client_perform(client), ESP_FAIL);
        esp_http_client_cleanup(client);
        stop_server();
        assert_int_equal(server.seen, cases[i].requests);
    }
}

static void a_closed_connection_is_used_again_on_the_device(void **state)
{
    (void)state;
    for (int strict = 0; strict <= 1; strict++) {
        START(
            "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nConnection: close\r\nLocation: /b\r\n\r\n",
            OK);
        boot.strict = strict != 0;
        const esp_http_client_config_t config = {.url = "http://localhost/"};
        esp_http_client_handle_t client = esp_http_client_init(&config);
        assert_int_equal(esp_http_client_open(client, 0), ESP_OK);
        assert_int_equal(esp_http_client_fetch_headers(client), 0);
        assert_int_equal(esp_http_client_set_redirection(client), ESP_OK);
        esp_err_t err = esp_http_client_open(client, 0);
        int64_t length = err == ESP_OK ? esp_http_client_fetch_headers(client) : -1;
        assert_int_equal(length, strict ? 3 : -1);
        esp_http_client_cleanup(client);
        stop_server();
    }
}

/* Everything that a client may need memory for. */
static esp_err_t whole_exchange(void)
{
    const esp_http_client_config_t config = {
        .url = "http://localhost/a?b", .username = "u", .password = "p", .common_name = "x"};
    esp_http_client_handle_t client = esp_http_client_init(&config);
    if (client == NULL) {
        return ESP_ERR_NO_MEM;
    }
    esp_err_t err = esp_http_client_set_header(client, "X-A", "b");
    err = err != ESP_OK ? err : esp_http_client_perform(client);
    if (err == ESP_OK && esp_http_client_get_status_code(client) != 200) {
        err = ESP_FAIL;
    }
    esp_http_client_cleanup(client);
    return err;
}

static void memory_that_is_short_is_an_error_and_nothing_leaks(void **state)
{
    (void)state;
    size_t failures = 0;
    for (;;) {
        START(CHALLENGE("Digest realm=\"r\", nonce=\"n\", qop=\"auth\", opaque=\"o\""),
              MOVED("http://localhost:8080/c?d"), OK);
        struct heap_stats before = heap_stats();
        uint64_t failing = before.allocations + failures;
        heap_arm_failure(failing);
        esp_err_t err = whole_exchange();
        struct heap_stats after = heap_stats();
        heap_arm_failure(UINT64_MAX);
        stop_server();
        assert_int_equal(after.in_use, before.in_use);
        assert_int_equal(after.blocks, before.blocks);
        if (after.allocations <= failing) {
            assert_int_equal(err, ESP_OK);
            break;
        }
        assert_int_not_equal(err, ESP_OK);
        failures++;
    }
    assert_in_range(failures, 20, 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gets_with_the_headers_that_the_device_sends),
        cmocka_unit_test(posts_a_body),
        cmocka_unit_test(streams_in_pieces_of_any_size),
        cmocka_unit_test(what_does_not_fit_the_send_buffer_is_not_sent),
        cmocka_unit_test(redirects_and_the_host_header),
        cmocka_unit_test(redirects_are_limited_in_perform),
        cmocka_unit_test(credentials_answer_challenges_but_not_those_of_another_host),
        cmocka_unit_test(wrong_credentials_are_tried_a_bounded_number_of_times),
        cmocka_unit_test(a_closed_connection_is_used_again_on_the_device),
        cmocka_unit_test(memory_that_is_short_is_an_error_and_nothing_leaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
