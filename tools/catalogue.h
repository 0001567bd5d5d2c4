/* The catalogue of failures seen in the field, by id: "R06". */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct catalogue_row {
    const char *id, *name;
    const char *elsewhere; /* why no scenario replays it, or what does instead; NULL: one must */
};

/** The row at that place of the catalogue's order; NULL behind the last. */
const struct catalogue_row *catalogue_row(size_t index);

/** The row of that id, in any case; NULL if there is none. */
const struct catalogue_row *catalogue_find(const char *id);

/** Whether one of the ids, words of a text that may be NULL, matches the glob, in any case. */
bool catalogue_names(const char *ids, const char *glob);
