/* Event groups, as in FreeRTOS: so far their handle, not yet the functions. */
#pragma once

#include "freertos/FreeRTOS.h"

typedef struct EventGroupDef_t *EventGroupHandle_t;
