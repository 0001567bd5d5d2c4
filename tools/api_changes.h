/* What an application sees of a release when it is compiled: the API rows of the table of
 * behaviours. */
#pragma once

#include <stddef.h>

struct api_change {
    const char *name;
    const char *since, *until; /* the releases that brought and ended it (release_between) */
};

extern const struct api_change api_changes[];
extern const size_t api_change_count;
