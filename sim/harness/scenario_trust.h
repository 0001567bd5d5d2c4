/* The certificates of a scenario's device: from the files of certs/ into the firmware's plan. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "scenario.h"

/** What the plan points to. All zero at first. */
struct scenario_certificates {
    uint8_t *ca, *client, *key;
};

/** Reads the row's certificates and puts them where the plan has none of its own and wants some.
 * ca_file: trust what is in this file instead; NULL: as the row says. false with err set. What was
 * read must be released in either case. */
bool scenario_trust_load(const struct scenario_trust *trust, const char *ca_file,
                         struct update_plan *plan, struct scenario_certificates *certificates,
                         struct error *err);

void scenario_trust_free(struct scenario_certificates *certificates);
