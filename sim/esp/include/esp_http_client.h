/* The HTTP client, as in ESP-IDF's esp_http_client.h. One client is one handle that may make many
 * requests, one after the other, over a connection that is kept as long as both sides allow.
 *
 * Two ways to use it: esp_http_client_perform() does a whole request and reports through the event
 * handler; or open, (write), fetch_headers, read, close, which is what the OTA library does.
 *
 * What a release lacks is left out when that release is chosen (esp_idf_version.h). */
#pragma once

#if __has_include("sdkconfig.h")
#include "sdkconfig.h"
#endif

#include <net/if.h> /* struct ifreq, which lwIP has in sys/socket.h */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "esp_err.h"
#include "esp_idf_version.h"
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 1, 0)
#include "esp_event.h"
#else
#include "freertos/FreeRTOS.h"
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define DEFAULT_HTTP_BUF_SIZE 512

#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 1, 0)
/** Base of the HTTP client events that are posted to the default event loop. */
ESP_EVENT_DECLARE_BASE(ESP_HTTP_CLIENT_EVENT);
#endif

typedef struct esp_http_client *esp_http_client_handle_t;
typedef struct esp_http_client_event *esp_http_client_event_handle_t;

typedef enum {
    HTTP_EVENT_ERROR = 0,    /* the connection failed, or ended before the response was whole */
    HTTP_EVENT_ON_CONNECTED, /* connected, TLS included; nothing was exchanged yet */
    HTTP_EVENT_HEADERS_SENT, /* the request's header is sent */
    HTTP_EVENT_HEADER_SENT = HTTP_EVENT_HEADERS_SENT, /* its older name */
    HTTP_EVENT_ON_HEADER,                             /* one header of the response */
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(6, 0, 0)
    HTTP_EVENT_ON_HEADERS_COMPLETE, /* the last one was seen */
    HTTP_EVENT_ON_STATUS_CODE,      /* the status line was read */
#endif
    HTTP_EVENT_ON_DATA,      /* a piece of the body, decoded */
    HTTP_EVENT_ON_FINISH,    /* esp_http_client_perform is through */
    HTTP_EVENT_DISCONNECTED, /* the connection is closed; data is an esp_tls_error_handle_t */
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 0, 0)
    HTTP_EVENT_REDIRECT, /* a redirect was answered and auto-redirect is off, or is followed */
#endif
} esp_http_client_event_id_t;

typedef struct esp_http_client_event {
    esp_http_client_event_id_t event_id;
    esp_http_client_handle_t client;
    void *data; /* ON_DATA: the bytes. ERROR, DISCONNECTED: esp_tls_error_handle_t */
    int data_len;
    void *user_data;    /* of the configuration */
    char *header_key;   /* ON_HEADER */
    char *header_value; /* ON_HEADER */
} esp_http_client_event_t;

#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 1, 0)
/** Payload of a posted HTTP_EVENT_ON_DATA. */
typedef struct esp_http_client_on_data {
    esp_http_client_handle_t client;
    int64_t data_process; /* bytes of the body so far */
} esp_http_client_on_data_t;

/** Payload of a posted HTTP_EVENT_REDIRECT. */
typedef struct esp_http_client_redirect_event_data {
    esp_http_client_handle_t client;
    int status_code;
} esp_http_client_redirect_event_data_t;
#endif

typedef enum {
    HTTP_TRANSPORT_UNKNOWN = 0x0,
    HTTP_TRANSPORT_OVER_TCP,
    HTTP_TRANSPORT_OVER_SSL,
} esp_http_client_transport_t;

#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 1, 5)
typedef enum {
    ESP_HTTP_CLIENT_TLS_VER_ANY = 0,
    ESP_HTTP_CLIENT_TLS_VER_TLS_1_2,
    ESP_HTTP_CLIENT_TLS_VER_TLS_1_3,
    ESP_HTTP_CLIENT_TLS_VER_MAX,
} esp_http_client_proto_ver_t;
#endif

typedef enum {
    HTTP_METHOD_GET = 0,
    HTTP_METHOD_POST,
    HTTP_METHOD_PUT,
    HTTP_METHOD_PATCH,
    HTTP_METHOD_DELETE,
    HTTP_METHOD_HEAD,
    HTTP_METHOD_NOTIFY,
    HTTP_METHOD_SUBSCRIBE,
    HTTP_METHOD_UNSUBSCRIBE,
    HTTP_METHOD_OPTIONS,
    HTTP_METHOD_COPY,
    HTTP_METHOD_MOVE,
    HTTP_METHOD_LOCK,
    HTTP_METHOD_UNLOCK,
    HTTP_METHOD_PROPFIND,
    HTTP_METHOD_PROPPATCH,
    HTTP_METHOD_MKCOL,
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 5, 0)
    HTTP_METHOD_REPORT,
