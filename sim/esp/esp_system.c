#include "esp_system.h"

#include <stddef.h>

#include "boot.h"
#include "esp_heap_caps.h"

#define MAX_SHUTDOWN_HANDLERS 5

static shutdown_handler_t shutdown_handlers[MAX_SHUTDOWN_HANDLERS];

static shutdown_handler_t *slot_of(shutdown_handler_t handle)
{
    for (size_t i = 0; i < MAX_SHUTDOWN_HANDLERS; i++) {
        if (shutdown_handlers[i] == handle) {
            return &shutdown_handlers[i];
        }
    }
    return NULL;
}

esp_err_t esp_register_shutdown_handler(shutdown_handler_t handle)
{
    if (handle == NULL || slot_of(handle) != NULL) {
        return ESP_ERR_INVALID_STATE;
    }
    shutdown_handler_t *free_slot = slot_of(NULL);
    if (free_slot == NULL) {
        return ESP_ERR_NO_MEM;
    }
    *free_slot = handle;
    return ESP_OK;
}

esp_err_t esp_unregister_shutdown_handler(shutdown_handler_t handle)
{
    shutdown_handler_t *slot = handle != NULL ? slot_of(handle) : NULL;
    if (slot == NULL) {
        return ESP_ERR_INVALID_STATE;
    }
    *slot = NULL;
    return ESP_OK;
}

void esp_restart(void)
{
    for (size_t i = MAX_SHUTDOWN_HANDLERS; i-- > 0;) {
        if (shutdown_handlers[i] != NULL) {
            shutdown_handlers[i]();
        }
    }
    boot_end(BOOT_END_RESTART, NULL);
}

esp_reset_reason_t esp_reset_reason(void)
{
    const struct device *device = device_current();
    return device != NULL ? (esp_reset_reason_t)device->reset_reason : ESP_RST_UNKNOWN;
}

uint32_t esp_get_free_heap_size(void)
{
    return (uint32_t)heap_caps_get_free_size(MALLOC_CAP_DEFAULT);
}

uint32_t esp_get_free_internal_heap_size(void)
{
    return (uint32_t)heap_caps_get_free_size(MALLOC_CAP_INTERNAL);
}

uint32_t esp_get_minimum_free_heap_size(void)
{
    return (uint32_t)heap_caps_get_minimum_free_size(MALLOC_CAP_DEFAULT);
}

void esp_system_abort(const char *details)
{
    boot_end(BOOT_END_PANIC, details);
}
