/* Power management, as in ESP-IDF's esp_pm.h: taken note of, without effect. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "esp_err.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    int max_freq_mhz;
    int min_freq_mhz;
    bool light_sleep_enable;
} esp_pm_config_t;
typedef esp_pm_config_t esp_pm_config_esp32_t;
typedef esp_pm_config_t esp_pm_config_esp32s2_t;
typedef esp_pm_config_t esp_pm_config_esp32s3_t;
typedef esp_pm_config_t esp_pm_config_esp32c3_t;

typedef enum {
    ESP_PM_CPU_FREQ_MAX,
    ESP_PM_APB_FREQ_MAX,
    ESP_PM_NO_LIGHT_SLEEP,
    ESP_PM_LOCK_MAX,
} esp_pm_lock_type_t;

typedef struct esp_pm_lock *esp_pm_lock_handle_t;

/** ESP_ERR_INVALID_ARG for NULL, or a minimum above the maximum. */
esp_err_t esp_pm_configure(const void *config);
esp_err_t esp_pm_get_configuration(void *config);
esp_err_t esp_pm_lock_create(esp_pm_lock_type_t lock_type, int arg, const char *name,
                             esp_pm_lock_handle_t *out_handle);
esp_err_t esp_pm_lock_acquire(esp_pm_lock_handle_t handle);
/** ESP_ERR_INVALID_STATE: it is not held. */
esp_err_t esp_pm_lock_release(esp_pm_lock_handle_t handle);
/** ESP_ERR_INVALID_STATE: it is held. */
esp_err_t esp_pm_lock_delete(esp_pm_lock_handle_t handle);

#ifdef __cplusplus
}
#endif
