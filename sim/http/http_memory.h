/* The client's memory is the device's: counted, and made to fail where a run says so. */
#pragma once

#include <stddef.h>
#include <string.h>

#include "esp_heap_caps.h"

static inline void *http_calloc(size_t size)
{
    return heap_caps_calloc(1, size, MALLOC_CAP_DEFAULT);
}

static inline void http_free(void *memory)
{
    heap_caps_free(memory);
}

/** A terminated copy of length bytes; NULL when memory is short. */
static inline char *http_strndup(const char *text, size_t length)
{
    char *copy = http_calloc(length + 1);
    if (copy != NULL && length > 0) {
        memcpy(copy, text, length);
    }
    return copy;
}
