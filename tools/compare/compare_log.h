/* A serial log against what a scenario expects. */
#pragma once

#include "error.h"
#include "partition_table.h"
#include "scenario.h"
#include "serial_log.h"

enum comparison_verdict { COMPARISON_AGREES, COMPARISON_DEPARTS, COMPARISON_NOT_SAID };

struct comparison {
    enum comparison_verdict verdict;
    const char *field;                /* "result", "events", "boot", ... */
    const struct serial_entry *entry; /* the line that tells; NULL: none does */
    char *expected;                   /* malloc'ed, in words */
    char *logged;                     /* malloc'ed: what the log tells, or why it tells nothing */
};

#define COMPARISONS_MAX 32

struct comparisons {
    size_t count;
    struct comparison list[COMPARISONS_MAX];
    size_t boots; /* that the log tells of */
    size_t facts;
    struct serial_text release; /* of ESP-IDF, of the app; empty: not said */
};

/** What is known besides the log. */
struct comparison_board {
    const struct partition_table
        *table;          /* of the board; NULL: the log's own, else the scenario's */
    const char *version; /* of the image that the board was given; NULL: any */
};

/** Compares; `strict` takes what the documentation promises, where that is something else. The log
 * must stay while *out is used. False with err set if it could not be done. */
bool compare_log(const struct scenario *scenario, bool strict, const struct serial_log *log,
                 const struct comparison_board *board, struct comparisons *out, struct error *err);

void comparisons_free(struct comparisons *comparisons);

/** How many of them have that verdict. */
size_t comparisons_with(const struct comparisons *comparisons, enum comparison_verdict verdict);
