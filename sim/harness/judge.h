/* What the parts of the verdict share. Each part compares one thing with the scenario's expectation
 * and adds a mismatch where they differ. run.h has the whole. */
#pragma once

#include "run.h"

/* judge_call.c: which call of the update failed, with what. */
void judge_call(const struct run_evidence *evidence, struct run_result *result);

/* judge_events.c: what was posted, in order. */
void judge_events(const struct run_evidence *evidence, struct run_result *result);

/* judge_requests.c: what arrived at the server, in order. */
void judge_requests(const struct run_evidence *evidence, struct run_result *result);

/* judge_boots.c: what booted after the update, and how each boot ended. */
void judge_boots(const struct run_evidence *evidence, struct run_result *result);
void judge_ends(const struct run_evidence *evidence, struct run_result *result);

/* judge_figures.c: TLS errors and memory, flash operations, time, heap, efuses. */
void judge_figures(const struct run_evidence *evidence, struct run_result *result);

/** A field of a record; NULL if it is not there or no text. */
const char *judge_text(const json_t *record, const char *key);

/** Both NULL, or the same text. */
bool judge_equal(const char *a, const char *b);
