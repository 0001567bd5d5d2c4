#include "nvs.h"

#include <string.h>

#include "nvs_access.h"
#include "nvs_lock.h"

esp_err_t nvs_access_check_key(const char *key)
{
    if (key == NULL || key[0] == '\0') {
        return ESP_ERR_NVS_INVALID_NAME;
    }
    return memchr(key, '\0', NVS_KEY_NAME_MAX_SIZE) != NULL ? ESP_OK : ESP_ERR_NVS_KEY_TOO_LONG;
}

nvs_type_t nvs_access_type(const struct nvs_item *item)
{
    bool blob = item->type == NVS_ITEM_BLOB || item->type == NVS_ITEM_OLD_BLOB;
    return blob ? NVS_TYPE_BLOB : (nvs_type_t)item->type;
}

static esp_err_t find_writable(nvs_handle_t handle, struct nvs_open **open)
{
    *open = nvs_registry_find(handle);
    if (*open == NULL) {
        return ESP_ERR_NVS_INVALID_HANDLE;
    }
    return (*open)->readonly ? ESP_ERR_NVS_READ_ONLY : ESP_OK;
}

static esp_err_t set_locked(nvs_handle_t handle, const char *key, uint8_t type, const void *data,
                            size_t size)
{
    struct nvs_open *open;
    esp_err_t err = find_writable(handle, &open);
    if (err == ESP_OK) {
        err = nvs_access_check_key(key);
    }
    return err == ESP_OK ? nvs_value_set(open->storage, open->ns, key, type, data, size) : err;
}

esp_err_t nvs_access_set(nvs_handle_t handle, const char *key, uint8_t type, const void *data,
                         size_t size)
{
    nvs_lock();
    return nvs_unlock(set_locked(handle, key, type, data, size));
}

static esp_err_t find_locked(nvs_handle_t handle, const char *key, uint8_t type,
                             struct nvs_open **open, struct nvs_item *item)
{
    *open = nvs_registry_find(handle);
    if (*open == NULL) {
        return ESP_ERR_NVS_INVALID_HANDLE;
    }
    esp_err_t err = nvs_access_check_key(key);
    if (err == ESP_OK) {
        err = nvs_value_find((*open)->storage, (*open)->ns, key, item);
    }
    if (err == ESP_OK && type != NVS_TYPE_ANY && nvs_access_type(item) != (nvs_type_t)type) {
        err = ESP_ERR_NVS_TYPE_MISMATCH;
    }
    return err;
}

esp_err_t nvs_access_find(nvs_handle_t handle, const char *key, uint8_t type,
                          struct nvs_open **open, struct nvs_item *item)
{
    nvs_lock();
    return nvs_unlock(find_locked(handle, key, type, open, item));
}

esp_err_t nvs_open(const char *namespace_name, nvs_open_mode_t open_mode, nvs_handle_t *out_handle)
{
    return nvs_open_from_partition(NVS_DEFAULT_PART_NAME, namespace_name, open_mode, out_handle);
}

