#include "esp_wifi.h"

#include <string.h>

#include "esp_mac.h"
#include "platform_trace.h"
#include "wifi_driver.h"
#if __has_include("nvs.h")
#include "nvs.h"
#endif

/* Scan, authentication, association and key exchange with an access point in reach. */
#define ASSOCIATION_US 1500000u

static const uint8_t bssid[6] = {0x02, 0x0C, 0x43, 0x26, 0x60, 0x01};

ESP_EVENT_DEFINE_BASE(WIFI_EVENT);

struct wifi_driver wifi_driver;

bool wifi_has_station(void)
{
    return wifi_driver.mode == WIFI_MODE_STA || wifi_driver.mode == WIFI_MODE_APSTA;
}

bool wifi_has_access_point(void)
{
    return wifi_driver.mode == WIFI_MODE_AP || wifi_driver.mode == WIFI_MODE_APSTA;
}

wifi_ap_record_t wifi_access_point_in_reach(void)
{
    const wifi_sta_config_t *wanted = &wifi_driver.config[WIFI_IF_STA].sta;
    wifi_ap_record_t record = {
        .primary = 6,
        .rssi = -50,
        .authmode = wanted->password[0] != '\0' ? WIFI_AUTH_WPA2_PSK : WIFI_AUTH_OPEN,
        .pairwise_cipher = WIFI_CIPHER_TYPE_CCMP,
        .group_cipher = WIFI_CIPHER_TYPE_CCMP,
    };
    memcpy(record.bssid, bssid, sizeof record.bssid);
    memcpy(record.ssid, wanted->ssid, sizeof wanted->ssid);
    return record;
}

void wifi_post(wifi_event_t id, const void *data, size_t size)
{
    esp_event_post(WIFI_EVENT, (int32_t)id, data, size, 0);
}

esp_err_t wifi_start_timer(esp_timer_handle_t *timer, esp_timer_cb_t ring, uint64_t us)
{
    const esp_timer_create_args_t args = {.callback = ring, .name = "wifi"};
    if (*timer == NULL) {
        esp_err_t err = esp_timer_create(&args, timer);
        if (err != ESP_OK) {
            return err;
        }
    }
    esp_timer_stop(*timer);
    return esp_timer_start_once(*timer, us);
}

void wifi_end_timer(esp_timer_handle_t *timer)
{
    if (*timer != NULL) {
        esp_timer_stop(*timer);
        esp_timer_delete(*timer);
        *timer = NULL;
    }
}

/* The driver keeps its settings in NVS. */
static esp_err_t check_nvs(void)
{
#if __has_include("nvs.h")
    nvs_handle_t handle;
    esp_err_t err = nvs_open("nvs.net80211", NVS_READONLY, &handle);
    if (err == ESP_OK) {
        nvs_close(handle);
    }
    return err == ESP_ERR_NVS_NOT_INITIALIZED ? err : ESP_OK;
#else
    return ESP_OK;
#endif
}

static esp_err_t init(const wifi_init_config_t *config)
{
    if (config == NULL || config->magic != WIFI_INIT_CONFIG_MAGIC) {
        return ESP_ERR_INVALID_ARG;
    }
    if (wifi_driver.initialised) {
        return ESP_OK;
    }
    esp_err_t err = config->nvs_enable != 0 ? check_nvs() : ESP_OK;
    if (err == ESP_OK) {
        wifi_driver = (struct wifi_driver){
            .initialised = true,
            .mode = WIFI_MODE_STA,
            .power_save = WIFI_PS_MIN_MODEM,
        };
    }
    return err;
}

esp_err_t esp_wifi_init(const wifi_init_config_t *config)
{
    return platform_call(__func__, init(config), NULL);
}

static esp_err_t check_initialised(void)
{
    return wifi_driver.initialised ? ESP_OK : ESP_ERR_WIFI_NOT_INIT;
}

