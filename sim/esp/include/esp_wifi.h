/* Wi-Fi, as in ESP-IDF's esp_wifi.h. There is no radio: one access point is always there, has the
 * SSID that is looked for, and takes everybody who configured one. States, errors and events are
 * those of the device, calls are traced as "platform". */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "esp_err.h"
#include "esp_event.h"
#include "esp_wifi_default.h"
#include "esp_wifi_types.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ESP_ERR_WIFI_NOT_INIT    (ESP_ERR_WIFI_BASE + 1)
#define ESP_ERR_WIFI_NOT_STARTED (ESP_ERR_WIFI_BASE + 2)
#define ESP_ERR_WIFI_NOT_STOPPED (ESP_ERR_WIFI_BASE + 3)
#define ESP_ERR_WIFI_IF          (ESP_ERR_WIFI_BASE + 4)
#define ESP_ERR_WIFI_MODE        (ESP_ERR_WIFI_BASE + 5)
#define ESP_ERR_WIFI_STATE       (ESP_ERR_WIFI_BASE + 6)
#define ESP_ERR_WIFI_CONN        (ESP_ERR_WIFI_BASE + 7)
#define ESP_ERR_WIFI_NVS         (ESP_ERR_WIFI_BASE + 8)
#define ESP_ERR_WIFI_MAC         (ESP_ERR_WIFI_BASE + 9)
#define ESP_ERR_WIFI_SSID        (ESP_ERR_WIFI_BASE + 10)
#define ESP_ERR_WIFI_PASSWORD    (ESP_ERR_WIFI_BASE + 11)
#define ESP_ERR_WIFI_TIMEOUT     (ESP_ERR_WIFI_BASE + 12)
#define ESP_ERR_WIFI_WAKE_FAIL   (ESP_ERR_WIFI_BASE + 13)
#define ESP_ERR_WIFI_WOULD_BLOCK (ESP_ERR_WIFI_BASE + 14)
#define ESP_ERR_WIFI_NOT_CONNECT (ESP_ERR_WIFI_BASE + 15)
#define ESP_ERR_WIFI_POST        (ESP_ERR_WIFI_BASE + 18)
#define ESP_ERR_WIFI_INIT_STATE  (ESP_ERR_WIFI_BASE + 19)
#define ESP_ERR_WIFI_STOP_STATE  (ESP_ERR_WIFI_BASE + 20)
#define ESP_ERR_WIFI_NOT_ASSOC   (ESP_ERR_WIFI_BASE + 21)
#define ESP_ERR_WIFI_TX_DISALLOW (ESP_ERR_WIFI_BASE + 22)

#define WIFI_INIT_CONFIG_MAGIC 0x1F2F3F4F

/** To be made by WIFI_INIT_CONFIG_DEFAULT() only. Of the device's members those that an application
 * changes; nothing but magic and nvs_enable has an effect. */
typedef struct {
    int static_rx_buf_num;
    int dynamic_rx_buf_num;
    int tx_buf_type;
    int static_tx_buf_num;
    int dynamic_tx_buf_num;
    int cache_tx_buf_num;
    int csi_enable;
    int ampdu_rx_enable;
    int ampdu_tx_enable;
    int amsdu_tx_enable;
    int nvs_enable;
    int nano_enable;
    int rx_ba_win;
    int wifi_task_core_id;
    int beacon_max_len;
    int mgmt_sbuf_num;
    uint64_t feature_caps;
    bool sta_disconnected_pm;
    int espnow_max_encrypt_num;
    int magic;
} wifi_init_config_t;

#define WIFI_INIT_CONFIG_DEFAULT()                                                                 \
    {                                                                                              \
        .static_rx_buf_num = 10, .dynamic_rx_buf_num = 32, .tx_buf_type = 1,                       \
        .static_tx_buf_num = 0, .dynamic_tx_buf_num = 32, .cache_tx_buf_num = 0, .csi_enable = 0,  \
        .ampdu_rx_enable = 1, .ampdu_tx_enable = 1, .amsdu_tx_enable = 0, .nvs_enable = 1,         \
        .nano_enable = 0, .rx_ba_win = 6, .wifi_task_core_id = 0, .beacon_max_len = 752,           \
        .mgmt_sbuf_num = 32, .feature_caps = 0, .sta_disconnected_pm = true,                       \
        .espnow_max_encrypt_num = 7, .magic = WIFI_INIT_CONFIG_MAGIC                               \
    }

