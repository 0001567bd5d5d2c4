/* The run without a fault that a sweep begins with. Where even that one does not pass there is
 * nothing to compare the faults with: that is the finding, and the other scenarios are swept. */
#pragma once

#include "run.h"
#include "sweep.h"

/** The place of that finding: "power:flow/a-to-b@none" is the run without a fault. */
#define BASELINE_POINT "none"

/** Puts into the report what departs from the expectation; nothing if the run passed. False with
 * err set if the harness failed, or the scenario was skipped. */
bool baseline_judge(const struct scenario *scenario, const struct run_result *result,
                    json_t *report, struct error *err);

/** Whether the run of that report passed, so that there is something to sweep. */
bool baseline_stands(const json_t *report);

/** Only the run without a fault is asked for. */
bool baseline_is_all(const struct sweep_options *options);

/** Tells the listener that it did not pass: once for all shards. Returns how many findings that
 * are. */
unsigned baseline_tell(const char *sweep, const struct scenario *scenario, const json_t *report,
                       const struct sweep_options *options, const struct sweep_listener *listener);
