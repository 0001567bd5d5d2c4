/* Whole files: read, or written whole or not at all. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

/** Reads a whole file of at most `limit` bytes into malloc'ed memory; a zero byte follows the last.
 */
bool read_file(const char *path, size_t limit, uint8_t **bytes, size_t *length, struct error *err);

/** Writes a file so that path holds either all bytes or what it held before. What is no plain file
 * (a device, a pipe) is written to, not replaced. */
bool write_file(const char *path, const void *bytes, size_t length, struct error *err);

/** Writes all bytes to a descriptor; path is for the error. */
bool write_all(int fd, const char *path, const void *bytes, size_t length, struct error *err);
