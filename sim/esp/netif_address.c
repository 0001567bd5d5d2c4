/* How an interface comes to its address, and loses it. */
#include <string.h>

#include "boot.h"
#include "esp_log.h"
#include "netif.h"
#include "platform_trace.h"
#include "sntp_sync.h"

/* What a DHCP server in the same house takes. */
#define DHCP_US 500000u
/* CONFIG_ESP_NETIF_IP_LOST_TIMER_INTERVAL of a fresh project. */
#define LOST_US 120000000u

#define FIRST_HOST 50 /* 192.168.1.50 */

static const char *TAG = "esp_netif_handlers";

ESP_EVENT_DEFINE_BASE(IP_EVENT);

void netif_forget_address(esp_netif_t *netif)
{
    esp_timer_handle_t *timers[] = {&netif->dhcp_timer, &netif->lost_timer};
    for (size_t i = 0; i < sizeof timers / sizeof timers[0]; i++) {
        if (*timers[i] != NULL) {
            esp_timer_stop(*timers[i]);
            esp_timer_delete(*timers[i]);
            *timers[i] = NULL;
        }
    }
}

static void start_timer(esp_timer_handle_t *timer, esp_netif_t *netif, esp_timer_cb_t ring,
                        uint64_t us)
{
    const esp_timer_create_args_t args = {.callback = ring, .arg = netif, .name = netif->key};
    if (*timer == NULL && esp_timer_create(&args, timer) != ESP_OK) {
        ESP_LOGE(TAG, "%s: no memory for a timer", netif->key);
        return;
    }
    esp_timer_stop(*timer);
    esp_timer_start_once(*timer, us);
}

void netif_take_address(esp_netif_t *netif, const esp_netif_ip_info_t *ip)
{
    if (netif->lost_timer != NULL) {
        esp_timer_stop(netif->lost_timer);
    }
    ip_event_got_ip_t event = {
        .esp_netif = netif,
        .ip_info = *ip,
        .ip_changed = memcmp(&netif->old_ip, ip, sizeof *ip) != 0,
    };
    netif->ip = netif->old_ip = *ip;
    sntp_network_is_up();
    esp_event_post(IP_EVENT, netif->got_ip_event, &event, sizeof event, 0);
}

static void dhcp_answers(void *argument)
{
    esp_netif_t *netif = argument;
    const esp_netif_ip_info_t ip = {
        .ip = {ESP_IP4TOADDR(192, 168, 1, FIRST_HOST + netif->index)},
        .netmask = {ESP_IP4TOADDR(255, 255, 255, 0)},
        .gw = {ESP_IP4TOADDR(192, 168, 1, 1)},
    };
    netif->dns[ESP_NETIF_DNS_MAIN].ip.u_addr.ip4 = ip.gw;
    netif_take_address(netif, &ip);
}

void netif_ask_for_address(esp_netif_t *netif)
{
    netif->dhcp_client = ESP_NETIF_DHCP_STARTED;
    start_timer(&netif->dhcp_timer, netif, dhcp_answers, DHCP_US);
}

static void address_is_lost(void *argument)
{
    esp_netif_t *netif = argument;
    memset(&netif->old_ip, 0, sizeof netif->old_ip);
    esp_event_post(IP_EVENT, netif->lost_ip_event, &netif, sizeof netif, 0);
}

void esp_netif_action_start(void *esp_netif, esp_event_base_t base, int32_t event_id, void *data)
{
    (void)base;
    (void)event_id;
    (void)data;
    esp_netif_t *netif = esp_netif;
    if (!netif_stack_is_up()) {
        boot_end(BOOT_END_PANIC, "assert failed: tcpip_send_msg_wait_sem (Invalid mbox): "
                                 "esp_netif_init() was not called");
    }
    netif->started = true;
    netif->linked = (netif->flags & ESP_NETIF_FLAG_AUTOUP) != 0;
    if ((netif->flags & ESP_NETIF_DHCP_SERVER) != 0) {
        netif->ip = netif->ip_at_start;
        if (netif->dhcp_server != ESP_NETIF_DHCP_STOPPED) {
            netif->dhcp_server = ESP_NETIF_DHCP_STARTED;
        }
    }
}

void esp_netif_action_stop(void *esp_netif, esp_event_base_t base, int32_t event_id, void *data)
{
    esp_netif_t *netif = esp_netif;
    esp_netif_action_disconnected(netif, base, event_id, data);
    netif->started = false;
}

void esp_netif_action_connected(void *esp_netif, esp_event_base_t base, int32_t event_id,
                                void *data)
{
    (void)base;
    (void)event_id;
    (void)data;
    esp_netif_t *netif = esp_netif;
    netif->linked = true;
    bool asks = (netif->flags & ESP_NETIF_DHCP_CLIENT) != 0;
    if (asks && netif->dhcp_client != ESP_NETIF_DHCP_STOPPED) {
        netif_ask_for_address(netif);
    } else if (netif->ip.ip.addr != 0) {
        const esp_netif_ip_info_t ip = netif->ip;
        netif_take_address(netif, &ip);
    }
}

void esp_netif_action_disconnected(void *esp_netif, esp_event_base_t base, int32_t event_id,
                                   void *data)
{
    (void)base;
    (void)event_id;
    (void)data;
    esp_netif_t *netif = esp_netif;
    netif->linked = false;
    if (netif->dhcp_timer != NULL) {
        esp_timer_stop(netif->dhcp_timer);
    }
    if (netif->ip.ip.addr == 0 || (netif->flags & ESP_NETIF_DHCP_CLIENT) == 0 ||
        netif->dhcp_client == ESP_NETIF_DHCP_STOPPED) {
        return;
    }
    netif->dhcp_client = ESP_NETIF_DHCP_INIT;
    memset(&netif->ip, 0, sizeof netif->ip);
    start_timer(&netif->lost_timer, netif, address_is_lost, LOST_US);
}

void esp_netif_action_got_ip(void *esp_netif, esp_event_base_t base, int32_t event_id, void *data)
{
    (void)base;
    (void)event_id;
    const esp_netif_t *netif = esp_netif;
    const ip_event_got_ip_t *event = data;
    ESP_LOGI(TAG, "%s ip: " IPSTR ", mask: " IPSTR ", gw: " IPSTR, netif->description,
             IP2STR(&event->ip_info.ip), IP2STR(&event->ip_info.netmask),
             IP2STR(&event->ip_info.gw));
}
