/* A trace as a drawing: boots, calls, requests, events, hazards and flash operations side by side
 * over the device's clock. */
#pragma once

#include <jansson.h>

#include "text.h"

/** Adds one <svg> without scripts or outside references, as wide as its container. `name` is what
 * it shows, for those who cannot see it. */
void timeline_draw(struct text *out, const char *name, const json_t *trace);
