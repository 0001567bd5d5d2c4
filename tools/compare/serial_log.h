/* A board's serial log as somebody saved it: with what a terminal program puts before the lines,
 * colours, broken line ends, two tasks' lines run into one, and bytes that are no text. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

/** Printable ASCII, not terminated; what is no text stands as '?'. */
struct serial_text {
    const char *bytes;
    size_t length;
};

/** What one call of ESP_LOGx printed, or a line of something else (ROM, panic handler, printf). */
struct serial_entry {
    unsigned line;           /* of the file, from 1, as editors count */
    char level;              /* 'E', 'W', 'I', 'D' or 'V'; 0: not of ESP_LOGx */
    struct serial_text tag;  /* empty: not of ESP_LOGx */
    struct serial_text text; /* after the tag */
};

struct serial_log {
    struct serial_entry *entries; /* in the order of the file */
    size_t count;
    unsigned lines;
    char *clean; /* what the texts point into */
};

#define SERIAL_LOG_LIMIT ((size_t)64 << 20) /* bytes of a file */
#define SERIAL_LINE_MAX  2048               /* bytes of a line that are looked at */

/** Takes a log apart; no input is refused. False with err set if there is no memory. */
bool serial_log_parse(const uint8_t *bytes, size_t length, struct serial_log *out,
                      struct error *err);

void serial_log_free(struct serial_log *log);

/** Where `words`, which are not empty, begin in the text, without regard to case; NULL: nowhere. */
const char *serial_text_find(struct serial_text text, const char *words);

/** What follows after that position, which is in the text or at its end. */
struct serial_text serial_text_from(struct serial_text text, const char *position);

/** Whether the text is the word, without regard to case. */
bool serial_text_is(struct serial_text text, const char *word);

/** Reads an unsigned number at the start, after blanks: decimal, or hexadecimal with base 16 (after
 * an optional 0x). False if there is none, or it needs more than 32 bits. */
bool serial_text_number(struct serial_text text, unsigned base, uint32_t *out);
