/* The image as a file, which is how the server gets it. Scenario after scenario serves the same. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "error.h"

/** Path of a file with these bytes: the one of the last call if they are the same, otherwise a new
 * one in the place of that. It goes when the process ends. NULL with err set if it can't be made.
 */
const char *served_image_path(const uint8_t *bytes, size_t length, struct error *err);
