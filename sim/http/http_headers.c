#include "http_headers.h"

#include <strings.h>

#include "http_memory.h"

static struct http_header **find(const struct http_headers *headers, const char *name)
{
    struct http_header **at = (struct http_header **)&headers->first;
    while (*at != NULL && strcasecmp((*at)->name, name) != 0) {
        at = &(*at)->next;
    }
    return at;
}

static void release(struct http_header *header)
{
    if (header != NULL) {
        http_free(header->name);
        http_free(header->value);
        http_free(header);
    }
}

static struct http_header *make(const char *name, char *value)
{
    struct http_header *header = http_calloc(sizeof *header);
    char *copy = header != NULL ? http_strndup(name, strlen(name)) : NULL;
    if (copy == NULL) {
        http_free(header);
        return NULL;
    }
    header->name = copy;
    header->value = value;
    return header;
}

esp_err_t http_headers_set(struct http_headers *headers, const char *name, const char *value)
{
    char *copy = http_strndup(value, strlen(value));
    if (copy == NULL) {
        return ESP_ERR_NO_MEM;
    }
    struct http_header **at = find(headers, name);
    if (*at != NULL) {
        http_free((*at)->value);
        (*at)->value = copy;
        return ESP_OK;
    }
    *at = make(name, copy);
    if (*at == NULL) {
        http_free(copy);
        return ESP_ERR_NO_MEM;
    }
    return ESP_OK;
}

const char *http_headers_get(const struct http_headers *headers, const char *name)
{
    const struct http_header *header = *find(headers, name);
    return header != NULL ? header->value : NULL;
}

void http_headers_delete(struct http_headers *headers, const char *name)
{
    struct http_header **at = find(headers, name);
    struct http_header *header = *at;
    if (header != NULL) {
        *at = header->next;
        release(header);
    }
}

void http_headers_clear(struct http_headers *headers)
{
    while (headers->first != NULL) {
        struct http_header *header = headers->first;
        headers->first = header->next;
        release(header);
    }
}
