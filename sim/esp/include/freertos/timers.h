/* Software timers, as in FreeRTOS: so far their handle, not yet the functions. */
#pragma once

#include "freertos/FreeRTOS.h"

typedef struct tmrTimerControl *TimerHandle_t;
