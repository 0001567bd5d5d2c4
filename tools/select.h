/* Which scenarios a command line names. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "scenario.h"

struct selection {
    const struct scenario **scenarios; /* in table order */
    size_t count;
};

/** Those that match any of the globs (fnmatch; all if there is none). False, after saying which
 * pattern matches nothing and what may have been meant, if one does not match. */
bool select_scenarios(char *const *globs, size_t count, struct selection *selection);

void selection_free(struct selection *selection);
