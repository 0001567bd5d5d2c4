/* What applications do around an update: interfaces, Wi-Fi, Ethernet, pins, addresses, the clock.
 */
#include "test_device.h"

#include "device_clock.h"
#include "driver/gpio.h"
#include "driver/uart.h"
#include "esp_bt.h"
#include "esp_chip_info.h"
#include "esp_eth.h"
#include "esp_mac.h"
#include "esp_netif_sntp.h"
#include "esp_pm.h"
#include "esp_timer.h"
#include "esp_wifi.h"
#include "freertos/task.h"
#include "protocol_examples_common.h"
#if __has_include("nvs_flash.h")
#include "nvs_flash.h"
#endif

static const uint64_t pin_4 = 1u << 4;

/* Each test that touches the platform's state runs in a process of its own, as a boot does. */
static void in_a_boot(const struct device_config *config, void (*what)(void))
{
    struct device *device = begin_boot(config);
    int status = status_of(what);
    end_boot(device);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fail_msg("the boot ended with status %d", status);
    }
}

static void expect(bool condition, int line)
{
    if (!condition) {
        fprintf(stderr, "test_platform.c:%d: not as expected\n", line);
        _exit(1);
    }
}
#define EXPECT(condition) expect((condition), __LINE__)

struct seen {
    int count;
    struct {
        esp_event_base_t base;
        int32_t id;
        int64_t at_ms;
    } events[16];
    ip_event_got_ip_t got_ip;
    wifi_event_sta_disconnected_t disconnected;
};
static struct seen seen;

static void on_event(void *argument, esp_event_base_t base, int32_t id, void *data)
{
    (void)argument;
    seen.events[seen.count].base = base;
    seen.events[seen.count].id = id;
    seen.events[seen.count++].at_ms = esp_timer_get_time() / 1000;
    if (base == IP_EVENT && (id == IP_EVENT_STA_GOT_IP || id == IP_EVENT_ETH_GOT_IP)) {
        seen.got_ip = *(ip_event_got_ip_t *)data;
    }
    if (base == WIFI_EVENT && id == WIFI_EVENT_STA_DISCONNECTED) {
        seen.disconnected = *(wifi_event_sta_disconnected_t *)data;
    }
}

static void listen_to_all(void)
{
    EXPECT(esp_event_loop_create_default() == ESP_OK);
    EXPECT(esp_event_handler_register(ESP_EVENT_ANY_BASE, ESP_EVENT_ANY_ID, on_event, NULL) ==
           ESP_OK);
}

static bool saw(int n, esp_event_base_t base, int32_t id)
{
    return n < seen.count && seen.events[n].base == base && seen.events[n].id == id;
}

static void start_station(void)
{
    const wifi_init_config_t init = WIFI_INIT_CONFIG_DEFAULT();
    wifi_config_t config = {.sta = {.ssid = "home", .password = "secret"}};
    EXPECT(esp_netif_init() == ESP_OK);
    EXPECT(esp_netif_init() == ESP_OK);
    listen_to_all();
    EXPECT(esp_netif_create_default_wifi_sta() != NULL);
    /* Settings in NVS are another test's matter. */
    wifi_init_config_t without_nvs = init;
    without_nvs.nvs_enable = 0;
    EXPECT(esp_wifi_init(&without_nvs) == ESP_OK);
    EXPECT(esp_wifi_set_mode(WIFI_MODE_STA) == ESP_OK);
    EXPECT(esp_wifi_set_config(WIFI_IF_STA, &config) == ESP_OK);
    EXPECT(esp_wifi_start() == ESP_OK);
}

