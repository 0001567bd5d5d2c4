/* ESP_HTTPS_OTA events as scenarios and reports name them. */
#pragma once

#include "scenario.h"

/** "START", "WRITE_FLASH", ...; NULL for EVENT_END and what is out of range. */
const char *event_name(enum scenario_event event);

/** The event with that id in the ESP_HTTPS_OTA_EVENT base (master's numbering); EVENT_END if none.
 */
enum scenario_event event_from_id(long long id);
