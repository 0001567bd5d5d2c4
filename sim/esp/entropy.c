#include "entropy.h"

#include "esp_random.h"

static uint64_t state = 0x6F746173696Dull;

void entropy_seed(uint64_t seed)
{
    state = seed;
}

/* SplitMix64 (Steele, Lea, Flood 2014): any seed will do, 0 included. */
static uint64_t next(void)
{
    uint64_t z = state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

uint32_t esp_random(void)
{
    return (uint32_t)(next() >> 32);
}

void esp_fill_random(void *buf, size_t len)
{
    uint8_t *bytes = buf;
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)esp_random();
    }
}
