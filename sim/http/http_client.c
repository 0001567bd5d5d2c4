#include "http_client.h"

#include <stdio.h>

#include "esp_log.h"
#include "http_memory.h"
#include "otasim_quirk.h"
#include "sdkconfig.h"

#define DEFAULT_TIMEOUT_MS 5000
#define DEFAULT_RETRIES    10
#define DEFAULT_USER_AGENT "ESP32 HTTP Client/1.0"

static const char *const TAG = "HTTP_CLIENT";

static char *copy_text(const char *text)
{
    return text != NULL ? http_strndup(text, strlen(text)) : NULL;
}

/* Without a URL: host, port, path and query. */
static esp_err_t url_from_parts(const esp_http_client_config_t *config, struct http_url *url)
{
    *url = (struct http_url){0};
    if (config->host == NULL) {
        ESP_LOGE(TAG, "config should have either URL or host");
        return ESP_ERR_INVALID_ARG;
    }
    bool tls = config->transport_type == HTTP_TRANSPORT_OVER_SSL;
    url->scheme = copy_text(tls ? "https" : "http");
    url->host = copy_text(config->host);
    url->path = copy_text(config->path != NULL ? config->path : "/");
    url->query = copy_text(config->query);
    url->port = config->port;
    bool whole = url->scheme != NULL && url->host != NULL && url->path != NULL &&
                 (url->query != NULL) == (config->query != NULL);
    return whole ? ESP_OK : ESP_ERR_NO_MEM;
}

static esp_err_t take_url(struct esp_http_client *client, const esp_http_client_config_t *config)
{
    esp_err_t err = config->url != NULL ? http_url_parse(config->url, &client->url)
                                        : url_from_parts(config, &client->url);
    if (err != ESP_OK) {
        ESP_LOGE(TAG, "Error parse url %s", config->url != NULL ? config->url : "");
        return err;
    }
    if (client->url.port == 0) {
        client->url.port = http_url_default_port(client->url.scheme);
    }
    return ESP_OK;
}

/* Credentials of the URL win over those beside it. */
static esp_err_t take_credentials(struct esp_http_client *client,
                                  const esp_http_client_config_t *config)
{
    client->auth_type = config->auth_type;
    if (client->url.username != NULL) {
        client->username = client->url.username;
        client->password = client->url.password;
        client->url.username = client->url.password = NULL;
        return ESP_OK;
    }
    client->username = copy_text(config->username);
    client->password = copy_text(config->password);
    bool whole = (client->username != NULL) == (config->username != NULL) &&
                 (client->password != NULL) == (config->password != NULL);
    return whole ? ESP_OK : ESP_ERR_NO_MEM;
}

static esp_err_t set_first_headers(struct esp_http_client *client,
                                   const esp_http_client_config_t *config)
{
    const char *agent = config->user_agent != NULL ? config->user_agent : DEFAULT_USER_AGENT;
    char authority[300];
    if (!http_url_authority(&client->url, authority, sizeof authority)) {
        return ESP_ERR_INVALID_ARG;
    }
    esp_err_t err = http_headers_set(&client->headers, "User-Agent", agent);
    return err != ESP_OK ? err : http_headers_set(&client->headers, "Host", authority);
}

static void take_tls_config(struct esp_http_client *client, const esp_http_client_config_t *config)
{
    client->tls = (struct net_tls_config)
    {
        .ca = config->cert_pem, .ca_length = config->cert_len,
        .use_global_ca_store = config->use_global_ca_store,
        .bundle_attach = config->crt_bundle_attach, .client_certificate = config->client_cert_pem,
        .client_certificate_length = config->client_cert_len, .client_key = config->client_key_pem,
        .client_key_length = config->client_key_len,
        .client_key_password = config->client_key_password,
        .client_key_password_length = config->client_key_password_len,
        .common_name = client->common_name, .skip_common_name = config->skip_cert_common_name_check,
        .alpn = http_config_alpn(config), .version = http_config_tls_version(config),
#if CONFIG_MBEDTLS_HAVE_TIME_DATE
        .check_time = true,
#endif
#ifdef CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN
        .in_content_length = CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN,
#endif
    };
}

static int or_default(int value, int standard)
{
    return value > 0 ? value : standard;
}

static void take_limits(struct esp_http_client *client, const esp_http_client_config_t *config)
{
    client->receive_size = (size_t)or_default(config->buffer_size, DEFAULT_HTTP_BUF_SIZE);
    client->send_size = (size_t)or_default(config->buffer_size_tx, DEFAULT_HTTP_BUF_SIZE);
    client->timeout_ms = config->timeout_ms != 0 ? config->timeout_ms : DEFAULT_TIMEOUT_MS;
    client->max_redirects = or_default(config->max_redirection_count, DEFAULT_RETRIES);
    client->max_authorization_retries =
        config->max_authorization_retries < 0
            ? 0
            : or_default(config->max_authorization_retries, DEFAULT_RETRIES);
}

static esp_err_t take_config(struct esp_http_client *client, const esp_http_client_config_t *config)
{
    client->method = config->method;
    client->handler = config->event_handler;
    client->user_data = config->user_data;
    client->disable_auto_redirect = config->disable_auto_redirect;
    client->is_async = config->is_async;
    take_limits(client, config);
    client->receive_buffer = http_calloc(client->receive_size);
    client->body = http_calloc(client->receive_size);
    client->common_name = copy_text(http_config_common_name(config));
    if (client->receive_buffer == NULL || client->body == NULL ||
        (client->common_name != NULL) != (http_config_common_name(config) != NULL)) {
        return ESP_ERR_NO_MEM;
    }
    take_tls_config(client, config);
    esp_err_t err = take_url(client, config);
    err = err != ESP_OK ? err : take_credentials(client, config);
    return err != ESP_OK ? err : set_first_headers(client, config);
}

