/* The same as release_shape.h for updates over HTTPS. */
#pragma once

#include "esp_event.h"
#include "esp_https_ota.h"
#include "release_shape.h"

#if ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(6, 0, 0)
#define CONFIG_ESP_HTTPS_OTA_ENABLE_PARTIAL_DOWNLOAD 1 /* always there */
/* The client does not keep Content-Range. */
#define esp_http_client_get_content_range(client) ((void)(client), (int64_t)-1)
#endif

#if ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(5, 5, 0)
#define HttpStatus_PartialContent      206
#define HttpStatus_NotModified         304
#define HttpStatus_RangeNotSatisfiable 416

#define esp_https_ota_get_bootloader_img_desc otalib_get_bootloader_img_desc
#endif

#ifndef ESP_ERR_HTTP_NOT_MODIFIED
#define ESP_ERR_HTTP_NOT_MODIFIED          (ESP_ERR_HTTP_BASE + 9)
#define ESP_ERR_HTTP_RANGE_NOT_SATISFIABLE (ESP_ERR_HTTP_BASE + 10)
#endif

#if ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(5, 1, 5) ||                                              \
    (ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 3, 0) &&                                            \
     ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(5, 3, 2))
#define esp_https_ota_get_status_code otalib_get_status_code
#endif

#if ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(5, 0, 0)
#define CONFIG_ESP_HTTPS_OTA_ALLOW_HTTP CONFIG_OTA_ALLOW_HTTP
#endif

/* Events that the release lacks: nobody hears of them. */
#if ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(5, 0, 1)
#define HTTPS_OTA_HAS_EVENTS 0
typedef enum {
    ESP_HTTPS_OTA_START,
    ESP_HTTPS_OTA_CONNECTED,
    ESP_HTTPS_OTA_GET_IMG_DESC,
    ESP_HTTPS_OTA_VERIFY_CHIP_ID,
    ESP_HTTPS_OTA_VERIFY_CHIP_REVISION,
    ESP_HTTPS_OTA_WRITE_FLASH,
    ESP_HTTPS_OTA_UPDATE_BOOT_PARTITION,
    ESP_HTTPS_OTA_FINISH,
    ESP_HTTPS_OTA_ABORT,
} esp_https_ota_event_t;
#else
#define HTTPS_OTA_HAS_EVENTS 1
#if ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(5, 5, 0)
#define ESP_HTTPS_OTA_VERIFY_CHIP_REVISION HTTPS_OTA_EVENT_MISSING
#endif
#endif
#define HTTPS_OTA_EVENT_MISSING ((esp_https_ota_event_t)-1)

/** What an application asks for, in whichever shape: fields as in the newest
 * esp_https_ota_config_t, and zero where a release cannot say it. */
struct https_ota_config {
    const esp_http_client_config_t *http_config;
    http_client_init_cb_t http_client_init_cb;
    bool bulk_flash_erase;
    bool partial_http_download;
    int max_http_request_size;
    uint32_t buffer_caps;
    bool ota_resumption;
    size_t ota_image_bytes_written;
#if CONFIG_ESP_HTTPS_OTA_DECRYPT_CB
    decrypt_cb_t decrypt_cb;
    void *decrypt_user_ctx;
    uint16_t enc_img_header_size;
#endif
    struct {
        const esp_partition_t *staging;
        const esp_partition_t *final;
        bool finalize_with_copy;
    } partition;
};

/** Posts an event; a post that fails is logged and changes nothing else. */
void https_ota_event(esp_https_ota_event_t event, const void *data, size_t size);

/* esp_https_ota() and esp_https_ota_begin(); config is NULL if the application's is. */
esp_err_t https_ota_run(const struct https_ota_config *config);
esp_err_t https_ota_begin(const struct https_ota_config *config, esp_https_ota_handle_t *handle);