static void connect_a_station(void)
{
    start_station();
    EXPECT(saw(0, WIFI_EVENT, WIFI_EVENT_STA_START));
    esp_netif_t *netif = esp_netif_get_handle_from_ifkey("WIFI_STA_DEF");
    esp_netif_ip_info_t ip;
    wifi_ap_record_t access_point;
    EXPECT(!esp_netif_is_netif_up(netif));
    EXPECT(esp_wifi_sta_get_ap_info(&access_point) == ESP_ERR_WIFI_NOT_CONNECT);
    EXPECT(esp_wifi_connect() == ESP_OK);
    EXPECT(esp_wifi_connect() == ESP_ERR_WIFI_CONN);
    EXPECT(esp_wifi_scan_start(NULL, true) == ESP_ERR_WIFI_STATE);
    EXPECT(seen.count == 1);
    vTaskDelay(pdMS_TO_TICKS(5000));
    EXPECT(seen.count == 3);
    EXPECT(saw(1, WIFI_EVENT, WIFI_EVENT_STA_CONNECTED));
    EXPECT(saw(2, IP_EVENT, IP_EVENT_STA_GOT_IP));
    EXPECT(seen.events[1].at_ms >= 1000 && seen.events[2].at_ms > seen.events[1].at_ms);
    EXPECT(seen.got_ip.esp_netif == netif && seen.got_ip.ip_changed);
    EXPECT(esp_netif_is_netif_up(netif) && esp_netif_get_default_netif() == netif);
    EXPECT(esp_netif_get_ip_info(netif, &ip) == ESP_OK);
    EXPECT(ip.ip.addr != 0 && ip.ip.addr == seen.got_ip.ip_info.ip.addr);
    EXPECT(esp_wifi_sta_get_ap_info(&access_point) == ESP_OK);
    EXPECT(strcmp((const char *)access_point.ssid, "home") == 0);
    char name[6];
    EXPECT(esp_netif_get_netif_impl_name(netif, name) == ESP_OK && strcmp(name, "st1") == 0);

    EXPECT(esp_wifi_disconnect() == ESP_OK);
    EXPECT(saw(3, WIFI_EVENT, WIFI_EVENT_STA_DISCONNECTED));
    EXPECT(seen.disconnected.reason == WIFI_REASON_ASSOC_LEAVE);
    EXPECT(!esp_netif_is_netif_up(netif));
    vTaskDelay(pdMS_TO_TICKS(121000));
    EXPECT(saw(4, IP_EVENT, IP_EVENT_STA_LOST_IP));
    EXPECT(esp_wifi_deinit() == ESP_ERR_WIFI_NOT_STOPPED);
    EXPECT(esp_wifi_stop() == ESP_OK);
    EXPECT(saw(5, WIFI_EVENT, WIFI_EVENT_STA_STOP));
    EXPECT(esp_wifi_deinit() == ESP_OK);
    esp_netif_destroy_default_wifi(netif);
    EXPECT(esp_netif_get_nr_of_ifs() == 0);
}

static void a_station_connects_and_leaves(void **state)
{
    (void)state;
    in_a_boot(&(struct device_config){0}, connect_a_station);
}

