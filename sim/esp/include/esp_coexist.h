/* Wi-Fi and Bluetooth sharing a radio, as in ESP-IDF's esp_coexist.h: taken note of. */
#pragma once

#include "esp_err.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    ESP_COEX_PREFER_WIFI = 0,
    ESP_COEX_PREFER_BT,
    ESP_COEX_PREFER_BALANCE,
    ESP_COEX_PREFER_NUM,
} esp_coex_prefer_t;

/** ESP_ERR_INVALID_ARG for a value that is none. */
esp_err_t esp_coex_preference_set(esp_coex_prefer_t prefer);
const char *esp_coex_version_get(void);

#ifdef __cplusplus
}
#endif
