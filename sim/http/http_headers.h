/* An ordered list of headers, names compared without case. */
#pragma once

#include <stddef.h>

#include "esp_err.h"

struct http_header {
    struct http_header *next;
    char *name;
    char *value;
};

struct http_headers {
    struct http_header *first;
};

/** Sets a header or replaces its value. ESP_ERR_NO_MEM leaves the list as it was. */
esp_err_t http_headers_set(struct http_headers *headers, const char *name, const char *value);

/** NULL if it is not there. */
const char *http_headers_get(const struct http_headers *headers, const char *name);

void http_headers_delete(struct http_headers *headers, const char *name);
void http_headers_clear(struct http_headers *headers);
