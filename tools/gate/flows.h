/* The updates that a gate tries, as scenarios: values in memory instead of rows of a table. */
#pragma once

#include "days.h"
#include "gate.h"
#include "otasim_quirk.h"
#include "scenario.h"

#define GATE_MAX_FLOWS 32

struct gate_flow {
    struct scenario scenario;
    const char *advice;                     /* what to look at if it fails */
    char body[32];                          /* backs .body where it depends on the image */
    char about[128];                        /* backs .about of a bad day */
    const struct gate_day *day;             /* NULL: a good one */
    const struct gate_otherwise *otherwise; /* what the release makes of the day; NULL: the usual */
    bool ran, passed;
    char *text; /* how it departs; malloc'ed */
    char hazards[192];
};

struct gate_flows {
    char updater[64], confirmer[64]; /* back .firmware and .firmware_of */
    size_t count;
    struct gate_flow flows[GATE_MAX_FLOWS];
    size_t good; /* so many of them are good days; the first of all is the update itself */
    bool met[QUIRK_COUNT]; /* hazards that they met */
};

/** Fills in what applies to these images, this table, this sdkconfig. False with err set if there
 * is no firmware to run. */
bool gate_flows_make(struct gate *gate, struct gate_flows *flows, struct error *err);

/** Why NEW confirms itself in none of them, though the sdkconfig has rollback; NULL: it does, or
 * the sdkconfig has not. */
const char *gate_why_unconfirmed(const struct gate *gate);
