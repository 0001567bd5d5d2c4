/* Where esp_random's numbers come from: a generator that a run can seed. */
#pragma once

#include <stdint.h>

/** Restarts the sequence. Without it, every boot has the same. */
void entropy_seed(uint64_t seed);
