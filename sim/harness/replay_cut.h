/* Replays family F: flows of an update through all its boots, and power cuts at each of their flash
 * operations. */
#pragma once

#include <jansson.h>

#include "replay_report.h"
#include "server.h"

struct replay_source;

/** Replays the baseline of a flow, or a power cut in the flow that the source's baseline describes:
 * skipped if there is none. */
void replay_power_cut(const json_t *record, const struct replay_source *source,
                      struct server *server, struct replay_result *result);
