/* The heap by capability, as in ESP-IDF's esp_heap_caps.h. One internal heap and no PSRAM: memory
 * that is asked for with MALLOC_CAP_SPIRAM is not there. What comes from here may be released with
 * free(), as on the device, but only heap_caps_free is seen by the accounting at once. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MALLOC_CAP_EXEC          (1 << 0)
#define MALLOC_CAP_32BIT         (1 << 1)
#define MALLOC_CAP_8BIT          (1 << 2)
#define MALLOC_CAP_DMA           (1 << 3)
#define MALLOC_CAP_SPIRAM        (1 << 10)
#define MALLOC_CAP_INTERNAL      (1 << 11)
#define MALLOC_CAP_DEFAULT       (1 << 12)
#define MALLOC_CAP_IRAM_8BIT     (1 << 13)
#define MALLOC_CAP_RETENTION     (1 << 14)
#define MALLOC_CAP_RTCRAM        (1 << 15)
#define MALLOC_CAP_CACHE_ALIGNED (1 << 19)
#define MALLOC_CAP_INVALID       (1U << 31)

/** NULL when memory is short or no heap has all of the capabilities. */
void *heap_caps_malloc(size_t size, uint32_t caps);
void *heap_caps_calloc(size_t n, size_t size, uint32_t caps);
void *heap_caps_realloc(void *ptr, size_t size, uint32_t caps);
void *heap_caps_aligned_alloc(size_t alignment, size_t size, uint32_t caps);
void heap_caps_free(void *ptr);

/** Tries each of the num capability sets in turn. */
void *heap_caps_malloc_prefer(size_t size, size_t num, ...);

size_t heap_caps_get_total_size(uint32_t caps);
size_t heap_caps_get_free_size(uint32_t caps);
size_t heap_caps_get_minimum_free_size(uint32_t caps);
size_t heap_caps_get_largest_free_block(uint32_t caps);

#ifdef __cplusplus
}
#endif
