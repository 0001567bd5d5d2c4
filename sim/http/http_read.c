#include <limits.h>

#include "device.h"
#include "http_client.h"
#include "http_memory.h"
#include "otasim_quirk.h"

/* How the wait for more of the body ended. */
enum supply {
    MORE,
    BODY_ENDS,
    TIMED_OUT,
    BROKEN,   /* the connection ended before the body did */
    NOT_HTTP, /* what came is not what HTTP allows there */
};

/* Whether the body, by its framing, is longer than what came. */
static bool more_was_promised(const struct http_response *response)
{
    if (response->is_chunked) {
        return quirk(QUIRK_BROKEN_CHUNK_WRITTEN);
    }
    if (response->content_length >= 0) {
        return true;
    }
    if (quirk(QUIRK_CLOSE_DELIMITED_FAILS)) {
        quirk_met(QUIRK_CLOSE_DELIMITED_FAILS);
        return true;
    }
    return false;
}

/* The connection ended. Where nothing but its end delimits the body, or chunks do, the parser knows
 * whether it was whole; where a length was promised, it was not. */
static enum supply end_of_connection(struct esp_http_client *client, bool is_clean)
{
    if (!is_clean || more_was_promised(&client->response)) {
        return BROKEN;
    }
    return http_response_feed(client, NULL, 0) ? BODY_ENDS : NOT_HTTP;
}

static uint64_t now_ms(void)
{
    const struct device *device = device_current();
    return device != NULL ? device->now_us / 1000 : 0;
}

/* How much longer a read may wait that began then. On the device all that comes begins the timeout
 * anew, so that one read lasts as long as the peer pleases (catalogue N08). */
static int patience_ms(const struct esp_http_client *client, uint64_t began_ms)
{
    uint64_t waited = now_ms() - began_ms, timeout = (uint64_t)client->timeout_ms;
    if (waited < timeout) {
        return quirk(QUIRK_TIMEOUT_STARTS_ANEW) ? client->timeout_ms : (int)(timeout - waited);
    }
    if (quirk(QUIRK_TIMEOUT_STARTS_ANEW)) {
        quirk_met(QUIRK_TIMEOUT_STARTS_ANEW);
        return client->timeout_ms;
    }
    return 0;
}

static enum supply receive_more(struct esp_http_client *client, int timeout_ms)
{
    client->body_start = client->body_length = 0;
    int got =
        net_read(client->connection, client->receive_buffer, client->receive_size, timeout_ms);
    if (got == NET_TIMEOUT) {
        return TIMED_OUT;
    }
    if (got <= 0) {
        http_connection_note_failure(client);
        return end_of_connection(client, got == NET_CLOSED);
    }
    return http_response_feed(client, client->receive_buffer, (size_t)got) ? MORE : NOT_HTTP;
}

static int take_body(struct esp_http_client *client, char *buffer, int size)
{
    int count = client->body_length < (size_t)size ? (int)client->body_length : size;
    memcpy(buffer, client->body + client->body_start, (size_t)count);
    client->body_start += (size_t)count;
    client->body_length -= (size_t)count;
    return count;
}

/* What a read returns that has `count` bytes and gets no more. */
static int end_read(struct esp_http_client *client, enum supply supply, int count)
{
    if (count > 0) {
        return count; /* the next read will say what happened */
    }
    switch (supply) {
    case TIMED_OUT:
        return -ESP_ERR_HTTP_EAGAIN;
    case BROKEN:
        http_event_error(client);
        return ESP_FAIL;
    case NOT_HTTP:
    case MORE:
    case BODY_ENDS:
        break;
    }
    return 0;
}

int esp_http_client_read(esp_http_client_handle_t client, char *buffer, int len)
{
    if (client == NULL || buffer == NULL || len < 0 || client->state < HTTP_STATE_RECEIVING) {
        return ESP_FAIL;
    }
    int count = 0;
    uint64_t began_ms = now_ms();
    while (count < len) {
        count += take_body(client, buffer + count, len - count);
        if (count == len || client->response.message_complete) {
            break;
        }
        int patience = patience_ms(client, began_ms);
        enum supply supply = patience > 0 ? receive_more(client, patience) : TIMED_OUT;
        if (supply == NOT_HTTP) {
            /* The device gives up what came before the flaw in the same read: catalogue H07b. */
            return ESP_FAIL;
        }
        if (supply != MORE) {
            return end_read(client, supply, count);
        }
    }
    return count;
}

int esp_http_client_read_response(esp_http_client_handle_t client, char *buffer, int len)
{
    int count = 0;
    while (count < len) {
        int got = esp_http_client_read(client, buffer + count, len - count);
        if (got <= 0) {
            return got < 0 && count == 0 ? got : count;
        }
        count += got;
    }
    return count;
}

/* A body that only the end of the connection delimits: the device reads until that, or until
 * nothing has come for timeout_ms. */
static bool is_worth_draining(const struct esp_http_client *client)
{
    const struct http_response *response = &client->response;
    bool until_close = !response->is_chunked && response->content_length < 0;
    if (!until_close || response->message_complete) {
        return true;
    }
    if (quirk(QUIRK_DRAIN_WAITS)) {
        quirk_met(QUIRK_DRAIN_WAITS);
        return true;
    }
    return false;
}

esp_err_t esp_http_client_flush_response(esp_http_client_handle_t client, int *len)
{
    if (client == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    char *buffer = http_calloc(client->receive_size);
    if (buffer == NULL) {
        return ESP_ERR_NO_MEM;
    }
    int flushed = 0;
    int got = 1;
    while (got > 0 && is_worth_draining(client)) {
        got = esp_http_client_read(client, buffer, (int)client->receive_size);
        flushed += got > 0 && flushed <= INT_MAX - got ? got : 0;
    }
    http_free(buffer);
    client->body_start = client->body_length = 0;
    if (len != NULL) {
        *len = flushed;
    }
    return ESP_OK;
}

void esp_http_client_clear_response_buffer(esp_http_client_handle_t client)
{
    if (client != NULL) {
        client->body_start = client->body_length = 0;
    }
}

bool esp_http_client_is_complete_data_received(esp_http_client_handle_t client)
{
    if (client == NULL) {
        return false;
    }
    const struct http_response *response = &client->response;
    if (response->is_chunked || response->content_length < 0) {
        return response->message_complete;
    }
    return response->received == response->content_length;
}

bool esp_http_client_is_chunked_response(esp_http_client_handle_t client)
{
    return client != NULL && client->response.length_unknown;
}

int esp_http_client_get_status_code(esp_http_client_handle_t client)
{
    return client != NULL ? client->response.status : -1;
}

int64_t esp_http_client_get_content_length(esp_http_client_handle_t client)
{
    return client != NULL ? client->response.content_length : -1;
}

#if CONFIG_ESP_HTTP_CLIENT_ENABLE_GET_CONTENT_RANGE
int64_t esp_http_client_get_content_range(esp_http_client_handle_t client)
{
    return client != NULL ? client->response.range_total : -1;
}
#endif

esp_err_t esp_http_client_get_chunk_length(esp_http_client_handle_t client, int *len)
{
    if (client == NULL || len == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (!client->response.is_chunked) {
        return ESP_FAIL;
    }
    *len = client->response.chunk_length;
    return ESP_OK;
}

bool esp_http_client_is_persistent_connection(esp_http_client_handle_t client)
{
    return client != NULL && client->response.status > 0 && client->response.keep_alive;
}
