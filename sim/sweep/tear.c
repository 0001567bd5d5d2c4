#include "tear.h"

#include <string.h>

static const char *const names[TEAR_COUNT] = {
    [TEAR_BEFORE] = "before", [TEAR_HALF] = "half", [TEAR_OTHER_HALF] = "other-half",
    [TEAR_BITS] = "bits",     [TEAR_END] = "end",   [TEAR_AFTER] = "after",
};

const char *tear_name(enum tear tear)
{
    return names[tear];
}

enum tear tear_by_name(const char *name, size_t length)
{
    int tear = 0;
    while (tear < TEAR_COUNT &&
           (strlen(names[tear]) != length || memcmp(names[tear], name, length) != 0)) {
        tear++;
    }
    return (enum tear)tear;
}

/* splitmix64: any seed will do, and it is the same everywhere. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

/* Fewer than a page's last bytes are missing: what a supply that dies slowly leaves out. */
static uint32_t missing_at_end(uint32_t length)
{
    return length > 16 ? 16 : (length + 1) / 2;
}

void tear_apply(struct flash *flash, const struct journal_op *op, enum tear tear, uint64_t seed)
{
    uint8_t was[FLASH_SECTOR_SIZE], is[FLASH_SECTOR_SIZE];
    uint32_t length = op->length <= sizeof was ? op->length : (uint32_t)sizeof was;
    const uint8_t *view = flash_view(flash, op->address, length);
    if (view == NULL || tear == TEAR_BEFORE) {
        return;
    }
    memcpy(was, view, length);
    for (uint32_t i = 0; i < length; i++) {
        is[i] = op->kind == FLASH_ERASE ? 0xFF : was[i] & op->data[i];
    }
    uint32_t from = 0, to = length;
    uint64_t state = seed;
    switch (tear) {
    case TEAR_HALF:
        to = length / 2;
        break;
    case TEAR_OTHER_HALF:
        from = length / 2;
        break;
    case TEAR_END:
        if (op->kind == FLASH_PROGRAM) {
            to = length - missing_at_end(length);
            break;
        }
        for (uint32_t i = 0; i < length; i++) {
            is[i] = (uint8_t)next_random(&state);
        }
        break;
    case TEAR_BITS:
        for (uint32_t i = 0; i < length; i++) {
            uint8_t changed = was[i] ^ is[i];
            is[i] = was[i] ^ (uint8_t)(changed & next_random(&state));
        }
        break;
    case TEAR_BEFORE:
    case TEAR_AFTER:
    case TEAR_COUNT:
        break;
    }
    flash_load(flash, op->address + from, is + from, to - from);
}
