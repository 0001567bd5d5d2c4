/* What a run without a fault says about where faults can be. */
#pragma once

#include <jansson.h>

#include "run.h"
#include "sweep.h"

enum fault_family { FAULT_MEMORY, FAULT_FLASH, FAULT_NETWORK };

/** The faults of a family along a scenario, and what was seen without them. */
struct fault_flow {
    const struct scenario *scenario;
    struct run_fault *faults;
    size_t count;
    int64_t blocks;         /* of the heap that were in use when the first boot ended */
    char first_version[33]; /* of the app that ran first */
    char last_version[33];  /* and of the one that booted last */
};

/** Runs the scenario and reports what fault_flow_open needs, or that it did not pass (baseline.h).
 * False with err set if the harness failed. */
bool fault_flow_record(const struct scenario *scenario, struct server *server,
                       const struct sweep_options *sweep, json_t **report, struct error *err);
bool fault_flow_open(const struct scenario *scenario, enum fault_family family, uint64_t seed,
                     const json_t *report, struct fault_flow *flow, struct error *err);
void fault_flow_close(struct fault_flow *flow);

/** "17", "op17/error", "2+100/rst": a fault within its family, and back. */
void fault_text(const struct run_fault *fault, char text[48]);
bool fault_parse(enum fault_family family, const char *text, struct run_fault *fault,
                 struct error *err);
