/* Sweeps as heat maps: where the fault was against what came of it. */
#pragma once

#include <jansson.h>

#include "text.h"

/** Adds a figure for each sweep of a scenario (of each request, on the network). */
void sweep_draw(struct text *out, const json_t *records);
