/* What goes into the lanes of a time line, found in the trace. Each function adds the bars of one
 * kind of record; lanes are drawn in the order of their numbers. */
#pragma once

#include <jansson.h>

#include "axis.h"
#include "lane.h"

#define TIMELINE_PARTITIONS 12 /* that have a lane; operations on further ones share the last */

enum timeline_lane {
    LANE_CALLS,
    LANE_NETWORK,
    LANE_EVENTS,
    LANE_HAZARDS,
    LANE_OTADATA,
    LANE_ERASES,
    LANE_PROGRAMS = LANE_ERASES + TIMELINE_PARTITIONS,
    TIMELINE_LANES = LANE_PROGRAMS + TIMELINE_PARTITIONS,
};

struct timeline_lanes {
    const json_t *trace;
    const struct axis *axis;
    struct lane lanes[TIMELINE_LANES];
    char names[TIMELINE_PARTITIONS][2][48]; /* "ota_0, erased" and "ota_0, programmed" */
    char labels[TIMELINE_PARTITIONS][24];
    size_t partitions;
};

/** Finds the bars of all lanes. */
void timeline_lanes_fill(struct timeline_lanes *lanes, const json_t *trace,
                         const struct axis *axis);
void timeline_lanes_free(struct timeline_lanes *lanes);