static void call_out_of_order(void)
{
    wifi_mode_t mode;
    wifi_config_t config = {.sta = {.ssid = "home"}};
    wifi_ap_record_t access_point;
    EXPECT(esp_wifi_start() == ESP_ERR_WIFI_NOT_INIT);
    EXPECT(esp_wifi_set_mode(WIFI_MODE_STA) == ESP_ERR_WIFI_NOT_INIT);
    EXPECT(esp_wifi_get_mode(&mode) == ESP_ERR_WIFI_NOT_INIT);
    EXPECT(esp_wifi_connect() == ESP_ERR_WIFI_NOT_INIT);
    EXPECT(esp_wifi_disconnect() == ESP_ERR_WIFI_NOT_INIT);
    EXPECT(esp_wifi_set_ps(WIFI_PS_NONE) == ESP_ERR_WIFI_NOT_INIT);
    EXPECT(esp_wifi_set_config(WIFI_IF_STA, &config) == ESP_ERR_WIFI_NOT_INIT);
    EXPECT(esp_wifi_stop() == ESP_ERR_WIFI_NOT_INIT);
    EXPECT(esp_wifi_deinit() == ESP_ERR_WIFI_NOT_INIT);
    EXPECT(esp_wifi_sta_get_ap_info(&access_point) == ESP_ERR_WIFI_CONN);
    wifi_init_config_t init = {0};
    EXPECT(esp_wifi_init(&init) == ESP_ERR_INVALID_ARG);
    init = (wifi_init_config_t)WIFI_INIT_CONFIG_DEFAULT();
    init.nvs_enable = 0;
    EXPECT(esp_wifi_init(&init) == ESP_OK);
    EXPECT(esp_wifi_connect() == ESP_ERR_WIFI_NOT_STARTED);
    EXPECT(esp_wifi_disconnect() == ESP_ERR_WIFI_NOT_STARTED);
    EXPECT(esp_wifi_scan_start(NULL, true) == ESP_ERR_WIFI_NOT_STARTED);
    EXPECT(esp_wifi_set_mode((wifi_mode_t)99) == ESP_ERR_INVALID_ARG);
    EXPECT(esp_wifi_set_config(WIFI_IF_AP, &config) == ESP_ERR_WIFI_MODE);
    EXPECT(esp_wifi_set_config(WIFI_IF_MAX, &config) == ESP_ERR_WIFI_IF);
    EXPECT(esp_wifi_start() == ESP_OK);
    EXPECT(esp_wifi_connect() == ESP_ERR_WIFI_SSID);
    EXPECT(esp_wifi_set_mode(WIFI_MODE_AP) == ESP_OK);
    EXPECT(esp_wifi_connect() == ESP_ERR_WIFI_MODE);
    config = (wifi_config_t){.ap = {.authmode = WIFI_AUTH_WPA2_PSK, .password = "short"}};
    EXPECT(esp_wifi_set_config(WIFI_IF_AP, &config) == ESP_ERR_WIFI_PASSWORD);
    EXPECT(strcmp(esp_err_to_name(ESP_ERR_WIFI_PASSWORD), "ESP_ERR_WIFI_PASSWORD") == 0);
}

static void wifi_out_of_order_gives_the_documented_errors(void **state)
{
    (void)state;
    in_a_boot(&(struct device_config){0}, call_out_of_order);
}

#if __has_include("nvs_flash.h")
static void start_before_nvs(void)
{
    const wifi_init_config_t init = WIFI_INIT_CONFIG_DEFAULT();
    EXPECT(esp_wifi_init(&init) == ESP_ERR_NVS_NOT_INITIALIZED);
    EXPECT(esp_wifi_start() == ESP_ERR_WIFI_NOT_INIT);
    EXPECT(nvs_flash_init() == ESP_OK);
    EXPECT(esp_wifi_init(&init) == ESP_OK);
}

static void wifi_wants_nvs(void **state)
{
    (void)state;
    in_a_boot(&(struct device_config){0}, start_before_nvs);
}
#endif

static void create_without_event_loop(void)
{
    esp_netif_init();
    esp_netif_create_default_wifi_sta();
}

static void start_without_stack(void)
{
    esp_event_loop_create_default();
    esp_netif_create_default_wifi_sta();
    wifi_init_config_t init = WIFI_INIT_CONFIG_DEFAULT();
    init.nvs_enable = 0;
    esp_wifi_init(&init);
    esp_wifi_start();
}

static void what_is_missing_ends_the_boot_as_a_panic(void **state)
{
    (void)state;
    struct device *device = begin_boot(&(struct device_config){0});
    assert_int_equal(end_of(create_without_event_loop), BOOT_END_PANIC);
    assert_int_equal(end_of(start_without_stack), BOOT_END_PANIC);
    end_boot(device);
}

static void use_static_address(void)
{
    start_station();
    esp_netif_t *netif = esp_netif_get_handle_from_ifkey("WIFI_STA_DEF");
    esp_netif_ip_info_t ip = {.ip = {esp_ip4addr_aton("10.0.0.7")}};
    EXPECT(esp_netif_set_ip_info(netif, &ip) == ESP_ERR_ESP_NETIF_DHCP_NOT_STOPPED);
    EXPECT(esp_netif_dhcpc_stop(netif) == ESP_OK);
    EXPECT(esp_netif_dhcpc_stop(netif) == ESP_ERR_ESP_NETIF_DHCP_ALREADY_STOPPED);
    EXPECT(esp_netif_set_ip_info(netif, &ip) == ESP_OK);
    EXPECT(esp_wifi_connect() == ESP_OK);
    vTaskDelay(pdMS_TO_TICKS(3000));
    EXPECT(saw(2, IP_EVENT, IP_EVENT_STA_GOT_IP));
    EXPECT(seen.got_ip.ip_info.ip.addr == ESP_IP4TOADDR(10, 0, 0, 7));
    char text[IP4ADDR_STRLEN_MAX];
    EXPECT(strcmp(esp_ip4addr_ntoa(&seen.got_ip.ip_info.ip, text, sizeof text), "10.0.0.7") == 0);
    EXPECT(esp_ip4addr_aton("10.0.0.777") == 0);
}

