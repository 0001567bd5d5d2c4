/* Checks that log and then return or jump, as in ESP-IDF's esp_check.h. */
#pragma once

#include "esp_err.h"
#include "esp_log.h"

#define ESP_CHECK_LOG_(log_tag, format, ...)                                                       \
    ESP_LOGE(log_tag, "%s(%d): " format, __func__, __LINE__, ##__VA_ARGS__)

#define ESP_RETURN_ON_ERROR(x, log_tag, format, ...)                                               \
    do {                                                                                           \
        esp_err_t err_rc_ = (x);                                                                   \
        if (err_rc_ != ESP_OK) {                                                                   \
            ESP_CHECK_LOG_(log_tag, format, ##__VA_ARGS__);                                        \
            return err_rc_;                                                                        \
        }                                                                                          \
    } while (0)

#define ESP_RETURN_VOID_ON_ERROR(x, log_tag, format, ...)                                          \
    do {                                                                                           \
        esp_err_t err_rc_ = (x);                                                                   \
        if (err_rc_ != ESP_OK) {                                                                   \
            ESP_CHECK_LOG_(log_tag, format, ##__VA_ARGS__);                                        \
            return;                                                                                \
        }                                                                                          \
    } while (0)

/** Needs a variable `ret` of type esp_err_t. */
#define ESP_GOTO_ON_ERROR(x, goto_tag, log_tag, format, ...)                                       \
    do {                                                                                           \
        esp_err_t err_rc_ = (x);                                                                   \
        if (err_rc_ != ESP_OK) {                                                                   \
            ESP_CHECK_LOG_(log_tag, format, ##__VA_ARGS__);                                        \
            ret = err_rc_;                                                                         \
            goto goto_tag;                                                                         \
        }                                                                                          \
    } while (0)

#define ESP_RETURN_ON_FALSE(a, err_code, log_tag, format, ...)                                     \
    do {                                                                                           \
        if (!(a)) {                                                                                \
            ESP_CHECK_LOG_(log_tag, format, ##__VA_ARGS__);                                        \
            return err_code;                                                                       \
        }                                                                                          \
    } while (0)

#define ESP_RETURN_VOID_ON_FALSE(a, log_tag, format, ...)                                          \
    do {                                                                                           \
        if (!(a)) {                                                                                \
            ESP_CHECK_LOG_(log_tag, format, ##__VA_ARGS__);                                        \
            return;                                                                                \
        }                                                                                          \
    } while (0)

/** Needs a variable `ret` of type esp_err_t. */
#define ESP_GOTO_ON_FALSE(a, err_code, goto_tag, log_tag, format, ...)                             \
    do {                                                                                           \
        if (!(a)) {                                                                                \
            ESP_CHECK_LOG_(log_tag, format, ##__VA_ARGS__);                                        \
            ret = err_code;                                                                        \
            goto goto_tag;                                                                         \
        }                                                                                          \
    } while (0)

/* There are no interrupts here, so the variants for them are the same. */
#define ESP_RETURN_ON_ERROR_ISR ESP_RETURN_ON_ERROR
#define ESP_RETURN_ON_FALSE_ISR ESP_RETURN_ON_FALSE
#define ESP_GOTO_ON_ERROR_ISR   ESP_GOTO_ON_ERROR
#define ESP_GOTO_ON_FALSE_ISR   ESP_GOTO_ON_FALSE
