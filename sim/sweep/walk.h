/* A random walk: words, each of which turns one thing about a scenario. Words are what is drawn by
 * chance and what shrinking drops; the scenario is made from them, and says nothing of chance. */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "scenario.h"

#define WALK_MAX_WORDS 40

struct walk_word {
    unsigned kind;  /* which thing; each at most once, in ascending order */
    uint32_t value; /* turned how */
};

struct walk {
    struct walk_word words[WALK_MAX_WORDS];
    size_t count;
};

/** The walk of that number: the same for the same seed, on any host. */
void walk_draw(uint64_t seed, uint64_t number, struct walk *walk);

/** The scenario that the words make. Its strings are literals; the name is the caller's. */
void walk_scenario(const struct walk *walk, const char *name, struct scenario *out);

/** The walk's words, for a reader: "layout=3 power-received=1200". malloc'ed. */
char *walk_text(const struct walk *walk);

/** A row of a C table that is this scenario. malloc'ed; NULL if memory runs out. */
char *walk_row(const struct scenario *scenario, const char *about);

/** What of `trace` breaks an invariant: an array of {"class", "text", "boot"}, where it is known by
 * a name with {"window"}, and where it is about what boots with what should: {"partition",
 * "version"}. Empty if none does. A window is what the device is known to do.
 * blocks: of the heap that a first boot without a fault leaves in use; -1: not compared. */
json_t *walk_judge(const struct scenario *scenario, const json_t *trace, int64_t blocks);

/** Fills what the row expects: all as `trace` has it, but in the boot of the finding what should
 * have booted. So the row fails for the finding's sake. Texts are the trace's and the finding's. */
void walk_expect(struct scenario *row, const json_t *trace, const json_t *finding);
