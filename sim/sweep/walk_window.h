/* Which findings of a walk are a known window of power cuts. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "scenario.h"
#include "server.h"
#include "sweep.h"

/** The name of the window that explains the finding (of walk_judge, in `trace`), or NULL if none
 * does. Runs the scenario again without its cut, which says what was being written when power
 * failed. */
const char *walk_window(const struct scenario *scenario, const json_t *trace, const json_t *finding,
                        struct server *server, const struct sweep_options *sweep);
