/* Logging, as in ESP-IDF's esp_log.h. Every line that a tag's level lets through is traced; it is
 * printed ("I (123) tag: text", virtual milliseconds since the boot began) when the run asks for
 * it. CONFIG_LOG_MAXIMUM_LEVEL decides at compile time, as on the device. */
#pragma once

#if __has_include("sdkconfig.h")
#include "sdkconfig.h"
#endif

#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    ESP_LOG_NONE = 0,
    ESP_LOG_ERROR = 1,
    ESP_LOG_WARN = 2,
    ESP_LOG_INFO = 3,
    ESP_LOG_DEBUG = 4,
    ESP_LOG_VERBOSE = 5,
    ESP_LOG_MAX = 6,
} esp_log_level_t;

typedef int (*vprintf_like_t)(const char *format, va_list arguments);

/** Sets the level of one tag, or with "*" of all tags. Before that it is ESP_LOG_INFO. */
void esp_log_level_set(const char *tag, esp_log_level_t level);
esp_log_level_t esp_log_level_get(const char *tag);

/** Replaces what prints log lines (NULL: the default again); returns what printed them before. A
 * replacement is called whether or not the run is verbose. */
vprintf_like_t esp_log_set_vprintf(vprintf_like_t func);

/** Virtual milliseconds since the boot began. */
uint32_t esp_log_timestamp(void);
uint32_t esp_log_early_timestamp(void);

/** Logs a line that carries its own prefix and end of line, as the macros below make it. */
void esp_log_write(esp_log_level_t level, const char *tag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void esp_log_writev(esp_log_level_t level, const char *tag, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

/** Bytes as hex, 16 a line. */
void esp_log_buffer_hex_internal(const char *tag, const void *buffer, uint16_t length,
                                 esp_log_level_t level);

#ifdef CONFIG_LOG_MAXIMUM_LEVEL
#define OTASIM_LOG_MAXIMUM_LEVEL CONFIG_LOG_MAXIMUM_LEVEL
#else
#define OTASIM_LOG_MAXIMUM_LEVEL ESP_LOG_INFO
#endif
#ifndef LOG_LOCAL_LEVEL
#define LOG_LOCAL_LEVEL OTASIM_LOG_MAXIMUM_LEVEL
#endif

#define LOG_FORMAT(letter, format) #letter " (%" PRIu32 ") %s: " format "\n"

#define OTASIM_LOG(letter, level, tag, format, ...)                                                \
    do {                                                                                           \
        if (LOG_LOCAL_LEVEL >= (level)) {                                                          \
            esp_log_write(level, tag, LOG_FORMAT(letter, format), esp_log_timestamp(), tag,        \
                          ##__VA_ARGS__);                                                          \
        }                                                                                          \
    } while (0)

#define ESP_LOGE(tag, format, ...) OTASIM_LOG(E, ESP_LOG_ERROR, tag, format, ##__VA_ARGS__)
#define ESP_LOGW(tag, format, ...) OTASIM_LOG(W, ESP_LOG_WARN, tag, format, ##__VA_ARGS__)
#define ESP_LOGI(tag, format, ...) OTASIM_LOG(I, ESP_LOG_INFO, tag, format, ##__VA_ARGS__)
#define ESP_LOGD(tag, format, ...) OTASIM_LOG(D, ESP_LOG_DEBUG, tag, format, ##__VA_ARGS__)
#define ESP_LOGV(tag, format, ...) OTASIM_LOG(V, ESP_LOG_VERBOSE, tag, format, ##__VA_ARGS__)

#define ESP_LOG_LEVEL(level, tag, format, ...)                                                     \
    do {                                                                                           \
        if ((level) == ESP_LOG_ERROR) {                                                            \
            OTASIM_LOG(E, ESP_LOG_ERROR, tag, format, ##__VA_ARGS__);                              \
        } else if ((level) == ESP_LOG_WARN) {                                                      \
            OTASIM_LOG(W, ESP_LOG_WARN, tag, format, ##__VA_ARGS__);                               \
        } else if ((level) == ESP_LOG_DEBUG) {                                                     \
            OTASIM_LOG(D, ESP_LOG_DEBUG, tag, format, ##__VA_ARGS__);                              \
        } else if ((level) == ESP_LOG_VERBOSE) {                                                   \
            OTASIM_LOG(V, ESP_LOG_VERBOSE, tag, format, ##__VA_ARGS__);                            \
        } else {                                                                                   \
            OTASIM_LOG(I, ESP_LOG_INFO, tag, format, ##__VA_ARGS__);                               \
        }                                                                                          \
    } while (0)
#define ESP_LOG_LEVEL_LOCAL(level, tag, format, ...)                                               \
    ESP_LOG_LEVEL(level, tag, format, ##__VA_ARGS__)

/* Output before the scheduler runs or with the cache off is no different here. */
#define ESP_EARLY_LOGE ESP_LOGE
#define ESP_EARLY_LOGW ESP_LOGW
#define ESP_EARLY_LOGI ESP_LOGI
#define ESP_EARLY_LOGD ESP_LOGD
#define ESP_EARLY_LOGV ESP_LOGV
#define ESP_DRAM_LOGE  ESP_LOGE
#define ESP_DRAM_LOGW  ESP_LOGW
#define ESP_DRAM_LOGI  ESP_LOGI
#define ESP_DRAM_LOGD  ESP_LOGD
#define ESP_DRAM_LOGV  ESP_LOGV

#define ESP_LOG_BUFFER_HEX_LEVEL(tag, buffer, buff_len, level)                                     \
    do {                                                                                           \
        if (LOG_LOCAL_LEVEL >= (level)) {                                                          \
            esp_log_buffer_hex_internal(tag, buffer, buff_len, level);                             \
        }                                                                                          \
    } while (0)
#define ESP_LOG_BUFFER_HEX(tag, buffer, buff_len)                                                  \
    ESP_LOG_BUFFER_HEX_LEVEL(tag, buffer, buff_len, ESP_LOG_INFO)

/** Defines the tag of a file. */
#define ESP_LOG_ATTR_TAG(tag, string) static const char *const tag __attribute__((unused)) = string

#ifdef __cplusplus
}
#endif
