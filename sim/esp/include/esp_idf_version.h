/* The ESP-IDF release that a firmware is compiled for, as in ESP-IDF's esp_idf_version.h. Its
 * sdkconfig chooses it: CONFIG_OTASIM_IDF_VERSION="5.3.5" (README). The headers here then have the
 * shape of that release; the simulator itself is compiled for master. */
#pragma once

#if __has_include("sdkconfig.h")
#include "sdkconfig.h"
#endif

#ifdef __cplusplus
extern "C" {
#endif

#ifdef CONFIG_OTASIM_IDF_VERSION_MAJOR
#define ESP_IDF_VERSION_MAJOR CONFIG_OTASIM_IDF_VERSION_MAJOR
#define ESP_IDF_VERSION_MINOR CONFIG_OTASIM_IDF_VERSION_MINOR
#define ESP_IDF_VERSION_PATCH CONFIG_OTASIM_IDF_VERSION_PATCH
#else
#define ESP_IDF_VERSION_MAJOR 6
#define ESP_IDF_VERSION_MINOR 1
#define ESP_IDF_VERSION_PATCH 0
#endif

/** A release as a number that can be compared, also by the preprocessor. */
#define ESP_IDF_VERSION_VAL(major, minor, patch) (((major) << 16) | ((minor) << 8) | (patch))

#define ESP_IDF_VERSION                                                                            \
    ESP_IDF_VERSION_VAL(ESP_IDF_VERSION_MAJOR, ESP_IDF_VERSION_MINOR, ESP_IDF_VERSION_PATCH)

/** "v5.3.5": what the running firmware was compiled for. */
const char *esp_get_idf_version(void);

#ifdef __cplusplus
}
#endif
