#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "partition_table.h"

#define FLASH_SIZE 0x400000u
#define ENTRY      32u
#define MD5_OF(n)  ((n)*ENTRY) /* where the MD5 entry of a table of n partitions lies */

static const struct partition_table usual = {
    .count = 4,
    .entries =
        {
            {.type = 1, .subtype = 2, .offset = 0x9000, .size = 0x4000, .label = "nvs"},
            {.type = 1, .subtype = 0, .offset = 0xd000, .size = 0x2000, .label = "otadata"},
            {.type = 0,
             .subtype = 0x10,
             .offset = 0x10000,
             .size = 0x100000,
             .label = "ota_0",
             .encrypted = true},
            {.type = 0,
             .subtype = 0x11,
             .offset = 0x110000,
             .size = 0x100000,
             .label = "sixteen_letters_",
             .readonly = true},
        },
};

static void assert_same_table(const struct partition_table *a, const struct partition_table *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        assert_int_equal(a->entries[i].type, b->entries[i].type);
        assert_int_equal(a->entries[i].subtype, b->entries[i].subtype);
        assert_int_equal(a->entries[i].offset, b->entries[i].offset);
        assert_int_equal(a->entries[i].size, b->entries[i].size);
        assert_string_equal(a->entries[i].label, b->entries[i].label);
        assert_int_equal(a->entries[i].encrypted, b->entries[i].encrypted);
        assert_int_equal(a->entries[i].readonly, b->entries[i].readonly);
    }
}

static void binary_form_is_as_documented(void **state)
{
    (void)state;
    uint8_t binary[PARTITION_TABLE_MAX_LENGTH];
    partition_table_to_binary(&usual, binary);
    static const uint8_t otadata_entry[ENTRY] = {
        0xAA, 0x50, 0x01, 0x00, 0x00, 0xD0, 0x00, 0x00, 0x00, 0x20,
        0x00, 0x00, 'o',  't',  'a',  'd',  'a',  't',  'a',
    };
    assert_memory_equal(binary + ENTRY, otadata_entry, ENTRY);
    assert_int_equal(binary[2 * ENTRY + 28], 1); /* encrypted */
    assert_memory_equal(binary + 3 * ENTRY + 12, "sixteen_letters_", 16);
    assert_int_equal(binary[3 * ENTRY + 28], 2); /* readonly */
    assert_memory_equal(binary + MD5_OF(4), "\xEB\xEB\xFF\xFF\xFF\xFF", 6);
    for (size_t i = MD5_OF(4) + ENTRY; i < sizeof binary; i++) {
        assert_int_equal(binary[i], 0xFF);
    }
}

static void table_survives_the_binary_form(void **state)
{
    (void)state;
    uint8_t binary[PARTITION_TABLE_MAX_LENGTH];
    struct partition_table read;
    struct error err;
    partition_table_to_binary(&usual, binary);
    assert_int_equal(partition_table_from_binary(binary, sizeof binary, FLASH_SIZE, &read, &err),
                     ESP_OK);
    assert_same_table(&read, &usual);
}

static void table_without_md5_is_accepted(void **state)
{
    (void)state;
    uint8_t binary[PARTITION_TABLE_MAX_LENGTH];
    struct partition_table read;
    partition_table_to_binary(&usual, binary);
    memset(binary + MD5_OF(4), 0xFF, ENTRY);
    assert_int_equal(partition_table_from_binary(binary, sizeof binary, FLASH_SIZE, &read, NULL),
                     ESP_OK);
    assert_same_table(&read, &usual);
}

static void full_table_has_no_room_for_an_md5(void **state)
{
    (void)state;
    struct partition_table full = {.count = PARTITION_TABLE_MAX_ENTRIES};
    for (size_t i = 0; i < full.count; i++) {
        full.entries[i] = (struct partition){
            .type = 1, .subtype = 6, .offset = (uint32_t)(0x9000 + i * 0x1000), .size = 0x1000};
        full.entries[i].label[0] = (char)('!' + i);
    }
    uint8_t binary[PARTITION_TABLE_MAX_LENGTH];
    struct partition_table read;
    partition_table_to_binary(&full, binary);
    assert_int_equal(partition_table_from_binary(binary, sizeof binary, FLASH_SIZE, &read, NULL),
                     ESP_OK);
    assert_same_table(&read, &full);
    full.count--;
    partition_table_to_binary(&full, binary);
    assert_int_equal(binary[MD5_OF(full.count)], 0xEB);
    assert_int_equal(partition_table_from_binary(binary, sizeof binary, FLASH_SIZE, &read, NULL),
                     ESP_OK);
    assert_same_table(&read, &full);
}

