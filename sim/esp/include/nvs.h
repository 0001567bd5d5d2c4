/* Keys and values that survive a reset, as in ESP-IDF's nvs.h. They live in a partition of type
 * data, subtype nvs, in the format that the devices use. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp_err.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef uint32_t nvs_handle_t;
typedef nvs_handle_t nvs_handle;

#define ESP_ERR_NVS_BASE             0x1100
#define ESP_ERR_NVS_NOT_INITIALIZED  (ESP_ERR_NVS_BASE + 0x01) /* nvs_flash_init was not called */
#define ESP_ERR_NVS_NOT_FOUND        (ESP_ERR_NVS_BASE + 0x02) /* no such key or namespace */
#define ESP_ERR_NVS_TYPE_MISMATCH    (ESP_ERR_NVS_BASE + 0x03) /* the value is of another type */
#define ESP_ERR_NVS_READ_ONLY        (ESP_ERR_NVS_BASE + 0x04) /* the handle was opened for reading */
#define ESP_ERR_NVS_NOT_ENOUGH_SPACE (ESP_ERR_NVS_BASE + 0x05) /* the partition is full */
#define ESP_ERR_NVS_INVALID_NAME                                                                   \
    (ESP_ERR_NVS_BASE + 0x06) /* empty, or a namespace of more than 15 characters */
#define ESP_ERR_NVS_INVALID_HANDLE (ESP_ERR_NVS_BASE + 0x07) /* closed, or never given out */
#define ESP_ERR_NVS_REMOVE_FAILED                                                                  \
    (ESP_ERR_NVS_BASE + 0x08) /* written, but the old value is still there: init repairs */
#define ESP_ERR_NVS_KEY_TOO_LONG (ESP_ERR_NVS_BASE + 0x09) /* more than 15 characters */
#define ESP_ERR_NVS_PAGE_FULL    (ESP_ERR_NVS_BASE + 0x0a) /* never leaves the library */
#define ESP_ERR_NVS_INVALID_STATE                                                                  \
    (ESP_ERR_NVS_BASE + 0x0b) /* after a flash error: init and open again */
#define ESP_ERR_NVS_INVALID_LENGTH (ESP_ERR_NVS_BASE + 0x0c) /* the buffer is too small */
#define ESP_ERR_NVS_NO_FREE_PAGES                                                                  \
    (ESP_ERR_NVS_BASE + 0x0d) /* the partition is too small, or was truncated */
#define ESP_ERR_NVS_VALUE_TOO_LONG (ESP_ERR_NVS_BASE + 0x0e) /* string or blob */
#define ESP_ERR_NVS_PART_NOT_FOUND (ESP_ERR_NVS_BASE + 0x0f) /* no such partition is initialized   \
                                                              */
#define ESP_ERR_NVS_NEW_VERSION_FOUND    (ESP_ERR_NVS_BASE + 0x10) /* pages of a later format */
#define ESP_ERR_NVS_XTS_ENCR_FAILED      (ESP_ERR_NVS_BASE + 0x11)
#define ESP_ERR_NVS_XTS_DECR_FAILED      (ESP_ERR_NVS_BASE + 0x12)
#define ESP_ERR_NVS_XTS_CFG_FAILED       (ESP_ERR_NVS_BASE + 0x13)
#define ESP_ERR_NVS_XTS_CFG_NOT_FOUND    (ESP_ERR_NVS_BASE + 0x14)
#define ESP_ERR_NVS_ENCR_NOT_SUPPORTED   (ESP_ERR_NVS_BASE + 0x15)
#define ESP_ERR_NVS_KEYS_NOT_INITIALIZED (ESP_ERR_NVS_BASE + 0x16)
#define ESP_ERR_NVS_CORRUPT_KEY_PART     (ESP_ERR_NVS_BASE + 0x17)
#define ESP_ERR_NVS_CONTENT_DIFFERS      (ESP_ERR_NVS_BASE + 0x18)
#define ESP_ERR_NVS_WRONG_ENCRYPTION     (ESP_ERR_NVS_BASE + 0x19)

#define NVS_DEFAULT_PART_NAME "nvs"

/** With the terminating zero. */
#define NVS_PART_NAME_MAX_SIZE 16
#define NVS_KEY_NAME_MAX_SIZE  16
#define NVS_NS_NAME_MAX_SIZE   NVS_KEY_NAME_MAX_SIZE

typedef enum {
    NVS_READONLY,
    NVS_READWRITE,
} nvs_open_mode_t;
typedef nvs_open_mode_t nvs_open_mode;

typedef enum {
    NVS_TYPE_U8 = 0x01,
    NVS_TYPE_I8 = 0x11,
    NVS_TYPE_U16 = 0x02,
    NVS_TYPE_I16 = 0x12,
    NVS_TYPE_U32 = 0x04,
    NVS_TYPE_I32 = 0x14,
    NVS_TYPE_U64 = 0x08,
    NVS_TYPE_I64 = 0x18,
    NVS_TYPE_STR = 0x21,
    NVS_TYPE_BLOB = 0x42,
    NVS_TYPE_ANY = 0xff,
} nvs_type_t;

typedef struct {
    char namespace_name[NVS_NS_NAME_MAX_SIZE];
    char key[NVS_KEY_NAME_MAX_SIZE];
    nvs_type_t type;
} nvs_entry_info_t;

typedef struct nvs_opaque_iterator_t *nvs_iterator_t;

typedef struct {
    size_t used_entries;
    size_t free_entries;      /* with those that garbage collection keeps to itself */
    size_t available_entries; /* without them */
    size_t total_entries;
    size_t namespace_count;
} nvs_stats_t;

