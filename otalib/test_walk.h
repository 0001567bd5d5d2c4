/* A walk: a random sequence of calls of the native API, resets, power cuts, failing flash
 * operations and damage from outside, on a small device. Rules say what must hold after each step.
 * A walk is made from a seed alone, so a seed repeats it; a seed with the numbers of the steps to
 * keep repeats what shrinking left of it ("71:3,4,9"). */
#pragma once

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "test_walk_world.h"

#define WALK_MAX_STEPS 40

enum walk_action {
#define ACTION(id, name, weight) WALK_##id,
#include "test_walk_actions.def"
#undef ACTION
    WALK_ACTIONS
};

/** "begin", "set_boot", ... */
extern const char *const walk_action_names[WALK_ACTIONS];

/** What the numbers mean is the action's business: each fits whatever state the device is in, so
 * that any part of a walk is a walk. */
struct walk_step {
    unsigned number; /* in the walk as it was made, from 1 */
    enum walk_action action;
    uint32_t a, b, c;
};

struct walk {
    uint64_t seed;
    struct walk_setup setup;
    size_t count;
    struct walk_step steps[WALK_MAX_STEPS];
};

void walk_make(uint64_t seed, struct walk *out);

/** Reads "71" or "71:3,4,9". */
bool walk_from_recipe(const char *recipe, struct walk *out);

/** The recipe of a walk of which steps may have been left out. */
void walk_recipe(const struct walk *walk, char *out, size_t size);

/** What happened in all walks of a run: a rule that never had anything to judge is no rule. */
enum walk_event {
#define EVENT(id, text) WALK_DID_##id,
#include "test_walk_events.def"
#undef EVENT
    WALK_EVENTS
};
struct walk_counts {
    uint64_t event[WALK_EVENTS];
};
extern const char *const walk_event_names[WALK_EVENTS];

/** Runs a walk and the update that must succeed after it. True if every rule held; else `broken`
 * says which did not, and how. `log` may be NULL: one line a step. */
bool walk_run(const struct walk *walk, FILE *log, struct walk_counts *counts, char *broken,
              size_t size);
