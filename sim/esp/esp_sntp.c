#include "esp_sntp.h"

#include "boot.h"
#include "device_clock.h"
#include "esp_netif_sntp.h"
#include "esp_timer.h"
#include "netif.h"
#include "platform_trace.h"
#include "scheduler.h"
#include "sntp_sync.h"

/* Resolving the server's name, and one exchange with it. */
#define ANSWER_US 200000u

#define SHORTEST_INTERVAL_MS 15000u

static struct {
    bool running;
    const char *servers[SNTP_MAX_SERVERS];
    sntp_sync_mode_t mode;
    sntp_sync_status_t status;
    sntp_sync_time_cb_t callback;
    uint32_t interval_ms;
    esp_timer_handle_t timer;
} sntp = {.interval_ms = 3600000};

static struct {
    bool initialised;
    bool wait_for_sync;
    bool synced;
    esp_sntp_time_cb_t callback;
} simple;

static void start_timer(uint64_t us);

static void answer(void *argument)
{
    (void)argument;
    const struct device *device = device_current();
    int64_t us =
        (int64_t)DEVICE_RIGHT_EPOCH_S * 1000000 + (device != NULL ? (int64_t)device->now_us : 0);
    device_clock_set(us);
    sntp.status = SNTP_SYNC_STATUS_COMPLETED;
    platform_call("sntp_sync_time", ESP_OK, NULL);
    struct timeval time = {
        .tv_sec = (time_t)(us / 1000000),
        .tv_usec = (suseconds_t)(us % 1000000),
    };
    if (sntp.callback != NULL) {
        sntp.callback(&time);
    }
    if (sntp.running) {
        start_timer((uint64_t)sntp.interval_ms * 1000);
    }
}

static void start_timer(uint64_t us)
{
    const esp_timer_create_args_t args = {.callback = answer, .name = "sntp"};
    if (sntp.timer == NULL && esp_timer_create(&args, &sntp.timer) != ESP_OK) {
        return;
    }
    esp_timer_stop(sntp.timer);
    esp_timer_start_once(sntp.timer, us);
}

void sntp_network_is_up(void)
{
    if (sntp.running && (sntp.timer == NULL || !esp_timer_is_active(sntp.timer))) {
        start_timer(ANSWER_US);
    }
}

void esp_sntp_setoperatingmode(esp_sntp_operatingmode_t operating_mode)
{
    if (sntp.running) {
        boot_end(BOOT_END_PANIC, "Operating mode must not be set while SNTP client is running");
    }
    platform_call(__func__, ESP_OK, "{s:i}", "mode", (int)operating_mode);
}

void esp_sntp_setservername(uint8_t idx, const char *server)
{
    if (idx < SNTP_MAX_SERVERS) {
        sntp.servers[idx] = server;
    }
    platform_call(__func__, ESP_OK, "{s:i, s:s?}", "index", idx, "server", server);
}

const char *esp_sntp_getservername(uint8_t idx)
{
    return idx < SNTP_MAX_SERVERS ? sntp.servers[idx] : NULL;
}

void esp_sntp_servermode_dhcp(bool enable)
{
    platform_call(__func__, ESP_OK, "{s:b}", "enable", enable);
}

void esp_sntp_init(void)
{
    platform_call(__func__, ESP_OK, NULL);
    if (sntp.running) {
        return;
    }
    sntp.running = true;
    sntp.status = SNTP_SYNC_STATUS_RESET;
    if (netif_has_address()) {
        start_timer(ANSWER_US);
    }
}

void esp_sntp_stop(void)
{
    platform_call(__func__, ESP_OK, NULL);
    sntp.running = false;
    if (sntp.timer != NULL) {
        esp_timer_stop(sntp.timer);
        esp_timer_delete(sntp.timer);
        sntp.timer = NULL;
    }
}

bool esp_sntp_enabled(void)
{
    return sntp.running;
}

void sntp_set_sync_mode(sntp_sync_mode_t sync_mode)
{
    sntp.mode = sync_mode;
}

sntp_sync_mode_t sntp_get_sync_mode(void)
{
    return sntp.mode;
}

