/* One scenario's part of the report: run in a worker, gathered as JSON, drawn by the caller. */
#pragma once

#include <jansson.h>

#include "run.h"
#include "text.h"

/** Runs the scenario. A new object with all that report_case_add draws: "passed", "skipped",
 * "error", "mismatches" [{"field", "expected", "actual"}], "trace", "requests", "quirks", "flash"
 * (flash_facts, or null). */
json_t *report_case_run(const struct scenario *scenario, struct server *server,
                        const struct run_options *options);

/** Adds the scenario's part of the page. `number` makes its anchor ("s12"). `steps`: at most so
 * many bytes of the text of its steps. `facts` NULL: its worker crashed, and `why` says how. */
void report_case_add(struct text *out, const struct scenario *scenario, size_t number,
                     const json_t *facts, const char *why, size_t steps);
