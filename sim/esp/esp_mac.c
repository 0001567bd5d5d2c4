#include "esp_mac.h"

#include <string.h>

#include "device.h"
#include "platform_trace.h"

#define MAC_BYTES   6
#define EUI64_BYTES 8

static const uint8_t factory[MAC_BYTES] = {0x24, 0x0A, 0xC4, 0x5E, 0x10, 0x00};

static bool base_is_set;
static uint8_t base_address[MAC_BYTES];

/* How far the address of an interface is from the base address. */
static const uint8_t offset_of[] = {
    [ESP_MAC_WIFI_STA] = 0,
    [ESP_MAC_WIFI_SOFTAP] = 1,
    [ESP_MAC_BT] = 2,
    [ESP_MAC_ETH] = 3,
};

static struct {
    bool is_set;
    uint8_t address[MAC_BYTES];
} interface_address[ESP_MAC_ETH + 1];

esp_err_t esp_base_mac_addr_set(const uint8_t *mac)
{
    bool good = mac != NULL && (mac[0] & 1) == 0;
    if (good) {
        memcpy(base_address, mac, sizeof base_address);
        base_is_set = true;
    }
    return platform_call(__func__, good ? ESP_OK : ESP_ERR_INVALID_ARG, NULL);
}

esp_err_t esp_base_mac_addr_get(uint8_t *mac)
{
    if (mac == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (!base_is_set) {
        return ESP_ERR_INVALID_MAC;
    }
    memcpy(mac, base_address, sizeof base_address);
    return ESP_OK;
}

esp_err_t esp_efuse_mac_get_default(uint8_t *mac)
{
    if (mac == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    memcpy(mac, factory, sizeof factory);
    return ESP_OK;
}

esp_err_t esp_efuse_mac_get_custom(uint8_t *mac)
{
    if (mac == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    const struct device *device = device_current();
    bool versioned = device != NULL && strcmp(device->chip->name, "esp32") == 0;
    return versioned ? ESP_ERR_INVALID_VERSION : ESP_ERR_INVALID_MAC;
}

size_t esp_mac_addr_len_get(esp_mac_type_t type)
{
    if (type == ESP_MAC_IEEE802154) {
        return EUI64_BYTES;
    }
    if (type == ESP_MAC_EFUSE_EXT) {
        return EUI64_BYTES - MAC_BYTES;
    }
    return (unsigned)type <= ESP_MAC_EFUSE_CUSTOM ? MAC_BYTES : 0;
}

static void read_base(uint8_t *mac)
{
    if (esp_base_mac_addr_get(mac) != ESP_OK) {
        memcpy(mac, factory, sizeof factory);
    }
}

/* The vendor's three bytes, ff:fe, then those of the device. */
static void read_eui64(uint8_t *mac)
{
    uint8_t base[MAC_BYTES];
    read_base(base);
    memcpy(mac, base, 3);
    mac[3] = 0xFF;
    mac[4] = 0xFE;
    memcpy(mac + 5, base + 3, 3);
}

esp_err_t esp_read_mac(uint8_t *mac, esp_mac_type_t type)
{
    if (mac == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    switch (type) {
    case ESP_MAC_BASE:
        read_base(mac);
        return ESP_OK;
    case ESP_MAC_IEEE802154:
        read_eui64(mac);
        return ESP_OK;
    case ESP_MAC_EFUSE_FACTORY:
        return esp_efuse_mac_get_default(mac);
    case ESP_MAC_EFUSE_CUSTOM:
        return esp_efuse_mac_get_custom(mac);
    case ESP_MAC_EFUSE_EXT:
        mac[0] = 0xFF;
        mac[1] = 0xFE;
        return ESP_OK;
    default:
        break;
    }
    if ((unsigned)type > ESP_MAC_ETH) {
        return ESP_ERR_NOT_SUPPORTED;
    }
    if (interface_address[type].is_set) {
        memcpy(mac, interface_address[type].address, MAC_BYTES);
        return ESP_OK;
    }
    read_base(mac);
    mac[MAC_BYTES - 1] = (uint8_t)(mac[MAC_BYTES - 1] + offset_of[type]);
    return ESP_OK;
}

esp_err_t esp_iface_mac_addr_set(const uint8_t *mac, esp_mac_type_t type)
{
    if (type == ESP_MAC_BASE) {
        return esp_base_mac_addr_set(mac);
    }
    bool good = mac != NULL && (unsigned)type <= ESP_MAC_ETH && (mac[0] & 1) == 0;
    if (good) {
        memcpy(interface_address[type].address, mac, MAC_BYTES);
        interface_address[type].is_set = true;
    }
    return platform_call(__func__, good ? ESP_OK : ESP_ERR_INVALID_ARG, "{s:i}", "type", (int)type);
}

esp_err_t esp_derive_local_mac(uint8_t *local_mac, const uint8_t *universal_mac)
{
    if (local_mac == NULL || universal_mac == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    memcpy(local_mac, universal_mac, MAC_BYTES);
    local_mac[0] = (uint8_t)(universal_mac[0] | 0x02);
    if (local_mac[0] == universal_mac[0]) {
        local_mac[0] ^= 0x04; /* it was local already */
    }
    return ESP_OK;
}
