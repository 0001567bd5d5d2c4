/* How the examples of ESP-IDF come to a network, as in their protocol_examples_common.h: by
 * Ethernet if that is all that CONFIG_EXAMPLE_CONNECT_... names, else by Wi-Fi. */
#pragma once

#if __has_include("sdkconfig.h")
#include "sdkconfig.h"
#endif

#include "esp_err.h"
#include "esp_netif.h"

#ifdef __cplusplus
extern "C" {
#endif

#define EXAMPLE_NETIF_DESC_STA "example_netif_sta"
#define EXAMPLE_NETIF_DESC_ETH "example_netif_eth"

#if CONFIG_EXAMPLE_CONNECT_ETHERNET && !CONFIG_EXAMPLE_CONNECT_WIFI
#define EXAMPLE_INTERFACE    get_example_netif_from_desc(EXAMPLE_NETIF_DESC_ETH)
#define OTASIM_EXAMPLE_WIRED true
#else
#define EXAMPLE_INTERFACE    get_example_netif_from_desc(EXAMPLE_NETIF_DESC_STA)
#define OTASIM_EXAMPLE_WIRED false
#endif
#define get_example_netif() EXAMPLE_INTERFACE

#ifdef CONFIG_EXAMPLE_WIFI_SSID
#define OTASIM_EXAMPLE_SSID CONFIG_EXAMPLE_WIFI_SSID
#else
#define OTASIM_EXAMPLE_SSID "myssid"
#endif

esp_err_t otasim_example_connect(bool wired, const char *ssid);

/** Makes the interface, connects and waits for an address. What it needs (NVS, esp_netif_init, the
 * default event loop) and is not there ends the boot as a panic. ESP_ERR_INVALID_STATE: it is
 * connected already. */
static inline esp_err_t example_connect(void)
{
    return otasim_example_connect(OTASIM_EXAMPLE_WIRED, OTASIM_EXAMPLE_SSID);
}

/** ESP_ERR_INVALID_STATE: it is not connected. */
esp_err_t example_disconnect(void);

/** Blocking reads from the console. The simulator's always are. */
esp_err_t example_configure_stdin_stdout(void);

esp_netif_t *get_example_netif_from_desc(const char *desc);

#ifdef __cplusplus
}
#endif
