/* What the commands that look into files share: reading and writing them, numbers on the command
 * line, and text from a file that goes to a terminal. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "chip.h"
#include "error.h"
#include "partition_table.h"

/** The largest file that a command reads, and the largest flash chip. */
#define DEVICE_FILE_LIMIT (64u << 20)

/** "65536", "0x10000", "64K", "4M", "4MB". False if it is none, or beyond 32 bits. */
bool parse_size(const char *text, uint32_t *out);

/** As parse_size, for an option that holds at most `limit`; says on stderr what is wrong. */
bool parse_size_option(const char *command, const char *option, const char *text, uint32_t limit,
                       uint32_t *out);

/** The chip of that name; NULL after saying on stderr which there are. */
const struct chip *parse_chip_option(const char *command, const char *option, const char *name);

/** The text with everything that is not printable ASCII as '?', so that a file can't steer a
 * terminal. The result is in buf. */
const char *printable(const char *text, char *buf, size_t size);

/** "4 MB", "20 KB", "1500 bytes": in the largest unit that divides the size. */
const char *size_text(uint32_t size, char buf[16]);

/** The flags as CSV has them: "", "encrypted", "readonly" or "encrypted:readonly". */
const char *partition_flags_text(const struct partition *partition);

void print_partition_table(const struct partition_table *table, FILE *out);

/** Flushes stdout. EXIT_FAILED instead of `status`, with a word on stderr, if what was printed did
 * not get there. A reader that wanted no more (`otasim list | head`) is none of our failures. */
int finish_output(int status);