static void an_address_of_ones_own_needs_the_dhcp_client_stopped(void **state)
{
    (void)state;
    in_a_boot(&(struct device_config){0}, use_static_address);
}

static void connect_by_cable(void)
{
    EXPECT(esp_netif_init() == ESP_OK);
    listen_to_all();
    EXPECT(otasim_example_connect(true, "") == ESP_OK);
    EXPECT(saw(0, ETH_EVENT, ETHERNET_EVENT_START));
    EXPECT(saw(1, ETH_EVENT, ETHERNET_EVENT_CONNECTED));
    EXPECT(saw(2, IP_EVENT, IP_EVENT_ETH_GOT_IP));
    EXPECT(get_example_netif_from_desc(EXAMPLE_NETIF_DESC_ETH) == seen.got_ip.esp_netif);
    EXPECT(otasim_example_connect(true, "") == ESP_ERR_INVALID_STATE);
    EXPECT(example_disconnect() == ESP_OK);
    EXPECT(esp_netif_get_nr_of_ifs() == 0);
    EXPECT(example_disconnect() == ESP_ERR_INVALID_STATE);
    EXPECT(otasim_example_connect(true, "") == ESP_OK);
}

static void the_examples_connect_by_cable(void **state)
{
    (void)state;
    in_a_boot(&(struct device_config){0}, connect_by_cable);
}

static const gpio_config_t input_4 = {
    .pin_bit_mask = 1u << 4,
    .mode = GPIO_MODE_INPUT,
    .pull_up_en = GPIO_PULLUP_ENABLE,
};

static void read_pulled_up(void)
{
    EXPECT(gpio_get_level(GPIO_NUM_4) == 0); /* not an input yet */
    EXPECT(gpio_config(&input_4) == ESP_OK);
    EXPECT(gpio_get_level(GPIO_NUM_4) == 1);
    EXPECT(gpio_set_pull_mode(GPIO_NUM_4, GPIO_PULLDOWN_ONLY) == ESP_OK);
    EXPECT(gpio_get_level(GPIO_NUM_4) == 0);
    EXPECT(gpio_set_direction(GPIO_NUM_4, GPIO_MODE_INPUT_OUTPUT) == ESP_OK);
    EXPECT(gpio_set_level(GPIO_NUM_4, 1) == ESP_OK);
    EXPECT(gpio_get_level(GPIO_NUM_4) == 1);
    EXPECT(gpio_reset_pin(GPIO_NUM_4) == ESP_OK);
    EXPECT(gpio_get_level(GPIO_NUM_4) == 0);
}

static void read_held_low(void)
{
    EXPECT(gpio_config(&input_4) == ESP_OK);
    EXPECT(gpio_get_level(GPIO_NUM_4) == 0);
}

static void read_held_high(void)
{
    EXPECT(gpio_config(&input_4) == ESP_OK);
    EXPECT(gpio_set_pull_mode(GPIO_NUM_4, GPIO_PULLDOWN_ONLY) == ESP_OK);
    EXPECT(gpio_get_level(GPIO_NUM_4) == 1);
}

static void a_pin_reads_what_is_outside_or_its_pull(void **state)
{
    (void)state;
    in_a_boot(&(struct device_config){0}, read_pulled_up);
    in_a_boot(&(struct device_config){.pins_low = pin_4}, read_held_low);
    in_a_boot(&(struct device_config){.pins_high = pin_4}, read_held_high);
}

