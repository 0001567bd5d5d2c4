/* Releases and their behaviours in words. */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "otasim_quirk.h"
#include "text.h"

/** "since 5.5.5 and master", "until 5.0", "in every release": the span of a row. */
void release_span(struct text *out, const struct quirk_info *row);

/** "5.0.6 5.1.3 6.1", as a row has it, as "5.0.6, 5.1.3 and master". */
void release_names(struct text *out, const char *changes);

/** Whether a scenario is there to show the hazard. */
struct scenario;
bool release_shows(const struct scenario *scenario, const char *hazard);

/** The hazards of a release, each with its span, the scenarios that show it and the advice; of
 * every release if it is 0. Returns how many. */
size_t release_hazards(struct text *out, uint32_t release);

/** The same as JSON: [{"name", "summary", "advice", "catalogue", "since", "until", "by",
 * "releases": those recorded that have it, "scenarios": that show it,
 * "safe": those of them whose expectation is the safe one}]. */
json_t *release_hazards_json(uint32_t release);

/** A table in Markdown of all hazards against the releases that are recorded. */
void release_hazard_matrix(struct text *out);

/** What changes from one release to another: hazards gone and new, other codes, other behaviour,
 * the API. Returns how many lines tell of a change. */
size_t release_upgrade(struct text *out, uint32_t from, uint32_t to);
