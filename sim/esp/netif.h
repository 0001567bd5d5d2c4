/* Network interfaces as the simulator keeps them. */
#pragma once

#include "esp_netif.h"
#include "esp_timer.h"

struct esp_netif_obj {
    esp_netif_t *next;
    esp_netif_flags_t flags;
    uint8_t mac[6];
    esp_netif_ip_info_t ip, old_ip, ip_at_start;
    int32_t got_ip_event, lost_ip_event;
    int route_prio;
    char key[32], description[32], hostname[33];
    char name[6]; /* as lwIP numbers them */
    int index;
    bool started, linked;
    esp_netif_dhcp_status_t dhcp_client, dhcp_server;
    esp_netif_dns_info_t dns[ESP_NETIF_DNS_MAX];
    esp_netif_driver_base_t *driver;
    esp_timer_handle_t dhcp_timer; /* until the DHCP server has answered */
    esp_timer_handle_t lost_timer; /* until an address counts as lost */
};

/** An interface of that driver has an address; there may be more. */
bool netif_has_address(void);

bool netif_stack_is_up(void);

/** Stops and frees the timers of an interface. */
void netif_forget_address(esp_netif_t *netif);

/** The interface asks a DHCP server, who answers after some time. */
void netif_ask_for_address(esp_netif_t *netif);

/** Takes the address and tells so. */
void netif_take_address(esp_netif_t *netif, const esp_netif_ip_info_t *ip);
