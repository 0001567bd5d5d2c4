/* "Did you mean ...?" */
#pragma once

#include <stddef.h>

/** Of the names that name_at gives for 0, 1, ... until NULL, the one that takes the fewest edits to
 * become `wanted`; NULL if none is near enough to be meant. */
const char *nearest_name(const char *wanted, const char *(*name_at)(size_t index, void *context),
                         void *context);