#endif
    HTTP_METHOD_MAX,
} esp_http_client_method_t;

typedef enum {
    HTTP_AUTH_TYPE_NONE = 0, /* answers a challenge if credentials are there */
    HTTP_AUTH_TYPE_BASIC,    /* sends the credentials with the first request */
    HTTP_AUTH_TYPE_DIGEST,
} esp_http_client_auth_type_t;

#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 3, 4)
typedef enum {
    HTTP_ADDR_TYPE_UNSPEC = AF_UNSPEC,
    HTTP_ADDR_TYPE_INET = AF_INET,
    HTTP_ADDR_TYPE_INET6 = AF_INET6,
} esp_http_client_addr_type_t;
#endif

typedef esp_err_t (*http_event_handle_cb)(esp_http_client_event_t *evt);

struct esp_transport_item_t;

/** Zero means not set. Strings are copied by esp_http_client_init, but not certificates and keys:
 * those stay the caller's for as long as the handle lives. */
typedef struct {
    const char *url;      /* wins over host, port, path and query */
    const char *host;     /* without a URL */
    int port;             /* 0: 80 or 443 */
    const char *username; /* for HTTP authentication */
    const char *password;
    esp_http_client_auth_type_t auth_type;
    const char *path;  /* NULL: "/" */
    const char *query; /* without the "?" */
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 5, 0)
    union {
        const char *cert_pem; /* CA certificates, PEM, terminated; one or several */
        const char *cert_der; /* or one, DER, of cert_len bytes */
    };
    size_t cert_len; /* 0: terminated PEM */
    union {
        const char *client_cert_pem; /* for mutual TLS */
        const char *client_cert_der;
    };
#else
    const char *cert_pem;
    size_t cert_len;
    const char *client_cert_pem;
#endif
    size_t client_cert_len;
    const char *client_key_pem;
    size_t client_key_len;
    const char *client_key_password;
    size_t client_key_password_len;
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 1, 5)
    esp_http_client_proto_ver_t tls_version;
#endif
    const char *user_agent; /* NULL: "ESP32 HTTP Client/1.0" */
    esp_http_client_method_t method;
    int timeout_ms; /* 0: 5000 */
    bool disable_auto_redirect;
    int max_redirection_count;     /* 0: 10 */
    int max_authorization_retries; /* 0: 10, -1: none */
    http_event_handle_cb event_handler;
    esp_http_client_transport_t transport_type;
    int buffer_size;    /* receive buffer, bytes; 0: DEFAULT_HTTP_BUF_SIZE */
    int buffer_size_tx; /* send buffer; the request line and each header must fit */
    void *user_data;
    bool is_async;
    bool use_global_ca_store; /* esp_tls_set_global_ca_store */
    bool skip_cert_common_name_check;
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 1, 0)
    const char *common_name; /* expected in the certificate instead of the host */
#endif
    esp_err_t (*crt_bundle_attach)(void *conf); /* esp_crt_bundle_attach */
    bool keep_alive_enable;                     /* TCP keep-alive */
    int keep_alive_idle;                        /* seconds */
    int keep_alive_interval;                    /* seconds */
    int keep_alive_count;
    struct ifreq *if_name;
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 1, 0) &&                                             \
    ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(6, 1, 0)
    bool use_secure_element; /* without effect here */
#endif
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 5, 0)
    const char **alpn_protos; /* ends with NULL */
#endif
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 3, 0)
    bool save_client_session;               /* without effect here */
    struct esp_transport_item_t *transport; /* without effect here */
#endif
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 3, 4)
    esp_http_client_addr_type_t addr_type;
#endif
} esp_http_client_config_t;

typedef enum {
    HttpStatus_Ok = 200,
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 5, 0)
    HttpStatus_PartialContent = 206,
#endif
    HttpStatus_MultipleChoices = 300,
    HttpStatus_MovedPermanently = 301,
    HttpStatus_Found = 302,
    HttpStatus_SeeOther = 303,
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 5, 0)
    HttpStatus_NotModified = 304,
#endif
    HttpStatus_TemporaryRedirect = 307,
    HttpStatus_PermanentRedirect = 308,
    HttpStatus_BadRequest = 400,
    HttpStatus_Unauthorized = 401,
    HttpStatus_Forbidden = 403,
    HttpStatus_NotFound = 404,
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 5, 0)
    HttpStatus_RangeNotSatisfiable = 416,
#endif
    HttpStatus_InternalError = 500,
} HttpStatus_Code;

