/* Settings of the radio: checked, traced, and without effect. */
#include <string.h>

#include "esp_wifi.h"
#include "platform_trace.h"
#include "wifi_driver.h"

static esp_err_t check(bool argument_is_good)
{
    if (!wifi_driver.initialised) {
        return ESP_ERR_WIFI_NOT_INIT;
    }
    return argument_is_good ? ESP_OK : ESP_ERR_INVALID_ARG;
}

static esp_err_t check_interface(wifi_interface_t ifx)
{
    esp_err_t err = check(true);
    return err == ESP_OK && ifx != WIFI_IF_STA && ifx != WIFI_IF_AP ? ESP_ERR_WIFI_IF : err;
}

esp_err_t esp_wifi_set_ps(wifi_ps_type_t type)
{
    esp_err_t err = check((unsigned)type <= WIFI_PS_MAX_MODEM);
    if (err == ESP_OK) {
        wifi_driver.power_save = type;
    }
    return platform_call(__func__, err, "{s:i}", "type", (int)type);
}

esp_err_t esp_wifi_get_ps(wifi_ps_type_t *type)
{
    esp_err_t err = check(type != NULL);
    if (err == ESP_OK) {
        *type = wifi_driver.power_save;
    }
    return err;
}

esp_err_t esp_wifi_set_protocol(wifi_interface_t ifx, uint8_t protocol_bitmap)
{
    return platform_call(__func__, check_interface(ifx), "{s:i, s:i}", "interface", (int)ifx,
                         "protocols", protocol_bitmap);
}

esp_err_t esp_wifi_set_bandwidth(wifi_interface_t ifx, wifi_bandwidth_t bw)
{
    return platform_call(__func__, check_interface(ifx), "{s:i, s:i}", "interface", (int)ifx,
                         "bandwidth", (int)bw);
}

esp_err_t esp_wifi_set_channel(uint8_t primary, wifi_second_chan_t second)
{
    esp_err_t err = check((unsigned)second <= WIFI_SECOND_CHAN_BELOW);
    if (err == ESP_OK && !wifi_driver.started) {
        err = ESP_ERR_WIFI_NOT_STARTED;
    }
    return platform_call(__func__, err, "{s:i}", "primary", primary);
}

esp_err_t esp_wifi_set_country(const wifi_country_t *country)
{
    return platform_call(__func__, check(country != NULL), NULL);
}

esp_err_t esp_wifi_set_country_code(const char *country, bool ieee80211d_enabled)
{
    esp_err_t err = check(country != NULL && strnlen(country, 4) >= 2);
    return platform_call(__func__, err, "{s:b}", "ieee80211d", ieee80211d_enabled);
}

esp_err_t esp_wifi_set_max_tx_power(int8_t power)
{
    esp_err_t err = check(power >= 8 && power <= 84);
    if (err != ESP_ERR_WIFI_NOT_INIT && !wifi_driver.started) {
        err = ESP_ERR_WIFI_NOT_STARTED;
    }
    return platform_call(__func__, err, "{s:i}", "power", power);
}

esp_err_t esp_wifi_set_inactive_time(wifi_interface_t ifx, uint16_t sec)
{
    esp_err_t err = check_interface(ifx);
    if (err == ESP_OK && sec < (ifx == WIFI_IF_STA ? 3 : 10)) {
        err = ESP_ERR_INVALID_ARG;
    }
    return platform_call(__func__, err, "{s:i, s:i}", "interface", (int)ifx, "seconds", sec);
}

esp_err_t esp_wifi_set_storage(wifi_storage_t storage)
{
    return platform_call(__func__, check((unsigned)storage <= WIFI_STORAGE_RAM), "{s:i}", "storage",
                         (int)storage);
}
