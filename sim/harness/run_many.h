/* Runs many scenarios, in worker processes: nothing that a scenario does to its process reaches the
 * runner or another scenario. */
#pragma once

#include "run.h"

struct scenario_outcome {
    const struct scenario *scenario;
    bool passed, skipped;
    unsigned milliseconds; /* on the wall clock */
    const char *text; /* what departed from the expectation, or why it was skipped; "" if passed */
    const char *ota_library; /* that was judged; NULL if the run did not come to that */
    const json_t *quirks;    /* names of the hazards that were met */
};

/** Runs all with `jobs` workers and calls `done` for each, in the order in which they end. False
 * with err set if the runs could not be made; a scenario whose worker crashes is a failed one. */
bool run_many(const struct scenario *const *scenarios, size_t count, unsigned jobs,
              const struct run_options *options,
              void (*done)(const struct scenario_outcome *outcome, void *context), void *context,
              struct error *err);

/** The mismatches of a result as text: expected and actual side by side. The caller frees. */
char *run_result_text(const struct run_result *result);