static esp_err_t open_from_partition_locked(const char *part_name, const char *namespace_name,
                                            nvs_open_mode_t open_mode, nvs_handle_t *out_handle)
{
    if (part_name == NULL || out_handle == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (nvs_registry_is_empty()) {
        return ESP_ERR_NVS_NOT_INITIALIZED;
    }
    struct nvs_storage *storage = nvs_registry_storage(part_name);
    if (storage == NULL) {
        return ESP_ERR_NVS_PART_NOT_FOUND;
    }
    if (nvs_access_check_key(namespace_name) != ESP_OK) {
        return ESP_ERR_NVS_INVALID_NAME;
    }
    bool readonly = open_mode == NVS_READONLY;
    if (!readonly && storage->partition.readonly) {
        return ESP_ERR_NOT_ALLOWED;
    }
    uint8_t ns;
    esp_err_t err = nvs_namespace_find(storage, namespace_name, !readonly, &ns);
    return err == ESP_OK ? nvs_registry_open(storage, ns, readonly, out_handle) : err;
}

esp_err_t nvs_open_from_partition(const char *part_name, const char *namespace_name,
                                  nvs_open_mode_t open_mode, nvs_handle_t *out_handle)
{
    nvs_lock();
    return nvs_unlock(open_from_partition_locked(part_name, namespace_name, open_mode, out_handle));
}

static void close_locked(nvs_handle_t handle)
{
    nvs_registry_close(handle);
}

void nvs_close(nvs_handle_t handle)
{
    nvs_lock();
    close_locked(handle);
    (void)nvs_unlock(ESP_OK);
}

esp_err_t nvs_set_str(nvs_handle_t handle, const char *key, const char *value)
{
    return value != NULL ? nvs_access_set(handle, key, NVS_ITEM_STRING, value, strlen(value) + 1)
                         : ESP_ERR_INVALID_ARG;
}

esp_err_t nvs_set_blob(nvs_handle_t handle, const char *key, const void *value, size_t length)
{
    return value != NULL || length == 0 ? nvs_access_set(handle, key, NVS_ITEM_BLOB, value, length)
                                        : ESP_ERR_INVALID_ARG;
}

static esp_err_t get_bytes_locked(nvs_handle_t handle, const char *key, nvs_type_t type, void *out,
                                  size_t *length)
{
    struct nvs_open *open;
    struct nvs_item item;
    esp_err_t err = nvs_access_find(handle, key, (uint8_t)type, &open, &item);
    if (err != ESP_OK) {
        return err;
    }
    if (length == NULL) {
        return ESP_ERR_NVS_INVALID_LENGTH;
    }
    size_t room = *length;
    *length = nvs_value_size(&item);
    if (out == NULL) {
        return ESP_OK;
    }
    return room >= *length ? nvs_value_read(open->storage, &item, out) : ESP_ERR_NVS_INVALID_LENGTH;
}

static esp_err_t get_bytes(nvs_handle_t handle, const char *key, nvs_type_t type, void *out,
                           size_t *length)
{
    nvs_lock();
    return nvs_unlock(get_bytes_locked(handle, key, type, out, length));
}

esp_err_t nvs_get_str(nvs_handle_t handle, const char *key, char *out_value, size_t *length)
{
    return get_bytes(handle, key, NVS_TYPE_STR, out_value, length);
}

esp_err_t nvs_get_blob(nvs_handle_t handle, const char *key, void *out_value, size_t *length)
{
    return get_bytes(handle, key, NVS_TYPE_BLOB, out_value, length);
}

esp_err_t nvs_find_key(nvs_handle_t handle, const char *key, nvs_type_t *out_type)
{
    struct nvs_open *open;
    struct nvs_item item;
    esp_err_t err = nvs_access_find(handle, key, NVS_TYPE_ANY, &open, &item);
    if (err == ESP_OK && out_type != NULL) {
        *out_type = nvs_access_type(&item);
    }
    return err;
}

static esp_err_t erase_key_locked(nvs_handle_t handle, const char *key)
{
    struct nvs_open *open;
    esp_err_t err = find_writable(handle, &open);
    if (err == ESP_OK) {
        err = nvs_access_check_key(key);
    }
    return err == ESP_OK ? nvs_value_erase(open->storage, open->ns, key) : err;
}

esp_err_t nvs_erase_key(nvs_handle_t handle, const char *key)
{
    nvs_lock();
    return nvs_unlock(erase_key_locked(handle, key));
}

static esp_err_t erase_all_locked(nvs_handle_t handle)
{
    struct nvs_open *open;
    esp_err_t err = find_writable(handle, &open);
    return err == ESP_OK ? nvs_value_erase_all(open->storage, open->ns) : err;
}

esp_err_t nvs_erase_all(nvs_handle_t handle)
{
    nvs_lock();
    return nvs_unlock(erase_all_locked(handle));
}

esp_err_t nvs_commit(nvs_handle_t handle)
{
    return nvs_registry_find(handle) != NULL ? ESP_OK : ESP_ERR_NVS_INVALID_HANDLE;
}
