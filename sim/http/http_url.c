#include "http_url.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "http_memory.h"

/* Also keeps header injection out: no control characters in what becomes a request line. */
static bool has_only_url_characters(const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
        if (*at <= ' ' || *at >= 0x7F) {
            return false;
        }
    }
    return true;
}

/* Copies one part of a parsed URL; a part that is not there stays NULL. */
static esp_err_t take_part(CURLU *handle, CURLUPart part, unsigned flags, char **out)
{
    char *text = NULL;
    if (curl_url_get(handle, part, &text, flags) != CURLUE_OK || text == NULL) {
        return ESP_OK;
    }
    *out = http_strndup(text, strlen(text));
    curl_free(text);
    return *out != NULL ? ESP_OK : ESP_ERR_NO_MEM;
}

static esp_err_t take_port(CURLU *handle, int *port)
{
    char *text = NULL;
    if (curl_url_get(handle, CURLUPART_PORT, &text, 0) != CURLUE_OK) {
        return ESP_OK;
    }
    *port = atoi(text); /* libcurl has checked that it is a number up to 65535 */
    curl_free(text);
    return ESP_OK;
}

static void drop_brackets(char *host)
{
    size_t length = host != NULL ? strlen(host) : 0;
    if (length > 2 && host[0] == '[' && host[length - 1] == ']') {
        memmove(host, host + 1, length - 2);
        host[length - 2] = '\0';
    }
}

static esp_err_t take_parts(CURLU *handle, struct http_url *url)
{
    esp_err_t err = take_part(handle, CURLUPART_SCHEME, 0, &url->scheme);
    err = err != ESP_OK ? err : take_part(handle, CURLUPART_HOST, 0, &url->host);
    err = err != ESP_OK ? err : take_port(handle, &url->port);
    err = err != ESP_OK ? err : take_part(handle, CURLUPART_PATH, 0, &url->path);
    err = err != ESP_OK ? err : take_part(handle, CURLUPART_QUERY, 0, &url->query);
    err = err != ESP_OK ? err : take_part(handle, CURLUPART_USER, CURLU_URLDECODE, &url->username);
    err = err != ESP_OK ? err
                        : take_part(handle, CURLUPART_PASSWORD, CURLU_URLDECODE, &url->password);
    drop_brackets(url->host);
    return err;
}

esp_err_t http_url_parse(const char *text, struct http_url *url)
{
    *url = (struct http_url){0};
    if (!has_only_url_characters(text) || strstr(text, "://") == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    CURLU *handle = curl_url();
    if (handle == NULL) {
        return ESP_ERR_NO_MEM;
    }
    esp_err_t err = ESP_ERR_INVALID_ARG;
    if (curl_url_set(handle, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME | CURLU_PATH_AS_IS) ==
        CURLUE_OK) {
        err = take_parts(handle, url);
    }
    curl_url_cleanup(handle);
    if (err == ESP_OK && (url->scheme == NULL || url->host == NULL || url->path == NULL)) {
        err = ESP_ERR_INVALID_ARG;
    }
    if (err != ESP_OK) {
        http_url_clear(url);
    }
    return err;
}

esp_err_t http_url_parse_path(const char *text, struct http_url *url)
{
    *url = (struct http_url){0};
    if (text[0] != '/' || !has_only_url_characters(text)) {
        return ESP_ERR_INVALID_ARG;
    }
    size_t length = strcspn(text, "?#");
    url->path = http_strndup(text, length);
    if (url->path == NULL) {
        return ESP_ERR_NO_MEM;
    }
    if (text[length] == '?') {
        const char *query = text + length + 1;
        url->query = http_strndup(query, strcspn(query, "#"));
        if (url->query == NULL) {
            http_url_clear(url);
            return ESP_ERR_NO_MEM;
        }
    }
    return ESP_OK;
}

char *http_url_resolve(const char *base, const char *text)
{
    CURLU *handle = curl_url();
    char *resolved = NULL;
    if (handle != NULL && has_only_url_characters(text) &&
        curl_url_set(handle, CURLUPART_URL, base, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
        curl_url_set(handle, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
        curl_url_get(handle, CURLUPART_URL, &resolved, 0) != CURLUE_OK) {
        resolved = NULL;
    }
    curl_url_cleanup(handle);
    return resolved;
}

void http_url_free_text(char *text)
{
    curl_free(text);
}

int http_url_default_port(const char *scheme)
{
    if (scheme != NULL && strcasecmp(scheme, "https") == 0) {
        return 443;
    }
    return scheme != NULL && strcasecmp(scheme, "http") == 0 ? 80 : 0;
}

bool http_url_authority(const struct http_url *url, char *text, size_t size)
{
    bool ipv6 = strchr(url->host, ':') != NULL;
    bool with_port = url->port != 0 && url->port != http_url_default_port(url->scheme);
    char port[16] = "";
    if (with_port) {
        snprintf(port, sizeof port, ":%d", url->port);
    }
    int length =
        snprintf(text, size, "%s%s%s%s", ipv6 ? "[" : "", url->host, ipv6 ? "]" : "", port);
    return length >= 0 && (size_t)length < size;
}

bool http_url_compose(const struct http_url *url, char *text, size_t size)
{
    char authority[300];
    bool whole = http_url_authority(url, authority, sizeof authority);
    int length = snprintf(text, size, "%s://%s%s%s%s", url->scheme, authority, url->path,
                          url->query != NULL ? "?" : "", url->query != NULL ? url->query : "");
    return whole && length >= 0 && (size_t)length < size;
}

void http_url_clear(struct http_url *url)
{
    http_free(url->scheme);
    http_free(url->host);
    http_free(url->path);
    http_free(url->query);
    http_free(url->username);
    http_free(url->password);
    *url = (struct http_url){0};
}
