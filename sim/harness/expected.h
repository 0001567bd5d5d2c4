/* What a row expects where it says nothing. */
#pragma once

#include "scenario.h"

/** Whether the update is to be installed and selected. */
bool expected_update(const struct scenario_expect *expect);

/** The events of a good update by esp_https_ota(). */
const struct expected_event *expected_good_events(size_t *count);
