/* A scenario in words: what is replayed, what must come of it, and what to do about it. */
#pragma once

#include "scenario.h"
#include "text.h"

/** Adds all that the row says, defaults included, in lines of at most 100 columns where words can
 * be broken. */
void explain_scenario(struct text *out, const struct scenario *scenario);

/** Adds "name (catalogue R06): summary", and the advice, indented by `indent` columns. */
struct quirk_info;
void explain_hazard(struct text *out, const struct quirk_info *quirk, int indent);

/** Adds the words after `heading`, which stands at `indent`; further lines stand below the first
 * word. Line breaks in `words` are kept. */
void explain_words(struct text *out, int indent, const char *heading, const char *words);
