/* The device's heap as the harness sees it: how much is in use, and which allocation fails. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What is free on a usual board when app_main begins. */
#define HEAP_DEFAULT_SIZE (320u * 1024u)

struct heap_stats {
    size_t size;          /* bytes in all */
    size_t in_use;        /* bytes */
    size_t most_in_use;   /* bytes, over the boot */
    size_t blocks;        /* outstanding allocations */
    uint64_t allocations; /* asked for so far: the number of the next one, counted from 0 */
};

struct heap_stats heap_stats(void);

/** Sets the size, in bytes. */
void heap_set_size(size_t size);

/** Allocation number n fails, once. UINT64_MAX: none. */
void heap_arm_failure(uint64_t n);
