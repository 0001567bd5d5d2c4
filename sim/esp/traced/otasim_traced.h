/* Records an application's calls of the OTA API. Application sources are compiled with this folder
 * in front of the include path: each header here includes the real one and then gives its functions
 * a macro of the same name. A macro that takes arguments leaves declarations, definitions and
 * function pointers alone, needs no linker, and works with any library behind the header. */
#pragma once

#include <stdbool.h>

#include "esp_err.h"
#include "esp_partition.h"

/** Says that the call begins; events posted until it returns belong to it. */
void otasim_call_enter(const char *function);

/* Each says what the call returned, and passes it on. */
esp_err_t otasim_call_err(const char *function, esp_err_t result);
int otasim_call_int(const char *function, int result);
bool otasim_call_bool(const char *function, bool result);
const esp_partition_t *otasim_call_partition(const char *function, const esp_partition_t *result);

/** A handle came of that call; and the call releases it. A handle that is released again is memory
 * of somebody else by then: the boot ends as a panic. */
esp_err_t otasim_handle_begun(esp_err_t result, void *const *handle);
void *otasim_handle_released(const char *function, void *handle);

#define OTASIM_TRACED_ERR(function, ...)                                                           \
    (otasim_call_enter(#function), otasim_call_err(#function, (function)(__VA_ARGS__)))
#define OTASIM_TRACED_INT(function, ...)                                                           \
    (otasim_call_enter(#function), otasim_call_int(#function, (function)(__VA_ARGS__)))
#define OTASIM_TRACED_BOOL(function, ...)                                                          \
    (otasim_call_enter(#function), otasim_call_bool(#function, (function)(__VA_ARGS__)))
