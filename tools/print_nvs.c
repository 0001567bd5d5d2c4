#include "print_nvs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device_files.h"
#include "esp_flash.h"
#include "nvs_flash.h"

#define BLOB_SHOWN 16u /* bytes */

static void print_signed(nvs_handle_t handle, const nvs_entry_info_t *info)
{
    int8_t i8 = 0;
    int16_t i16 = 0;
    int32_t i32 = 0;
    int64_t i64 = 0;
    switch (info->type) {
    case NVS_TYPE_I8:
        (void)nvs_get_i8(handle, info->key, &i8);
        break;
    case NVS_TYPE_I16:
        (void)nvs_get_i16(handle, info->key, &i16);
        break;
    case NVS_TYPE_I32:
        (void)nvs_get_i32(handle, info->key, &i32);
        break;
    default:
        (void)nvs_get_i64(handle, info->key, &i64);
    }
    printf("%" PRId64 "\n", i8 + i16 + i32 + i64);
}

static void print_unsigned(nvs_handle_t handle, const nvs_entry_info_t *info)
{
    uint8_t u8 = 0;
    uint16_t u16 = 0;
    uint32_t u32 = 0;
    uint64_t u64 = 0;
    switch (info->type) {
    case NVS_TYPE_U8:
        (void)nvs_get_u8(handle, info->key, &u8);
        break;
    case NVS_TYPE_U16:
        (void)nvs_get_u16(handle, info->key, &u16);
        break;
    case NVS_TYPE_U32:
        (void)nvs_get_u32(handle, info->key, &u32);
        break;
    default:
        (void)nvs_get_u64(handle, info->key, &u64);
    }
    printf("%" PRIu64 "\n", u8 + u16 + u32 + u64);
}

static void print_string(nvs_handle_t handle, const nvs_entry_info_t *info)
{
    char text[4001] = "", shown[4001];
    size_t length = sizeof text - 1;
    esp_err_t err = nvs_get_str(handle, info->key, text, &length);
    if (err != ESP_OK) {
        puts("(its bytes are damaged)");
        return;
    }
    printf("\"%s\"\n", printable(text, shown, sizeof shown));
}

static void print_blob(nvs_handle_t handle, const nvs_entry_info_t *info)
{
    size_t length = 0;
    (void)nvs_get_blob(handle, info->key, NULL, &length);
    uint8_t *bytes = malloc(length + 1);
    if (bytes == NULL || nvs_get_blob(handle, info->key, bytes, &length) != ESP_OK) {
        puts("(its bytes are damaged)");
        free(bytes);
        return;
    }
    printf("%zu bytes", length);
    for (size_t i = 0; i < length && i < BLOB_SHOWN; i++) {
        printf("%s%02x", i == 0 ? ": " : " ", bytes[i]);
    }
    puts(length > BLOB_SHOWN ? " ..." : "");
    free(bytes);
}

struct type_row {
    nvs_type_t type;
    const char *name;
    void (*print)(nvs_handle_t handle, const nvs_entry_info_t *info);
};

static const struct type_row types[] = {
    {NVS_TYPE_U8, "u8", print_unsigned},   {NVS_TYPE_I8, "i8", print_signed},
    {NVS_TYPE_U16, "u16", print_unsigned}, {NVS_TYPE_I16, "i16", print_signed},
    {NVS_TYPE_U32, "u32", print_unsigned}, {NVS_TYPE_I32, "i32", print_signed},
    {NVS_TYPE_U64, "u64", print_unsigned}, {NVS_TYPE_I64, "i64", print_signed},
    {NVS_TYPE_STR, "str", print_string},   {NVS_TYPE_BLOB, "blob", print_blob},
};

static void print_entry(const char *label, const nvs_entry_info_t *info)
{
    char ns[NVS_NS_NAME_MAX_SIZE], key[NVS_KEY_NAME_MAX_SIZE];
    nvs_handle_t handle;
    if (nvs_open_from_partition(label, info->namespace_name, NVS_READONLY, &handle) != ESP_OK) {
        return;
    }
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (types[i].type == info->type) {
            printf("  %-15s  %-15s  %-4s  ", printable(info->namespace_name, ns, sizeof ns),
                   printable(info->key, key, sizeof key), types[i].name);
            types[i].print(handle, info);
        }
    }
    nvs_close(handle);
}

static void print_entries(const char *label)
{
    nvs_stats_t stats;
    nvs_iterator_t iterator;
    (void)nvs_get_stats(label, &stats);
    printf("%zu of %zu entries used, %zu namespace%s\n", stats.used_entries, stats.total_entries,
           stats.namespace_count, stats.namespace_count == 1 ? "" : "s");
    for (esp_err_t err = nvs_entry_find(label, NULL, NVS_TYPE_ANY, &iterator); err == ESP_OK;
         err = nvs_entry_next(&iterator)) {
        nvs_entry_info_t info;
        if (nvs_entry_info(iterator, &info) == ESP_OK) {
            print_entry(label, &info);
        }
    }
}

void print_nvs(const struct partition *partition)
{
    char shown[PARTITION_LABEL_LENGTH + 1];
    esp_partition_t readonly = {
        .flash_chip = esp_flash_default_chip,
        .type = ESP_PARTITION_TYPE_DATA,
        .subtype = ESP_PARTITION_SUBTYPE_DATA_NVS,
        .address = partition->offset,
        .size = partition->size,
        .erase_size = FLASH_SECTOR_SIZE,
        .readonly = true,
    };
    memcpy(readonly.label, partition->label,
           sizeof partition->label < sizeof readonly.label ? sizeof partition->label
                                                           : sizeof readonly.label - 1);
    printf("%s: ", printable(partition->label, shown, sizeof shown));
    esp_err_t err = nvs_flash_init_partition_ptr(&readonly);
    if (err != ESP_OK) {
        printf("%s\n", esp_err_to_name(err));
        return;
    }
    print_entries(readonly.label);
    (void)nvs_flash_deinit_partition(readonly.label);
}
