/* Values by namespace and key: what nvs.h does, without handles and C types. */
#pragma once

#include "nvs_storage.h"

/** The item that stands for a value: an integer, a string, or what says where a blob is.
 * ESP_ERR_NVS_NOT_FOUND. */
esp_err_t nvs_value_find(struct nvs_storage *storage, uint8_t ns, const char *key,
                         struct nvs_item *item);

/** Stores an integer or a string of `size` bytes, or a blob (NVS_ITEM_BLOB), in place of what the
 * key had before. Nothing is written if it had just that. Errors as nvs_set_* has them. */
esp_err_t nvs_value_set(struct nvs_storage *storage, uint8_t ns, const char *key, uint8_t type,
                        const void *data, size_t size);

/** Copies an integer, a string or a blob, all of it. ESP_ERR_NVS_NOT_FOUND if its CRC is wrong. */
esp_err_t nvs_value_read(struct nvs_storage *storage, const struct nvs_item *item, void *out);
size_t nvs_value_size(const struct nvs_item *item);

/** ESP_ERR_NVS_NOT_FOUND. */
esp_err_t nvs_value_erase(struct nvs_storage *storage, uint8_t ns, const char *key);
/** Everything of a namespace. */
esp_err_t nvs_value_erase_all(struct nvs_storage *storage, uint8_t ns);

/** The number of a namespace; made if need be. ESP_ERR_NVS_NOT_FOUND, _NOT_ENOUGH_SPACE. */
esp_err_t nvs_namespace_find(struct nvs_storage *storage, const char *name, bool make, uint8_t *ns);
/** Its name; false if there is none of that number. */
bool nvs_namespace_name(struct nvs_storage *storage, uint8_t ns, char name[16]);
