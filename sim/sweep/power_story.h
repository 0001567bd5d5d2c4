/* What happens at one cut point, step by step, for a reader. */
#pragma once

#include <jansson.h>

#include "power_explore.h"

/** The way from the flow's start over the point's cuts to what boots in the end, and after a second
 * reset: a new array of texts. NULL if the flow has no such point. */
json_t *power_story(struct power_explorer *explorer, const struct power_flow *flow,
                    const struct power_point *point);

/** Whether `a` needs fewer steps than `b`: fewer cuts, then fewer boots, then fewer operations. */
bool power_point_is_shorter(const struct power_flow *flow_a, const struct power_point *a,
                            const struct power_flow *flow_b, const struct power_point *b);
