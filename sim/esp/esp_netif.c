#include "esp_netif.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "esp_heap_caps.h"
#include "netif.h"
#include "platform_trace.h"

#define DEFAULT_HOSTNAME "espressif"

struct esp_netif_netstack_config {
    const char *prefix; /* of the name that lwIP gives to an interface */
};

static const esp_netif_netstack_config_t station = {"st"}, access_point = {"ap"}, wired = {"en"};
const esp_netif_netstack_config_t *const _g_esp_netif_netstack_default_wifi_sta = &station;
const esp_netif_netstack_config_t *const _g_esp_netif_netstack_default_wifi_ap = &access_point;
const esp_netif_netstack_config_t *const _g_esp_netif_netstack_default_eth = &wired;

static const esp_netif_ip_info_t soft_ap_ip = {
    .ip = {ESP_IP4TOADDR(192, 168, 4, 1)},
    .netmask = {ESP_IP4TOADDR(255, 255, 255, 0)},
    .gw = {ESP_IP4TOADDR(192, 168, 4, 1)},
};

const esp_netif_inherent_config_t _g_esp_netif_inherent_sta_config = {
    .flags = ESP_NETIF_DHCP_CLIENT | ESP_NETIF_FLAG_GARP | ESP_NETIF_FLAG_EVENT_IP_MODIFIED,
    .get_ip_event = IP_EVENT_STA_GOT_IP,
    .lost_ip_event = IP_EVENT_STA_LOST_IP,
    .if_key = "WIFI_STA_DEF",
    .if_desc = "sta",
    .route_prio = 100,
};
const esp_netif_inherent_config_t _g_esp_netif_inherent_ap_config = {
    .flags = ESP_NETIF_DHCP_SERVER | ESP_NETIF_FLAG_AUTOUP,
    .ip_info = &soft_ap_ip,
    .if_key = "WIFI_AP_DEF",
    .if_desc = "ap",
    .route_prio = 10,
};
const esp_netif_inherent_config_t _g_esp_netif_inherent_eth_config = {
    .flags = ESP_NETIF_DHCP_CLIENT | ESP_NETIF_FLAG_GARP | ESP_NETIF_FLAG_EVENT_IP_MODIFIED,
    .get_ip_event = IP_EVENT_ETH_GOT_IP,
    .lost_ip_event = IP_EVENT_ETH_LOST_IP,
    .if_key = "ETH_DEF",
    .if_desc = "eth",
    .route_prio = 50,
};

static struct {
    bool initialised;
    esp_netif_t *interfaces; /* in the order in which they were made */
    esp_netif_t *chosen;     /* as default, by the application */
    int made;
} stack;

esp_err_t esp_netif_init(void)
{
    stack.initialised = true;
    return platform_call(__func__, ESP_OK, NULL);
}

esp_err_t esp_netif_deinit(void)
{
    esp_err_t err = stack.initialised ? ESP_ERR_NOT_SUPPORTED : ESP_ERR_INVALID_STATE;
    return platform_call(__func__, err, NULL);
}

bool netif_stack_is_up(void)
{
    return stack.initialised;
}

bool netif_has_address(void)
{
    for (const esp_netif_t *netif = stack.interfaces; netif != NULL; netif = netif->next) {
        if (netif->linked && netif->ip.ip.addr != 0) {
            return true;
        }
    }
    return false;
}

static bool is_usable(const esp_netif_config_t *config)
{
    return config != NULL && config->base != NULL && config->stack != NULL &&
           config->base->if_key != NULL &&
           esp_netif_get_handle_from_ifkey(config->base->if_key) == NULL;
}

static void append(esp_netif_t *netif)
{
    esp_netif_t **end = &stack.interfaces;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = netif;
}

