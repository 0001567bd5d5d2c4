/* URLs, parsed and put together by libcurl, within what the device's own parser lets through. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "esp_err.h"

struct http_url {
    char *scheme;   /* lower case */
    char *host;     /* IPv6 addresses without brackets */
    int port;       /* 0: not in the URL */
    char *path;     /* at least "/" */
    char *query;    /* without "?"; NULL: none */
    char *username; /* decoded; NULL: none */
    char *password;
};

/** Parses an absolute URL of any scheme. ESP_ERR_INVALID_ARG when it is none, or has a space, a
 * control character or a byte that is not ASCII; ESP_ERR_NO_MEM. */
esp_err_t http_url_parse(const char *text, struct http_url *url);

/** Whether text is a path with an optional query, such as "/fw.bin?v=2" or "//host/x", and sets
 * only path and query from it. Errors as above. */
esp_err_t http_url_parse_path(const char *text, struct http_url *url);

/** text resolved against an absolute base URL (RFC 3986, 5.2), as a string that is released with
 * http_url_free_text; NULL when that gives no URL. */
char *http_url_resolve(const char *base, const char *text);
void http_url_free_text(char *text);

/** The port of a scheme, 0 when it has none here. */
int http_url_default_port(const char *scheme);

/** "scheme://host[:port]/path[?query]", without credentials, into text, always terminated. false
 * when it is cut. */
bool http_url_compose(const struct http_url *url, char *text, size_t size);

/** "host" or "host:port", with the port only when it is not that of the scheme. Always terminated;
 * false when it is cut. */
bool http_url_authority(const struct http_url *url, char *text, size_t size);

/** Releases the parts and sets them to zero. */
void http_url_clear(struct http_url *url);
