/* What the harness asks a firmware module for; compiled into each, in the shape of its release. */
#include "firmware_module.h"

#include <stddef.h>

#include "esp_http_client.h"
#include "esp_https_ota.h"
#include "esp_idf_version.h"

#define OTA_EVENT(id)                                                                              \
    {                                                                                              \
        "ESP_HTTPS_OTA_EVENT", (id), #id                                                           \
    }
#define CLIENT_EVENT(id)                                                                           \
    {                                                                                              \
        "ESP_HTTP_CLIENT_EVENT", (id), #id                                                         \
    }

static const struct firmware_event events[] = {
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 0, 1)
    OTA_EVENT(ESP_HTTPS_OTA_START),
    OTA_EVENT(ESP_HTTPS_OTA_CONNECTED),
    OTA_EVENT(ESP_HTTPS_OTA_GET_IMG_DESC),
    OTA_EVENT(ESP_HTTPS_OTA_VERIFY_CHIP_ID),
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 5, 0)
    OTA_EVENT(ESP_HTTPS_OTA_VERIFY_CHIP_REVISION),
#endif
    OTA_EVENT(ESP_HTTPS_OTA_DECRYPT_CB),
    OTA_EVENT(ESP_HTTPS_OTA_WRITE_FLASH),
    OTA_EVENT(ESP_HTTPS_OTA_UPDATE_BOOT_PARTITION),
    OTA_EVENT(ESP_HTTPS_OTA_FINISH),
    OTA_EVENT(ESP_HTTPS_OTA_ABORT),
#endif
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 1, 0)
    CLIENT_EVENT(HTTP_EVENT_ERROR),
    CLIENT_EVENT(HTTP_EVENT_ON_CONNECTED),
    CLIENT_EVENT(HTTP_EVENT_HEADERS_SENT),
    CLIENT_EVENT(HTTP_EVENT_ON_HEADER),
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(6, 0, 0)
    CLIENT_EVENT(HTTP_EVENT_ON_HEADERS_COMPLETE),
    CLIENT_EVENT(HTTP_EVENT_ON_STATUS_CODE),
#endif
    CLIENT_EVENT(HTTP_EVENT_ON_DATA),
    CLIENT_EVENT(HTTP_EVENT_ON_FINISH),
    CLIENT_EVENT(HTTP_EVENT_DISCONNECTED),
    CLIENT_EVENT(HTTP_EVENT_REDIRECT),
#endif
    {NULL, 0, NULL},
};

const struct firmware_module otasim_module = {
    .idf_version = ESP_IDF_VERSION,
    .idf_version_text = IDF_VER,
    .option = otasim_sdkconfig,
    .rtc = &otasim_rtc,
    .event = events,
};
