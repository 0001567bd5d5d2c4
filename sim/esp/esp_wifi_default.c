#include "esp_wifi_default.h"

#include <assert.h>

#include "esp_mac.h"
#include "esp_wifi_types.h"
#include "netif.h"

/* One for each role, as in the driver. */
static esp_netif_driver_base_t drivers[2];
static unsigned handlers_wanted_by;

static const struct {
    wifi_event_t event;
    wifi_interface_t interface;
    esp_event_handler_t action;
} actions[] = {
    {WIFI_EVENT_STA_START, WIFI_IF_STA, esp_netif_action_start},
    {WIFI_EVENT_STA_STOP, WIFI_IF_STA, esp_netif_action_stop},
    {WIFI_EVENT_STA_CONNECTED, WIFI_IF_STA, esp_netif_action_connected},
    {WIFI_EVENT_STA_DISCONNECTED, WIFI_IF_STA, esp_netif_action_disconnected},
    {WIFI_EVENT_AP_START, WIFI_IF_AP, esp_netif_action_start},
    {WIFI_EVENT_AP_STOP, WIFI_IF_AP, esp_netif_action_stop},
};

static void on_wifi_event(void *argument, esp_event_base_t base, int32_t id, void *data)
{
    (void)argument;
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        esp_netif_t *netif = drivers[actions[i].interface].netif;
        if ((int32_t)actions[i].event == id && netif != NULL) {
            actions[i].action(netif, base, id, data);
        }
    }
}

static void on_got_ip(void *argument, esp_event_base_t base, int32_t id, void *data)
{
    (void)argument;
    const ip_event_got_ip_t *event = data;
    if (event->esp_netif == drivers[WIFI_IF_STA].netif) {
        esp_netif_action_got_ip(event->esp_netif, base, id, data);
    }
}

static esp_err_t set_handlers(wifi_interface_t interface)
{
    esp_err_t err = esp_event_handler_register(WIFI_EVENT, ESP_EVENT_ANY_ID, on_wifi_event, NULL);
    if (err == ESP_OK) {
        err = esp_event_handler_register(IP_EVENT, IP_EVENT_STA_GOT_IP, on_got_ip, NULL);
    }
    if (err == ESP_OK) {
        handlers_wanted_by |= 1u << interface;
    }
    return err;
}

esp_err_t esp_wifi_set_default_wifi_sta_handlers(void)
{
    return set_handlers(WIFI_IF_STA);
}

esp_err_t esp_wifi_set_default_wifi_ap_handlers(void)
{
    return set_handlers(WIFI_IF_AP);
}

static esp_err_t take_interface(esp_netif_t *netif, esp_netif_iodriver_handle handle)
{
    esp_netif_driver_base_t *driver = handle;
    driver->netif = netif;
    return esp_read_mac(netif->mac,
                        driver == &drivers[WIFI_IF_STA] ? ESP_MAC_WIFI_STA : ESP_MAC_WIFI_SOFTAP);
}

static esp_err_t attach(esp_netif_t *netif, wifi_interface_t interface)
{
    drivers[interface].post_attach = take_interface;
    return esp_netif_attach(netif, &drivers[interface]);
}

esp_err_t esp_netif_attach_wifi_station(esp_netif_t *esp_netif)
{
    return attach(esp_netif, WIFI_IF_STA);
}

esp_err_t esp_netif_attach_wifi_ap(esp_netif_t *esp_netif)
{
    return attach(esp_netif, WIFI_IF_AP);
}

/* As documented: what goes wrong aborts. */
static esp_netif_t *create(const esp_netif_config_t *config, wifi_interface_t interface)
{
    esp_netif_t *netif = esp_netif_new(config);
    assert(netif);
    ESP_ERROR_CHECK(attach(netif, interface));
    ESP_ERROR_CHECK(set_handlers(interface));
    return netif;
}

esp_netif_t *esp_netif_create_default_wifi_sta(void)
{
    const esp_netif_config_t config = ESP_NETIF_DEFAULT_WIFI_STA();
    return create(&config, WIFI_IF_STA);
}

esp_netif_t *esp_netif_create_default_wifi_ap(void)
{
    const esp_netif_config_t config = ESP_NETIF_DEFAULT_WIFI_AP();
    return create(&config, WIFI_IF_AP);
}

esp_netif_t *esp_netif_create_wifi(int wifi_if, const esp_netif_inherent_config_t *config)
{
    const esp_netif_config_t whole = {
        .base = config,
        .stack = wifi_if == WIFI_IF_AP ? ESP_NETIF_NETSTACK_DEFAULT_WIFI_AP
                                       : ESP_NETIF_NETSTACK_DEFAULT_WIFI_STA,
    };
    if (wifi_if != WIFI_IF_STA && wifi_if != WIFI_IF_AP) {
        return NULL;
    }
    esp_netif_t *netif = esp_netif_new(&whole);
    assert(netif);
    ESP_ERROR_CHECK(attach(netif, (wifi_interface_t)wifi_if));
    return netif;
}

esp_err_t esp_wifi_clear_default_wifi_driver_and_handlers(void *esp_netif)
{
    for (unsigned i = 0; i < sizeof drivers / sizeof drivers[0]; i++) {
        if (esp_netif != NULL && drivers[i].netif == esp_netif) {
            drivers[i].netif = NULL;
            handlers_wanted_by &= ~(1u << i);
        }
    }
    if (handlers_wanted_by == 0) {
        esp_event_handler_unregister(WIFI_EVENT, ESP_EVENT_ANY_ID, on_wifi_event);
        esp_event_handler_unregister(IP_EVENT, IP_EVENT_STA_GOT_IP, on_got_ip);
    }
    return ESP_OK;
}

void esp_netif_destroy_default_wifi(void *esp_netif)
{
    if (esp_netif != NULL) {
        esp_wifi_clear_default_wifi_driver_and_handlers(esp_netif);
        esp_netif_destroy(esp_netif);
    }
}
