/* A record of the trace, written field by field, as the same line that trace_record makes of JSON
 * values: for what comes by the thousand (flash operations, events, calls).
 *
 *     struct record_line line;
 *     record_begin(&line, "flash");
 *     record_text(&line, "op", "erase");
 *     record_number(&line, "len", 4096);
 *     record_end(&line);
 *
 * All of it does nothing while no trace is open. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct record_line {
    char text[1024];
    size_t length;
    bool open; /* a trace is */
    bool lost; /* a field did not fit */
    const char *kind;
};

/** "t" and "kind". */
void record_begin(struct record_line *line, const char *kind);

/** Any bytes up to a NUL, as trace_text shows them; NULL is null. */
void record_text(struct record_line *line, const char *key, const char *text);

void record_number(struct record_line *line, const char *key, int64_t number);

void record_bool(struct record_line *line, const char *key, bool value);

void record_null(struct record_line *line, const char *key);

/** Appends it to the trace; if a field was too long, a record that says so. */
void record_end(struct record_line *line);
