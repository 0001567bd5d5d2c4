/* Responses fed to the client without a connection, in one piece and byte by byte: what the client
 * makes of a message does not depend on how it is cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http_client.h"

static char seen[4096]; /* events and body, in order */

static void add(const char *text, int length)
{
    size_t used = strlen(seen);
    snprintf(seen + used, sizeof seen - used, "%.*s", length, text);
}

static esp_err_t on_event(esp_http_client_event_t *event)
{
    switch (event->event_id) {
    case HTTP_EVENT_ON_STATUS_CODE:
        add("S ", 2);
        break;
    case HTTP_EVENT_ON_HEADER:
        add(event->header_key, 100);
        add("=", 1);
        add(event->header_value, 100);
        add(" ", 1);
        break;
    case HTTP_EVENT_ON_HEADERS_COMPLETE:
        add("H ", 2);
        break;
    case HTTP_EVENT_ON_DATA:
        add(event->data, event->data_len);
        break;
    default:
        add("? ", 2);
        break;
    }
    return ESP_OK;
}

static struct esp_http_client *make_client(void)
{
    seen[0] = '\0';
    const esp_http_client_config_t config = {.url = "http://localhost/", .event_handler = on_event};
    struct esp_http_client *client = esp_http_client_init(&config);
    assert_non_null(client);
    return client;
}

/* As the read loop does: what was decoded is taken out before more comes in. */
static bool feed(struct esp_http_client *client, const char *bytes, size_t length, size_t step)
{
    for (size_t at = 0; at < length; at += step) {
        size_t count = length - at < step ? length - at : step;
        client->body_start = client->body_length = 0;
        if (!http_response_feed(client, bytes + at, count)) {
            return false;
        }
    }
    return true;
}

struct expectation {
    const char *message;
    const char *seen;
    bool broken; /* refused by the parser */
    bool ends;   /* the connection ends after it */
    bool complete;
    int status;
    int64_t length;
};

static const struct expectation expectations[] = {
    {.message = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
     .seen = "S Content-Length=3 H abc",
     .complete = true,
     .status = 200,
     .length = 3},
    {.message = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
     .seen = "S Content-Length=3 H ab",
     .status = 200,
     .length = 3},
    {.message = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
     .seen = "S Content-Length=0 H ",
     .complete = true,
     .status = 200,
     .length = 0},
    {.message = "HTTP/1.1 200\r\nContent-Length: 3\r\n\r\nabc",
     .seen = "Content-Length=3 H abc",
     .complete = true,
     .status = 200,
     .length = 3},
    {.message = "HTTP/1.1 200 OK\nA:\n\nabc",
     .seen = "S A= H abc",
     .ends = true,
     .complete = true,
     .status = 200,
     .length = -1},
    {.message = "HTTP/1.1 200 OK\r\n\r\nabc", .seen = "S H abc", .status = 200, .length = -1},
    {.message = "HTTP/1.1 204 No Content\r\n\r\n",
     .seen = "S H ",
     .complete = true,
     .status = 204,
     .length = -1},
    {.message =
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3;a=\"b\"\r\nabc\r\n2\r\nde\r\n"
         "0\r\nX-Sum: 1\r\nX-Last: 2\r\n\r\n",
     .seen = "S Transfer-Encoding=Chunked H abcdeX-Sum=1 ",
     .complete = true,
     .status = 200,
     .length = -1},
    {.message = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
     .seen = "S Transfer-Encoding=chunked H abc",
     .ends = true,
     .broken = true,
     .status = 200,
     .length = -1},
    {.message = "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
     .seen = "S Transfer-Encoding=gzip, chunked H 3\r\nabc\r\n0\r\n\r\n",
     .ends = true,
     .complete = true,
     .status = 200,
     .length = -1},
    {.message = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: "
                "1\r\n\r\na",
     .seen = "S Link=x H S Content-Length=1 H a",
     .complete = true,
     .status = 200,
     .length = 1},
    {.message = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
     .seen = "S Transfer-Encoding=chunked H ",
     .broken = true,
     .status = 200,
     .length = -1},
    {.message = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
     .seen = "S ",
     .broken = true,
     .status = 200,
     .length = -1},
    {.message = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
     .seen = "S Transfer-Encoding=chunked ",
     .broken = true,
     .status = 200,
     .length = -1},
    {.message = "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
     .seen = "S ",
     .broken = true,
     .status = 200,
     .length = -1},
    {.message = "HTTP/1.1 200 OK\r\nContent-Length: 3, 3\r\n\r\nabc",
     .seen = "S ",
     .broken = true,
     .status = 200,
     .length = -1},
    {.message = "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551616\r\n\r\n",
     .seen = "S ",
     .broken = true,
     .status = 200,
     .length = -1},
    {.message = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcd",
     .seen = "S Content-Length=3 H abc",
     .broken = true,
     .complete = true,
     .status = 200,
     .length = 3},
    {.message = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc\r\n",
     .seen = "S Content-Length=3 H abc",
     .complete = true,
     .status = 200,
     .length = 3},
    {.message = "SSH-2.0-OpenSSH_9.2\r\n", .seen = "", .broken = true, .status = -1, .length = -1},
    {.message = "HTTP/1.1 200 OK\r\nA b: c\r\n\r\n",
     .seen = "S ",
     .broken = true,
     .status = 200,
     .length = -1},
};