static void break_nothing(uint8_t *binary)
{
    (void)binary;
}
static void leave_flash(uint8_t *binary)
{
    binary[3 * ENTRY + 10] = 0x30; /* size 0x300000 from 0x110000 */
}
static void begin_behind_flash(uint8_t *binary)
{
    binary[3 * ENTRY + 7] = 0xFF;
}
static void wrap_around(uint8_t *binary)
{
    memcpy(binary + 3 * ENTRY + 8, "\x00\x00\xF0\xFF", 4); /* 0x110000 + 0xFFF00000 is 0x10000 */
}
static void change_a_label(uint8_t *binary)
{
    binary[12] ^= 1;
}
static void add_a_second_md5(uint8_t *binary)
{
    memcpy(binary + MD5_OF(5), binary + MD5_OF(4), ENTRY);
}
static void spoil_a_magic(uint8_t *binary)
{
    binary[2 * ENTRY] = 0xAB;
}
static void empty_the_first_entry(uint8_t *binary)
{
    memset(binary, 0xFF, ENTRY);
}
static void fill_to_the_end(uint8_t *binary)
{
    for (size_t at = MD5_OF(4); at < PARTITION_TABLE_MAX_LENGTH; at += ENTRY) {
        memcpy(binary + at, binary, ENTRY);
    }
}

