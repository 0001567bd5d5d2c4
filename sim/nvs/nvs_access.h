/* What every call with a handle and a key begins with. */
#pragma once

#include "nvs.h"
#include "nvs_registry.h"
#include "nvs_value.h"

/** ESP_ERR_NVS_INVALID_NAME, ESP_ERR_NVS_KEY_TOO_LONG. */
esp_err_t nvs_access_check_key(const char *key);

/** Stores a value: nvs_value_set behind the checks of nvs_set_*. */
esp_err_t nvs_access_set(nvs_handle_t handle, const char *key, uint8_t type, const void *data,
                         size_t size);

/** Finds the value of a key, of a type (NVS_TYPE_ANY: any), behind the checks of nvs_get_*. */
esp_err_t nvs_access_find(nvs_handle_t handle, const char *key, uint8_t type,
                          struct nvs_open **open, struct nvs_item *item);

/** The type as nvs.h names it. */
nvs_type_t nvs_access_type(const struct nvs_item *item);