esp_netif_t *esp_netif_new(const esp_netif_config_t *esp_netif_config)
{
    if (!is_usable(esp_netif_config)) {
        platform_call(__func__, ESP_ERR_INVALID_ARG, NULL);
        return NULL;
    }
    esp_netif_t *netif = heap_caps_calloc(1, sizeof *netif, MALLOC_CAP_DEFAULT);
    if (netif == NULL) {
        platform_call(__func__, ESP_ERR_NO_MEM, NULL);
        return NULL;
    }
    const esp_netif_inherent_config_t *base = esp_netif_config->base;
    netif->flags = base->flags;
    memcpy(netif->mac, base->mac, sizeof netif->mac);
    if (base->ip_info != NULL) {
        netif->ip_at_start = *base->ip_info;
    }
    netif->got_ip_event = (int32_t)base->get_ip_event;
    netif->lost_ip_event = (int32_t)base->lost_ip_event;
    netif->route_prio = base->route_prio;
    snprintf(netif->key, sizeof netif->key, "%s", base->if_key);
    snprintf(netif->description, sizeof netif->description, "%s",
             base->if_desc != NULL ? base->if_desc : "");
    snprintf(netif->hostname, sizeof netif->hostname, DEFAULT_HOSTNAME);
    netif->index = ++stack.made;
    snprintf(netif->name, sizeof netif->name, "%.2s%d", esp_netif_config->stack->prefix,
             netif->index % 100);
    append(netif);
    platform_call(__func__, ESP_OK, "{s:s}", "key", netif->key);
    return netif;
}

void esp_netif_destroy(esp_netif_t *esp_netif)
{
    for (esp_netif_t **at = &stack.interfaces; *at != NULL; at = &(*at)->next) {
        if (*at == esp_netif) {
            *at = esp_netif->next;
            platform_call(__func__, ESP_OK, "{s:s}", "key", esp_netif->key);
            netif_forget_address(esp_netif);
            stack.chosen = stack.chosen == esp_netif ? NULL : stack.chosen;
            heap_caps_free(esp_netif);
            return;
        }
    }
}

esp_err_t esp_netif_attach(esp_netif_t *esp_netif, esp_netif_iodriver_handle driver_handle)
{
    if (esp_netif == NULL || driver_handle == NULL) {
        return platform_call(__func__, ESP_ERR_ESP_NETIF_INVALID_PARAMS, NULL);
    }
    esp_netif->driver = driver_handle;
    esp_err_t err = ESP_OK;
    if (esp_netif->driver->post_attach != NULL &&
        esp_netif->driver->post_attach(esp_netif, driver_handle) != ESP_OK) {
        err = ESP_ERR_ESP_NETIF_DRIVER_ATTACH_FAILED;
    }
    return platform_call(__func__, err, "{s:s}", "key", esp_netif->key);
}

esp_err_t esp_netif_set_driver_config(esp_netif_t *esp_netif,
                                      const esp_netif_driver_ifconfig_t *driver_config)
{
    return esp_netif == NULL || driver_config == NULL ? ESP_ERR_ESP_NETIF_INVALID_PARAMS : ESP_OK;
}

esp_err_t esp_netif_set_mac(esp_netif_t *esp_netif, uint8_t mac[])
{
    if (esp_netif == NULL || !esp_netif->started) {
        return ESP_ERR_ESP_NETIF_IF_NOT_READY;
    }
    memcpy(esp_netif->mac, mac, sizeof esp_netif->mac);
    return platform_call(__func__, ESP_OK, "{s:s}", "key", esp_netif->key);
}

esp_err_t esp_netif_get_mac(esp_netif_t *esp_netif, uint8_t mac[])
{
    if (esp_netif == NULL || !esp_netif->started) {
        return ESP_ERR_ESP_NETIF_IF_NOT_READY;
    }
    memcpy(mac, esp_netif->mac, sizeof esp_netif->mac);
    return ESP_OK;
}

