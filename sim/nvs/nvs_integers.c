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

/* nvs_set_NAME() and nvs_get_NAME(), of values of that type. */
#define INTEGER_ACCESS(name, type, nvs_type)                                                       \
    esp_err_t nvs_set_##name(nvs_handle_t handle, const char *key, type value)                     \
    {                                                                                              \
        return set_integer(handle, key, nvs_type, (uint64_t)value);                                \
    }                                                                                              \
                                                                                                   \
    esp_err_t nvs_get_##name(nvs_handle_t handle, const char *key, type *out_value)                \
    {                                                                                              \
        uint64_t value;                                                                            \
        esp_err_t err = get_integer(handle, key, nvs_type, out_value, &value);                     \
        if (err == ESP_OK) {                                                                       \
            *out_value = (type)value;                                                              \
        }                                                                                          \
        return err;                                                                                \
    }

INTEGER_ACCESS(i8, int8_t, NVS_TYPE_I8)
INTEGER_ACCESS(u8, uint8_t, NVS_TYPE_U8)
INTEGER_ACCESS(i16, int16_t, NVS_TYPE_I16)
INTEGER_ACCESS(u16, uint16_t, NVS_TYPE_U16)
INTEGER_ACCESS(i32, int32_t, NVS_TYPE_I32)
INTEGER_ACCESS(u32, uint32_t, NVS_TYPE_U32)
INTEGER_ACCESS(i64, int64_t, NVS_TYPE_I64)
INTEGER_ACCESS(u64, uint64_t, NVS_TYPE_U64)
