/* Ethernet, as in ESP-IDF's esp_eth.h: drivers without hardware, whose cable is plugged in. */
#pragma once

#include <stdint.h>

#include "esp_err.h"
#include "esp_event.h"
#include "esp_netif.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef void *esp_eth_handle_t;
typedef struct esp_eth_mac_s esp_eth_mac_t;
typedef struct esp_eth_phy_s esp_eth_phy_t;
typedef struct esp_eth_netif_glue_t *esp_eth_netif_glue_handle_t;

typedef struct {
    esp_eth_mac_t *mac;
    esp_eth_phy_t *phy;
    uint32_t check_link_period_ms;
} esp_eth_config_t;

#define ETH_DEFAULT_CONFIG(emac, ephy)                                                             \
    {                                                                                              \
        .mac = emac, .phy = ephy, .check_link_period_ms = 2000                                     \
    }

typedef enum {
    ETHERNET_EVENT_START,
    ETHERNET_EVENT_STOP,
    ETHERNET_EVENT_CONNECTED,
    ETHERNET_EVENT_DISCONNECTED,
} eth_event_t;

/** The data of each is the driver's esp_eth_handle_t. */
ESP_EVENT_DECLARE_BASE(ETH_EVENT);

typedef struct {
    uint32_t sw_reset_timeout_ms;
    uint32_t rx_task_stack_size;
    uint32_t rx_task_prio;
    uint32_t flags;
} eth_mac_config_t;

#define ETH_MAC_DEFAULT_CONFIG()                                                                   \
    {                                                                                              \
        .sw_reset_timeout_ms = 100, .rx_task_stack_size = 4096, .rx_task_prio = 15, .flags = 0     \
    }

typedef struct {
    int smi_mdc_gpio_num;
    int smi_mdio_gpio_num;
} eth_esp32_emac_config_t;

#define ETH_ESP32_EMAC_DEFAULT_CONFIG()                                                            \
    {                                                                                              \
        .smi_mdc_gpio_num = 23, .smi_mdio_gpio_num = 18                                            \
    }

typedef struct {
    int32_t phy_addr;
    uint32_t reset_timeout_ms;
    uint32_t autonego_timeout_ms;
    int reset_gpio_num;
} eth_phy_config_t;

#define ESP_ETH_PHY_ADDR_AUTO (-1)
#define ETH_PHY_DEFAULT_CONFIG()                                                                   \
    {                                                                                              \
        .phy_addr = ESP_ETH_PHY_ADDR_AUTO, .reset_timeout_ms = 100, .autonego_timeout_ms = 4000,   \
        .reset_gpio_num = 5                                                                        \
    }

esp_eth_mac_t *esp_eth_mac_new_esp32(const eth_esp32_emac_config_t *esp32_config,
                                     const eth_mac_config_t *config);
esp_eth_phy_t *esp_eth_phy_new_generic(const eth_phy_config_t *config);
esp_eth_phy_t *esp_eth_phy_new_ip101(const eth_phy_config_t *config);
esp_eth_phy_t *esp_eth_phy_new_rtl8201(const eth_phy_config_t *config);
esp_eth_phy_t *esp_eth_phy_new_lan87xx(const eth_phy_config_t *config);
esp_eth_phy_t *esp_eth_phy_new_dp83848(const eth_phy_config_t *config);

/** ESP_ERR_INVALID_ARG without MAC, PHY or place for the handle. */
esp_err_t esp_eth_driver_install(const esp_eth_config_t *config, esp_eth_handle_t *out_hdl);
/** ESP_ERR_INVALID_STATE while it is started. */
esp_err_t esp_eth_driver_uninstall(esp_eth_handle_t hdl);
/** ESP_ERR_INVALID_STATE: started already. */
esp_err_t esp_eth_start(esp_eth_handle_t hdl);
/** ESP_ERR_INVALID_STATE: not started. */
esp_err_t esp_eth_stop(esp_eth_handle_t hdl);

/** What to attach an interface to: esp_netif_attach(netif, esp_eth_new_netif_glue(driver)). NULL
 * without a default event loop. */
esp_eth_netif_glue_handle_t esp_eth_new_netif_glue(esp_eth_handle_t eth_hdl);
esp_err_t esp_eth_del_netif_glue(esp_eth_netif_glue_handle_t eth_netif_glue);

#ifdef __cplusplus
}
#endif
