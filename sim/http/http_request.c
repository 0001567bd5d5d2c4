#include <stdio.h>

#include "esp_log.h"
#include "esp_random.h"
#include "http_client.h"
#include "http_memory.h"
#include "otasim_quirk.h"
#include "sdkconfig.h"

static const char *const TAG = "HTTP_CLIENT";

static const char *const method_names[] = {
    [HTTP_METHOD_GET] = "GET",
    [HTTP_METHOD_POST] = "POST",
    [HTTP_METHOD_PUT] = "PUT",
    [HTTP_METHOD_PATCH] = "PATCH",
    [HTTP_METHOD_DELETE] = "DELETE",
    [HTTP_METHOD_HEAD] = "HEAD",
    [HTTP_METHOD_NOTIFY] = "NOTIFY",
    [HTTP_METHOD_SUBSCRIBE] = "SUBSCRIBE",
    [HTTP_METHOD_UNSUBSCRIBE] = "UNSUBSCRIBE",
    [HTTP_METHOD_OPTIONS] = "OPTIONS",
    [HTTP_METHOD_COPY] = "COPY",
    [HTTP_METHOD_MOVE] = "MOVE",
    [HTTP_METHOD_LOCK] = "LOCK",
    [HTTP_METHOD_UNLOCK] = "UNLOCK",
    [HTTP_METHOD_PROPFIND] = "PROPFIND",
    [HTTP_METHOD_PROPPATCH] = "PROPPATCH",
    [HTTP_METHOD_MKCOL] = "MKCOL",
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 5, 0)
    [HTTP_METHOD_REPORT] = "REPORT",
#endif
};

const char *http_method_name(esp_http_client_method_t method)
{
    return method_names[method];
}

char *http_request_target(const struct http_url *url)
{
    size_t size = strlen(url->path) + (url->query != NULL ? strlen(url->query) + 1 : 0) + 1;
    char *target = http_calloc(size);
    if (target != NULL) {
        snprintf(target, size, "%s%s%s", url->path, url->query != NULL ? "?" : "",
                 url->query != NULL ? url->query : "");
    }
    return target;
}

static esp_err_t take_authorization(struct esp_http_client *client, char *authorization)
{
    if (authorization == NULL) {
        return ESP_ERR_NO_MEM;
    }
    esp_err_t err = http_headers_set(&client->headers, "Authorization", authorization);
    http_free(authorization);
    return err;
}

static esp_err_t authorize_digest(struct esp_http_client *client)
{
    char *uri = http_request_target(&client->url);
    if (uri == NULL) {
        return ESP_ERR_NO_MEM;
    }
    char cnonce[17];
    snprintf(cnonce, sizeof cnonce, "%08x%08x", (unsigned)esp_random(), (unsigned)esp_random());
    const struct http_digest_request request = {
        .username = client->username,
        .password = client->password != NULL ? client->password : "",
        .method = http_method_name(client->method),
        .uri = uri,
        .cnonce = cnonce,
        .count = ++client->nonce_count,
    };
    esp_err_t err = take_authorization(client, http_auth_digest(&client->challenge, &request));
    http_free(uri);
    return err;
}

/* Sets Authorization where there are credentials and a way to use them. */
static esp_err_t authorize(struct esp_http_client *client)
{
    if (client->username == NULL) {
        return ESP_OK;
    }
#if CONFIG_ESP_HTTP_CLIENT_ENABLE_BASIC_AUTH
    if (client->auth_type == HTTP_AUTH_TYPE_BASIC) {
        const char *password = client->password != NULL ? client->password : "";
        return take_authorization(client, http_auth_basic(client->username, password));
    }
#endif
#if CONFIG_ESP_HTTP_CLIENT_ENABLE_DIGEST_AUTH
    if (client->auth_type == HTTP_AUTH_TYPE_DIGEST &&
        client->challenge.type == HTTP_AUTH_TYPE_DIGEST) {
        return authorize_digest(client);
    }
#else
    (void)authorize_digest;
#endif
#if !CONFIG_ESP_HTTP_CLIENT_ENABLE_BASIC_AUTH && !CONFIG_ESP_HTTP_CLIENT_ENABLE_DIGEST_AUTH
    (void)take_authorization;
#endif
    return ESP_OK;
}

