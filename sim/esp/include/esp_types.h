/* The basic types, as in ESP-IDF's esp_types.h. */
#pragma once

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
