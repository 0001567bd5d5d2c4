/* The time since boot, as in ESP-IDF's esp_timer.h. */
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Virtual microseconds since the boot began. */
int64_t esp_timer_get_time(void);

#ifdef __cplusplus
}
#endif