#define ESP_ERR_HTTP_BASE              0x7000
#define ESP_ERR_HTTP_MAX_REDIRECT      (ESP_ERR_HTTP_BASE + 1)
#define ESP_ERR_HTTP_CONNECT           (ESP_ERR_HTTP_BASE + 2)
#define ESP_ERR_HTTP_WRITE_DATA        (ESP_ERR_HTTP_BASE + 3)
#define ESP_ERR_HTTP_FETCH_HEADER      (ESP_ERR_HTTP_BASE + 4)
#define ESP_ERR_HTTP_INVALID_TRANSPORT (ESP_ERR_HTTP_BASE + 5)
#define ESP_ERR_HTTP_CONNECTING        (ESP_ERR_HTTP_BASE + 6)
#define ESP_ERR_HTTP_EAGAIN            (ESP_ERR_HTTP_BASE + 7)
#define ESP_ERR_HTTP_CONNECTION_CLOSED (ESP_ERR_HTTP_BASE + 8)
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 4, 3)
#define ESP_ERR_HTTP_NOT_MODIFIED          (ESP_ERR_HTTP_BASE + 9)
#define ESP_ERR_HTTP_RANGE_NOT_SATISFIABLE (ESP_ERR_HTTP_BASE + 10)
#endif
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 5, 2)
#define ESP_ERR_HTTP_READ_TIMEOUT    (ESP_ERR_HTTP_BASE + 11)
#define ESP_ERR_HTTP_INCOMPLETE_DATA (ESP_ERR_HTTP_BASE + 12)
#endif
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 5, 5)
#define ESP_ERR_HTTP_REDIRECT_DOWNGRADE (ESP_ERR_HTTP_BASE + 13)
#endif
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(6, 1, 0)
#define ESP_ERR_HTTP_HEADER_TOO_LONG (ESP_ERR_HTTP_BASE + 14)
#endif

/** A client for what config says; NULL when the URL cannot be parsed or memory is short. */
esp_http_client_handle_t esp_http_client_init(const esp_http_client_config_t *config);

/** Does one whole request: connects, sends, receives, follows redirects, answers challenges.
 * Asynchronous clients (is_async, https only) get ESP_ERR_HTTP_EAGAIN until it is done. */
esp_err_t esp_http_client_perform(esp_http_client_handle_t client);

/** Closes the connection of a request that is under way and readies the client for another. */
esp_err_t esp_http_client_cancel_request(esp_http_client_handle_t client);

/** Where the next request goes; a path alone keeps the host. Another host closes the connection
 * and drops credentials. */
esp_err_t esp_http_client_set_url(esp_http_client_handle_t client, const char *url);

/** The body that perform sends. `data` is not copied. NULL removes it. */
esp_err_t esp_http_client_set_post_field(esp_http_client_handle_t client, const char *data,
                                         int len);

/** *data becomes the body that was set, NULL if none; returns its length. */
int esp_http_client_get_post_field(esp_http_client_handle_t client, char **data);

/** Sets a header of the requests to come, or replaces it. A NULL value deletes it. */
esp_err_t esp_http_client_set_header(esp_http_client_handle_t client, const char *key,
                                     const char *value);

/** *value becomes a header of the *request*, NULL if it is not set. */
esp_err_t esp_http_client_get_header(esp_http_client_handle_t client, const char *key,
                                     char **value);

esp_err_t esp_http_client_get_username(esp_http_client_handle_t client, char **value);
esp_err_t esp_http_client_set_username(esp_http_client_handle_t client, const char *username);
esp_err_t esp_http_client_get_password(esp_http_client_handle_t client, char **value);
esp_err_t esp_http_client_set_password(esp_http_client_handle_t client, const char *password);
esp_err_t esp_http_client_set_authtype(esp_http_client_handle_t client,
                                       esp_http_client_auth_type_t auth_type);

esp_err_t esp_http_client_get_user_data(esp_http_client_handle_t client, void **data);
esp_err_t esp_http_client_set_user_data(esp_http_client_handle_t client, void *data);

/** The socket's errno after a failure; -1 without a connection. */
int esp_http_client_get_errno(esp_http_client_handle_t client);

/** The last TLS error: its code (negated mbedTLS code) and verification flags, where asked for;
 * forgets it. ESP_OK if there was none. */
esp_err_t esp_http_client_get_and_clear_last_tls_error(esp_http_client_handle_t client,
                                                       int *esp_tls_error_code, int *esp_tls_flags);

esp_err_t esp_http_client_set_method(esp_http_client_handle_t client,
                                     esp_http_client_method_t method);
