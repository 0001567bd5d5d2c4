#include "boot.h"
#include "esp_log.h"
#include "http_client.h"
#include "http_memory.h"
#include "otasim_quirk.h"
#include "sdkconfig.h"
#include "trace.h"

#ifdef CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN
#define IN_CONTENT_LENGTH CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN
#else
#define IN_CONTENT_LENGTH 16384
#endif

/* A TLS session on the device: a buffer each way, contexts and the peer's certificates. */
#define TLS_SESSION_BYTES (IN_CONTENT_LENGTH + 4096 + 2 * 333 + 12 * 1024)

/* MBEDTLS_ERR_SSL_ALLOC_FAILED */
#define OUT_OF_MEMORY 0x7F00

static const char *const TAG = "HTTP_CLIENT";

static _Noreturn void give_up(const char *why)
{
    boot_end(strncmp(why, "harness:", 8) == 0 ? BOOT_END_PANIC : BOOT_END_WATCHDOG, why);
}

static esp_http_client_transport_t transport_of(const struct esp_http_client *client)
{
#if CONFIG_ESP_HTTP_CLIENT_ENABLE_HTTPS
    if (strcmp(client->url.scheme, "https") == 0) {
        return HTTP_TRANSPORT_OVER_SSL;
    }
#endif
    return strcmp(client->url.scheme, "http") == 0 ? HTTP_TRANSPORT_OVER_TCP
                                                   : HTTP_TRANSPORT_UNKNOWN;
}

/* The device (by the quirk) picks the transport for its first connection and keeps it, whatever
 * scheme a redirect leads to. */
static void choose_transport(struct esp_http_client *client)
{
    esp_http_client_transport_t wanted = transport_of(client);
    if (client->transport == HTTP_TRANSPORT_UNKNOWN || client->transport == wanted) {
        client->transport = wanted;
    } else if (quirk(QUIRK_TRANSPORT_CHOSEN_ONCE)) {
        quirk_met(QUIRK_TRANSPORT_CHOSEN_ONCE);
    } else {
        client->transport = wanted;
    }
}

static void refuse(struct esp_http_client *client, esp_err_t err, int code)
{
    client->failure = (struct net_failure){
        .tls = {.last_error = err, .esp_tls_error_code = code},
    };
}

static bool reserve_tls_memory(struct esp_http_client *client)
{
    client->tls_memory = heap_caps_malloc(TLS_SESSION_BYTES, MALLOC_CAP_DEFAULT);
    if (client->tls_memory != NULL) {
        trace_record("tls", json_pack("{s:s, s:o, s:i, s:i}", "what", "memory", "host",
                                      trace_text(client->url.host, strlen(client->url.host)),
                                      "bytes", TLS_SESSION_BYTES, "receive", IN_CONTENT_LENGTH));
        return true;
    }
    refuse(client, ESP_ERR_MBEDTLS_SSL_SETUP_FAILED, OUT_OF_MEMORY);
    trace_record("tls", json_pack("{s:s, s:o, s:i, s:i, s:s, s:s}", "what", "setup", "host",
                                  trace_text(client->url.host, strlen(client->url.host)), "code",
                                  -OUT_OF_MEMORY, "flags", 0, "text",
                                  "SSL - Memory allocation failed", "why", ""));
    return false;
}

static void release_tls_memory(struct esp_http_client *client)
{
    http_free(client->tls_memory);
    client->tls_memory = NULL;
}

static struct net_context network(void)
{
    const struct boot *boot = boot_current();
    return (struct net_context){.env = boot != NULL ? boot->net : NULL, .give_up = give_up};
}

static bool connect_now(struct esp_http_client *client)
{
    const struct net_context context = network();
    bool over_tls = client->transport == HTTP_TRANSPORT_OVER_SSL;
    if (over_tls && !reserve_tls_memory(client)) {
        return false;
    }
    client->connection =
        net_connect(&context, client->url.host, (uint16_t)client->url.port,
                    over_tls ? &client->tls : NULL, client->timeout_ms, &client->failure);
    if (client->connection == NULL) {
        release_tls_memory(client);
    }
    return client->connection != NULL;
}

