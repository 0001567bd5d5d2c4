/* ESP_HTTPS_OTA events as scenarios and reports name them. */
#pragma once

#include "scenario.h"

/** "START", "WRITE_FLASH", ...; NULL for EVENT_END and what is out of range. */
const char *event_name(enum scenario_event event);

/** The same for the event's name in ESP-IDF ("ESP_HTTPS_OTA_START") and back; NULL and EVENT_END if
 * there is none. */
const char *event_full_name(enum scenario_event event);
enum scenario_event event_from_full_name(const char *name);
