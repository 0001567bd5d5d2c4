/* The clock set from the network, as in ESP-IDF's esp_sntp.h. No packet is sent: some virtual time
 * after SNTP runs and an interface has an address, the clock is right, and the callback is called.
 * Right is what a device shows whose scenario says nothing of its clock. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/time.h>
#include <time.h>

#include "esp_err.h"
#include "esp_netif_ip_addr.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SNTP_MAX_SERVERS 4

typedef enum {
    SNTP_SYNC_MODE_IMMED,
    SNTP_SYNC_MODE_SMOOTH,
} sntp_sync_mode_t;

typedef enum {
    SNTP_SYNC_STATUS_RESET,
    SNTP_SYNC_STATUS_COMPLETED,
    SNTP_SYNC_STATUS_IN_PROGRESS,
} sntp_sync_status_t;

typedef enum {
    ESP_SNTP_OPMODE_POLL,
    ESP_SNTP_OPMODE_LISTENONLY,
} esp_sntp_operatingmode_t;

typedef void (*sntp_sync_time_cb_t)(struct timeval *tv);

#define SNTP_OPMODE_POLL       0
#define SNTP_OPMODE_LISTENONLY 1

/** Not while it runs: the boot ends as a panic, as the device's assertion has it. */
void esp_sntp_setoperatingmode(esp_sntp_operatingmode_t operating_mode);
/** The name is not copied. */
void esp_sntp_setservername(uint8_t idx, const char *server);
const char *esp_sntp_getservername(uint8_t idx);
void esp_sntp_servermode_dhcp(bool enable);
void esp_sntp_init(void);
void esp_sntp_stop(void);
bool esp_sntp_enabled(void);

void sntp_set_sync_mode(sntp_sync_mode_t sync_mode);
sntp_sync_mode_t sntp_get_sync_mode(void);
/** COMPLETED once after each time that the clock was set, then RESET again. */
sntp_sync_status_t sntp_get_sync_status(void);
void sntp_set_sync_status(sntp_sync_status_t sync_status);
void sntp_set_time_sync_notification_cb(sntp_sync_time_cb_t callback);
/** Milliseconds, an hour by default; 15 s at least. */
void sntp_set_sync_interval(uint32_t interval_ms);
uint32_t sntp_get_sync_interval(void);
/** false: it does not run. */
bool sntp_restart(void);

/* The names that lwIP gives them. */
void sntp_setoperatingmode(uint8_t operating_mode);
void sntp_setservername(uint8_t idx, const char *server);
const char *sntp_getservername(uint8_t idx);
void sntp_servermode_dhcp(int set_servers_from_dhcp);
void sntp_init(void);
void sntp_stop(void);
uint8_t sntp_enabled(void);

#ifdef __cplusplus
}
#endif
