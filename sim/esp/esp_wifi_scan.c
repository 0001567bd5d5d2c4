#include "esp_wifi.h"
#include "platform_trace.h"
#include "scheduler.h"
#include "wifi_driver.h"

/* 13 channels, 120 ms each. */
#define SCAN_US 1560000u

static uint16_t found(void)
{
    return wifi_driver.config[WIFI_IF_STA].sta.ssid[0] != '\0' ? 1 : 0;
}

static void scan_is_done(void *argument)
{
    (void)argument;
    wifi_driver.scanning = false;
    wifi_driver.scanned = true;
    const wifi_event_sta_scan_done_t event = {.number = (uint8_t)found()};
    wifi_post(WIFI_EVENT_SCAN_DONE, &event, sizeof event);
}

static esp_err_t check_started(void)
{
    if (!wifi_driver.initialised) {
        return ESP_ERR_WIFI_NOT_INIT;
    }
    return wifi_driver.started ? ESP_OK : ESP_ERR_WIFI_NOT_STARTED;
}

static esp_err_t scan(bool block)
{
    esp_err_t err = check_started();
    if (err != ESP_OK) {
        return err;
    }
    if (wifi_driver.connecting || wifi_driver.scanning || !wifi_has_station()) {
        return ESP_ERR_WIFI_STATE;
    }
    wifi_driver.scanning = true;
    if (!block) {
        return wifi_start_timer(&wifi_driver.scan, scan_is_done, SCAN_US);
    }
    rtos_sleep_us(SCAN_US);
    scan_is_done(NULL);
    return ESP_OK;
}

esp_err_t esp_wifi_scan_start(const wifi_scan_config_t *config, bool block)
{
    (void)config; /* there is one access point to find */
    return platform_call(__func__, scan(block), "{s:b}", "block", block);
}

esp_err_t esp_wifi_scan_stop(void)
{
    esp_err_t err = check_started();
    if (err == ESP_OK && wifi_driver.scanning) {
        wifi_end_timer(&wifi_driver.scan);
        wifi_driver.scanning = false;
    }
    return platform_call(__func__, err, NULL);
}

esp_err_t esp_wifi_scan_get_ap_num(uint16_t *number)
{
    esp_err_t err = check_started();
    if (err == ESP_OK && number == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (err == ESP_OK) {
        *number = wifi_driver.scanned ? found() : 0;
    }
    return err;
}

esp_err_t esp_wifi_scan_get_ap_records(uint16_t *number, wifi_ap_record_t *ap_records)
{
    esp_err_t err = check_started();
    if (err == ESP_OK && (number == NULL || ap_records == NULL)) {
        return ESP_ERR_INVALID_ARG;
    }
    if (err != ESP_OK) {
        return err;
    }
    uint16_t count = wifi_driver.scanned ? found() : 0;
    *number = *number < count ? *number : count;
    if (*number > 0) {
        ap_records[0] = wifi_access_point_in_reach();
    }
    wifi_driver.scanned = false; /* asking frees what was found */
    return ESP_OK;
}

esp_err_t esp_wifi_sta_get_ap_info(wifi_ap_record_t *ap_info)
{
    if (!wifi_driver.initialised || !wifi_driver.started || !wifi_has_station()) {
        return ESP_ERR_WIFI_CONN;
    }
    if (!wifi_driver.connected) {
        return ESP_ERR_WIFI_NOT_CONNECT;
    }
    *ap_info = wifi_access_point_in_reach();
    return ESP_OK;
}

esp_err_t esp_wifi_sta_get_rssi(int *rssi)
{
    if (rssi == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (!wifi_driver.connected) {
        return ESP_FAIL;
    }
    *rssi = wifi_access_point_in_reach().rssi;
    return ESP_OK;
}
