/* Keys and values as a firmware sees them. */
#include "../esp/test_device.h"

#include "../esp/heap.h"
#include "nvs_flash.h"

static struct device *device;

static int begin(void **state)
{
    (void)state;
    device = begin_boot(&(struct device_config){0});
    assert_int_equal(nvs_flash_init(), ESP_OK);
    return 0;
}

static int end(void **state)
{
    (void)state;
    (void)nvs_flash_deinit();
    assert_int_equal(heap_stats().in_use, 0);
    end_boot(device);
    return 0;
}

static void reboot(void)
{
    assert_int_equal(nvs_flash_deinit(), ESP_OK);
    assert_int_equal(nvs_flash_init(), ESP_OK);
}

static nvs_handle_t open_app(void)
{
    nvs_handle_t handle;
    assert_int_equal(nvs_open("app", NVS_READWRITE, &handle), ESP_OK);
    return handle;
}

static void assert_string(nvs_handle_t handle, const char *key, const char *expected)
{
    char text[4000];
    size_t length = sizeof text;
    assert_int_equal(nvs_get_str(handle, key, text, &length), ESP_OK);
    assert_string_equal(text, expected);
    assert_int_equal(length, strlen(expected) + 1);
}

#define ASSERT_KEEPS(name, type, value)                                                            \
    do {                                                                                           \
        type read;                                                                                 \
        nvs_handle_t handle = open_app();                                                          \
        assert_int_equal(nvs_set_##name(handle, #name, value), ESP_OK);                            \
        assert_int_equal(nvs_commit(handle), ESP_OK);                                              \
        reboot();                                                                                  \
        handle = open_app();                                                                       \
        assert_int_equal(nvs_get_##name(handle, #name, &read), ESP_OK);                            \
        assert_true(read == (value));                                                              \
    } while (0)

static void integers_survive_a_reboot(void **state)
{
    (void)state;
    ASSERT_KEEPS(i8, int8_t, INT8_MIN);
    ASSERT_KEEPS(u8, uint8_t, UINT8_MAX);
    ASSERT_KEEPS(i16, int16_t, INT16_MIN);
    ASSERT_KEEPS(u16, uint16_t, UINT16_MAX);
    ASSERT_KEEPS(i32, int32_t, INT32_MIN);
    ASSERT_KEEPS(u32, uint32_t, UINT32_MAX);
    ASSERT_KEEPS(i64, int64_t, INT64_MIN);
    ASSERT_KEEPS(u64, uint64_t, UINT64_MAX);
}

static void strings_and_blobs_survive_a_reboot(void **state)
{
    (void)state;
    static uint8_t blob[9000], read[9000];
    for (size_t i = 0; i < sizeof blob; i++) {
        blob[i] = (uint8_t)(i * 7 + i / 251);
    }
    nvs_handle_t handle = open_app();
    assert_int_equal(nvs_set_str(handle, "url", "https://example.com/fw.bin"), ESP_OK);
    assert_int_equal(nvs_set_str(handle, "empty", ""), ESP_OK);
    assert_int_equal(nvs_set_blob(handle, "blob", blob, sizeof blob), ESP_OK);
    assert_int_equal(nvs_set_blob(handle, "nothing", NULL, 0), ESP_OK);
    reboot();
    handle = open_app();
    assert_string(handle, "url", "https://example.com/fw.bin");
    assert_string(handle, "empty", "");
    size_t length = sizeof read;
    assert_int_equal(nvs_get_blob(handle, "blob", read, &length), ESP_OK);
    assert_int_equal(length, sizeof blob);
    assert_memory_equal(read, blob, sizeof blob);
    length = sizeof read;
    assert_int_equal(nvs_get_blob(handle, "nothing", read, &length), ESP_OK);
    assert_int_equal(length, 0);
}

static void a_buffer_that_is_too_small_is_told_the_size(void **state)
{
    (void)state;
    char text[5];
    size_t length = 0;
    nvs_handle_t handle = open_app();
    assert_int_equal(nvs_set_str(handle, "text", "12345"), ESP_OK);
    assert_int_equal(nvs_get_str(handle, "text", NULL, &length), ESP_OK);
    assert_int_equal(length, 6);
    length = sizeof text;
    assert_int_equal(nvs_get_str(handle, "text", text, &length), ESP_ERR_NVS_INVALID_LENGTH);
    assert_int_equal(length, 6);
}

static void a_key_has_one_value_of_one_type(void **state)
{
    (void)state;
    uint8_t number = 77;
    nvs_type_t type;
    nvs_handle_t handle = open_app();
    assert_int_equal(nvs_set_u32(handle, "key", 5), ESP_OK);
    assert_int_equal(nvs_get_u8(handle, "key", &number), ESP_ERR_NVS_TYPE_MISMATCH);
    assert_int_equal(number, 77);
    assert_int_equal(nvs_set_u8(handle, "key", 6), ESP_OK);
    assert_int_equal(nvs_get_u8(handle, "key", &number), ESP_OK);
    assert_int_equal(number, 6);
    assert_int_equal(nvs_set_blob(handle, "key", "abc", 3), ESP_OK);
    assert_int_equal(nvs_find_key(handle, "key", &type), ESP_OK);
    assert_int_equal(type, NVS_TYPE_BLOB);
    assert_int_equal(nvs_set_str(handle, "key", "abc"), ESP_OK);
    assert_string(handle, "key", "abc");
    size_t used;
    assert_int_equal(nvs_get_used_entry_count(handle, &used), ESP_OK);
    assert_int_equal(used, 2);
}

static void namespaces_keep_keys_apart(void **state)
{
    (void)state;
    nvs_handle_t app = open_app(), wifi, reader;
    uint8_t number;
    assert_int_equal(nvs_open("wifi", NVS_READONLY, &reader), ESP_ERR_NVS_NOT_FOUND);
    assert_int_equal(nvs_open("wifi", NVS_READWRITE, &wifi), ESP_OK);
    assert_int_equal(nvs_set_u8(app, "key", 1), ESP_OK);
    assert_int_equal(nvs_set_u8(wifi, "key", 2), ESP_OK);
    assert_int_equal(nvs_erase_all(wifi), ESP_OK);
    assert_int_equal(nvs_get_u8(wifi, "key", &number), ESP_ERR_NVS_NOT_FOUND);
    assert_int_equal(nvs_get_u8(app, "key", &number), ESP_OK);
    assert_int_equal(number, 1);
    assert_int_equal(nvs_open("wifi", NVS_READONLY, &reader), ESP_OK);
    assert_int_equal(nvs_set_u8(reader, "key", 3), ESP_ERR_NVS_READ_ONLY);
    assert_int_equal(nvs_erase_key(reader, "key"), ESP_ERR_NVS_READ_ONLY);
    assert_int_equal(nvs_erase_all(reader), ESP_ERR_NVS_READ_ONLY);
}

static void there_are_at_most_254_namespaces(void **state)
{
    (void)state;
    nvs_handle_t handle;
    for (int i = 0; i < 254; i++) {
        char name[16];
        snprintf(name, sizeof name, "space%d", i);
        assert_int_equal(nvs_open(name, NVS_READWRITE, &handle), ESP_OK);
        nvs_close(handle);
    }
    assert_int_equal(nvs_open("more", NVS_READWRITE, &handle), ESP_ERR_NVS_NOT_ENOUGH_SPACE);
    assert_int_equal(nvs_open("space253", NVS_READWRITE, &handle), ESP_OK);
}

static void names_have_15_characters_at_most(void **state)
{
    (void)state;
    uint8_t number;
    nvs_handle_t handle = open_app(), other;
    assert_int_equal(nvs_set_u8(handle, "123456789012345", 1), ESP_OK);
    assert_int_equal(nvs_get_u8(handle, "123456789012345", &number), ESP_OK);
    assert_int_equal(nvs_set_u8(handle, "1234567890123456", 1), ESP_ERR_NVS_KEY_TOO_LONG);
    assert_int_equal(nvs_get_u8(handle, "1234567890123456", &number), ESP_ERR_NVS_KEY_TOO_LONG);
    assert_int_equal(nvs_set_u8(handle, "", 1), ESP_ERR_NVS_INVALID_NAME);
    assert_int_equal(nvs_open("", NVS_READWRITE, &other), ESP_ERR_NVS_INVALID_NAME);
    assert_int_equal(nvs_open("1234567890123456", NVS_READWRITE, &other), ESP_ERR_NVS_INVALID_NAME);
}

static void values_have_a_limit(void **state)
{
    (void)state;
    static char text[4001];
    static uint8_t blob[12001];
    memset(text, 'x', sizeof text - 1);
    nvs_handle_t handle = open_app();
    assert_int_equal(nvs_set_str(handle, "text", text), ESP_ERR_NVS_VALUE_TOO_LONG);
    assert_int_equal(nvs_set_str(handle, "text", text + 1), ESP_OK);
    assert_string(handle, "text", text + 1);
    assert_int_equal(nvs_erase_key(handle, "text"), ESP_OK);
    assert_int_equal(nvs_set_blob(handle, "blob", blob, 12001), ESP_ERR_NVS_VALUE_TOO_LONG);
    assert_int_equal(nvs_set_blob(handle, "blob", blob, 11800), ESP_OK);
    assert_int_equal(nvs_set_blob(handle, "other", blob, 800), ESP_ERR_NVS_NOT_ENOUGH_SPACE);
    nvs_stats_t stats;
    assert_int_equal(nvs_get_stats(NULL, &stats), ESP_OK);
    assert_int_equal(stats.used_entries, 1 + 369 + 3 + 1);
    reboot();
    size_t length;
    assert_int_equal(nvs_get_blob(open_app(), "blob", NULL, &length), ESP_OK);
    assert_int_equal(length, 11800);
}

static void handles_end_with_close_and_deinit(void **state)
{
    (void)state;
    nvs_handle_t closed = open_app(), handle = open_app();
    nvs_close(closed);
    assert_int_equal(nvs_set_u8(closed, "key", 1), ESP_ERR_NVS_INVALID_HANDLE);
    assert_int_equal(nvs_commit(closed), ESP_ERR_NVS_INVALID_HANDLE);
    assert_int_equal(nvs_flash_deinit(), ESP_OK);
    assert_int_equal(nvs_set_u8(handle, "key", 1), ESP_ERR_NVS_INVALID_HANDLE);
    assert_int_equal(nvs_open("app", NVS_READWRITE, &handle), ESP_ERR_NVS_NOT_INITIALIZED);
    assert_int_equal(nvs_flash_deinit(), ESP_ERR_NVS_NOT_INITIALIZED);
}

static void partitions_are_found_by_label(void **state)
{
    (void)state;
    nvs_handle_t handle;
    nvs_sec_cfg_t keys = {{0}, {0}};
    assert_int_equal(nvs_flash_init_partition("phy_init"), ESP_ERR_NOT_FOUND);
    assert_int_equal(nvs_open_from_partition("phy_init", "app", NVS_READWRITE, &handle),
                     ESP_ERR_NVS_PART_NOT_FOUND);
    assert_int_equal(nvs_flash_secure_init(&keys), ESP_ERR_NVS_ENCR_NOT_SUPPORTED);
    const esp_partition_t *sector = esp_partition_find_first(
        ESP_PARTITION_TYPE_DATA, ESP_PARTITION_SUBTYPE_DATA_PHY, "phy_init");
    assert_int_equal(nvs_flash_init_partition_ptr(sector), ESP_ERR_NVS_NO_FREE_PAGES);
    assert_int_equal(nvs_flash_init_partition_ptr(NULL), ESP_ERR_INVALID_ARG);
}

static void a_value_that_is_there_already_is_not_written(void **state)
{
    (void)state;
    nvs_handle_t handle = open_app();
    for (int i = 0; i < 2; i++) {
        uint64_t before = flash_op_count(device->flash);
        assert_int_equal(nvs_set_u8(handle, "number", 1), ESP_OK);
        assert_int_equal(nvs_set_str(handle, "text", "text"), ESP_OK);
        assert_int_equal(nvs_set_blob(handle, "blob", "blob", 4), ESP_OK);
        assert_int_equal(flash_op_count(device->flash) != before, i == 0);
    }
}

static void a_partition_can_be_rewritten_for_ever(void **state)
{
    (void)state;
    nvs_handle_t handle = open_app();
    static uint8_t blob[3000];
    char text[100] = "";
    assert_int_equal(nvs_set_u16(handle, "stays", 4711), ESP_OK);
    for (uint32_t i = 0; i < 3000; i++) {
        memset(blob, (int)i, sizeof blob);
        memset(text, 'a' + (int)(i % 26), i % 99);
        assert_int_equal(nvs_set_u32(handle, "count", i), ESP_OK);
        assert_int_equal(nvs_set_str(handle, "text", text), ESP_OK);
        if (i % 10 == 0) {
            assert_int_equal(nvs_set_blob(handle, "blob", blob, sizeof blob), ESP_OK);
        }
    }
    reboot();
    handle = open_app();
    uint32_t count;
    uint16_t stays;
    assert_int_equal(nvs_get_u32(handle, "count", &count), ESP_OK);
    assert_int_equal(count, 2999);
    assert_int_equal(nvs_get_u16(handle, "stays", &stays), ESP_OK);
    assert_int_equal(stays, 4711);
    assert_string(handle, "text", text);
    assert_int_equal(flash_counters(device->flash).nor_violations, 0);
}

static void a_full_partition_says_so_and_keeps_what_it_has(void **state)
{
    (void)state;
    nvs_handle_t handle = open_app();
    char key[16];
    int count = 0;
    esp_err_t err;
    do {
        snprintf(key, sizeof key, "key%d", count);
        err = nvs_set_i32(handle, key, count);
        count++;
    } while (err == ESP_OK);
    assert_int_equal(err, ESP_ERR_NVS_NOT_ENOUGH_SPACE);
    assert_int_equal(count - 1, 3 * 126 - 1);
    reboot();
    handle = open_app();
    assert_int_equal(nvs_set_i32(handle, "key0", 1), ESP_ERR_NVS_NOT_ENOUGH_SPACE);
    assert_int_equal(nvs_erase_key(handle, "key7"), ESP_OK);
    assert_int_equal(nvs_set_i32(handle, "key0", 1), ESP_OK);
    for (int i = 0; i < count - 1; i++) {
        int32_t value = -1;
        snprintf(key, sizeof key, "key%d", i);
        assert_int_equal(nvs_get_i32(handle, key, &value), i == 7 ? ESP_ERR_NVS_NOT_FOUND : ESP_OK);
        assert_int_equal(value, i == 0 ? 1 : i == 7 ? -1 : i);
    }
}

static void entries_can_be_walked_through(void **state)
{
    (void)state;
    nvs_handle_t handle = open_app(), other;
    static uint8_t blob[5000];
    assert_int_equal(nvs_open("other", NVS_READWRITE, &other), ESP_OK);
    assert_int_equal(nvs_set_u8(other, "number", 1), ESP_OK);
    assert_int_equal(nvs_set_i16(handle, "number", 1), ESP_OK);
    assert_int_equal(nvs_set_blob(handle, "blob", blob, sizeof blob), ESP_OK);
    assert_int_equal(nvs_set_str(handle, "text", "text"), ESP_OK);
    static const struct {
        const char *ns;
        nvs_type_t type;
        const char *found;
    } rows[] = {
        {NULL, NVS_TYPE_ANY, "other.number:01 app.number:12 app.blob:42 app.text:21 "},
        {"app", NVS_TYPE_ANY, "app.number:12 app.blob:42 app.text:21 "},
        {"app", NVS_TYPE_BLOB, "app.blob:42 "},
        {NULL, NVS_TYPE_U8, "other.number:01 "},
        {"other", NVS_TYPE_STR, ""},
        {"nobody", NVS_TYPE_ANY, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char found[200] = "";
        nvs_iterator_t iterator;
        esp_err_t err = nvs_entry_find("nvs", rows[i].ns, rows[i].type, &iterator);
        for (; err == ESP_OK; err = nvs_entry_next(&iterator)) {
            nvs_entry_info_t info;
            assert_int_equal(nvs_entry_info(iterator, &info), ESP_OK);
            size_t length = strlen(found);
            snprintf(found + length, sizeof found - length, "%s.%s:%02x ", info.namespace_name,
                     info.key, (unsigned)info.type);
        }
        assert_int_equal(err, ESP_ERR_NVS_NOT_FOUND);
        assert_null(iterator);
        assert_string_equal(found, rows[i].found);
    }
    nvs_stats_t stats;
    size_t used;
    assert_int_equal(nvs_get_stats("nvs", &stats), ESP_OK);
    assert_int_equal(stats.namespace_count, 2);
    assert_int_equal(stats.total_entries, 4 * 126);
    assert_int_equal(stats.used_entries + stats.free_entries, 4 * 126);
    assert_int_equal(stats.available_entries, stats.free_entries - 126);
    assert_int_equal(nvs_get_used_entry_count(handle, &used), ESP_OK);
    assert_int_equal(stats.used_entries, 2 + 1 + used);
}

static void a_flash_error_is_told_and_init_repairs(void **state)
{
    (void)state;
    for (uint64_t at = 0; at < 3; at++) {
        uint8_t number = 0;
        nvs_handle_t handle = open_app();
        assert_int_equal(nvs_set_u8(handle, "key", 1), ESP_OK);
        flash_arm_error(device->flash, flash_op_count(device->flash) + at, ESP_FAIL);
        assert_int_equal(nvs_set_u8(handle, "key", 2),
                         at == 2 ? ESP_ERR_NVS_REMOVE_FAILED : ESP_FAIL);
        assert_int_equal(nvs_set_u8(handle, "key", 3), ESP_ERR_NVS_INVALID_STATE);
        assert_int_equal(nvs_flash_init(), ESP_OK);
        handle = open_app();
        assert_int_equal(nvs_get_u8(handle, "key", &number), ESP_OK);
        assert_int_equal(number, at == 2 ? 2 : 1);
    }
}

static void without_memory_nothing_is_lost(void **state)
{
    (void)state;
    nvs_handle_t handle = open_app();
    uint8_t number = 0;
    assert_int_equal(nvs_set_u8(handle, "key", 1), ESP_OK);
    assert_int_equal(nvs_flash_deinit(), ESP_OK);
    esp_err_t err = ESP_ERR_NO_MEM;
    for (uint64_t n = 0; err != ESP_OK; n++) {
        assert_in_range(n, 0, 100);
        heap_arm_failure(heap_stats().allocations + n);
        err = nvs_flash_init();
        assert_true(err == ESP_OK || err == ESP_ERR_NO_MEM);
    }
    heap_arm_failure(UINT64_MAX);
    assert_int_equal(nvs_get_u8(open_app(), "key", &number), ESP_OK);
    assert_int_equal(number, 1);
}

static void erase_leaves_nothing(void **state)
{
    (void)state;
    nvs_handle_t handle = open_app();
    assert_int_equal(nvs_set_u8(handle, "key", 1), ESP_OK);
    assert_int_equal(nvs_flash_erase(), ESP_OK);
    assert_int_equal(nvs_open("app", NVS_READONLY, &handle), ESP_ERR_NVS_NOT_INITIALIZED);
    assert_int_equal(nvs_flash_init(), ESP_OK);
    assert_int_equal(nvs_open("app", NVS_READONLY, &handle), ESP_ERR_NVS_NOT_FOUND);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(integers_survive_a_reboot),
        TEST(strings_and_blobs_survive_a_reboot),
        TEST(a_buffer_that_is_too_small_is_told_the_size),
        TEST(a_key_has_one_value_of_one_type),
        TEST(namespaces_keep_keys_apart),
        TEST(there_are_at_most_254_namespaces),
        TEST(names_have_15_characters_at_most),
        TEST(values_have_a_limit),
        TEST(handles_end_with_close_and_deinit),
        TEST(partitions_are_found_by_label),
        TEST(a_value_that_is_there_already_is_not_written),
        TEST(a_partition_can_be_rewritten_for_ever),
        TEST(a_full_partition_says_so_and_keeps_what_it_has),
        TEST(entries_can_be_walked_through),
        TEST(a_flash_error_is_told_and_init_repairs),
        TEST(without_memory_nothing_is_lost),
        TEST(erase_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
