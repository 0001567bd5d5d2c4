#include <stdlib.h>
#include <strings.h>

#include "boot.h"
#include "esp_log.h"
#include "http_client.h"
#include "http_memory.h"
#include "otasim_quirk.h"

/* Nobody's chain is as long: the firmware follows a loop, and would for ever. */
#define ENDLESS_REPEATS 1000

static const char *const TAG = "HTTP_CLIENT";

char *http_client_url(const struct esp_http_client *client)
{
    const struct http_url *url = &client->url;
    size_t size = strlen(url->scheme) + strlen(url->host) + strlen(url->path) +
                  (url->query != NULL ? strlen(url->query) : 0) + 32;
    char *text = malloc(size);
    if (text != NULL) {
        http_url_compose(url, text, size);
    }
    return text;
}

/* The Host header of the requests to come. */
static esp_err_t set_host_header(struct esp_http_client *client, const struct http_url *url)
{
    char authority[300];
    if (!http_url_authority(url, authority, sizeof authority)) {
        return ESP_ERR_INVALID_ARG;
    }
    return http_headers_set(&client->headers, "Host", authority);
}

/* The device writes the new host without its port, and nothing at all when only the port
 * changes. */
static esp_err_t follow_with_host_header(struct esp_http_client *client, const struct http_url *url,
                                         bool other_host, bool other_port)
{
    if (!other_host && !other_port) {
        return ESP_OK;
    }
    if (!quirk(QUIRK_HOST_HEADER_STALE)) {
        return set_host_header(client, url);
    }
    if (other_port || url->port != http_url_default_port(url->scheme)) {
        quirk_met(QUIRK_HOST_HEADER_STALE);
    }
    return other_host ? http_headers_set(&client->headers, "Host", url->host) : ESP_OK;
}

/* They were for the host before. */
static void forget_credentials(struct esp_http_client *client)
{
    if (quirk(QUIRK_CREDENTIALS_FOLLOW)) {
        if (client->username != NULL || http_headers_get(&client->headers, "Authorization")) {
            quirk_met(QUIRK_CREDENTIALS_FOLLOW);
        }
        return;
    }
    http_headers_delete(&client->headers, "Authorization");
    http_free(client->username);
    http_free(client->password);
    client->username = client->password = NULL;
    client->auth_type = HTTP_AUTH_TYPE_NONE;
    http_challenge_clear(&client->challenge);
    client->nonce_count = 0;
}

static void take_url_credentials(struct esp_http_client *client, struct http_url *url)
{
    if (url->username != NULL) {
        http_free(client->username);
        http_free(client->password);
        client->username = url->username;
        client->password = url->password;
        url->username = url->password = NULL;
    }
}

static esp_err_t move_to(struct esp_http_client *client, struct http_url *url)
{
    if (url->port == 0) {
        int port = http_url_default_port(url->scheme);
        url->port = port != 0 ? port : client->url.port;
    }
    bool other_host = strcasecmp(client->url.host, url->host) != 0;
    bool other_port = client->url.port != url->port;
    if (other_host) {
        forget_credentials(client);
    }
    esp_err_t err = follow_with_host_header(client, url, other_host, other_port);
    if (err != ESP_OK) {
        return err;
    }
    /* Each of the two closes, which older releases announce each time. */
    if (other_host) {
        http_connection_close(client);
    }
    if (other_port) {
        http_connection_close(client);
    }
    take_url_credentials(client, url);
    http_url_clear(&client->url);
    client->url = *url;
    *url = (struct http_url){0};
    return ESP_OK;
}

static void move_to_path(struct esp_http_client *client, struct http_url *url)
{
    http_free(client->url.path);
    http_free(client->url.query);
    client->url.path = url->path;
    client->url.query = url->query;
    *url = (struct http_url){0};
}