static void use_pins_of_esp32(void)
{
    EXPECT(gpio_set_direction(GPIO_NUM_34, GPIO_MODE_INPUT) == ESP_OK);
    EXPECT(gpio_set_direction(GPIO_NUM_34, GPIO_MODE_OUTPUT) == ESP_ERR_INVALID_ARG);
    EXPECT(gpio_set_level(GPIO_NUM_40, 1) == ESP_ERR_INVALID_ARG);
    EXPECT(gpio_set_level(GPIO_NUM_NC, 1) == ESP_ERR_INVALID_ARG);
    EXPECT(gpio_isr_handler_add(GPIO_NUM_4, (gpio_isr_t)free, NULL) == ESP_ERR_INVALID_STATE);
    EXPECT(gpio_install_isr_service(0) == ESP_OK);
    EXPECT(gpio_install_isr_service(0) == ESP_ERR_INVALID_STATE);
    EXPECT(gpio_isr_handler_add(GPIO_NUM_4, (gpio_isr_t)free, NULL) == ESP_OK);
    EXPECT(gpio_config(&(gpio_config_t){.pin_bit_mask = 0}) == ESP_ERR_INVALID_ARG);
    esp_chip_info_t info;
    esp_chip_info(&info);
    EXPECT(info.model == CHIP_ESP32 && info.cores == 2 && info.revision == 301);
    EXPECT((info.features & CHIP_FEATURE_BT) != 0);
}

static void pins_are_those_of_the_chip(void **state)
{
    (void)state;
    in_a_boot(
        &(struct device_config){.chip = chip_by_name("esp32"), .efuse = {.chip_revision = 301}},
        use_pins_of_esp32);
}

static void use_addresses(void)
{
    uint8_t base[6], mac[8];
    EXPECT(esp_efuse_mac_get_default(base) == ESP_OK);
    EXPECT(esp_read_mac(mac, ESP_MAC_WIFI_STA) == ESP_OK && memcmp(mac, base, 6) == 0);
    EXPECT(esp_read_mac(mac, ESP_MAC_ETH) == ESP_OK && mac[5] == base[5] + 3);
    EXPECT(esp_read_mac(mac, ESP_MAC_IEEE802154) == ESP_OK && mac[3] == 0xFF && mac[7] == base[5]);
    EXPECT(esp_mac_addr_len_get(ESP_MAC_IEEE802154) == 8);
    EXPECT(esp_base_mac_addr_get(mac) == ESP_ERR_INVALID_MAC);
    EXPECT(esp_efuse_mac_get_custom(mac) == ESP_ERR_INVALID_MAC);
    const uint8_t group[6] = {1}, own[6] = {2, 0, 0, 0, 0, 1};
    EXPECT(esp_base_mac_addr_set(group) == ESP_ERR_INVALID_ARG);
    EXPECT(esp_base_mac_addr_set(own) == ESP_OK);
    EXPECT(esp_read_mac(mac, ESP_MAC_BT) == ESP_OK && mac[0] == 2 && mac[5] == 3);
}

static void addresses_follow_from_the_base_address(void **state)
{
    (void)state;
    in_a_boot(&(struct device_config){0}, use_addresses);
}

static int told;
static void on_time(struct timeval *time)
{
    (void)time;
    told++;
}

static void set_the_clock(void)
{
    esp_sntp_config_t config = ESP_NETIF_SNTP_DEFAULT_CONFIG("pool.ntp.org");
    config.sync_cb = on_time;
    EXPECT(esp_netif_sntp_sync_wait(1) == ESP_ERR_INVALID_STATE);
    EXPECT(esp_netif_sntp_init(&config) == ESP_OK);
    /* Nobody answers without a network. */
    EXPECT(esp_netif_sntp_sync_wait(pdMS_TO_TICKS(20000)) == ESP_ERR_TIMEOUT);
    EXPECT(device_clock_us() < 60000000);
    start_station();
    EXPECT(esp_wifi_connect() == ESP_OK);
    EXPECT(esp_netif_sntp_sync_wait(portMAX_DELAY) == ESP_OK);
    EXPECT(told == 1);
    int64_t seconds = device_clock_us() / 1000000;
    EXPECT(seconds >= DEVICE_RIGHT_EPOCH_S + 20 && seconds < DEVICE_RIGHT_EPOCH_S + 60);
    EXPECT(sntp_get_sync_status() == SNTP_SYNC_STATUS_COMPLETED);
    EXPECT(sntp_get_sync_status() == SNTP_SYNC_STATUS_RESET);
    vTaskDelay(pdMS_TO_TICKS(3601000));
    EXPECT(told == 2);
}

