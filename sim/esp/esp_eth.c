#include "esp_eth.h"

#include <stdio.h>

#include "esp_heap_caps.h"
#include "esp_mac.h"
#include "netif.h"
#include "platform_trace.h"

/* From plugging in to a link, with autonegotiation. */
#define LINK_US 2000000u

/* What a driver drives is the same for all. */
struct esp_eth_mac_s {
    char name[8];
};
struct esp_eth_phy_s {
    char name[8];
};
static struct esp_eth_mac_s the_mac = {"emac"};
static struct esp_eth_phy_s the_phy = {"phy"};

struct driver {
    bool started, linked;
    esp_timer_handle_t link_timer;
};

struct esp_eth_netif_glue_t {
    esp_netif_driver_base_t base;
    struct driver *driver;
};

ESP_EVENT_DEFINE_BASE(ETH_EVENT);

esp_eth_mac_t *esp_eth_mac_new_esp32(const eth_esp32_emac_config_t *esp32_config,
                                     const eth_mac_config_t *config)
{
    return esp32_config != NULL && config != NULL ? &the_mac : NULL;
}

esp_eth_phy_t *esp_eth_phy_new_generic(const eth_phy_config_t *config)
{
    return config != NULL ? &the_phy : NULL;
}

esp_eth_phy_t *esp_eth_phy_new_ip101(const eth_phy_config_t *config)
{
    return esp_eth_phy_new_generic(config);
}

esp_eth_phy_t *esp_eth_phy_new_rtl8201(const eth_phy_config_t *config)
{
    return esp_eth_phy_new_generic(config);
}

esp_eth_phy_t *esp_eth_phy_new_lan87xx(const eth_phy_config_t *config)
{
    return esp_eth_phy_new_generic(config);
}

esp_eth_phy_t *esp_eth_phy_new_dp83848(const eth_phy_config_t *config)
{
    return esp_eth_phy_new_generic(config);
}

static void post(struct driver *driver, eth_event_t id)
{
    esp_eth_handle_t handle = driver;
    esp_event_post(ETH_EVENT, (int32_t)id, &handle, sizeof handle, 0);
}

static void link_is_up(void *argument)
{
    struct driver *driver = argument;
    driver->linked = true;
    post(driver, ETHERNET_EVENT_CONNECTED);
}

esp_err_t esp_eth_driver_install(const esp_eth_config_t *config, esp_eth_handle_t *out_hdl)
{
    if (config == NULL || config->mac == NULL || config->phy == NULL || out_hdl == NULL) {
        return platform_call(__func__, ESP_ERR_INVALID_ARG, NULL);
    }
    struct driver *driver = heap_caps_calloc(1, sizeof *driver, MALLOC_CAP_DEFAULT);
    if (driver == NULL) {
        return platform_call(__func__, ESP_ERR_NO_MEM, NULL);
    }
    const esp_timer_create_args_t args = {.callback = link_is_up, .arg = driver, .name = "eth"};
    esp_err_t err = esp_timer_create(&args, &driver->link_timer);
    if (err != ESP_OK) {
        heap_caps_free(driver);
        return platform_call(__func__, err, NULL);
    }
    *out_hdl = driver;
    return platform_call(__func__, ESP_OK, NULL);
}

esp_err_t esp_eth_driver_uninstall(esp_eth_handle_t hdl)
{
    struct driver *driver = hdl;
    if (driver == NULL) {
        return platform_call(__func__, ESP_ERR_INVALID_ARG, NULL);
    }
    if (driver->started) {
        return platform_call(__func__, ESP_ERR_INVALID_STATE, NULL);
    }
    esp_timer_delete(driver->link_timer);
    heap_caps_free(driver);
    return platform_call(__func__, ESP_OK, NULL);
}

esp_err_t esp_eth_start(esp_eth_handle_t hdl)
{
    struct driver *driver = hdl;
    if (driver == NULL) {
        return platform_call(__func__, ESP_ERR_INVALID_ARG, NULL);
    }
    if (driver->started) {
        return platform_call(__func__, ESP_ERR_INVALID_STATE, NULL);
    }
    platform_call(__func__, ESP_OK, NULL);
    driver->started = true;
    post(driver, ETHERNET_EVENT_START);
    return esp_timer_start_once(driver->link_timer, LINK_US);
}

esp_err_t esp_eth_stop(esp_eth_handle_t hdl)
{
    struct driver *driver = hdl;
    if (driver == NULL) {
        return platform_call(__func__, ESP_ERR_INVALID_ARG, NULL);
    }
    if (!driver->started) {
        return platform_call(__func__, ESP_ERR_INVALID_STATE, NULL);
    }
    platform_call(__func__, ESP_OK, NULL);
    esp_timer_stop(driver->link_timer);
    driver->started = false;
    if (driver->linked) {
        driver->linked = false;
        post(driver, ETHERNET_EVENT_DISCONNECTED);
    }
    post(driver, ETHERNET_EVENT_STOP);
    return ESP_OK;
}

static void on_eth_event(void *argument, esp_event_base_t base, int32_t id, void *data)
{
    static const esp_event_handler_t actions[] = {
        [ETHERNET_EVENT_START] = esp_netif_action_start,
        [ETHERNET_EVENT_STOP] = esp_netif_action_stop,
        [ETHERNET_EVENT_CONNECTED] = esp_netif_action_connected,
        [ETHERNET_EVENT_DISCONNECTED] = esp_netif_action_disconnected,
    };
    const struct esp_eth_netif_glue_t *glue = argument;
    bool is_ours = *(const esp_eth_handle_t *)data == glue->driver;
    if (is_ours && glue->base.netif != NULL && (unsigned)id < sizeof actions / sizeof actions[0]) {
        actions[id](glue->base.netif, base, id, data);
    }
}

static void on_got_ip(void *argument, esp_event_base_t base, int32_t id, void *data)
{
    const struct esp_eth_netif_glue_t *glue = argument;
    const ip_event_got_ip_t *event = data;
    if (event->esp_netif == glue->base.netif) {
        esp_netif_action_got_ip(event->esp_netif, base, id, data);
    }
}

static esp_err_t take_interface(esp_netif_t *netif, esp_netif_iodriver_handle handle)
{
    ((esp_netif_driver_base_t *)handle)->netif = netif;
    return esp_read_mac(netif->mac, ESP_MAC_ETH);
}

esp_eth_netif_glue_handle_t esp_eth_new_netif_glue(esp_eth_handle_t eth_hdl)
{
    struct esp_eth_netif_glue_t *glue = heap_caps_calloc(1, sizeof *glue, MALLOC_CAP_DEFAULT);
    if (glue == NULL || eth_hdl == NULL) {
        heap_caps_free(glue);
        return NULL;
    }
    glue->base.post_attach = take_interface;
    glue->driver = eth_hdl;
    if (esp_event_handler_register(ETH_EVENT, ESP_EVENT_ANY_ID, on_eth_event, glue) != ESP_OK ||
        esp_event_handler_register(IP_EVENT, IP_EVENT_ETH_GOT_IP, on_got_ip, glue) != ESP_OK) {
        heap_caps_free(glue);
        return NULL;
    }
    return glue;
}

esp_err_t esp_eth_del_netif_glue(esp_eth_netif_glue_handle_t eth_netif_glue)
{
    if (eth_netif_glue == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    esp_event_handler_unregister(ETH_EVENT, ESP_EVENT_ANY_ID, on_eth_event);
    esp_event_handler_unregister(IP_EVENT, IP_EVENT_ETH_GOT_IP, on_got_ip);
    heap_caps_free(eth_netif_glue);
    return ESP_OK;
}
