#include_next <esp_https_ota.h>

#ifndef OTASIM_TRACED_ESP_HTTPS_OTA
#define OTASIM_TRACED_ESP_HTTPS_OTA

#include "esp_idf_version.h"
#include "otasim_traced.h"

#define esp_https_ota(...) OTASIM_TRACED_ERR(esp_https_ota, __VA_ARGS__)
#define esp_https_ota_begin(config, handle)                                                        \
    otasim_handle_begun(OTASIM_TRACED_ERR(esp_https_ota_begin, config, handle), handle)
#define esp_https_ota_perform(...) OTASIM_TRACED_ERR(esp_https_ota_perform, __VA_ARGS__)
#define esp_https_ota_finish(handle)                                                               \
    OTASIM_TRACED_ERR(esp_https_ota_finish, otasim_handle_released("esp_https_ota_finish", handle))
#define esp_https_ota_abort(handle)                                                                \
    OTASIM_TRACED_ERR(esp_https_ota_abort, otasim_handle_released("esp_https_ota_abort", handle))
#define esp_https_ota_get_img_desc(...) OTASIM_TRACED_ERR(esp_https_ota_get_img_desc, __VA_ARGS__)
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 5, 0)
#define esp_https_ota_get_bootloader_img_desc(...)                                                 \
    OTASIM_TRACED_ERR(esp_https_ota_get_bootloader_img_desc, __VA_ARGS__)
#endif
#define esp_https_ota_get_image_len_read(...)                                                      \
    OTASIM_TRACED_INT(esp_https_ota_get_image_len_read, __VA_ARGS__)
#define esp_https_ota_get_image_size(...)                                                          \
    OTASIM_TRACED_INT(esp_https_ota_get_image_size, __VA_ARGS__)
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 3, 2) ||                                             \
    (ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 1, 5) &&                                            \
     ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(5, 2, 0))
#define esp_https_ota_get_status_code(...)                                                         \
    OTASIM_TRACED_INT(esp_https_ota_get_status_code, __VA_ARGS__)
#endif
#define esp_https_ota_is_complete_data_received(...)                                               \
    OTASIM_TRACED_BOOL(esp_https_ota_is_complete_data_received, __VA_ARGS__)

#endif
