/* Line endings of the console, as in ESP-IDF's esp_vfs_common.h. */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    ESP_LINE_ENDINGS_CRLF,
    ESP_LINE_ENDINGS_CR,
    ESP_LINE_ENDINGS_LF,
} esp_line_endings_t;

#ifdef __cplusplus
}
#endif
