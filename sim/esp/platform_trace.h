/* The trace of calls that have no meaning in a simulation (Wi-Fi, interfaces, pins): accepted as
 * the device would, and recorded, since what an application configures is evidence too. */
#pragma once

#include "esp_err.h"

/** Traces a call with its result, which it returns. `format` and what follows are the arguments in
 * jansson's json_pack format, e.g. "{s:i}"; NULL: none. */
esp_err_t platform_call(const char *call, esp_err_t err, const char *format, ...);
