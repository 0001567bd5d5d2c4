/* Checks at compile time, as in ESP-IDF's esp_assert.h. */
#pragma once

#include <assert.h>

#ifndef __cplusplus
#define ESP_STATIC_ASSERT _Static_assert
#else
#define ESP_STATIC_ASSERT static_assert
#endif

/** Checks the condition only where the compiler knows it. */
#define TRY_STATIC_ASSERT(CONDITION, MSG)                                                          \
    do {                                                                                           \
        ESP_STATIC_ASSERT(__builtin_choose_expr(__builtin_constant_p(CONDITION), (CONDITION), 1),  \
                          #MSG);                                                                   \
    } while (0)
