/* One-line errors that say where and why: `partitions.csv:7: offset 0x11000 of "ota_0" is not
 * aligned to 0x10000`. Every parser of the simulator reports through this type. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct error {
    char text[512]; /* no trailing newline; "" when nothing went wrong */
};

/** Formats the error's text; cut, never overrun. err may be NULL. Always returns false, so that a
 * failing function can `return error_set(err, ...)`. */
bool error_set(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