esp_err_t esp_wifi_deinit(void)
{
    esp_err_t err = check_initialised();
    if (err == ESP_OK && wifi_driver.started) {
        err = ESP_ERR_WIFI_NOT_STOPPED;
    }
    if (err == ESP_OK) {
        wifi_end_timer(&wifi_driver.association);
        wifi_end_timer(&wifi_driver.scan);
        wifi_driver.initialised = false;
    }
    return platform_call(__func__, err, NULL);
}

static void start_roles(void)
{
    if (wifi_has_station()) {
        wifi_post(WIFI_EVENT_STA_START, NULL, 0);
    }
    if (wifi_has_access_point()) {
        wifi_post(WIFI_EVENT_AP_START, NULL, 0);
    }
}

static void disconnect(wifi_err_reason_t reason)
{
    if (wifi_driver.association != NULL) {
        esp_timer_stop(wifi_driver.association);
    }
    bool was_busy = wifi_driver.connecting || wifi_driver.connected;
    wifi_driver.connecting = wifi_driver.connected = false;
    if (!was_busy) {
        return;
    }
    const wifi_ap_record_t from = wifi_access_point_in_reach();
    wifi_event_sta_disconnected_t event = {.reason = (uint8_t)reason, .rssi = from.rssi};
    memcpy(event.ssid, from.ssid, sizeof event.ssid);
    memcpy(event.bssid, from.bssid, sizeof event.bssid);
    event.ssid_len = (uint8_t)strnlen((const char *)event.ssid, sizeof event.ssid);
    wifi_post(WIFI_EVENT_STA_DISCONNECTED, &event, sizeof event);
}

static void stop_roles(void)
{
    if (wifi_has_station()) {
        disconnect(WIFI_REASON_ASSOC_LEAVE);
        wifi_post(WIFI_EVENT_STA_STOP, NULL, 0);
    }
    if (wifi_has_access_point()) {
        wifi_post(WIFI_EVENT_AP_STOP, NULL, 0);
    }
}

esp_err_t esp_wifi_set_mode(wifi_mode_t mode)
{
    esp_err_t err = check_initialised();
    if (err == ESP_OK && (unsigned)mode >= WIFI_MODE_NAN) {
        err = ESP_ERR_INVALID_ARG;
    }
    platform_call(__func__, err, "{s:i}", "mode", (int)mode);
    if (err != ESP_OK || mode == wifi_driver.mode) {
        return err;
    }
    if (wifi_driver.started) {
        stop_roles();
    }
    wifi_driver.mode = mode;
    if (wifi_driver.started) {
        start_roles();
    }
    return ESP_OK;
}

