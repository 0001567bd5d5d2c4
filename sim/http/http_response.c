#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "boot.h"
#include "esp_log.h"
#include "http_client.h"
#include "http_memory.h"
#include "otasim_quirk.h"

static const char *const TAG = "HTTP_CLIENT";

#define PARTIAL_CONTENT 206 /* not every release has a name for it */

static void text_clear(struct http_text *text)
{
    http_free(text->bytes);
    *text = (struct http_text){0};
}

static bool text_append(struct http_text *text, const char *bytes, size_t length)
{
    char *grown = heap_caps_realloc(text->bytes, text->length + length + 1, MALLOC_CAP_DEFAULT);
    if (grown == NULL) {
        return false;
    }
    if (length > 0) {
        memcpy(grown + text->length, bytes, length);
    }
    text->bytes = grown;
    text->length += length;
    grown[text->length] = '\0';
    return true;
}

void http_response_clear(struct http_response *response)
{
    text_clear(&response->location);
    text_clear(&response->challenge);
    text_clear(&response->name);
    text_clear(&response->value);
    text_clear(&response->finished_name);
    text_clear(&response->finished_value);
    *response = (struct http_response){.status = -1, .content_length = -1, .range_first = -1};
}

void http_response_reset(struct esp_http_client *client)
{
    http_response_clear(&client->response);
    client->body_start = client->body_length = 0;
    client->memory_short = false;
    http_parser_init(&client->parser, HTTP_RESPONSE);
    client->parser.data = client;
}

/* The number behind a prefix, as in "bytes=4096-8191" and "bytes 4096-8191/65536"; -1: none. */
static int64_t parse_range_first(const char *value, const char *prefix)
{
    size_t length = strlen(prefix);
    if (strncasecmp(value, prefix, length) != 0 || !isdigit((unsigned char)value[length])) {
        return -1;
    }
    errno = 0;
    long long first = strtoll(value + length, NULL, 10);
    return errno == 0 ? first : -1;
}

/* "bytes 0-0/65536"; what is not a number behind the slash is no total. */
static int64_t parse_range_total(const char *value)
{
    const char *slash = strchr(value, '/');
    if (slash == NULL || !isdigit((unsigned char)slash[1])) {
        return -1;
    }
    int64_t total = 0;
    for (const char *at = slash + 1; *at != '\0'; at++) {
        if (!isdigit((unsigned char)*at) || total > (INT64_MAX - 9) / 10) {
            return -1;
        }
        total = total * 10 + (*at - '0');
    }
    return total;
}

/* A second Location of the same response is appended to the first on the device. */
static bool take_location(struct http_response *response, const struct http_text *value)
{
    if (response->location.length > 0) {
        if (quirk(QUIRK_LOCATIONS_JOINED)) {
            quirk_met(QUIRK_LOCATIONS_JOINED);
        } else {
            text_clear(&response->location);
        }
    }
    return text_append(&response->location, value->bytes, value->length);
}

static bool is_only_chunked(const struct http_text *value)
{
    size_t length = value->length;
    while (length > 0 && isspace((unsigned char)value->bytes[length - 1])) {
        length--;
    }
    return length == 7 && strncasecmp(value->bytes, "chunked", 7) == 0;
}

static bool take_challenge(struct http_response *response, const struct http_text *value)
{
    return response->challenge.length > 0 ||
           text_append(&response->challenge, value->bytes, value->length);
}

/* A header is complete: takes what the client itself needs of it and tells the application. */
static bool announce_header(struct esp_http_client *client, struct http_text *name,
                            struct http_text *value)
{
    struct http_response *response = &client->response;
    bool ok = true;
    if (strcasecmp(name->bytes, "Location") == 0) {
        ok = take_location(response, value);
    } else if (strcasecmp(name->bytes, "WWW-Authenticate") == 0) {
        ok = take_challenge(response, value);
    } else if (strcasecmp(name->bytes, "Transfer-Encoding") == 0) {
        response->other_codings = !is_only_chunked(value);
    } else if (strcasecmp(name->bytes, "Content-Range") == 0) {
        response->range_first = parse_range_first(value->bytes, "bytes ");
        response->range_total = parse_range_total(value->bytes);
    }
    http_event_header(client, name->bytes, value->bytes);
    text_clear(name);
    text_clear(value);
    return ok;
}

/* The parser accepts another response behind the first; only one behind an interim response
 * belongs to the request. */
