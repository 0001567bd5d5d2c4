#include "esp_log.h"
#include "http_client.h"
#include "http_memory.h"

static const char *const TAG = "HTTP_CLIENT";

static esp_err_t send_request(struct esp_http_client *client)
{
    esp_err_t err = esp_http_client_open(client, client->post_length);
    if (err != ESP_OK || client->post_length == 0) {
        return err;
    }
    int sent = esp_http_client_write(client, client->post_data, client->post_length);
    if (sent != client->post_length) {
        http_event_error(client);
        return ESP_ERR_HTTP_WRITE_DATA;
    }
    return ESP_OK;
}

static esp_err_t fetch_headers(struct esp_http_client *client)
{
    int64_t length = esp_http_client_fetch_headers(client);
    if (length == -ESP_ERR_HTTP_EAGAIN) {
        return ESP_ERR_HTTP_EAGAIN;
    }
    if (length < 0) {
        http_event_error(client);
        return ESP_ERR_HTTP_FETCH_HEADER;
    }
    return ESP_OK;
}

/* The application sees the body through HTTP_EVENT_ON_DATA only. */
static esp_err_t receive_body(struct esp_http_client *client)
{
    if (client->method == HTTP_METHOD_HEAD) {
        return ESP_OK;
    }
    char *buffer = http_calloc(client->receive_size);
    if (buffer == NULL) {
        return ESP_ERR_NO_MEM;
    }
    int got;
    do {
        got = esp_http_client_read(client, buffer, (int)client->receive_size);
    } while (got > 0);
    http_free(buffer);
    if (got == -ESP_ERR_HTTP_EAGAIN) {
        return client->is_async ? ESP_ERR_HTTP_EAGAIN : ESP_ERR_HTTP_READ_TIMEOUT;
    }
    return got == 0 && esp_http_client_is_complete_data_received(client)
               ? ESP_OK
               : ESP_ERR_HTTP_INCOMPLETE_DATA;
}

static esp_err_t answer_redirect(struct esp_http_client *client)
{
    if (client->redirects >= client->max_redirects) {
        ESP_LOGE(TAG, "Error, reach max_redirection_count count=%d", client->redirects);
        return ESP_ERR_HTTP_MAX_REDIRECT;
    }
    client->redirects++;
    http_event_redirect(client);
    /* Without auto-redirect it is up to the handler to call this. */
    return client->disable_auto_redirect ? ESP_OK : esp_http_client_set_redirection(client);
}

static esp_err_t answer_challenge(struct esp_http_client *client)
{
    if (client->authorization_attempts >= client->max_authorization_retries) {
        ESP_LOGE(TAG, "Error, reached max_authorization_retries count=%d",
                 client->authorization_attempts);
        return ESP_FAIL;
    }
    client->authorization_attempts++;
    return esp_http_client_add_auth(client);
}

static esp_err_t answer_status(struct esp_http_client *client)
{
    switch (client->response.status) {
    case HttpStatus_MovedPermanently:
    case HttpStatus_Found:
    case HttpStatus_SeeOther:
    case HttpStatus_TemporaryRedirect:
    case HttpStatus_PermanentRedirect:
        return answer_redirect(client);
    case HttpStatus_Unauthorized:
        return answer_challenge(client);
    default:
        client->redirects = 0;
        client->authorization_attempts = 0;
        return ESP_OK;
    }
}

/* One request and its response. */
static esp_err_t exchange(struct esp_http_client *client)
{
    esp_err_t err = ESP_OK;
    if (client->state < HTTP_STATE_REQUEST_SENT || client->response.headers_complete) {
        err = send_request(client);
    }
    err = err != ESP_OK ? err : fetch_headers(client);
    err = err != ESP_OK ? err : receive_body(client);
    if (err != ESP_OK) {
        return err;
    }
    bool keep_alive = client->response.keep_alive;
    client->again = false;
    err = answer_status(client);
    if (err != ESP_OK) {
        http_event_error(client);
        return err;
    }
    http_event(client, HTTP_EVENT_ON_FINISH, NULL, 0);
    if (!keep_alive) {
        http_connection_close(client);
    }
    return ESP_OK;
}

esp_err_t esp_http_client_perform(esp_http_client_handle_t client)
{
    if (client == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    esp_err_t err;
    do {
        err = exchange(client);
    } while (err == ESP_OK && client->again);
    return err;
}
