/* The verdicts of a run, kept until all are there: what summaries and files for CI are made of. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "run_many.h"

struct verdict {
    const struct scenario *scenario;
    bool ended; /* it was run; otherwise the run broke off before */
    bool passed, skipped;
    unsigned milliseconds; /* on the wall clock */
    char *text;            /* what departed, or why it was skipped */
    char *ota_library;     /* that was judged; NULL if the run did not come to that */
    json_t *quirks;        /* names of the hazards that were met */
};

struct verdicts {
    struct verdict *rows; /* in table order */
    size_t count;
};

struct verdict_counts {
    size_t passed, failed, skipped;
    size_t missing; /* never ended */
    size_t hazards; /* scenarios that met one or more */
};

/** One row a scenario, none ended. Out of memory ends the program. */
struct verdicts verdicts_create(const struct scenario *const *scenarios, size_t count);
void verdicts_free(struct verdicts *verdicts);

/** Keeps a copy of the outcome, in the row of its scenario. */
void verdicts_take(struct verdicts *verdicts, const struct scenario_outcome *outcome);

struct verdict_counts verdicts_count(const struct verdicts *verdicts);

/** The names of the OTA libraries that were judged, each once: a new array. */
json_t *verdicts_libraries(const struct verdicts *verdicts);

/** The exit status of the command: EXIT_OK, EXIT_FAILED if one failed or is missing, EXIT_SKIPPED
 * if nothing was run. Never a number of failures, of which 256 would read as 0. */
int verdicts_status(const struct verdict_counts *counts);