esp_err_t esp_http_client_set_url(esp_http_client_handle_t client, const char *url)
{
    if (client == NULL || url == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    struct http_url parsed;
    if (url[0] == '/') {
        esp_err_t err = http_url_parse_path(url, &parsed);
        if (err == ESP_OK) {
            move_to_path(client, &parsed);
        }
        return err;
    }
    esp_err_t err = http_url_parse(url, &parsed);
    if (err != ESP_OK) {
        ESP_LOGE(TAG, "Error parse url %s", url);
        return err;
    }
    err = move_to(client, &parsed);
    http_url_clear(&parsed);
    return err;
}

void http_count_repeat(struct esp_http_client *client)
{
    if (++client->repeats_in_a_row > ENDLESS_REPEATS) {
        boot_end(BOOT_END_WATCHDOG, client->response.status == HttpStatus_Unauthorized
                                        ? "the firmware answers 401 for ever"
                                        : "the firmware follows redirects for ever");
    }
}

static bool has_scheme(const char *location)
{
    size_t length = strcspn(location, ":/?#");
    return length > 0 && location[length] == ':';
}

/* https must stay https. The device takes every Location for insecure that does not say so
 * itself. */
static bool is_downgrade(const struct esp_http_client *client, const char *location)
{
    if (strcmp(client->url.scheme, "https") != 0 || strncasecmp(location, "https://", 8) == 0) {
        return false;
    }
    if (has_scheme(location)) {
        if (quirk(QUIRK_DOWNGRADE_FOLLOWED)) {
            quirk_met(QUIRK_DOWNGRADE_FOLLOWED);
            return false;
        }
        return true;
    }
    if (quirk(QUIRK_REDIRECT_RELATIVE_IS_DOWNGRADE)) {
        quirk_met(QUIRK_REDIRECT_RELATIVE_IS_DOWNGRADE);
        return true;
    }
    return false;
}

/* A Location that is relative other than by a plain path: as the device does, it is an error, or
 * with two slashes a path; strictly, it is resolved against the URL in use. */
static esp_err_t follow_relative(struct esp_http_client *client, const char *location)
{
    if (quirk(QUIRK_REDIRECT_RELATIVE_UNRESOLVED)) {
        quirk_met(QUIRK_REDIRECT_RELATIVE_UNRESOLVED);
        return esp_http_client_set_url(client, location);
    }
    char *base = http_client_url(client);
    char *resolved = base != NULL ? http_url_resolve(base, location) : NULL;
    esp_err_t err = ESP_ERR_INVALID_ARG;
    if (resolved != NULL) {
        err = is_downgrade(client, resolved) ? ESP_ERR_HTTP_REDIRECT_DOWNGRADE
                                             : esp_http_client_set_url(client, resolved);
    }
    http_url_free_text(resolved);
    free(base);
    return err;
}

static esp_err_t follow(struct esp_http_client *client, const char *location)
{
    bool plain_path = location[0] == '/' && location[1] != '/';
    if (has_scheme(location) || plain_path) {
        return esp_http_client_set_url(client, location);
    }
    return follow_relative(client, location);
}

esp_err_t esp_http_client_set_redirection(esp_http_client_handle_t client)
{
    if (client == NULL || client->response.location.length == 0) {
        return ESP_ERR_INVALID_ARG;
    }
    http_count_repeat(client);
    const char *location = client->response.location.bytes;
    if (is_downgrade(client, location)) {
        ESP_LOGE(TAG, "Redirect from https to something else is refused");
        return ESP_ERR_HTTP_REDIRECT_DOWNGRADE;
    }
    esp_err_t err = follow(client, location);
    if (err == ESP_OK) {
        client->again = true;
        http_trace_redirect(client, location);
    }
    return err;
}

esp_err_t esp_http_client_reset_redirect_counter(esp_http_client_handle_t client)
{
    if (client == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    client->redirects = 0;
    return ESP_OK;
}

esp_err_t esp_http_client_get_url(esp_http_client_handle_t client, char *url, const int len)
{
    if (client == NULL || url == NULL || len <= 0) {
        return ESP_ERR_INVALID_ARG;
    }
    return http_url_compose(&client->url, url, (size_t)len) ? ESP_OK : ESP_FAIL;
}