esp_err_t esp_wifi_get_mode(wifi_mode_t *mode)
{
    esp_err_t err = check_initialised();
    if (err == ESP_OK && mode == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (err == ESP_OK) {
        *mode = wifi_driver.mode;
    }
    return err;
}

esp_err_t esp_wifi_start(void)
{
    esp_err_t err = platform_call(__func__, check_initialised(), NULL);
    if (err == ESP_OK && !wifi_driver.started) {
        wifi_driver.started = true;
        start_roles();
    }
    return err;
}

esp_err_t esp_wifi_stop(void)
{
    esp_err_t err = platform_call(__func__, check_initialised(), NULL);
    if (err == ESP_OK && wifi_driver.started) {
        stop_roles();
        wifi_driver.started = false;
    }
    return err;
}

esp_err_t esp_wifi_restore(void)
{
    esp_err_t err = check_initialised();
    if (err == ESP_OK) {
        memset(wifi_driver.config, 0, sizeof wifi_driver.config);
        wifi_driver.power_save = WIFI_PS_MIN_MODEM;
    }
    return platform_call(__func__, err, NULL);
}

static void is_associated(void *argument)
{
    (void)argument;
    wifi_driver.connecting = false;
    wifi_driver.connected = true;
    const wifi_ap_record_t to = wifi_access_point_in_reach();
    wifi_event_sta_connected_t event = {
        .channel = to.primary,
        .authmode = to.authmode,
        .aid = 1,
    };
    memcpy(event.ssid, to.ssid, sizeof event.ssid);
    memcpy(event.bssid, to.bssid, sizeof event.bssid);
    event.ssid_len = (uint8_t)strnlen((const char *)event.ssid, sizeof event.ssid);
    wifi_post(WIFI_EVENT_STA_CONNECTED, &event, sizeof event);
}

static esp_err_t connect(void)
{
    esp_err_t err = check_initialised();
    if (err != ESP_OK) {
        return err;
    }
    if (!wifi_driver.started) {
        return ESP_ERR_WIFI_NOT_STARTED;
    }
    if (!wifi_has_station()) {
        return ESP_ERR_WIFI_MODE;
    }
    if (wifi_driver.config[WIFI_IF_STA].sta.ssid[0] == '\0') {
        return ESP_ERR_WIFI_SSID;
    }
    if (wifi_driver.connecting) {
        return ESP_ERR_WIFI_CONN;
    }
    if (wifi_driver.connected) {
        return ESP_OK;
    }
    wifi_driver.connecting = true;
    return wifi_start_timer(&wifi_driver.association, is_associated, ASSOCIATION_US);
}

esp_err_t esp_wifi_connect(void)
{
    return platform_call(__func__, connect(), NULL);
}

esp_err_t esp_wifi_disconnect(void)
{
    esp_err_t err = check_initialised();
    if (err == ESP_OK && !wifi_driver.started) {
        err = ESP_ERR_WIFI_NOT_STARTED;
    }
    platform_call(__func__, err, NULL);
    if (err == ESP_OK) {
        disconnect(WIFI_REASON_ASSOC_LEAVE);
    }
    return err;
}

static esp_err_t check_interface(wifi_interface_t interface)
{
    if (!wifi_driver.initialised) {
        return ESP_ERR_WIFI_NOT_INIT;
    }
    if (interface != WIFI_IF_STA && interface != WIFI_IF_AP) {
        return ESP_ERR_WIFI_IF;
    }
    return ESP_OK;
}

static esp_err_t check_config(wifi_interface_t interface, const wifi_config_t *conf)
{
    esp_err_t err = check_interface(interface);
    if (err != ESP_OK) {
        return err;
    }
    if (conf == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (interface == WIFI_IF_STA ? !wifi_has_station() : !wifi_has_access_point()) {
        return ESP_ERR_WIFI_MODE;
    }
    if (interface == WIFI_IF_AP && conf->ap.authmode != WIFI_AUTH_OPEN &&
        conf->ap.authmode != WIFI_AUTH_OWE &&
        strnlen((const char *)conf->ap.password, sizeof conf->ap.password) < 8) {
        return ESP_ERR_WIFI_PASSWORD;
    }
    return ESP_OK;
}

/* The password is nobody's business. */
esp_err_t esp_wifi_set_config(wifi_interface_t interface, wifi_config_t *conf)
{
    esp_err_t err = check_config(interface, conf);
    if (err == ESP_OK) {
        wifi_driver.config[interface] = *conf;
    }
    return platform_call(__func__, err, "{s:i}", "interface", (int)interface);
}

esp_err_t esp_wifi_get_config(wifi_interface_t interface, wifi_config_t *conf)
{
    esp_err_t err = check_interface(interface);
    if (err == ESP_OK && conf == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (err == ESP_OK) {
        *conf = wifi_driver.config[interface];
    }
    return err;
}

esp_err_t esp_wifi_get_mac(wifi_interface_t ifx, uint8_t mac[6])
{
    esp_err_t err = check_interface(ifx);
    if (err != ESP_OK) {
        return err;
    }
    return esp_read_mac(mac, ifx == WIFI_IF_STA ? ESP_MAC_WIFI_STA : ESP_MAC_WIFI_SOFTAP);
}
