/* MAC addresses, as in ESP-IDF's esp_mac.h. Every simulated device has the same factory address. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "esp_err.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    ESP_MAC_WIFI_STA,
    ESP_MAC_WIFI_SOFTAP,
    ESP_MAC_BT,
    ESP_MAC_ETH,
    ESP_MAC_IEEE802154,
    ESP_MAC_BASE,
    ESP_MAC_EFUSE_FACTORY,
    ESP_MAC_EFUSE_CUSTOM,
    ESP_MAC_EFUSE_EXT,
} esp_mac_type_t;

#define MAC2STR(a) (a)[0], (a)[1], (a)[2], (a)[3], (a)[4], (a)[5]
#define MACSTR     "%02x:%02x:%02x:%02x:%02x:%02x"

/** Replaces the base address, for this boot. ESP_ERR_INVALID_ARG for NULL or a group address. */
esp_err_t esp_base_mac_addr_set(const uint8_t *mac);
/** ESP_ERR_INVALID_MAC: it was not set. */
esp_err_t esp_base_mac_addr_get(uint8_t *mac);

/** The address in efuse. */
esp_err_t esp_efuse_mac_get_default(uint8_t *mac);
/** Nobody has burnt one: ESP_ERR_INVALID_VERSION (ESP32), ESP_ERR_INVALID_MAC (the others). */
esp_err_t esp_efuse_mac_get_custom(uint8_t *mac);

/** 6 bytes, 8 for ESP_MAC_IEEE802154: the base address, plus 1 for the soft-AP, 2 for Bluetooth, 3
 * for Ethernet. ESP_ERR_INVALID_ARG, ESP_ERR_NOT_SUPPORTED. */
esp_err_t esp_read_mac(uint8_t *mac, esp_mac_type_t type);
esp_err_t esp_iface_mac_addr_set(const uint8_t *mac, esp_mac_type_t type);
/** 0 for a type that is none. */
size_t esp_mac_addr_len_get(esp_mac_type_t type);
/** A locally administered address made from a universal one. */
esp_err_t esp_derive_local_mac(uint8_t *local_mac, const uint8_t *universal_mac);

#ifdef __cplusplus
}
#endif