esp_err_t esp_http_client_set_timeout_ms(esp_http_client_handle_t client, int timeout_ms);
esp_err_t esp_http_client_delete_header(esp_http_client_handle_t client, const char *key);

/** Connects if need be and sends request line and headers. A body of write_len bytes may follow;
 * -1 announces a chunked one. ESP_ERR_HTTP_CONNECT, ESP_ERR_HTTP_WRITE_DATA, ... */
esp_err_t esp_http_client_open(esp_http_client_handle_t client, int write_len);

/** Sends bytes of the body; returns how many, or -1. */
int esp_http_client_write(esp_http_client_handle_t client, const char *buffer, int len);

/** Reads the response's header. Returns Content-Length; 0 when there is none (or it is 0); -1 when
 * the connection broke or the header is not HTTP; -ESP_ERR_HTTP_EAGAIN on a timeout. */
int64_t esp_http_client_fetch_headers(esp_http_client_handle_t client);

/** Whether the body is chunked, or its length unknown. */
bool esp_http_client_is_chunked_response(esp_http_client_handle_t client);

/** Reads up to len bytes of the body, chunks decoded. Blocks until all are there, the body ends or
 * timeout_ms pass without any. 0: the end. -1: an error. -ESP_ERR_HTTP_EAGAIN: timeout, no data. */
int esp_http_client_read(esp_http_client_handle_t client, char *buffer, int len);

/** Of the last response; -1 before there is one. */
int esp_http_client_get_status_code(esp_http_client_handle_t client);

/** Content-Length of the last response; -1 when unknown. */
int64_t esp_http_client_get_content_length(esp_http_client_handle_t client);

#if CONFIG_ESP_HTTP_CLIENT_ENABLE_GET_CONTENT_RANGE
/** The total size in Content-Range ("bytes 0-0/TOTAL"); -1 when it names none, 0 without
 * Content-Range. */
int64_t esp_http_client_get_content_range(esp_http_client_handle_t client);
#endif

esp_err_t esp_http_client_close(esp_http_client_handle_t client);

/** Closes and frees. The handle is gone afterwards. */
esp_err_t esp_http_client_cleanup(esp_http_client_handle_t client);

esp_http_client_transport_t esp_http_client_get_transport_type(esp_http_client_handle_t client);

/** After a 30x: takes the response's Location as the URL of the next request. ESP_ERR_INVALID_ARG
 * without a usable one, ESP_ERR_HTTP_REDIRECT_DOWNGRADE from https to anything else. */
esp_err_t esp_http_client_set_redirection(esp_http_client_handle_t client);

/** Lets perform follow max_redirection_count redirects once more. */
esp_err_t esp_http_client_reset_redirect_counter(esp_http_client_handle_t client);

/** Takes a WWW-Authenticate value that the application found itself. */
esp_err_t esp_http_client_set_auth_data(esp_http_client_handle_t client, const char *auth_data,
                                        int len);

/** After a 401: prepares the next request's Authorization. ESP_ERR_INVALID_STATE when the last
 * status was not 401, ESP_ERR_NOT_SUPPORTED when the challenge is missing, not known or not
 * compiled in. */
esp_err_t esp_http_client_add_auth(esp_http_client_handle_t client);

/** Whether the body came whole: all of Content-Length, or the last chunk. */
bool esp_http_client_is_complete_data_received(esp_http_client_handle_t client);

/** Reads until len bytes are there or no more come. Returns how many; -1 on an error. */
int esp_http_client_read_response(esp_http_client_handle_t client, char *buffer, int len);

/** Reads and discards the rest of the body; *len (may be NULL) becomes how much that was. */
esp_err_t esp_http_client_flush_response(esp_http_client_handle_t client, int *len);

/** The URL in use, terminated. ESP_ERR_INVALID_ARG, ESP_FAIL when it does not fit. */
esp_err_t esp_http_client_get_url(esp_http_client_handle_t client, char *url, const int len);

/** *len becomes the size of the current chunk. ESP_FAIL when the response is not chunked. */
esp_err_t esp_http_client_get_chunk_length(esp_http_client_handle_t client, int *len);

/** Whether the last response allows another request on its connection. */
bool esp_http_client_is_persistent_connection(esp_http_client_handle_t client);

/** Readies the client for another request on the open connection: what esp_http_client_open does
 * before it connects. */
esp_err_t esp_http_client_prepare(esp_http_client_handle_t client);

/** Sends request line and headers on the open connection: what esp_http_client_open does last. */
esp_err_t esp_http_client_request_send(esp_http_client_handle_t client, int write_len);

/** Forgets body bytes that were received but not read. */
void esp_http_client_clear_response_buffer(esp_http_client_handle_t client);

#ifdef __cplusplus
}
#endif