static void broken_tables_are_refused(void **state)
{
    (void)state;
    const struct {
        void (*spoil)(uint8_t *binary);
        esp_err_t result;
        const char *says;
    } cases[] = {
        {break_nothing, ESP_OK, ""},
        {leave_flash, ESP_ERR_INVALID_SIZE, "entry 3 \"sixteen_letters_\""},
        {begin_behind_flash, ESP_ERR_INVALID_SIZE, "leaves the flash chip"},
        {wrap_around, ESP_ERR_INVALID_SIZE, "leaves the flash chip"},
        {change_a_label, ESP_ERR_INVALID_STATE, "MD5 in entry 4 does not match"},
        {add_a_second_md5, ESP_ERR_INVALID_STATE, "entry 5 is a second MD5"},
        {spoil_a_magic, ESP_ERR_INVALID_STATE, "entry 2 has an unknown magic"},
        {empty_the_first_entry, ESP_ERR_INVALID_STATE, "empty"},
        {fill_to_the_end, ESP_ERR_INVALID_STATE, "no end"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t binary[PARTITION_TABLE_MAX_LENGTH];
        struct partition_table read;
        struct error err = {""};
        partition_table_to_binary(&usual, binary);
        cases[i].spoil(binary);
        assert_int_equal(
            partition_table_from_binary(binary, sizeof binary, FLASH_SIZE, &read, &err),
            cases[i].result);
        if (strstr(err.text, cases[i].says) == NULL) {
            fail_msg("case %zu: \"%s\" does not say \"%s\"", i, err.text, cases[i].says);
        }
    }
}

static void any_bytes_end_in_a_verdict(void **state)
{
    (void)state;
    uint32_t random = 12345;
    for (unsigned round = 0; round < 2000; round++) {
        uint8_t binary[PARTITION_TABLE_MAX_LENGTH];
        struct partition_table read;
        partition_table_to_binary(&usual, binary);
        for (unsigned i = 0; i < 1 + round % 8; i++) {
            random = random * 1664525u + 1013904223u;
            binary[(random >> 8) % (6 * ENTRY)] = (uint8_t)(random >> 24);
        }
        size_t length = round % 3 == 0 ? (random >> 8) % sizeof binary : sizeof binary;
        esp_err_t result = partition_table_from_binary(binary, length, FLASH_SIZE, &read, NULL);
        assert_true(result == ESP_OK || result == ESP_ERR_INVALID_SIZE ||
                    result == ESP_ERR_INVALID_STATE);
        assert_true(read.count <= PARTITION_TABLE_MAX_ENTRIES);
    }
}

static void partitions_are_found(void **state)
{
    (void)state;
    assert_string_equal(partition_table_find(&usual, 0, 0x11)->label, "sixteen_letters_");
    assert_null(partition_table_find(&usual, 0, 0x12));
    assert_int_equal(partition_table_find_label(&usual, "nvs")->offset, 0x9000);
    assert_null(partition_table_find_label(&usual, "nv"));
    assert_null(partition_table_find_address(&usual, 0x8fff));
    assert_string_equal(partition_table_find_address(&usual, 0x9000)->label, "nvs");
    assert_string_equal(partition_table_find_address(&usual, 0xcfff)->label, "nvs");
    assert_string_equal(partition_table_find_address(&usual, 0xd000)->label, "otadata");
    assert_null(partition_table_find_address(&usual, 0xf000));
}

static void ota_slots_count_until_the_first_gap(void **state)
{
    (void)state;
    struct partition_table table = usual;
    assert_int_equal(partition_table_ota_count(&table), 2);
    table.entries[3].subtype = 0x12;
    assert_int_equal(partition_table_ota_count(&table), 1);
    table.entries[2].subtype = 0x11;
    assert_int_equal(partition_table_ota_count(&table), 0);
}

static void types_have_names(void **state)
{
    (void)state;
    char type[8], subtype[16];
    assert_string_equal(partition_type_name(0, type), "app");
    assert_string_equal(partition_type_name(3, type), "partition_table");
    assert_string_equal(partition_type_name(0x40, type), "0x40");
    assert_string_equal(partition_subtype_name(0, 0x1F, subtype), "ota_15");
    assert_string_equal(partition_subtype_name(1, 0x83, subtype), "littlefs");
    assert_string_equal(partition_subtype_name(2, 2, subtype), "recovery");
    assert_string_equal(partition_subtype_name(1, 0x77, subtype), "0x77");
}

static void device_reads_the_table_from_flash(void **state)
{
    (void)state;
    struct device *device = device_create(&(struct device_config){0});
    assert_non_null(device);
    struct partition_table read;
    struct error err;
    assert_int_equal(device_partition_table(device, &read, &err), ESP_ERR_INVALID_STATE);
    device_load_partition_table(device, &usual);
    assert_int_equal(device_partition_table(device, &read, &err), ESP_OK);
    assert_same_table(&read, &usual);
    assert_int_equal(flash_size(device->flash), 4u << 20);
    assert_string_equal(device->chip->name, "esp32s3");
    assert_int_equal(device->efuse.secure_version_length, 16);
    device_destroy(device);
}

static void real_table_without_md5_parses(void **state)
{
    (void)state;
    FILE *file = fopen(OTASIM_REAL_IMAGES "/partitions_singleapp.bin", "rb");
    if (file == NULL) {
        skip();
    }
    /* In flash, erased sectors follow the file's 96 bytes. */
    uint8_t binary[PARTITION_TABLE_MAX_LENGTH];
    memset(binary, 0xFF, sizeof binary);
    size_t length = fread(binary, 1, sizeof binary, file);
    fclose(file);
    assert_int_equal(length, 96);
    struct partition_table read;
    struct error err;
    assert_int_equal(partition_table_from_binary(binary, sizeof binary, FLASH_SIZE, &read, &err),
                     ESP_OK);
    assert_int_equal(read.count, 3);
    assert_string_equal(read.entries[0].label, "factory");
    assert_int_equal(read.entries[0].offset, 0x10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(binary_form_is_as_documented),
        cmocka_unit_test(table_survives_the_binary_form),
        cmocka_unit_test(table_without_md5_is_accepted),
        cmocka_unit_test(full_table_has_no_room_for_an_md5),
        cmocka_unit_test(broken_tables_are_refused),
        cmocka_unit_test(any_bytes_end_in_a_verdict),
        cmocka_unit_test(partitions_are_found),
        cmocka_unit_test(ota_slots_count_until_the_first_gap),
        cmocka_unit_test(types_have_names),
        cmocka_unit_test(device_reads_the_table_from_flash),
        cmocka_unit_test(real_table_without_md5_parses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