esp_err_t esp_netif_set_hostname(esp_netif_t *esp_netif, const char *hostname)
{
    if (esp_netif == NULL || hostname == NULL ||
        strnlen(hostname, sizeof esp_netif->hostname) >= sizeof esp_netif->hostname) {
        return platform_call(__func__, ESP_ERR_ESP_NETIF_INVALID_PARAMS, NULL);
    }
    snprintf(esp_netif->hostname, sizeof esp_netif->hostname, "%s", hostname);
    return platform_call(__func__, ESP_OK, "{s:s}", "key", esp_netif->key);
}

esp_err_t esp_netif_get_hostname(esp_netif_t *esp_netif, const char **hostname)
{
    if (esp_netif == NULL || hostname == NULL) {
        return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
    }
    *hostname = esp_netif->hostname;
    return ESP_OK;
}

bool esp_netif_is_netif_up(esp_netif_t *esp_netif)
{
    return esp_netif != NULL && esp_netif->started && esp_netif->linked;
}

esp_err_t esp_netif_get_ip_info(esp_netif_t *esp_netif, esp_netif_ip_info_t *ip_info)
{
    if (esp_netif == NULL || ip_info == NULL) {
        return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
    }
    *ip_info = esp_netif->ip;
    return ESP_OK;
}

esp_err_t esp_netif_get_old_ip_info(esp_netif_t *esp_netif, esp_netif_ip_info_t *ip_info)
{
    if (esp_netif == NULL || ip_info == NULL) {
        return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
    }
    *ip_info = esp_netif->old_ip;
    return ESP_OK;
}

static bool has_dhcp(const esp_netif_t *netif)
{
    return ((netif->flags & ESP_NETIF_DHCP_CLIENT) != 0 &&
            netif->dhcp_client != ESP_NETIF_DHCP_STOPPED) ||
           ((netif->flags & ESP_NETIF_DHCP_SERVER) != 0 &&
            netif->dhcp_server != ESP_NETIF_DHCP_STOPPED);
}

esp_err_t esp_netif_set_ip_info(esp_netif_t *esp_netif, const esp_netif_ip_info_t *ip_info)
{
    if (esp_netif == NULL || ip_info == NULL) {
        return platform_call(__func__, ESP_ERR_ESP_NETIF_INVALID_PARAMS, NULL);
    }
    if (has_dhcp(esp_netif)) {
        return platform_call(__func__, ESP_ERR_ESP_NETIF_DHCP_NOT_STOPPED, "{s:s}", "key",
                             esp_netif->key);
    }
    char text[IP4ADDR_STRLEN_MAX];
    platform_call(__func__, ESP_OK, "{s:s, s:s}", "key", esp_netif->key, "ip",
                  esp_ip4addr_ntoa(&ip_info->ip, text, sizeof text));
    esp_netif->ip = esp_netif->ip_at_start = *ip_info;
    if (esp_netif->linked && (esp_netif->flags & ESP_NETIF_DHCP_CLIENT) != 0) {
        netif_take_address(esp_netif, ip_info);
    }
    return ESP_OK;
}

esp_err_t esp_netif_dhcpc_start(esp_netif_t *esp_netif)
{
    if (esp_netif == NULL || (esp_netif->flags & ESP_NETIF_DHCP_CLIENT) == 0) {
        return platform_call(__func__, ESP_ERR_ESP_NETIF_INVALID_PARAMS, NULL);
    }
    if (esp_netif->dhcp_client == ESP_NETIF_DHCP_STARTED) {
        return platform_call(__func__, ESP_ERR_ESP_NETIF_DHCP_ALREADY_STARTED, NULL);
    }
    esp_netif->dhcp_client = ESP_NETIF_DHCP_INIT;
    if (esp_netif_is_netif_up(esp_netif)) {
        netif_ask_for_address(esp_netif);
    }
    return platform_call(__func__, ESP_OK, "{s:s}", "key", esp_netif->key);
}

