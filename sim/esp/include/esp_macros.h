/* Small helpers, as in ESP-IDF's esp_macros.h. */
#pragma once

#include "esp_assert.h"

/** Rounds up or down to a multiple of align, a power of two. */
#define ESP_ALIGN_UP(value, align)   (((value) + ((align)-1)) & ~((align)-1))
#define ESP_ALIGN_DOWN(value, align) ((value) & ~((align)-1))

#define ESP_UNUSED(x) ((void)(x))
