/* Whether tables of scenarios are what their authors mean. What is left out of a row is zero, and
 * zero ends tables and lists: without this check a row that lost its name would take those behind
 * it along, and no verdict would say so. */
#pragma once

#include <stdbool.h>

#include "error.h"
#include "scenario.h"

/** Every row has a name of its own ("family/what-happens", printable, without blanks and what means
 * something to CMake) and a story; responses have a status; where a stock updater downloads there
 * are some. tables is NULL-terminated, `usual` the firmware of rows that name none; NULL:
 * "updater". The error names the row. */
bool scenario_check(const struct scenario *const *tables, const char *usual, struct error *err);
