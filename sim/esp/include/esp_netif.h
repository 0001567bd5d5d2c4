/* Network interfaces, as in ESP-IDF's esp_netif.h. No packet goes through them: connections use
 * the network of the simulation whether or not an interface is up. What an application configures
 * is kept, traced as "platform", and answered with the documented errors and events. */
#pragma once

#include "esp_err.h"
#include "esp_event.h"
#include "esp_netif_defaults.h"
#include "esp_netif_ip_addr.h"
#include "esp_netif_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Makes the TCP/IP stack. Again is ESP_OK. An interface that starts without it ends the boot as a
 * panic, as on the device. */
esp_err_t esp_netif_init(void);
/** Not supported there either: ESP_ERR_NOT_SUPPORTED; ESP_ERR_INVALID_STATE without init. */
esp_err_t esp_netif_deinit(void);

/** NULL: no memory, no base configuration, or the key is taken. */
esp_netif_t *esp_netif_new(const esp_netif_config_t *esp_netif_config);
void esp_netif_destroy(esp_netif_t *esp_netif);
/** driver_handle begins with an esp_netif_driver_base_t. */
esp_err_t esp_netif_attach(esp_netif_t *esp_netif, esp_netif_iodriver_handle driver_handle);
esp_err_t esp_netif_set_driver_config(esp_netif_t *esp_netif,
                                      const esp_netif_driver_ifconfig_t *driver_config);

/** What happens to an interface when its driver tells so; event handlers, the argument is the
 * interface. Connected without a DHCP client, or some virtual time after it with one, there is an
 * address and the event of the interface's configuration. */
void esp_netif_action_start(void *esp_netif, esp_event_base_t base, int32_t event_id, void *data);
void esp_netif_action_stop(void *esp_netif, esp_event_base_t base, int32_t event_id, void *data);
void esp_netif_action_connected(void *esp_netif, esp_event_base_t base, int32_t event_id,
                                void *data);
void esp_netif_action_disconnected(void *esp_netif, esp_event_base_t base, int32_t event_id,
                                   void *data);
void esp_netif_action_got_ip(void *esp_netif, esp_event_base_t base, int32_t event_id, void *data);

/** ESP_ERR_ESP_NETIF_IF_NOT_READY while the interface is not started. */
esp_err_t esp_netif_set_mac(esp_netif_t *esp_netif, uint8_t mac[]);
esp_err_t esp_netif_get_mac(esp_netif_t *esp_netif, uint8_t mac[]);

/** ESP_ERR_ESP_NETIF_INVALID_PARAMS for a name that is NULL or longer than 32. */
esp_err_t esp_netif_set_hostname(esp_netif_t *esp_netif, const char *hostname);
esp_err_t esp_netif_get_hostname(esp_netif_t *esp_netif, const char **hostname);

bool esp_netif_is_netif_up(esp_netif_t *esp_netif);

esp_err_t esp_netif_get_ip_info(esp_netif_t *esp_netif, esp_netif_ip_info_t *ip_info);
esp_err_t esp_netif_get_old_ip_info(esp_netif_t *esp_netif, esp_netif_ip_info_t *ip_info);
/** ESP_ERR_ESP_NETIF_DHCP_NOT_STOPPED while a DHCP client or server runs. */
esp_err_t esp_netif_set_ip_info(esp_netif_t *esp_netif, const esp_netif_ip_info_t *ip_info);

esp_err_t esp_netif_dhcpc_start(esp_netif_t *esp_netif);
esp_err_t esp_netif_dhcpc_stop(esp_netif_t *esp_netif);
esp_err_t esp_netif_dhcpc_get_status(esp_netif_t *esp_netif, esp_netif_dhcp_status_t *status);
esp_err_t esp_netif_dhcps_start(esp_netif_t *esp_netif);
esp_err_t esp_netif_dhcps_stop(esp_netif_t *esp_netif);

esp_err_t esp_netif_set_dns_info(esp_netif_t *esp_netif, esp_netif_dns_type_t type,
                                 esp_netif_dns_info_t *dns);
esp_err_t esp_netif_get_dns_info(esp_netif_t *esp_netif, esp_netif_dns_type_t type,
                                 esp_netif_dns_info_t *dns);

/** NULL for an address that is none. */
char *esp_ip4addr_ntoa(const esp_ip4_addr_t *addr, char *buf, int buflen);
/** 0 for a text that is no address. */
uint32_t esp_ip4addr_aton(const char *addr);
esp_err_t esp_netif_str_to_ip4(const char *src, esp_ip4_addr_t *dst);
void esp_netif_set_ip4_addr(esp_ip4_addr_t *addr, uint8_t a, uint8_t b, uint8_t c, uint8_t d);

esp_netif_iodriver_handle esp_netif_get_io_driver(esp_netif_t *esp_netif);
esp_netif_t *esp_netif_get_handle_from_ifkey(const char *if_key);
esp_netif_flags_t esp_netif_get_flags(esp_netif_t *esp_netif);
const char *esp_netif_get_ifkey(esp_netif_t *esp_netif);
const char *esp_netif_get_desc(esp_netif_t *esp_netif);
int esp_netif_get_route_prio(esp_netif_t *esp_netif);
int32_t esp_netif_get_event_id(esp_netif_t *esp_netif, int event_type);
int esp_netif_get_netif_impl_index(esp_netif_t *esp_netif);
/** "st1", "ap2", "en3": for esp_http_client_config_t.if_name. ESP_ERR_ESP_NETIF_INVALID_PARAMS
 * before the interface is started. */
esp_err_t esp_netif_get_netif_impl_name(esp_netif_t *esp_netif, char *name);

/** The interface after that one, the first for NULL; NULL at the end. */
esp_netif_t *esp_netif_next(esp_netif_t *esp_netif);
esp_netif_t *esp_netif_next_unsafe(esp_netif_t *esp_netif);
esp_netif_t *esp_netif_find_if(esp_netif_find_predicate_t fn, void *ctx);
size_t esp_netif_get_nr_of_ifs(void);

esp_err_t esp_netif_set_default_netif(esp_netif_t *esp_netif);
esp_netif_t *esp_netif_get_default_netif(void);

/** Runs a function where the stack runs: here at once. */
esp_err_t esp_netif_tcpip_exec(esp_netif_callback_fn fn, void *ctx);

#ifdef __cplusplus
}
#endif
