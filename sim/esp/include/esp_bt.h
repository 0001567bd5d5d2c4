/* The Bluetooth controller, as in ESP-IDF's esp_bt.h: its states, and nothing on the air. */
#pragma once

#include <stdint.h>

#include "esp_err.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    ESP_BT_MODE_IDLE = 0x00,
    ESP_BT_MODE_BLE = 0x01,
    ESP_BT_MODE_CLASSIC_BT = 0x02,
    ESP_BT_MODE_BTDM = 0x03,
} esp_bt_mode_t;

typedef enum {
    ESP_BT_CONTROLLER_STATUS_IDLE = 0,
    ESP_BT_CONTROLLER_STATUS_INITED,
    ESP_BT_CONTROLLER_STATUS_ENABLED,
    ESP_BT_CONTROLLER_STATUS_NUM,
} esp_bt_controller_status_t;

/** To be made by BT_CONTROLLER_INIT_CONFIG_DEFAULT() only. */
typedef struct {
    uint32_t magic;
} esp_bt_controller_config_t;

#define ESP_BT_CONTROLLER_CONFIG_MAGIC_VAL 0x5A5AA5A5
#define BT_CONTROLLER_INIT_CONFIG_DEFAULT()                                                        \
    {                                                                                              \
        .magic = ESP_BT_CONTROLLER_CONFIG_MAGIC_VAL                                                \
    }

/** Each: ESP_ERR_INVALID_STATE in the wrong state, ESP_ERR_INVALID_ARG. */
esp_err_t esp_bt_controller_init(esp_bt_controller_config_t *cfg);
esp_err_t esp_bt_controller_deinit(void);
esp_err_t esp_bt_controller_enable(esp_bt_mode_t mode);
esp_err_t esp_bt_controller_disable(void);
esp_bt_controller_status_t esp_bt_controller_get_status(void);
esp_err_t esp_bt_controller_mem_release(esp_bt_mode_t mode);
esp_err_t esp_bt_mem_release(esp_bt_mode_t mode);

#ifdef __cplusplus
}
#endif
