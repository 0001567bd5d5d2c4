/* A run as JUnit XML, which CI systems read. */
#pragma once

#include <stdbool.h>
#include <time.h>

#include "error.h"
#include "text.h"
#include "verdicts.h"

/** One suite a family, one case a scenario. What a failed case says is its departure from the
 * expectation; a scenario that was never run is an error. `when`: the run began. */
void junit_add(struct text *out, const struct verdicts *verdicts, time_t when);

/** Writes that to a file. */
bool junit_write(const char *path, const struct verdicts *verdicts, time_t when, struct error *err);