sntp_sync_status_t sntp_get_sync_status(void)
{
    sntp_sync_status_t status = sntp.status;
    rtos_point(); /* applications poll it */
    if (status == SNTP_SYNC_STATUS_COMPLETED) {
        sntp.status = SNTP_SYNC_STATUS_RESET;
    }
    return status;
}

void sntp_set_sync_status(sntp_sync_status_t sync_status)
{
    sntp.status = sync_status;
}

void sntp_set_time_sync_notification_cb(sntp_sync_time_cb_t callback)
{
    sntp.callback = callback;
}

void sntp_set_sync_interval(uint32_t interval_ms)
{
    sntp.interval_ms = interval_ms < SHORTEST_INTERVAL_MS ? SHORTEST_INTERVAL_MS : interval_ms;
}

uint32_t sntp_get_sync_interval(void)
{
    return sntp.interval_ms;
}

bool sntp_restart(void)
{
    if (!sntp.running) {
        return false;
    }
    esp_sntp_stop();
    esp_sntp_init();
    return true;
}

void sntp_setoperatingmode(uint8_t operating_mode)
{
    esp_sntp_setoperatingmode((esp_sntp_operatingmode_t)operating_mode);
}

void sntp_setservername(uint8_t idx, const char *server)
{
    esp_sntp_setservername(idx, server);
}

const char *sntp_getservername(uint8_t idx)
{
    return esp_sntp_getservername(idx);
}

void sntp_servermode_dhcp(int set_servers_from_dhcp)
{
    esp_sntp_servermode_dhcp(set_servers_from_dhcp != 0);
}

void sntp_init(void)
{
    esp_sntp_init();
}

void sntp_stop(void)
{
    esp_sntp_stop();
}

uint8_t sntp_enabled(void)
{
    return sntp.running;
}

static void clock_was_set(struct timeval *time)
{
    simple.synced = true;
    rtos_wake_all(&simple);
    if (simple.callback != NULL) {
        simple.callback(time);
    }
}

esp_err_t esp_netif_sntp_init(const esp_sntp_config_t *config)
{
    if (config == NULL || config->index_of_first_server > SNTP_MAX_SERVERS ||
        config->num_of_servers > SNTP_MAX_SERVERS - config->index_of_first_server) {
        return platform_call(__func__, ESP_ERR_INVALID_ARG, NULL);
    }
    if (simple.initialised) {
        return platform_call(__func__, ESP_ERR_INVALID_STATE, NULL);
    }
    simple.initialised = true;
    simple.wait_for_sync = config->wait_for_sync;
    simple.synced = false;
    simple.callback = config->sync_cb;
    sntp_set_time_sync_notification_cb(clock_was_set);
    sntp_set_sync_mode(config->smooth_sync ? SNTP_SYNC_MODE_SMOOTH : SNTP_SYNC_MODE_IMMED);
    for (size_t i = 0; i < config->num_of_servers; i++) {
        esp_sntp_setservername((uint8_t)(config->index_of_first_server + i), config->servers[i]);
    }
    if (config->start) {
        esp_sntp_init();
    }
    return ESP_OK;
}

esp_err_t esp_netif_sntp_start(void)
{
    if (!simple.initialised) {
        return platform_call(__func__, ESP_ERR_INVALID_STATE, NULL);
    }
    esp_sntp_init();
    return ESP_OK;
}

void esp_netif_sntp_deinit(void)
{
    if (simple.initialised) {
        esp_sntp_stop();
        sntp_set_time_sync_notification_cb(NULL);
        simple.initialised = false;
    }
}

esp_err_t esp_netif_sntp_sync_wait(TickType_t tout)
{
    if (!simple.initialised || !simple.wait_for_sync) {
        return ESP_ERR_INVALID_STATE;
    }
    uint64_t deadline = rtos_deadline(tout);
    while (!simple.synced) {
        if (!rtos_wait(&simple, deadline)) {
            return ESP_ERR_TIMEOUT;
        }
    }
    simple.synced = false;
    return ESP_OK;
}