esp_err_t esp_netif_dhcpc_stop(esp_netif_t *esp_netif)
{
    if (esp_netif == NULL || (esp_netif->flags & ESP_NETIF_DHCP_CLIENT) == 0) {
        return platform_call(__func__, ESP_ERR_ESP_NETIF_INVALID_PARAMS, NULL);
    }
    if (esp_netif->dhcp_client == ESP_NETIF_DHCP_STOPPED) {
        return platform_call(__func__, ESP_ERR_ESP_NETIF_DHCP_ALREADY_STOPPED, NULL);
    }
    netif_forget_address(esp_netif);
    memset(&esp_netif->ip, 0, sizeof esp_netif->ip);
    esp_netif->dhcp_client = ESP_NETIF_DHCP_STOPPED;
    return platform_call(__func__, ESP_OK, "{s:s}", "key", esp_netif->key);
}

esp_err_t esp_netif_dhcpc_get_status(esp_netif_t *esp_netif, esp_netif_dhcp_status_t *status)
{
    if (esp_netif == NULL || status == NULL || (esp_netif->flags & ESP_NETIF_DHCP_SERVER) != 0) {
        return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
    }
    *status = esp_netif->dhcp_client;
    return ESP_OK;
}

esp_err_t esp_netif_dhcps_start(esp_netif_t *esp_netif)
{
    if (esp_netif == NULL || (esp_netif->flags & ESP_NETIF_DHCP_SERVER) == 0) {
        return platform_call(__func__, ESP_ERR_ESP_NETIF_INVALID_PARAMS, NULL);
    }
    if (esp_netif->dhcp_server == ESP_NETIF_DHCP_STARTED) {
        return platform_call(__func__, ESP_ERR_ESP_NETIF_DHCP_ALREADY_STARTED, NULL);
    }
    esp_netif->dhcp_server = esp_netif->started ? ESP_NETIF_DHCP_STARTED : ESP_NETIF_DHCP_INIT;
    return platform_call(__func__, ESP_OK, "{s:s}", "key", esp_netif->key);
}

esp_err_t esp_netif_dhcps_stop(esp_netif_t *esp_netif)
{
    if (esp_netif == NULL || (esp_netif->flags & ESP_NETIF_DHCP_SERVER) == 0) {
        return platform_call(__func__, ESP_ERR_ESP_NETIF_INVALID_PARAMS, NULL);
    }
    if (esp_netif->dhcp_server == ESP_NETIF_DHCP_STOPPED) {
        return platform_call(__func__, ESP_ERR_ESP_NETIF_DHCP_ALREADY_STOPPED, NULL);
    }
    esp_netif->dhcp_server = ESP_NETIF_DHCP_STOPPED;
    return platform_call(__func__, ESP_OK, "{s:s}", "key", esp_netif->key);
}

esp_err_t esp_netif_set_dns_info(esp_netif_t *esp_netif, esp_netif_dns_type_t type,
                                 esp_netif_dns_info_t *dns)
{
    if (esp_netif == NULL || dns == NULL || (unsigned)type >= ESP_NETIF_DNS_MAX) {
        return platform_call(__func__, ESP_ERR_ESP_NETIF_INVALID_PARAMS, NULL);
    }
    esp_netif->dns[type] = *dns;
    return platform_call(__func__, ESP_OK, "{s:s, s:i}", "key", esp_netif->key, "type", (int)type);
}

esp_err_t esp_netif_get_dns_info(esp_netif_t *esp_netif, esp_netif_dns_type_t type,
                                 esp_netif_dns_info_t *dns)
{
    if (esp_netif == NULL || dns == NULL || (unsigned)type >= ESP_NETIF_DNS_MAX) {
        return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
    }
    *dns = esp_netif->dns[type];
    return ESP_OK;
}

char *esp_ip4addr_ntoa(const esp_ip4_addr_t *addr, char *buf, int buflen)
{
    if (addr == NULL || buflen <= 0) {
        return NULL;
    }
    int length = snprintf(buf, (size_t)buflen, IPSTR, IP2STR(addr));
    return length < buflen ? buf : NULL;
}

