#include "esp_bt.h"

#include <stdbool.h>

#include "esp_coexist.h"
#include "platform_trace.h"

static struct {
    esp_bt_controller_status_t status;
    bool released;
} controller;

static esp_err_t step(const char *call, bool argument_is_good, esp_bt_controller_status_t from,
                      esp_bt_controller_status_t to)
{
    if (!argument_is_good) {
        return platform_call(call, ESP_ERR_INVALID_ARG, NULL);
    }
    if (controller.released || controller.status != from) {
        return platform_call(call, ESP_ERR_INVALID_STATE, NULL);
    }
    controller.status = to;
    return platform_call(call, ESP_OK, NULL);
}

esp_err_t esp_bt_controller_init(esp_bt_controller_config_t *cfg)
{
    return step(__func__, cfg != NULL && cfg->magic == ESP_BT_CONTROLLER_CONFIG_MAGIC_VAL,
                ESP_BT_CONTROLLER_STATUS_IDLE, ESP_BT_CONTROLLER_STATUS_INITED);
}

esp_err_t esp_bt_controller_deinit(void)
{
    return step(__func__, true, ESP_BT_CONTROLLER_STATUS_INITED, ESP_BT_CONTROLLER_STATUS_IDLE);
}

esp_err_t esp_bt_controller_enable(esp_bt_mode_t mode)
{
    return step(__func__, mode != ESP_BT_MODE_IDLE && (unsigned)mode <= ESP_BT_MODE_BTDM,
                ESP_BT_CONTROLLER_STATUS_INITED, ESP_BT_CONTROLLER_STATUS_ENABLED);
}

esp_err_t esp_bt_controller_disable(void)
{
    return step(__func__, true, ESP_BT_CONTROLLER_STATUS_ENABLED, ESP_BT_CONTROLLER_STATUS_INITED);
}

esp_bt_controller_status_t esp_bt_controller_get_status(void)
{
    return controller.status;
}

/* Only before the controller is initialised; what is given back stays so until the next reset. */
static esp_err_t release(const char *call, esp_bt_mode_t mode)
{
    bool idle = controller.status == ESP_BT_CONTROLLER_STATUS_IDLE;
    if (idle && (mode == ESP_BT_MODE_BTDM || mode == ESP_BT_MODE_BLE)) {
        controller.released = true;
    }
    return platform_call(call, idle ? ESP_OK : ESP_ERR_INVALID_STATE, "{s:i}", "mode", (int)mode);
}

esp_err_t esp_bt_controller_mem_release(esp_bt_mode_t mode)
{
    return release(__func__, mode);
}

esp_err_t esp_bt_mem_release(esp_bt_mode_t mode)
{
    return release(__func__, mode);
}

esp_err_t esp_coex_preference_set(esp_coex_prefer_t prefer)
{
    bool good = (unsigned)prefer < ESP_COEX_PREFER_NUM;
    return platform_call(__func__, good ? ESP_OK : ESP_ERR_INVALID_ARG, "{s:i}", "prefer",
                         (int)prefer);
}

const char *esp_coex_version_get(void)
{
    return "otasim";
}