static int on_message_begin(http_parser *parser)
{
    struct esp_http_client *client = parser->data;
    if (client->response.headers_complete) {
        if (client->response.status >= 200) {
            return 1;
        }
        http_response_clear(&client->response);
        client->body_start = client->body_length = 0;
    }
    return 0;
}

/* A status line without a reason is not announced on the device. */
static int on_status(http_parser *parser, const char *at, size_t length)
{
    (void)at;
    struct esp_http_client *client = parser->data;
    client->response.status = (int)parser->status_code;
    if (length > 0 && !client->response.status_announced) {
        client->response.status_announced = true;
        http_event(client, HTTP_EVENT_ON_STATUS_CODE, NULL, 0);
    }
    return 0;
}

/* A header is announced once the next one is known to be sound, at the end of the header at the
 * latest; the last trailer therefore never is. So it is on the device. */
static bool announce_finished(struct esp_http_client *client)
{
    struct http_response *response = &client->response;
    if (!response->has_finished) {
        return true;
    }
    response->has_finished = false;
    return announce_header(client, &response->finished_name, &response->finished_value);
}

static int note(struct esp_http_client *client, bool ok)
{
    client->memory_short = client->memory_short || !ok;
    return ok ? 0 : 1;
}

/* The device's parser is built strict and refuses a space in a name; a host's may not be. */
static int on_header_field(http_parser *parser, const char *at, size_t length)
{
    struct esp_http_client *client = parser->data;
    struct http_response *response = &client->response;
    if (memchr(at, ' ', length) != NULL) {
        return 1;
    }
    if (response->has_value) {
        response->finished_name = response->name;
        response->finished_value = response->value;
        response->has_finished = true;
        response->name = response->value = (struct http_text){0};
        response->has_value = false;
    }
    return note(client, text_append(&response->name, at, length));
}

static int on_header_value(http_parser *parser, const char *at, size_t length)
{
    struct esp_http_client *client = parser->data;
    if (!announce_finished(client)) {
        return note(client, false);
    }
    client->response.has_value = true;
    return note(client, text_append(&client->response.value, at, length));
}

/* RFC 9112, 6.1: a message whose last coding is not "chunked" alone needs a decoder that we do not
 * have. The device's parser sees no chunks in a list of codings and takes the framing for data. */
static bool accept_codings(struct esp_http_client *client, http_parser *parser)
{
    if (!client->response.other_codings) {
        return true;
    }
    if (!quirk(QUIRK_CODINGS_IGNORED)) {
        ESP_LOGE(TAG, "Transfer-Encoding is not supported");
        return false;
    }
    if ((parser->flags & F_CHUNKED) != 0) {
        quirk_met(QUIRK_CODINGS_IGNORED);
        parser->flags &= ~(unsigned)F_CHUNKED & 0xFFu;
    }
    return true;
}

/* RFC 9110, 15.3.7: whoever asked for a part must look which part came. The device does not. */
static bool accept_part(struct esp_http_client *client, const http_parser *parser)
{
    const char *range = http_headers_get(&client->headers, "Range");
    int64_t asked = range != NULL ? parse_range_first(range, "bytes=") : -1;
    int64_t came = client->response.range_first;
    if (parser->status_code != PARTIAL_CONTENT || asked < 0 || came < 0 || asked == came) {
        return true;
    }
    if (quirk(QUIRK_PART_NOT_COMPARED)) {
        quirk_met(QUIRK_PART_NOT_COMPARED);
        return true;
    }
    ESP_LOGE(TAG, "asked for bytes from %" PRId64 " on, got those from %" PRId64, asked, came);
    return false;
}

/* A response to HEAD has no body, so the connection need not end to delimit it. */
static bool keeps_alive(const struct esp_http_client *client, const http_parser *parser)
{
    http_parser without_body = *parser;
    if (client->method == HTTP_METHOD_HEAD) {
        without_body.flags |= F_SKIPBODY;
    }
    return http_should_keep_alive(&without_body) != 0;
}

