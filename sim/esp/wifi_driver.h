/* The Wi-Fi driver's state. */
#pragma once

#include "esp_timer.h"
#include "esp_wifi.h"

struct wifi_driver {
    bool initialised, started, connecting, connected;
    wifi_mode_t mode;
    wifi_ps_type_t power_save;
    wifi_config_t config[2]; /* WIFI_IF_STA, WIFI_IF_AP */
    esp_timer_handle_t association;
    esp_timer_handle_t scan;
    bool scanning, scanned;
};
extern struct wifi_driver wifi_driver;

bool wifi_has_station(void);
bool wifi_has_access_point(void);

/** What a station sees of the only access point. */
wifi_ap_record_t wifi_access_point_in_reach(void);

void wifi_post(wifi_event_t id, const void *data, size_t size);

/** Calls `ring` once, after that virtual time. */
esp_err_t wifi_start_timer(esp_timer_handle_t *timer, esp_timer_cb_t ring, uint64_t us);
void wifi_end_timer(esp_timer_handle_t *timer);