static void sntp_sets_the_clock_once_there_is_a_network(void **state)
{
    (void)state;
    in_a_boot(&(struct device_config){0}, set_the_clock);
}

static void use_the_rest(void)
{
    uint8_t byte;
    EXPECT(uart_read_bytes(UART_NUM_1, &byte, 1, 1) == -1);
    EXPECT(uart_driver_install(UART_NUM_1, 128, 0, 0, NULL, 0) == ESP_FAIL);
    EXPECT(uart_driver_install(UART_NUM_1, 256, 0, 0, NULL, 0) == ESP_OK);
    int64_t before = esp_timer_get_time();
    EXPECT(uart_read_bytes(UART_NUM_1, &byte, 1, pdMS_TO_TICKS(500)) == 0);
    EXPECT(esp_timer_get_time() - before >= 490000);
    EXPECT(esp_bt_controller_enable(ESP_BT_MODE_BLE) == ESP_ERR_INVALID_STATE);
    EXPECT(esp_bt_controller_mem_release(ESP_BT_MODE_BTDM) == ESP_OK);
    esp_bt_controller_config_t bt = BT_CONTROLLER_INIT_CONFIG_DEFAULT();
    EXPECT(esp_bt_controller_init(&bt) == ESP_ERR_INVALID_STATE);
    esp_pm_lock_handle_t lock;
    EXPECT(esp_pm_lock_create(ESP_PM_CPU_FREQ_MAX, 0, "ota", &lock) == ESP_OK);
    EXPECT(esp_pm_lock_release(lock) == ESP_ERR_INVALID_STATE);
    EXPECT(esp_pm_lock_acquire(lock) == ESP_OK);
    EXPECT(esp_pm_lock_delete(lock) == ESP_ERR_INVALID_STATE);
}

static void the_rest_keeps_its_states(void **state)
{
    (void)state;
    in_a_boot(&(struct device_config){0}, use_the_rest);
}

static void trace_some(void)
{
    wifi_config_t config = {.sta = {.ssid = "home", .password = "secret"}};
    esp_wifi_set_config(WIFI_IF_STA, &config);
    gpio_config(&input_4);
    gpio_get_level(GPIO_NUM_4);
    gpio_get_level(GPIO_NUM_4);
}

static void calls_are_traced(void **state)
{
    (void)state;
    FILE *file = capture_begin();
    in_a_boot(&(struct device_config){.pins_low = pin_4}, trace_some);
    json_t *records = capture_end(file);
    assert_string_equal(captured_text(records, "platform", 0, "call"), "esp_wifi_set_config");
    assert_string_equal(captured_text(records, "platform", 0, "err"), "ESP_ERR_WIFI_NOT_INIT");
    assert_string_equal(captured_text(records, "platform", 1, "call"), "gpio_config");
    assert_string_equal(captured_text(records, "platform", 2, "call"), "gpio_get_level");
    assert_int_equal(captured_count(records, "platform"), 3);
    json_decref(records);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_station_connects_and_leaves),
        cmocka_unit_test(wifi_out_of_order_gives_the_documented_errors),
#if __has_include("nvs_flash.h")
        cmocka_unit_test(wifi_wants_nvs),
#endif
        cmocka_unit_test(what_is_missing_ends_the_boot_as_a_panic),
        cmocka_unit_test(an_address_of_ones_own_needs_the_dhcp_client_stopped),
        cmocka_unit_test(the_examples_connect_by_cable),
        cmocka_unit_test(a_pin_reads_what_is_outside_or_its_pull),
        cmocka_unit_test(pins_are_those_of_the_chip),
        cmocka_unit_test(addresses_follow_from_the_base_address),
        cmocka_unit_test(sntp_sets_the_clock_once_there_is_a_network),
        cmocka_unit_test(the_rest_keeps_its_states),
        cmocka_unit_test(calls_are_traced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