static int on_headers_complete(http_parser *parser)
{
    struct esp_http_client *client = parser->data;
    struct http_response *response = &client->response;
    bool ok = announce_finished(client);
    if (ok && response->has_value) {
        response->has_value = false;
        ok = announce_header(client, &response->name, &response->value);
    }
    if (!ok || !accept_codings(client, parser) || !accept_part(client, parser)) {
        note(client, ok);
        return -1; /* to the parser, 1 would mean: there is no body */
    }
    response->status = (int)parser->status_code;
    bool asks_again = (response->status >= 300 && response->status <= 399) ||
                      response->status == HttpStatus_Unauthorized;
    if (!asks_again) {
        client->repeats_in_a_row = 0;
    }
    response->is_chunked = (parser->flags & F_CHUNKED) != 0;
    if (parser->content_length != UINT64_MAX && parser->content_length <= INT64_MAX) {
        response->content_length = (int64_t)parser->content_length;
    }
    response->length_unknown = response->is_chunked || response->content_length <= 0;
    response->keep_alive = keeps_alive(client, parser);
    response->headers_complete = true;
    http_trace_response(client);
    http_event(client, HTTP_EVENT_ON_HEADERS_COMPLETE, NULL, 0);
    return 0;
}

/* One network read's worth of body always fits: the buffer is as large as what was read, and empty
 * before more is read. */
static int on_body(http_parser *parser, const char *at, size_t length)
{
    struct esp_http_client *client = parser->data;
    size_t room = client->receive_size - client->body_start - client->body_length;
    if (length > room) {
        return note(client, false);
    }
    memcpy(client->body + client->body_start + client->body_length, at, length);
    client->body_length += length;
    client->response.received += (int64_t)length;
    client->taken += (int64_t)length;
    http_event(client, HTTP_EVENT_ON_DATA,
               client->body + client->body_start + client->body_length - length, (int)length);
    return 0;
}

static int on_chunk_header(http_parser *parser)
{
    struct esp_http_client *client = parser->data;
    client->response.chunk_length =
        parser->content_length <= INT32_MAX ? (int)parser->content_length : INT32_MAX;
    return 0;
}

static int on_message_complete(http_parser *parser)
{
    struct esp_http_client *client = parser->data;
    client->response.message_complete = true;
    return 0;
}

static const http_parser_settings settings = {
    .on_message_begin = on_message_begin,
    .on_status = on_status,
    .on_header_field = on_header_field,
    .on_header_value = on_header_value,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
    .on_chunk_header = on_chunk_header,
};

bool http_response_feed(struct esp_http_client *client, const char *bytes, size_t length)
{
    size_t parsed = http_parser_execute(&client->parser, &settings, bytes, length);
    if (HTTP_PARSER_ERRNO(&client->parser) == HPE_OK &&
        (parsed == length || client->parser.upgrade)) {
        return true;
    }
    if (quirk(QUIRK_PARSER_ERRORS_IGNORED) && !client->memory_short) {
        /* Whatever comes now is dropped, and the wait for the rest of the message goes on. */
        quirk_met(QUIRK_PARSER_ERRORS_IGNORED);
        return true;
    }
    ESP_LOGE(TAG, "HTTP parser: %s", http_errno_description(HTTP_PARSER_ERRNO(&client->parser)));
    return false;
}

/* Whether the header of the response that counts is there. */
static bool has_final_header(const struct esp_http_client *client)
{
    const struct http_response *response = &client->response;
    if (!response->headers_complete) {
        return false;
    }
    bool interim = response->status >= 100 && response->status < 200 && response->status != 101;
    if (interim && quirk(QUIRK_INTERIM_TAKEN_AS_FINAL)) {
        quirk_met(QUIRK_INTERIM_TAKEN_AS_FINAL);
        return true;
    }
    return !interim;
}

int64_t esp_http_client_fetch_headers(esp_http_client_handle_t client)
{
    if (client == NULL || client->state < HTTP_STATE_REQUEST_SENT) {
        return ESP_FAIL;
    }
    while (!has_final_header(client)) {
        int got = net_read(client->connection, client->receive_buffer, client->receive_size,
                           client->timeout_ms);
        if (got == NET_TIMEOUT) {
            return quirk(QUIRK_TIMEOUT_IS_FAIL) ? ESP_FAIL : -ESP_ERR_HTTP_EAGAIN;
        }
        if (got <= 0) {
            http_connection_note_failure(client);
            return ESP_FAIL;
        }
        if (!http_response_feed(client, client->receive_buffer, (size_t)got)) {
            return ESP_FAIL;
        }
    }
    client->state = HTTP_STATE_RECEIVING;
    return client->response.length_unknown ? 0 : client->response.content_length;
}