static void assert_as_expected(const struct expectation *expected, size_t step)
{
    struct esp_http_client *client = make_client();
    bool ok = feed(client, expected->message, strlen(expected->message), step);
    if (ok && expected->ends) {
        ok = http_response_feed(client, NULL, 0);
    }
    if (ok == expected->broken) {
        fail_msg("in steps of %zu: %s", step, expected->message);
    }
    assert_string_equal(seen, expected->seen);
    assert_int_equal(esp_http_client_is_complete_data_received(client), expected->complete);
    assert_int_equal(esp_http_client_get_status_code(client), expected->status);
    assert_int_equal(esp_http_client_get_content_length(client), expected->length);
    esp_http_client_cleanup(client);
}

static void messages_mean_the_same_however_they_are_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof expectations / sizeof expectations[0]; i++) {
        assert_as_expected(&expectations[i], 1);
        assert_as_expected(&expectations[i], 3);
        assert_as_expected(&expectations[i], 500);
    }
}

/* http_parser allows 80 KB. */
static void endless_headers_are_cut_off(void **state)
{
    (void)state;
    struct esp_http_client *client = make_client();
    static const char start[] = "HTTP/1.1 200 OK\r\nX-Long: ";
    assert_true(feed(client, start, strlen(start), 500));
    char filling[500];
    memset(filling, 'a', sizeof filling);
    size_t fed = 0;
    while (fed < 1000000 && feed(client, filling, sizeof filling, sizeof filling)) {
        fed += sizeof filling;
    }
    assert_in_range(fed, 70 * 1024, 90 * 1024);
    esp_http_client_cleanup(client);
}

static void without_content_range_the_total_is_0(void **state)
{
    (void)state;
    struct esp_http_client *client = make_client();
    const char *message = "HTTP/1.1 206 Partial Content\r\nContent-Length: 1\r\n\r\n";
    assert_true(feed(client, message, strlen(message), 7));
    assert_int_equal(esp_http_client_get_content_range(client), 0);
    esp_http_client_cleanup(client);
}

static void content_range_gives_the_total(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        int64_t total;
    } cases[] = {
        {"bytes 0-0/65536", 65536},
        {"bytes 0-0/*", -1},
        {"bytes 0-0", -1},
        {"bytes 0-0/", -1},
        {"bytes 0-0/12x", -1},
        {"bytes 0-0/-5", -1},
        {"bytes */9223372036854775807", -1},
        {"bytes 0-0/99999999999999999999", -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct esp_http_client *client = make_client();
        char message[200];
        snprintf(message, sizeof message,
                 "HTTP/1.1 206 Partial Content\r\nContent-Range: %s\r\n\r\n", cases[i].value);
        assert_true(feed(client, message, strlen(message), 7));
        if (esp_http_client_get_content_range(client) != cases[i].total) {
            fail_msg("%s", cases[i].value);
        }
        esp_http_client_cleanup(client);
    }
}

/* What a hostile server sends must not hurt: random bytes, and valid messages with random damage.
 */
static void damage_does_no_harm(void **state)
{
    (void)state;
    srand(1);
    for (int round = 0; round < 3000; round++) {
        struct esp_http_client *client = make_client();
        char message[400];
        const char *origin =
            expectations[(size_t)round % (sizeof expectations / sizeof expectations[0])].message;
        size_t length = (size_t)snprintf(message, sizeof message, "%s", origin);
        for (int hits = rand() % 4; hits > 0; hits--) {
            message[(size_t)rand() % length] = (char)rand();
        }
        feed(client, message, length, 1 + (size_t)rand() % 9);
        assert_true(client->response.received <= (int64_t)length);
        esp_http_client_cleanup(client);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_mean_the_same_however_they_are_cut),
        cmocka_unit_test(endless_headers_are_cut_off),
        cmocka_unit_test(content_range_gives_the_total),
        cmocka_unit_test(without_content_range_the_total_is_0),
        cmocka_unit_test(damage_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