static void release(struct esp_http_client *client)
{
    http_response_clear(&client->response);
    http_headers_clear(&client->headers);
    http_challenge_clear(&client->challenge);
    http_url_clear(&client->url);
    http_free(client->username);
    http_free(client->password);
    http_free(client->common_name);
    http_free(client->receive_buffer);
    http_free(client->body);
    http_free(client);
}

esp_http_client_handle_t esp_http_client_init(const esp_http_client_config_t *config)
{
    if (config == NULL || config->method < 0 || config->method >= HTTP_METHOD_MAX) {
        return NULL;
    }
    struct esp_http_client *client = http_calloc(sizeof *client);
    if (client == NULL) {
        return NULL;
    }
    http_response_reset(client);
    if (take_config(client, config) != ESP_OK) {
        release(client);
        return NULL;
    }
    return client;
}

esp_err_t esp_http_client_close(esp_http_client_handle_t client)
{
    if (client == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    http_connection_close(client);
    return ESP_OK;
}

esp_err_t esp_http_client_cleanup(esp_http_client_handle_t client)
{
    esp_err_t err = esp_http_client_close(client);
    if (err == ESP_OK) {
        release(client);
    }
    return err;
}

esp_err_t esp_http_client_cancel_request(esp_http_client_handle_t client)
{
    if (client == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (client->state < HTTP_STATE_CONNECTED) {
        return ESP_ERR_INVALID_STATE;
    }
    http_connection_close(client);
    http_response_reset(client);
    return ESP_OK;
}

esp_err_t esp_http_client_set_post_field(esp_http_client_handle_t client, const char *data, int len)
{
    if (client == NULL || len < 0) {
        return ESP_ERR_INVALID_ARG;
    }
    client->post_data = data;
    client->post_length = data != NULL ? len : 0;
    if (quirk(QUIRK_POST_IS_FORM) && http_headers_get(&client->headers, "Content-Type") == NULL) {
        return http_headers_set(&client->headers, "Content-Type",
                                "application/x-www-form-urlencoded");
    }
    return ESP_OK;
}

int esp_http_client_get_post_field(esp_http_client_handle_t client, char **data)
{
    if (client == NULL || client->post_data == NULL) {
        if (data != NULL) {
            *data = NULL;
        }
        return 0;
    }
    *data = (char *)(uintptr_t)client->post_data;
    return client->post_length;
}

/* What would end the header early, or begin another, is no header. */
static bool is_header_text(const char *text)
{
    return strpbrk(text, "\r\n") == NULL;
}

esp_err_t esp_http_client_set_header(esp_http_client_handle_t client, const char *key,
                                     const char *value)
{
    if (client == NULL || key == NULL || key[0] == '\0' || !is_header_text(key) ||
        (value != NULL && !is_header_text(value))) {
        return ESP_ERR_INVALID_ARG;
    }
    if (value == NULL) {
        http_headers_delete(&client->headers, key);
        return ESP_OK;
    }
    return http_headers_set(&client->headers, key, value);
}

esp_err_t esp_http_client_get_header(esp_http_client_handle_t client, const char *key, char **value)
{
    if (client == NULL || key == NULL || value == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    *value = (char *)(uintptr_t)http_headers_get(&client->headers, key);
    return ESP_OK;
}

esp_err_t esp_http_client_delete_header(esp_http_client_handle_t client, const char *key)
{
    return esp_http_client_set_header(client, key, NULL);
}

esp_err_t esp_http_client_get_user_data(esp_http_client_handle_t client, void **data)
{
    if (client == NULL || data == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    *data = client->user_data;
    return ESP_OK;
}

esp_err_t esp_http_client_set_user_data(esp_http_client_handle_t client, void *data)
{
    if (client == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    client->user_data = data;
    return ESP_OK;
}

esp_err_t esp_http_client_set_method(esp_http_client_handle_t client,
                                     esp_http_client_method_t method)
{
    if (client == NULL || method < 0 || method >= HTTP_METHOD_MAX) {
        return ESP_ERR_INVALID_ARG;
    }
    client->method = method;
    return ESP_OK;
}

esp_err_t esp_http_client_set_timeout_ms(esp_http_client_handle_t client, int timeout_ms)
{
    if (client == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    client->timeout_ms = timeout_ms;
    return ESP_OK;
}

int esp_http_client_get_errno(esp_http_client_handle_t client)
{
    if (client == NULL || client->connection == NULL) {
        return client != NULL && client->failure.sys_errno != 0 ? client->failure.sys_errno : -1;
    }
    return net_last_failure(client->connection)->sys_errno;
}

esp_err_t esp_http_client_get_and_clear_last_tls_error(esp_http_client_handle_t client,
                                                       int *esp_tls_error_code, int *esp_tls_flags)
{
    if (client == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    return esp_tls_get_and_clear_last_error(&client->failure.tls, esp_tls_error_code,
                                            esp_tls_flags);
}

esp_http_client_transport_t esp_http_client_get_transport_type(esp_http_client_handle_t client)
{
    if (client == NULL) {
        return HTTP_TRANSPORT_UNKNOWN;
    }
    if (strcmp(client->url.scheme, "https") == 0) {
        return HTTP_TRANSPORT_OVER_SSL;
    }
    return strcmp(client->url.scheme, "http") == 0 ? HTTP_TRANSPORT_OVER_TCP
                                                   : HTTP_TRANSPORT_UNKNOWN;
}
