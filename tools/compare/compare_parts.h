/* Inside of the comparison: what is compared, part by part. */
#pragma once

#include "compare_log.h"
#include "log_boots.h"

struct comparing {
    const struct scenario *scenario;
    const struct scenario_expect *expect;
    const struct comparison_board *board;
    const struct ota_facts *facts;
    const struct log_boots *boots;
    struct partition_table table; /* of the scenario's device */
    struct partition first_slot;  /* that it boots from first; label "" if nothing boots */
    struct partition update_slot; /* label "" if there is none */
    bool several;                 /* attempts are expected */
    size_t begin, end;            /* the facts of the update: from the first to the boot after it,
                                     or as far as a scenario with several attempts goes */
    struct comparisons *out;
};

/** Adds a comparison; expected and logged are malloc'ed and become the list's. */
void comparing_add(const struct comparing *comparing, enum comparison_verdict verdict,
                   const char *field, const struct serial_entry *entry, char *expected,
                   char *logged);

void compare_result(const struct comparing *comparing);
void compare_tls_error(const struct comparing *comparing);
void compare_events(const struct comparing *comparing);
void compare_boots(const struct comparing *comparing);
void compare_crashes(const struct comparing *comparing);