/** Opens a namespace of the partition "nvs"; NVS_READWRITE makes it if need be.
 * ESP_ERR_NVS_NOT_INITIALIZED, ESP_ERR_NVS_PART_NOT_FOUND, ESP_ERR_NVS_NOT_FOUND (no such
 * namespace), ESP_ERR_NVS_INVALID_NAME, ESP_ERR_NVS_NOT_ENOUGH_SPACE (also: 254 namespaces are the
 * most), ESP_ERR_NOT_ALLOWED (to write to a read-only partition), ESP_ERR_INVALID_ARG,
 * ESP_ERR_NO_MEM. */
esp_err_t nvs_open(const char *namespace_name, nvs_open_mode_t open_mode, nvs_handle_t *out_handle);
esp_err_t nvs_open_from_partition(const char *part_name, const char *namespace_name,
                                  nvs_open_mode_t open_mode, nvs_handle_t *out_handle);
/** An unknown handle is ignored. */
void nvs_close(nvs_handle_t handle);

/** Stores a value, in place of one of whatever type. It is in flash when the call returns.
 * ESP_ERR_NVS_INVALID_HANDLE, _READ_ONLY, _INVALID_NAME, _KEY_TOO_LONG, _NOT_ENOUGH_SPACE,
 * _REMOVE_FAILED, _INVALID_STATE, and _VALUE_TOO_LONG: a string holds 4000 bytes with its zero, a
 * blob 508000 or 97.6 % of the partition's size less 4000. */
esp_err_t nvs_set_i8(nvs_handle_t handle, const char *key, int8_t value);
esp_err_t nvs_set_u8(nvs_handle_t handle, const char *key, uint8_t value);
esp_err_t nvs_set_i16(nvs_handle_t handle, const char *key, int16_t value);
esp_err_t nvs_set_u16(nvs_handle_t handle, const char *key, uint16_t value);
esp_err_t nvs_set_i32(nvs_handle_t handle, const char *key, int32_t value);
esp_err_t nvs_set_u32(nvs_handle_t handle, const char *key, uint32_t value);
esp_err_t nvs_set_i64(nvs_handle_t handle, const char *key, int64_t value);
esp_err_t nvs_set_u64(nvs_handle_t handle, const char *key, uint64_t value);
esp_err_t nvs_set_str(nvs_handle_t handle, const char *key, const char *value);
esp_err_t nvs_set_blob(nvs_handle_t handle, const char *key, const void *value, size_t length);

/** ESP_ERR_NVS_NOT_FOUND, _TYPE_MISMATCH, _INVALID_HANDLE, _INVALID_NAME, _KEY_TOO_LONG; on any of
 * them *out_value stays as it is. */
esp_err_t nvs_get_i8(nvs_handle_t handle, const char *key, int8_t *out_value);
esp_err_t nvs_get_u8(nvs_handle_t handle, const char *key, uint8_t *out_value);
esp_err_t nvs_get_i16(nvs_handle_t handle, const char *key, int16_t *out_value);
esp_err_t nvs_get_u16(nvs_handle_t handle, const char *key, uint16_t *out_value);
esp_err_t nvs_get_i32(nvs_handle_t handle, const char *key, int32_t *out_value);
esp_err_t nvs_get_u32(nvs_handle_t handle, const char *key, uint32_t *out_value);
esp_err_t nvs_get_i64(nvs_handle_t handle, const char *key, int64_t *out_value);
esp_err_t nvs_get_u64(nvs_handle_t handle, const char *key, uint64_t *out_value);

/** The same. *length is the buffer's size before and the value's (of a string: with its zero)
 * after; with a NULL buffer only the latter. ESP_ERR_NVS_INVALID_LENGTH if the buffer is too small.
 */
esp_err_t nvs_get_str(nvs_handle_t handle, const char *key, char *out_value, size_t *length);
esp_err_t nvs_get_blob(nvs_handle_t handle, const char *key, void *out_value, size_t *length);

/** Whether there is such a key, and of what type; out_type may be NULL. */
esp_err_t nvs_find_key(nvs_handle_t handle, const char *key, nvs_type_t *out_type);

esp_err_t nvs_erase_key(nvs_handle_t handle, const char *key);
/** Every key of the namespace; the namespace itself stays. */
esp_err_t nvs_erase_all(nvs_handle_t handle);
/** Does nothing, as everything is in flash already; ESP_ERR_NVS_INVALID_HANDLE. */
esp_err_t nvs_commit(nvs_handle_t handle);

/** NULL: the partition "nvs". ESP_ERR_NVS_NOT_INITIALIZED, ESP_ERR_INVALID_ARG. */
esp_err_t nvs_get_stats(const char *part_name, nvs_stats_t *nvs_stats);
/** Entries of 32 bytes in the handle's namespace. */
esp_err_t nvs_get_used_entry_count(nvs_handle_t handle, size_t *used_entries);

/** The first entry of a partition, of a namespace (NULL: any) and type. ESP_ERR_NVS_NOT_FOUND, and
 * the iterator is NULL, if there is none. */
esp_err_t nvs_entry_find(const char *part_name, const char *namespace_name, nvs_type_t type,
                         nvs_iterator_t *output_iterator);
esp_err_t nvs_entry_find_in_handle(nvs_handle_t handle, nvs_type_t type,
                                   nvs_iterator_t *output_iterator);
/** Goes on to the next; after the last releases it, sets it to NULL: ESP_ERR_NVS_NOT_FOUND. */
esp_err_t nvs_entry_next(nvs_iterator_t *iterator);
esp_err_t nvs_entry_info(const nvs_iterator_t iterator, nvs_entry_info_t *out_info);
void nvs_release_iterator(nvs_iterator_t iterator);

#ifdef __cplusplus
}
#endif
