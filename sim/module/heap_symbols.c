/* malloc and its kin as the code of a firmware module sees them: the device's heap, so that what an
 * application or an OTA library allocates is counted, can run out and can fail. Hidden symbols of
 * the module: the simulator and the host's libraries keep their own. */
#include <stdlib.h>
#include <string.h>

#include "esp_heap_caps.h"

#define HIDDEN __attribute__((visibility("hidden")))

HIDDEN void *malloc(size_t size);
HIDDEN void *calloc(size_t n, size_t size);
HIDDEN void *realloc(void *memory, size_t size);
HIDDEN void free(void *memory);
HIDDEN char *strdup(const char *text);
HIDDEN char *strndup(const char *text, size_t length);

void *malloc(size_t size)
{
    return heap_caps_malloc(size, MALLOC_CAP_DEFAULT);
}

void *calloc(size_t n, size_t size)
{
    return heap_caps_calloc(n, size, MALLOC_CAP_DEFAULT);
}

void *realloc(void *memory, size_t size)
{
    return heap_caps_realloc(memory, size, MALLOC_CAP_DEFAULT);
}

/* Also takes what a library of the host has allocated. */
void free(void *memory)
{
    heap_caps_free(memory);
}

char *strndup(const char *text, size_t length)
{
    length = strnlen(text, length);
    char *copy = malloc(length + 1);
    if (copy != NULL) {
        memcpy(copy, text, length);
        copy[length] = '\0';
    }
    return copy;
}

char *strdup(const char *text)
{
    return strndup(text, strlen(text));
}
