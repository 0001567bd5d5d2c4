/* The client is written against the newest esp_http_client.h. What an older release's header lacks
 * is supplied here, for the client alone; an application does not see it. */
#pragma once

#include "esp_http_client.h"
#include "net.h"

/* Codes that the release has no name for. */
#ifndef ESP_ERR_HTTP_READ_TIMEOUT
#define ESP_ERR_HTTP_READ_TIMEOUT    (ESP_ERR_HTTP_BASE + 11)
#define ESP_ERR_HTTP_INCOMPLETE_DATA (ESP_ERR_HTTP_BASE + 12)
#endif
#ifndef ESP_ERR_HTTP_REDIRECT_DOWNGRADE
#define ESP_ERR_HTTP_REDIRECT_DOWNGRADE (ESP_ERR_HTTP_BASE + 13)
#endif
#ifndef ESP_ERR_HTTP_HEADER_TOO_LONG
#define ESP_ERR_HTTP_HEADER_TOO_LONG (ESP_ERR_HTTP_BASE + 14)
#endif

/* Events that the release lacks: nobody hears of them. */
#define HTTP_EVENT_MISSING ((esp_http_client_event_id_t)-1)
#if ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(6, 0, 0)
#define HTTP_EVENT_ON_HEADERS_COMPLETE HTTP_EVENT_MISSING
#define HTTP_EVENT_ON_STATUS_CODE      HTTP_EVENT_MISSING
#endif
#if ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(5, 0, 0)
#define HTTP_EVENT_REDIRECT HTTP_EVENT_MISSING
#endif

/* Events go to the handler of the configuration, and to the event loop in releases that have a base
 * for them. */
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 1, 0)
#define HTTP_EVENTS_ARE_POSTED 1
#else
#define HTTP_EVENTS_ARE_POSTED 0
#endif

/* Settings; what the configuration cannot say is as if it were not set. */

static inline const char *http_config_common_name(const esp_http_client_config_t *config)
{
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 1, 0)
    return config->common_name;
#else
    (void)config;
    return NULL;
#endif
}

static inline const char **http_config_alpn(const esp_http_client_config_t *config)
{
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 5, 0)
    return config->alpn_protos;
#else
    (void)config;
    return NULL;
#endif
}

static inline enum net_tls_version http_config_tls_version(const esp_http_client_config_t *config)
{
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 1, 5)
    switch (config->tls_version) {
    case ESP_HTTP_CLIENT_TLS_VER_TLS_1_2:
        return NET_TLS_1_2;
    case ESP_HTTP_CLIENT_TLS_VER_TLS_1_3:
        return NET_TLS_1_3;
    default:
        return NET_TLS_ANY;
    }
#else
    (void)config;
    return NET_TLS_ANY;
#endif
}
