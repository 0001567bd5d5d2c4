#include "esp_pm.h"

#include "esp_heap_caps.h"
#include "platform_trace.h"

struct esp_pm_lock {
    unsigned held;
};

static esp_pm_config_t configured;

esp_err_t esp_pm_configure(const void *config)
{
    const esp_pm_config_t *wanted = config;
    if (wanted == NULL || wanted->min_freq_mhz > wanted->max_freq_mhz) {
        return platform_call(__func__, ESP_ERR_INVALID_ARG, NULL);
    }
    configured = *wanted;
    return platform_call(__func__, ESP_OK, "{s:i, s:i, s:b}", "max_mhz", wanted->max_freq_mhz,
                         "min_mhz", wanted->min_freq_mhz, "light_sleep",
                         wanted->light_sleep_enable);
}

esp_err_t esp_pm_get_configuration(void *config)
{
    if (config == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    *(esp_pm_config_t *)config = configured;
    return ESP_OK;
}

esp_err_t esp_pm_lock_create(esp_pm_lock_type_t lock_type, int arg, const char *name,
                             esp_pm_lock_handle_t *out_handle)
{
    (void)arg;
    if ((unsigned)lock_type >= ESP_PM_LOCK_MAX || out_handle == NULL) {
        return platform_call(__func__, ESP_ERR_INVALID_ARG, NULL);
    }
    *out_handle = heap_caps_calloc(1, sizeof **out_handle, MALLOC_CAP_DEFAULT);
    return platform_call(__func__, *out_handle != NULL ? ESP_OK : ESP_ERR_NO_MEM, "{s:s?}", "name",
                         name);
}

esp_err_t esp_pm_lock_acquire(esp_pm_lock_handle_t handle)
{
    if (handle == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    handle->held++;
    return ESP_OK;
}

esp_err_t esp_pm_lock_release(esp_pm_lock_handle_t handle)
{
    if (handle == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (handle->held == 0) {
        return ESP_ERR_INVALID_STATE;
    }
    handle->held--;
    return ESP_OK;
}

esp_err_t esp_pm_lock_delete(esp_pm_lock_handle_t handle)
{
    if (handle == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (handle->held > 0) {
        return ESP_ERR_INVALID_STATE;
    }
    heap_caps_free(handle);
    return ESP_OK;
}