esp_err_t esp_http_client_prepare(esp_http_client_handle_t client)
{
    if (client == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    return authorize(client);
}

/* The bytes of a request's header. */
struct draft {
    char *bytes;
    size_t length, capacity;
};

static esp_err_t append(struct draft *draft, const char *text)
{
    size_t length = strlen(text);
    if (draft->length + length + 1 > draft->capacity) {
        size_t capacity = 2 * (draft->length + length) + 256;
        char *bytes = heap_caps_realloc(draft->bytes, capacity, MALLOC_CAP_DEFAULT);
        if (bytes == NULL) {
            return ESP_ERR_NO_MEM;
        }
        draft->bytes = bytes;
        draft->capacity = capacity;
    }
    memcpy(draft->bytes + draft->length, text, length + 1);
    draft->length += length;
    return ESP_OK;
}

/* The device forms the request line in the send buffer, with its terminator. */
static esp_err_t append_request_line(struct esp_http_client *client, struct draft *draft)
{
    const char *method = http_method_name(client->method);
    char *target = http_request_target(&client->url);
    if (target == NULL) {
        return ESP_ERR_NO_MEM;
    }
    size_t length = strlen(method) + 1 + strlen(target) + strlen(" HTTP/1.1\r\n");
    esp_err_t err = ESP_FAIL;
    if (length < client->send_size) {
        err = append(draft, method);
        err = err != ESP_OK ? err : append(draft, " ");
        err = err != ESP_OK ? err : append(draft, target);
        err = err != ESP_OK ? err : append(draft, " HTTP/1.1\r\n");
    } else {
        ESP_LOGE(TAG, "Out of buffer");
    }
    http_free(target);
    return err;
}

/* Each header goes through the send buffer too, with room for the empty line and a terminator. */
static esp_err_t append_header(const struct esp_http_client *client, struct draft *draft,
                               const char *name, const char *value)
{
    size_t length = strlen(name) + 2 + strlen(value) + 2;
    if (length + 2 >= client->send_size) {
        ESP_LOGE(TAG, "Buffer length is small to fit the header %s", name);
        return ESP_ERR_HTTP_HEADER_TOO_LONG;
    }
    esp_err_t err = append(draft, name);
    err = err != ESP_OK ? err : append(draft, ": ");
    err = err != ESP_OK ? err : append(draft, value);
    return err != ESP_OK ? err : append(draft, "\r\n");
}

static esp_err_t append_framing(const struct esp_http_client *client, struct draft *draft,
                                int write_len)
{
    if (write_len < 0) {
        return append_header(client, draft, "Transfer-Encoding", "chunked");
    }
    if (write_len == 0 || http_headers_get(&client->headers, "Content-Length") != NULL) {
        return ESP_OK;
    }
    char length[16];
    snprintf(length, sizeof length, "%d", write_len);
    return append_header(client, draft, "Content-Length", length);
}

static esp_err_t append_headers(const struct esp_http_client *client, struct draft *draft,
                                int write_len)
{
    for (const struct http_header *header = client->headers.first; header != NULL;
         header = header->next) {
        esp_err_t err = append_header(client, draft, header->name, header->value);
        if (err != ESP_OK) {
            return err;
        }
    }
    esp_err_t err = append_framing(client, draft, write_len);
    return err != ESP_OK ? err : append(draft, "\r\n");
}

/* The request then ends where the header did not fit, without an empty line: the server waits for
 * the rest, and we for the server. */
static bool cuts_request(void)
{
#if CONFIG_ESP_HTTP_CLIENT_STRICT_HEADER_BUFFER
    if (!quirk(QUIRK_REQUEST_CUT)) {
        return false;
    }
    quirk_met(QUIRK_REQUEST_CUT);
#endif
    return true;
}

static esp_err_t compose(struct esp_http_client *client, struct draft *draft, int write_len)
{
    esp_err_t err = append_request_line(client, draft);
    if (err != ESP_OK) {
        return err;
    }
    err = append_headers(client, draft, write_len);
    return err == ESP_ERR_HTTP_HEADER_TOO_LONG && cuts_request() ? ESP_OK : err;
}

/* In one piece, so that a peer which is gone is noticed at the same point in every run. */
static esp_err_t transmit(struct esp_http_client *client, const struct draft *draft)
{
    int sent = net_write(client->connection, draft->bytes, draft->length, client->timeout_ms);
    if (sent == (int)draft->length) {
        return ESP_OK;
    }
    http_connection_note_failure(client);
    ESP_LOGE(TAG, "Error write request");
    return ESP_ERR_HTTP_WRITE_DATA;
}

esp_err_t esp_http_client_request_send(esp_http_client_handle_t client, int write_len)
{
    if (client == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (client->state < HTTP_STATE_CONNECTED) {
        return ESP_ERR_INVALID_STATE;
    }
    http_response_reset(client);
    struct draft draft = {0};
    esp_err_t err = compose(client, &draft, write_len);
    err = err != ESP_OK ? err : transmit(client, &draft);
    http_free(draft.bytes);
    if (err != ESP_OK) {
        http_event_error(client);
        return err;
    }
    client->state = HTTP_STATE_REQUEST_SENT;
    http_trace_request(client);
    http_event(client, HTTP_EVENT_HEADERS_SENT, NULL, 0);
    return ESP_OK;
}

esp_err_t esp_http_client_open(esp_http_client_handle_t client, int write_len)
{
    esp_err_t err = esp_http_client_prepare(client);
    err = err != ESP_OK ? err : http_connection_open(client);
    return err != ESP_OK ? err : esp_http_client_request_send(client, write_len);
}

int esp_http_client_write(esp_http_client_handle_t client, const char *buffer, int len)
{
    if (client == NULL || buffer == NULL || len < 0 || client->state < HTTP_STATE_REQUEST_SENT) {
        return ESP_FAIL;
    }
    if (len == 0) {
        return 0;
    }
    int sent = net_write(client->connection, buffer, (size_t)len, client->timeout_ms);
    if (sent < 0) {
        http_connection_note_failure(client);
        return ESP_FAIL;
    }
    return sent;
}
