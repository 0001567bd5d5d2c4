#include "bytes.h"
#include "nvs.h"
#include "nvs_access.h"

static esp_err_t set_integer(nvs_handle_t handle, const char *key, nvs_type_t type, uint64_t value)
{
    uint8_t bytes[8];
    put_u32(bytes, (uint32_t)value);
    put_u32(bytes + 4, (uint32_t)(value >> 32));
    return nvs_access_set(handle, key, (uint8_t)type, bytes, nvs_integer_size((uint8_t)type));
}

static esp_err_t get_integer(nvs_handle_t handle, const char *key, nvs_type_t type, const void *out,
                             uint64_t *value)
{
    struct nvs_open *open;
    struct nvs_item item;
    esp_err_t err = nvs_access_find(handle, key, (uint8_t)type, &open, &item);
    if (err != ESP_OK || out == NULL) {
        return err != ESP_OK ? err : ESP_ERR_INVALID_ARG;
    }
    *value = get_u32(item.data) | (uint64_t)get_u32(item.data + 4) << 32;
    return ESP_OK;
}

esp_err_t nvs_set_i8(nvs_handle_t handle, const char *key, int8_t value)
{
    return set_integer(handle, key, NVS_TYPE_I8, (uint64_t)value);
}

esp_err_t nvs_get_i8(nvs_handle_t handle, const char *key, int8_t *out_value)
{
    uint64_t value;
    esp_err_t err = get_integer(handle, key, NVS_TYPE_I8, out_value, &value);
    if (err == ESP_OK) {
        *out_value = (int8_t)value;
    }
    return err;
}

esp_err_t nvs_set_u8(nvs_handle_t handle, const char *key, uint8_t value)
{
    return set_integer(handle, key, NVS_TYPE_U8, (uint64_t)value);
}

esp_err_t nvs_get_u8(nvs_handle_t handle, const char *key, uint8_t *out_value)
{
    uint64_t value;
    esp_err_t err = get_integer(handle, key, NVS_TYPE_U8, out_value, &value);
    if (err == ESP_OK) {
        *out_value = (uint8_t)value;
    }
    return err;
}

esp_err_t nvs_set_i16(nvs_handle_t handle, const char *key, int16_t value)
{
    return set_integer(handle, key, NVS_TYPE_I16, (uint64_t)value);
}

esp_err_t nvs_get_i16(nvs_handle_t handle, const char *key, int16_t *out_value)
{
    uint64_t value;
    esp_err_t err = get_integer(handle, key, NVS_TYPE_I16, out_value, &value);
    if (err == ESP_OK) {
        *out_value = (int16_t)value;
    }
    return err;
}

esp_err_t nvs_set_u16(nvs_handle_t handle, const char *key, uint16_t value)
{
    return set_integer(handle, key, NVS_TYPE_U16, (uint64_t)value);
}

esp_err_t nvs_get_u16(nvs_handle_t handle, const char *key, uint16_t *out_value)
{
    uint64_t value;
    esp_err_t err = get_integer(handle, key, NVS_TYPE_U16, out_value, &value);
    if (err == ESP_OK) {
        *out_value = (uint16_t)value;
    }
    return err;
}

esp_err_t nvs_set_i32(nvs_handle_t handle, const char *key, int32_t value)
{
    return set_integer(handle, key, NVS_TYPE_I32, (uint64_t)value);
}

esp_err_t nvs_get_i32(nvs_handle_t handle, const char *key, int32_t *out_value)
{
    uint64_t value;
    esp_err_t err = get_integer(handle, key, NVS_TYPE_I32, out_value, &value);
    if (err == ESP_OK) {
        *out_value = (int32_t)value;
    }
    return err;
}

esp_err_t nvs_set_u32(nvs_handle_t handle, const char *key, uint32_t value)
{
    return set_integer(handle, key, NVS_TYPE_U32, (uint64_t)value);
}

esp_err_t nvs_get_u32(nvs_handle_t handle, const char *key, uint32_t *out_value)
{
    uint64_t value;
    esp_err_t err = get_integer(handle, key, NVS_TYPE_U32, out_value, &value);
    if (err == ESP_OK) {
        *out_value = (uint32_t)value;
    }
    return err;
}

esp_err_t nvs_set_i64(nvs_handle_t handle, const char *key, int64_t value)
{
    return set_integer(handle, key, NVS_TYPE_I64, (uint64_t)value);
}

esp_err_t nvs_get_i64(nvs_handle_t handle, const char *key, int64_t *out_value)
{
    uint64_t value;
    esp_err_t err = get_integer(handle, key, NVS_TYPE_I64, out_value, &value);
    if (err == ESP_OK) {
        *out_value = (int64_t)value;
    }
    return err;
}

esp_err_t nvs_set_u64(nvs_handle_t handle, const char *key, uint64_t value)
{
    return set_integer(handle, key, NVS_TYPE_U64, (uint64_t)value);
}

esp_err_t nvs_get_u64(nvs_handle_t handle, const char *key, uint64_t *out_value)
{
    uint64_t value;
    esp_err_t err = get_integer(handle, key, NVS_TYPE_U64, out_value, &value);
    if (err == ESP_OK) {
        *out_value = (uint64_t)value;
    }
    return err;
}
