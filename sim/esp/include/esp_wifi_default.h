/* Wi-Fi interfaces as nearly everybody makes them, as in ESP-IDF's esp_wifi_default.h. */
#pragma once

#include "esp_netif.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Each makes an interface with its default configuration, attaches it to the Wi-Fi driver and lets
 * it follow the driver's events. A failure ends the boot as a panic, also that there is no default
 * event loop yet. */
esp_netif_t *esp_netif_create_default_wifi_sta(void);
esp_netif_t *esp_netif_create_default_wifi_ap(void);
/** The same with a configuration of one's own, not attached for a null pointer of a key. */
esp_netif_t *esp_netif_create_wifi(int wifi_if, const esp_netif_inherent_config_t *config);
void esp_netif_destroy_default_wifi(void *esp_netif);

esp_err_t esp_netif_attach_wifi_station(esp_netif_t *esp_netif);
esp_err_t esp_netif_attach_wifi_ap(esp_netif_t *esp_netif);
/** ESP_ERR_INVALID_STATE without a default event loop. */
esp_err_t esp_wifi_set_default_wifi_sta_handlers(void);
esp_err_t esp_wifi_set_default_wifi_ap_handlers(void);
esp_err_t esp_wifi_clear_default_wifi_driver_and_handlers(void *esp_netif);

#ifdef __cplusplus
}
#endif
