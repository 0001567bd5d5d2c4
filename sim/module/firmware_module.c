/* What the harness asks a firmware module for; compiled into each, in the shape of its release. */
#include "firmware_module.h"

#include <stddef.h>

#include "esp_eth.h"
#include "esp_http_client.h"
#include "esp_https_ota.h"
#include "esp_idf_version.h"
#include "esp_netif_types.h"
#include "esp_wifi_types.h"

#define OTA_EVENT(id)                                                                              \
    {                                                                                              \
        "ESP_HTTPS_OTA_EVENT", (id), #id                                                           \
    }
#define CLIENT_EVENT(id)                                                                           \
    {                                                                                              \
        "ESP_HTTP_CLIENT_EVENT", (id), #id                                                         \
    }

#define WIFI(id)                                                                                   \
    {                                                                                              \
        "WIFI_EVENT", (id), #id                                                                    \
    }
#define IP(id)                                                                                     \
    {                                                                                              \
        "IP_EVENT", (id), #id                                                                      \
    }
#define ETHERNET(id)                                                                               \
    {                                                                                              \
        "ETH_EVENT", (id), #id                                                                     \
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
    WIFI(WIFI_EVENT_WIFI_READY),
    WIFI(WIFI_EVENT_SCAN_DONE),
    WIFI(WIFI_EVENT_STA_START),
    WIFI(WIFI_EVENT_STA_STOP),
    WIFI(WIFI_EVENT_STA_CONNECTED),
    WIFI(WIFI_EVENT_STA_DISCONNECTED),
    WIFI(WIFI_EVENT_STA_AUTHMODE_CHANGE),
    WIFI(WIFI_EVENT_AP_START),
    WIFI(WIFI_EVENT_AP_STOP),
    WIFI(WIFI_EVENT_AP_STACONNECTED),
    WIFI(WIFI_EVENT_AP_STADISCONNECTED),
    WIFI(WIFI_EVENT_STA_BSS_RSSI_LOW),
    WIFI(WIFI_EVENT_STA_BEACON_TIMEOUT),
    IP(IP_EVENT_STA_GOT_IP),
    IP(IP_EVENT_STA_LOST_IP),
    IP(IP_EVENT_ASSIGNED_IP_TO_CLIENT),
    IP(IP_EVENT_GOT_IP6),
    IP(IP_EVENT_ETH_GOT_IP),
    IP(IP_EVENT_ETH_LOST_IP),
    IP(IP_EVENT_PPP_GOT_IP),
    IP(IP_EVENT_PPP_LOST_IP),
    ETHERNET(ETHERNET_EVENT_START),
    ETHERNET(ETHERNET_EVENT_STOP),
    ETHERNET(ETHERNET_EVENT_CONNECTED),
    ETHERNET(ETHERNET_EVENT_DISCONNECTED),
    {NULL, 0, NULL},
};

const struct firmware_module otasim_module = {
    .idf_version = ESP_IDF_VERSION,
    .idf_version_text = IDF_VER,
    .option = otasim_sdkconfig,
    .rtc = &otasim_rtc,
    .event = events,
};