/* A server that has closed, or has said that it will, needs another connection. The device learns
 * of it from the failure of its next request. */
static void drop_dead_connection(struct esp_http_client *client)
{
    bool said_so = client->response.status > 0 && !client->response.keep_alive;
    if (client->state < HTTP_STATE_CONNECTED) {
        return;
    }
    if (quirk(QUIRK_CLOSED_CONNECTION_REUSED)) {
        if (said_so || net_is_dead(client->connection)) {
            quirk_met(QUIRK_CLOSED_CONNECTION_REUSED);
        }
    } else if (said_so || net_is_dead(client->connection)) {
        http_connection_close(client);
    }
}

static esp_err_t still_connecting(struct esp_http_client *client)
{
    if (quirk(QUIRK_ASYNC_CONNECTING)) {
        http_event_error(client);
        return ESP_ERR_HTTP_CONNECTING;
    }
    return ESP_ERR_HTTP_EAGAIN;
}

esp_err_t http_connection_open(struct esp_http_client *client)
{
    drop_dead_connection(client);
    if (client->state >= HTTP_STATE_CONNECTED) {
        return ESP_OK;
    }
    http_response_reset(client);
    choose_transport(client);
    if (client->transport == HTTP_TRANSPORT_UNKNOWN) {
        ESP_LOGE(TAG, "No transport for %s", client->url.scheme);
        refuse(client, ESP_ERR_HTTP_INVALID_TRANSPORT, 0);
        http_event_error(client);
        return ESP_ERR_HTTP_INVALID_TRANSPORT;
    }
    /* A handshake takes longer than the moment for which an asynchronous client waits. */
    if (client->is_async && client->transport == HTTP_TRANSPORT_OVER_SSL &&
        client->state == HTTP_STATE_IDLE) {
        client->state = HTTP_STATE_CONNECTING;
        return still_connecting(client);
    }
    if (!connect_now(client)) {
        ESP_LOGE(TAG, "Connection failed, error 0x%x", (unsigned)client->failure.tls.last_error);
        client->state = HTTP_STATE_IDLE;
        http_event_error(client);
        return ESP_ERR_HTTP_CONNECT;
    }
    client->state = HTTP_STATE_CONNECTED;
    http_event(client, HTTP_EVENT_ON_CONNECTED, NULL, 0);
    return ESP_OK;
}

void http_connection_note_failure(struct esp_http_client *client)
{
    if (client->connection != NULL) {
        client->failure = *net_last_failure(client->connection);
    }
}

/* What the server sees of an asynchronous client that gives up before the handshake is through. */
static void abandon_handshake(const struct esp_http_client *client)
{
    const struct net_context context = network();
    struct net_failure failure;
    struct net_connection *connection = net_connect(
        &context, client->url.host, (uint16_t)client->url.port, NULL, client->timeout_ms, &failure);
    if (connection != NULL) {
        net_close(connection);
    }
}

/* Whether the application hears that a client is closed which was in that state. */
static bool announces_close(enum http_state state)
{
    switch (state) {
    case HTTP_STATE_IDLE:
        return quirk(QUIRK_DISCONNECTED_AT_CLEANUP);
    case HTTP_STATE_CONNECTING:
        return !quirk(QUIRK_CONNECTING_CLOSED_SILENTLY);
    default:
        return true;
    }
}

static void disconnect(struct esp_http_client *client)
{
    if (client->state == HTTP_STATE_CONNECTING) {
        abandon_handshake(client);
        return;
    }
    http_connection_note_failure(client);
    net_close(client->connection);
    client->connection = NULL;
    release_tls_memory(client);
    http_trace_closed(client);
    client->taken = 0;
}

void http_connection_close(struct esp_http_client *client)
{
    enum http_state state = client->state;
    if (state != HTTP_STATE_IDLE) {
        disconnect(client);
        client->state = HTTP_STATE_IDLE;
    }
    if (announces_close(state)) {
        http_event(client, HTTP_EVENT_DISCONNECTED, &client->failure.tls, 0);
    }
}