/** ESP_ERR_INVALID_ARG for a configuration that was not made by the macro,
 * ESP_ERR_NVS_NOT_INITIALIZED before nvs_flash_init (unless nvs_enable is 0). */
esp_err_t esp_wifi_init(const wifi_init_config_t *config);
/** ESP_ERR_WIFI_NOT_STOPPED: call esp_wifi_stop first. This and all that follow:
 * ESP_ERR_WIFI_NOT_INIT before esp_wifi_init. */
esp_err_t esp_wifi_deinit(void);

/** WIFI_MODE_STA by default. ESP_ERR_INVALID_ARG. */
esp_err_t esp_wifi_set_mode(wifi_mode_t mode);
esp_err_t esp_wifi_get_mode(wifi_mode_t *mode);

esp_err_t esp_wifi_start(void);
esp_err_t esp_wifi_stop(void);
/** Forgets all settings. */
esp_err_t esp_wifi_restore(void);

/** The result comes as event, after some virtual time. ESP_ERR_WIFI_NOT_STARTED, ESP_ERR_WIFI_MODE
 * for a mode without station, ESP_ERR_WIFI_SSID: none is configured, ESP_ERR_WIFI_CONN: it connects
 * already. */
esp_err_t esp_wifi_connect(void);
/** ESP_ERR_WIFI_NOT_STARTED. */
esp_err_t esp_wifi_disconnect(void);

/** ESP_ERR_WIFI_NOT_STARTED; ESP_ERR_WIFI_STATE while the station connects. */
esp_err_t esp_wifi_scan_start(const wifi_scan_config_t *config, bool block);
esp_err_t esp_wifi_scan_stop(void);
esp_err_t esp_wifi_scan_get_ap_num(uint16_t *number);
esp_err_t esp_wifi_scan_get_ap_records(uint16_t *number, wifi_ap_record_t *ap_records);
/** ESP_ERR_WIFI_CONN: no station; ESP_ERR_WIFI_NOT_CONNECT. */
esp_err_t esp_wifi_sta_get_ap_info(wifi_ap_record_t *ap_info);
esp_err_t esp_wifi_sta_get_rssi(int *rssi);

esp_err_t esp_wifi_set_ps(wifi_ps_type_t type);
esp_err_t esp_wifi_get_ps(wifi_ps_type_t *type);
/** ESP_ERR_WIFI_IF for an interface that is none. */
esp_err_t esp_wifi_set_protocol(wifi_interface_t ifx, uint8_t protocol_bitmap);
esp_err_t esp_wifi_set_bandwidth(wifi_interface_t ifx, wifi_bandwidth_t bw);
esp_err_t esp_wifi_set_channel(uint8_t primary, wifi_second_chan_t second);
esp_err_t esp_wifi_set_country(const wifi_country_t *country);
esp_err_t esp_wifi_set_country_code(const char *country, bool ieee80211d_enabled);
/** In steps of 0.25 dBm, 8 to 84; ESP_ERR_WIFI_NOT_STARTED, ESP_ERR_INVALID_ARG. */
esp_err_t esp_wifi_set_max_tx_power(int8_t power);
esp_err_t esp_wifi_set_inactive_time(wifi_interface_t ifx, uint16_t sec);
esp_err_t esp_wifi_set_storage(wifi_storage_t storage);
esp_err_t esp_wifi_get_mac(wifi_interface_t ifx, uint8_t mac[6]);

/** ESP_ERR_WIFI_MODE: the mode has no such interface; ESP_ERR_WIFI_IF; ESP_ERR_WIFI_PASSWORD: an
 * access point that is not open, and a password of less than 8. */
esp_err_t esp_wifi_set_config(wifi_interface_t interface, wifi_config_t *conf);
esp_err_t esp_wifi_get_config(wifi_interface_t interface, wifi_config_t *conf);

#ifdef __cplusplus
}
#endif
