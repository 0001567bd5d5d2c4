/* Which scenarios a command line names. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "scenario.h"

/** What a NAME is, for the help of a command; ends its line. */
#define SELECT_SOME_HELP                                                                           \
    "A NAME is a scenario's, a glob in quotes\n"                                                   \
    "('redirect/status-*'), a family (redirect) or an id of the catalogue (R06)"
#define SELECT_HELP SELECT_SOME_HELP "; none: all.\n"

struct selection {
    const struct scenario **scenarios; /* in table order */
    size_t count;
};

/** Those that any of the names means: a glob of names (fnmatch), a family, or a glob of catalogue
 * ids; all if there is none. False, after saying which means nothing and what may have been meant,
 * if one does not. */
bool select_scenarios(char *const *names, size_t count, struct selection *selection);

/** The one that the name means. NULL, after saying which there are, if it is none or several;
 * command is that of the message: "trace". */
const struct scenario *select_scenario(const char *name, const char *command);

void selection_free(struct selection *selection);