uint32_t esp_ip4addr_aton(const char *addr)
{
    esp_ip4_addr_t parsed;
    return esp_netif_str_to_ip4(addr, &parsed) == ESP_OK ? parsed.addr : 0;
}

esp_err_t esp_netif_str_to_ip4(const char *src, esp_ip4_addr_t *dst)
{
    struct in_addr parsed;
    if (src == NULL || dst == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (inet_pton(AF_INET, src, &parsed) != 1) {
        return ESP_FAIL;
    }
    dst->addr = parsed.s_addr;
    return ESP_OK;
}

void esp_netif_set_ip4_addr(esp_ip4_addr_t *addr, uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
    addr->addr = ESP_IP4TOADDR(a, b, c, d);
}

esp_netif_iodriver_handle esp_netif_get_io_driver(esp_netif_t *esp_netif)
{
    return esp_netif->driver;
}

esp_netif_t *esp_netif_get_handle_from_ifkey(const char *if_key)
{
    esp_netif_t *netif = stack.interfaces;
    while (netif != NULL && (if_key == NULL || strcmp(netif->key, if_key) != 0)) {
        netif = netif->next;
    }
    return netif;
}

esp_netif_flags_t esp_netif_get_flags(esp_netif_t *esp_netif)
{
    return esp_netif->flags;
}

const char *esp_netif_get_ifkey(esp_netif_t *esp_netif)
{
    return esp_netif->key;
}

const char *esp_netif_get_desc(esp_netif_t *esp_netif)
{
    return esp_netif->description;
}

int esp_netif_get_route_prio(esp_netif_t *esp_netif)
{
    return esp_netif != NULL ? esp_netif->route_prio : -1;
}

int32_t esp_netif_get_event_id(esp_netif_t *esp_netif, int event_type)
{
    if (esp_netif == NULL) {
        return -1;
    }
    return event_type == 0 ? esp_netif->got_ip_event : esp_netif->lost_ip_event;
}

int esp_netif_get_netif_impl_index(esp_netif_t *esp_netif)
{
    return esp_netif != NULL && esp_netif->started ? esp_netif->index : -1;
}

esp_err_t esp_netif_get_netif_impl_name(esp_netif_t *esp_netif, char *name)
{
    if (esp_netif == NULL || !esp_netif->started) {
        return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
    }
    memcpy(name, esp_netif->name, strlen(esp_netif->name) + 1);
    return ESP_OK;
}

esp_netif_t *esp_netif_next_unsafe(esp_netif_t *esp_netif)
{
    return esp_netif == NULL ? stack.interfaces : esp_netif->next;
}

esp_netif_t *esp_netif_next(esp_netif_t *esp_netif)
{
    return esp_netif_next_unsafe(esp_netif);
}

esp_netif_t *esp_netif_find_if(esp_netif_find_predicate_t fn, void *ctx)
{
    esp_netif_t *netif = stack.interfaces;
    while (netif != NULL && !fn(netif, ctx)) {
        netif = netif->next;
    }
    return netif;
}

size_t esp_netif_get_nr_of_ifs(void)
{
    size_t count = 0;
    for (const esp_netif_t *netif = stack.interfaces; netif != NULL; netif = netif->next) {
        count++;
    }
    return count;
}

esp_err_t esp_netif_set_default_netif(esp_netif_t *esp_netif)
{
    stack.chosen = esp_netif;
    return platform_call(__func__, ESP_OK, "{s:s?}", "key",
                         esp_netif != NULL ? esp_netif->key : NULL);
}

esp_netif_t *esp_netif_get_default_netif(void)
{
    esp_netif_t *best = stack.chosen;
    for (esp_netif_t *netif = stack.interfaces; netif != NULL && stack.chosen == NULL;
         netif = netif->next) {
        if (netif->linked && (best == NULL || netif->route_prio > best->route_prio)) {
            best = netif;
        }
    }
    return best;
}

esp_err_t esp_netif_tcpip_exec(esp_netif_callback_fn fn, void *ctx)
{
    return fn(ctx);
}
