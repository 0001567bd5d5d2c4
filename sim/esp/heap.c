#include "heap.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "esp_heap_caps.h"

#define BUCKETS           1024u
#define MISSING_CAPS      ((uint32_t)(MALLOC_CAP_SPIRAM | MALLOC_CAP_RTCRAM) | MALLOC_CAP_INVALID)
#define DEFAULT_ALIGNMENT 0u

/* Blocks are noted beside the heap, not in front of themselves: firmware may pass them to free(),
 * after which the note is stale until malloc gives out the same address again. */
struct block {
    struct block *next;
    void *address;
    size_t size;
};

static struct block *buckets[BUCKETS];
static struct heap_stats stats = {.size = HEAP_DEFAULT_SIZE};
static uint64_t failing = UINT64_MAX;

struct heap_stats heap_stats(void)
{
    return stats;
}

void heap_set_size(size_t size)
{
    stats.size = size;
}

void heap_arm_failure(uint64_t n)
{
    failing = n;
}

static struct block **find_block(const void *address)
{
    struct block **at = &buckets[((uintptr_t)address >> 4) % BUCKETS];
    while (*at != NULL && (*at)->address != address) {
        at = &(*at)->next;
    }
    return at;
}

static void forget_block(const void *address)
{
    struct block **at = find_block(address);
    struct block *block = *at;
    if (block == NULL) {
        return;
    }
    stats.in_use -= block->size;
    stats.blocks--;
    *at = block->next;
    free(block);
}

static bool note_block(void *address, size_t size)
{
    forget_block(address);
    struct block *block = malloc(sizeof *block);
    if (block == NULL) {
        return false;
    }
    struct block **bucket = &buckets[((uintptr_t)address >> 4) % BUCKETS];
    *block = (struct block){.next = *bucket, .address = address, .size = size};
    *bucket = block;
    stats.blocks++;
    stats.in_use += size;
    if (stats.in_use > stats.most_in_use) {
        stats.most_in_use = stats.in_use;
    }
    return true;
}

static size_t free_size(uint32_t caps)
{
    if ((caps & MISSING_CAPS) != 0 || stats.in_use > stats.size) {
        return 0;
    }
    return stats.size - stats.in_use;
}

static void *host_alloc(size_t alignment, size_t size)
{
    void *memory = NULL;
    if (alignment <= sizeof(void *)) {
        return malloc(size);
    }
    return posix_memalign(&memory, alignment, size) == 0 ? memory : NULL;
}

static void *allocate(size_t alignment, size_t size, uint32_t caps)
{
    bool fails = stats.allocations++ == failing;
    if (fails || size == 0 || size > free_size(caps)) {
        return NULL;
    }
    void *memory = host_alloc(alignment, size);
    if (memory != NULL && !note_block(memory, size)) {
        free(memory);
        return NULL;
    }
    return memory;
}

void *heap_caps_malloc(size_t size, uint32_t caps)
{
    return allocate(DEFAULT_ALIGNMENT, size, caps);
}

void *heap_caps_calloc(size_t n, size_t size, uint32_t caps)
{
    if (size != 0 && n > SIZE_MAX / size) {
        return NULL;
    }
    void *memory = allocate(DEFAULT_ALIGNMENT, n * size, caps);
    return memory != NULL ? memset(memory, 0, n * size) : NULL;
}

void *heap_caps_aligned_alloc(size_t alignment, size_t size, uint32_t caps)
{
    if (alignment == 0 || (alignment & (alignment - 1)) != 0) {
        return NULL;
    }
    return allocate(alignment, size, caps);
}

void heap_caps_free(void *ptr)
{
    if (ptr != NULL) {
        forget_block(ptr);
        free(ptr);
    }
}

void *heap_caps_realloc(void *ptr, size_t size, uint32_t caps)
{
    if (ptr == NULL) {
        return heap_caps_malloc(size, caps);
    }
    if (size == 0) {
        heap_caps_free(ptr);
        return NULL;
    }
    const struct block *block = *find_block(ptr);
    if (block == NULL) { /* a block of plain malloc, whose size nobody knows */
        return realloc(ptr, size);
    }
    size_t before = block->size;
    void *memory = heap_caps_malloc(size, caps);
    if (memory != NULL) {
        memcpy(memory, ptr, before < size ? before : size);
        heap_caps_free(ptr);
    }
    return memory;
}

void *heap_caps_malloc_prefer(size_t size, size_t num, ...)
{
    void *memory = NULL;
    va_list caps;
    va_start(caps, num);
    for (size_t i = 0; i < num && memory == NULL; i++) {
        memory = heap_caps_malloc(size, va_arg(caps, uint32_t));
    }
    va_end(caps);
    return memory;
}

size_t heap_caps_get_total_size(uint32_t caps)
{
    return (caps & MISSING_CAPS) != 0 ? 0 : stats.size;
}

size_t heap_caps_get_free_size(uint32_t caps)
{
    return free_size(caps);
}

size_t heap_caps_get_minimum_free_size(uint32_t caps)
{
    if ((caps & MISSING_CAPS) != 0 || stats.most_in_use > stats.size) {
        return 0;
    }
    return stats.size - stats.most_in_use;
}

size_t heap_caps_get_largest_free_block(uint32_t caps)
{
    return free_size(caps);
}
