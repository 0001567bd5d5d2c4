/* The codes that a function of the OTA API may return, as its documentation and the recordings of
 * the real library have it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/** Whether `function` may return `code`. A function that is not known may return anything. */
bool documented_code(const char *function, int64_t code);
