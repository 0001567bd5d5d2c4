/* Scenarios under several releases: each verdict beside the others. */
#pragma once

#include <jansson.h>

#include "run.h"
#include "text.h"
#include "verdicts.h"

struct release_runs {
    const uint32_t *releases;
    size_t count;
    struct verdicts *verdicts; /* of each release */
};

/** Runs all scenarios under each release; options->release is not looked at. False with err set if
 * the runs could not be made. release_runs_free must follow. */
bool release_runs_make(struct release_runs *runs, const struct scenario *const *scenarios,
                       size_t count, unsigned jobs, const struct run_options *options,
                       struct error *err);
void release_runs_free(struct release_runs *runs);

/** One word for the cell: "ok", "hazard" (passed, and met one), "FAIL", "FAIL hazard", "skip". */
const char *release_runs_cell(const struct verdict *row);

/** A line a scenario, a column a release; with only_different those whose cells are not all alike.
 * Returns how many lines. */
size_t release_runs_table(struct text *out, const struct release_runs *runs, bool only_different);

/** The same as JSON: {"releases": [...], "scenarios": [{"name", "verdicts": {"5.1.7": {"cell",
 * "ended", "passed", "skipped", "hazards", "text"}}}]}. */
json_t *release_runs_json(const struct release_runs *runs);

/** The releases that are recorded, the oldest first. */
size_t release_runs_recorded(uint32_t *releases, size_t capacity);
