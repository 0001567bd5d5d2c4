/* What the files of the HTTP client share. The contract is esp_http_client.h. */
#pragma once

#include <http_parser.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp_http_client.h"
#include "esp_tls.h"
#include "http_auth.h"
#include "http_headers.h"
#include "http_shape.h"
#include "http_url.h"
#include "net.h"

enum http_state {
    HTTP_STATE_IDLE,       /* no connection */
    HTTP_STATE_CONNECTING, /* an asynchronous client has begun to connect */
    HTTP_STATE_CONNECTED,
    HTTP_STATE_REQUEST_SENT,
    HTTP_STATE_RECEIVING, /* the response's header is there */
};

/** A text that grows. */
struct http_text {
    char *bytes; /* terminated; NULL while empty */
    size_t length;
};

struct http_response {
    int status;             /* -1: none yet */
    int64_t content_length; /* -1: unknown */
    int64_t range_first;    /* of Content-Range; -1: unknown */
    int64_t range_total;    /* of Content-Range; -1: it names none; 0: there is no Content-Range */
    int64_t received;       /* bytes of the body, decoded, whether or not they were read */
    int chunk_length;       /* of the current chunk */
    bool is_chunked;        /* framed in chunks */
    bool length_unknown;    /* chunked, or Content-Length 0 or missing */
    bool other_codings;     /* Transfer-Encoding names more than "chunked" */
    bool status_announced;
    bool headers_complete;
    bool message_complete;
    bool keep_alive;
    struct http_text location;
    struct http_text challenge;                     /* WWW-Authenticate */
    struct http_text name, value;                   /* the header that is coming in */
    struct http_text finished_name, finished_value; /* the one before, not announced yet */
    bool has_value, has_finished;
};

struct esp_http_client {
    enum http_state state;
    struct net_connection *connection;
    void *tls_memory; /* what a TLS session takes of the device's heap */
    esp_http_client_transport_t transport;
    struct net_failure failure; /* of the last connection */
    int64_t taken;              /* bytes of bodies that this connection brought */

    struct http_url url;
    struct http_headers headers; /* of requests */
    esp_http_client_method_t method;
    const char *post_data; /* the application's */
    int post_length;

    http_parser parser;
    struct http_response response;
    char *receive_buffer;
    char *body; /* decoded bytes that were not read yet; as large as receive_buffer */
    size_t body_start, body_length;
    bool memory_short; /* in a parser callback */

    char *username, *password;
    esp_http_client_auth_type_t auth_type;
    struct http_challenge challenge;
    unsigned nonce_count;

    int redirects;              /* that perform has followed */
    int repeats_in_a_row;       /* after redirects and 401, without another response between them */
    int authorization_attempts; /* of perform */
    bool again;                 /* perform makes another request */

    /* From the configuration. */
    size_t receive_size, send_size;
    int timeout_ms;
    bool disable_auto_redirect;
    int max_redirects, max_authorization_retries;
    http_event_handle_cb handler;
    void *user_data;
    bool is_async;
    struct net_tls_config tls;
    char *common_name;
};

/* http_event.c */

/** Calls the handler and posts the event. */
void http_event(struct esp_http_client *client, esp_http_client_event_id_t id, void *data,
                int length);
void http_event_header(struct esp_http_client *client, char *name, char *value);
/** HTTP_EVENT_ERROR with the connection's last error. */
void http_event_error(struct esp_http_client *client);
/** HTTP_EVENT_REDIRECT: always posted, but the handler hears of it only if it is to act. */
void http_event_redirect(struct esp_http_client *client);

/* http_connection.c */

/** Connects unless that is done. ESP_ERR_HTTP_CONNECT, ESP_ERR_HTTP_INVALID_TRANSPORT,
 * ESP_ERR_HTTP_EAGAIN (asynchronous clients). */
esp_err_t http_connection_open(struct esp_http_client *client);
void http_connection_close(struct esp_http_client *client);
/** Keeps the connection's last error after reading or writing failed. */
void http_connection_note_failure(struct esp_http_client *client);

/* http_request.c */

/** "GET" */
const char *http_method_name(esp_http_client_method_t method);
/** The path with its query, for a request line, in memory that is released with http_free. */
char *http_request_target(const struct http_url *url);

/* http_response.c */

/** Readies parser and response for another message. */
void http_response_reset(struct esp_http_client *client);
void http_response_clear(struct http_response *response);
/** Feeds bytes of the connection to the parser; length 0 is its end. false when they are not HTTP,
 * or memory is short. */
bool http_response_feed(struct esp_http_client *client, const char *bytes, size_t length);

/* http_redirect.c */

/** Notes that the firmware sends one more request because of a redirect or a 401; ends the boot
 * when it plainly does so for ever. */
void http_count_repeat(struct esp_http_client *client);

/** The URL of the client as a string that is released with free: the trace is not the device's, nor
 * is the memory that it takes. */
char *http_client_url(const struct esp_http_client *client);

/* http_trace.c */

void http_trace_request(const struct esp_http_client *client);
void http_trace_response(const struct esp_http_client *client);
void http_trace_redirect(const struct esp_http_client *client, const char *location);
void http_trace_closed(const struct esp_http_client *client);
