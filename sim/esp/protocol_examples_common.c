#include "protocol_examples_common.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "esp_eth.h"
#include "esp_wifi.h"
#include "platform_trace.h"
#include "scheduler.h"

static struct {
    esp_netif_t *netif;
    bool got_ip;
    esp_eth_handle_t ethernet;
    esp_eth_netif_glue_handle_t glue;
} connection;

static void on_got_ip(void *argument, esp_event_base_t base, int32_t id, void *data)
{
    (void)argument;
    (void)base;
    (void)id;
    const ip_event_got_ip_t *event = data;
    if (event->esp_netif == connection.netif) {
        connection.got_ip = true;
        rtos_wake_all(&connection);
    }
}

static esp_netif_t *new_netif(const esp_netif_inherent_config_t *usual, const char *description,
                              const esp_netif_netstack_config_t *stack)
{
    esp_netif_inherent_config_t base = *usual;
    base.if_desc = description;
    const esp_netif_config_t config = {.base = &base, .stack = stack};
    esp_netif_t *netif = esp_netif_new(&config);
    assert(netif);
    return netif;
}

static void connect_wifi(const char *ssid)
{
    const wifi_init_config_t init = WIFI_INIT_CONFIG_DEFAULT();
    ESP_ERROR_CHECK(esp_wifi_init(&init));
    connection.netif = new_netif(ESP_NETIF_BASE_DEFAULT_WIFI_STA, EXAMPLE_NETIF_DESC_STA,
                                 ESP_NETIF_NETSTACK_DEFAULT_WIFI_STA);
    ESP_ERROR_CHECK(esp_netif_attach_wifi_station(connection.netif));
    ESP_ERROR_CHECK(esp_wifi_set_default_wifi_sta_handlers());
    ESP_ERROR_CHECK(esp_wifi_set_mode(WIFI_MODE_STA));
    ESP_ERROR_CHECK(esp_wifi_start());
    wifi_config_t config = {.sta = {.threshold = {.rssi = -127}}};
    memcpy(config.sta.ssid, ssid, strnlen(ssid, sizeof config.sta.ssid));
    ESP_ERROR_CHECK(esp_wifi_set_config(WIFI_IF_STA, &config));
    ESP_ERROR_CHECK(esp_event_handler_register(IP_EVENT, IP_EVENT_STA_GOT_IP, on_got_ip, NULL));
    ESP_ERROR_CHECK(esp_wifi_connect());
}

static void connect_ethernet(void)
{
    const eth_mac_config_t mac = ETH_MAC_DEFAULT_CONFIG();
    const eth_esp32_emac_config_t emac = ETH_ESP32_EMAC_DEFAULT_CONFIG();
    const eth_phy_config_t phy = ETH_PHY_DEFAULT_CONFIG();
    const esp_eth_config_t config =
        ETH_DEFAULT_CONFIG(esp_eth_mac_new_esp32(&emac, &mac), esp_eth_phy_new_generic(&phy));
    ESP_ERROR_CHECK(esp_eth_driver_install(&config, &connection.ethernet));
    connection.netif = new_netif(ESP_NETIF_BASE_DEFAULT_ETH, EXAMPLE_NETIF_DESC_ETH,
                                 ESP_NETIF_NETSTACK_DEFAULT_ETH);
    connection.glue = esp_eth_new_netif_glue(connection.ethernet);
    ESP_ERROR_CHECK(esp_netif_attach(connection.netif, connection.glue));
    ESP_ERROR_CHECK(esp_event_handler_register(IP_EVENT, IP_EVENT_ETH_GOT_IP, on_got_ip, NULL));
    ESP_ERROR_CHECK(esp_eth_start(connection.ethernet));
}

esp_err_t otasim_example_connect(bool wired, const char *ssid)
{
    if (connection.netif != NULL) {
        return platform_call("example_connect", ESP_ERR_INVALID_STATE, NULL);
    }
    connection.got_ip = false;
    if (wired) {
        connect_ethernet();
    } else {
        connect_wifi(ssid);
    }
    while (!connection.got_ip) {
        rtos_wait(&connection, RTOS_FOR_EVER);
    }
    return platform_call("example_connect", ESP_OK, "{s:b}", "wired", wired);
}

static void disconnect_ethernet(void)
{
    esp_event_handler_unregister(IP_EVENT, IP_EVENT_ETH_GOT_IP, on_got_ip);
    esp_eth_stop(connection.ethernet);
    esp_eth_del_netif_glue(connection.glue);
    esp_netif_destroy(connection.netif);
    esp_eth_driver_uninstall(connection.ethernet);
    connection.ethernet = NULL;
}

static void disconnect_wifi(void)
{
    esp_event_handler_unregister(IP_EVENT, IP_EVENT_STA_GOT_IP, on_got_ip);
    esp_wifi_disconnect();
    esp_wifi_stop();
    esp_wifi_deinit();
    esp_netif_destroy_default_wifi(connection.netif);
}

esp_err_t example_disconnect(void)
{
    if (connection.netif == NULL) {
        return platform_call(__func__, ESP_ERR_INVALID_STATE, NULL);
    }
    if (connection.ethernet != NULL) {
        disconnect_ethernet();
    } else {
        disconnect_wifi();
    }
    connection.netif = NULL;
    return platform_call(__func__, ESP_OK, NULL);
}

esp_err_t example_configure_stdin_stdout(void)
{
    return platform_call(__func__, ESP_OK, NULL);
}

static bool has_description(esp_netif_t *netif, void *description)
{
    return strcmp(esp_netif_get_desc(netif), description) == 0;
}

esp_netif_t *get_example_netif_from_desc(const char *desc)
{
    char description[32];
    snprintf(description, sizeof description, "%s", desc);
    return esp_netif_find_if(has_description, description);
}
