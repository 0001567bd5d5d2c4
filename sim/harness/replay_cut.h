/* Replays family F: flows of an update through all its boots, and power cuts at each of their flash
 * operations. */
#pragma once

#include <jansson.h>

#include "replay_report.h"
#include "server.h"

/** Replays the baseline of a flow, or a power cut in the flow that `baseline` describes: skipped if
 * that is NULL. */
void replay_power_cut(const json_t *record, const json_t *baseline, const char *images_dir,
                      struct server *server, struct replay_result *result);
