#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "partition_table.h"

#define FLASH_SIZE        0x400000u
#define BOOTLOADER_OFFSET 0x1000u

static struct error err;

static bool parse(const char *text, struct partition_table *table)
{
    return partition_table_from_csv("partitions.csv", text, strlen(text), FLASH_SIZE,
                                    BOOTLOADER_OFFSET, table, &err);
}

static void assert_parses(const char *text, struct partition_table *table)
{
    if (!parse(text, table)) {
        fail_msg("%s", err.text);
    }
}

static void assert_partition(const struct partition *partition, const char *label, uint32_t offset,
                             uint32_t size)
{
    assert_string_equal(partition->label, label);
    assert_int_equal(partition->offset, offset);
    assert_int_equal(partition->size, size);
}

static void usual_table_is_read(void **state)
{
    (void)state;
    struct partition_table table;
    assert_parses("# Name, Type, SubType, Offset, Size, Flags\n"
                  "\n"
                  "nvs,      data, nvs,     0x9000,   0x4000,\r\n"
                  "otadata,  data, ota,     0xd000,   8K\n"
                  "phy_init, data, phy,     61440,    4096,\n"
                  "  # indented comment\n"
                  "factory,  app,  factory, 0x10000,  1M, encrypted\n"
                  "ota_0,    app,  ota_0,   0x110000, 1024k,\n"
                  "store, 0x40, 0x01, 0x210000, 0x1000, encrypted : readonly",
                  &table);
    assert_int_equal(table.count, 6);
    assert_partition(&table.entries[0], "nvs", 0x9000, 0x4000);
    assert_partition(&table.entries[1], "otadata", 0xd000, 0x2000);
    assert_partition(&table.entries[2], "phy_init", 0xf000, 0x1000);
    assert_partition(&table.entries[3], "factory", 0x10000, 0x100000);
    assert_partition(&table.entries[4], "ota_0", 0x110000, 0x100000);
    assert_true(table.entries[3].encrypted && !table.entries[3].readonly);
    assert_true(table.entries[5].encrypted && table.entries[5].readonly);
    assert_int_equal(table.entries[5].type, 0x40);
    assert_int_equal(table.entries[5].subtype, 1);
}

static void empty_offsets_are_the_next_free_ones(void **state)
{
    (void)state;
    struct partition_table table;
    assert_parses("nvs, data, nvs, , 0x4000\n"
                  "otadata, data, ota, , 0x2000\n"
                  "odd, data, , , 0x123\n"
                  "aligned, data, spiffs, , 0x1000\n"
                  "ota_0, app, ota_0, , 1M\n"
                  "ota_1, app, ota_1, , 1M\n",
                  &table);
    assert_partition(&table.entries[0], "nvs", 0x9000, 0x4000);
    assert_partition(&table.entries[1], "otadata", 0xd000, 0x2000);
    assert_partition(&table.entries[2], "odd", 0xf000, 0x123);
    assert_int_equal(table.entries[2].subtype, 0x06); /* undefined */
    assert_partition(&table.entries[3], "aligned", 0x10000, 0x1000);
    assert_partition(&table.entries[4], "ota_0", 0x20000, 0x100000);
    assert_partition(&table.entries[5], "ota_1", 0x120000, 0x100000);
}

static void bootloader_and_table_rows_are_filled_in(void **state)
{
    (void)state;
    struct partition_table table;
    assert_parses("boot, bootloader, primary, N/A, N/A\n"
                  "table, partition_table, primary, N/A, N/A\n"
                  "nvs, data, nvs, 0x9000, 0x4000\n"
                  "boot_ota, bootloader, ota, , N/A\n"
                  "factory, app, factory, , 1M\n",
                  &table);
    assert_partition(&table.entries[0], "boot", BOOTLOADER_OFFSET, 0x7000);
    assert_partition(&table.entries[1], "table", 0x8000, 0x1000);
    assert_partition(&table.entries[3], "boot_ota", 0xd000, 0x7000);
    assert_partition(&table.entries[4], "factory", 0x20000, 0x100000);
}

static void long_names_are_cut(void **state)
{
    (void)state;
    struct partition_table table;
    assert_parses("a_name_of_more_than_sixteen, data, nvs, , 0x4000\n", &table);
    assert_string_equal(table.entries[0].label, "a_name_of_more_t");
}

static void every_word_is_known(void **state)
{
    (void)state;
    static const struct {
        const char *type, *subtype;
        uint8_t value;
    } words[] = {
        {"app", "factory", 0x00},
        {"app", "ota_0", 0x10},
        {"app", "ota_15", 0x1F},
        {"app", "test", 0x20},
        {"data", "phy", 0x01},
        {"data", "nvs", 0x02},
        {"data", "coredump", 0x03},
        {"data", "nvs_keys", 0x04},
        {"data", "efuse", 0x05},
        {"data", "undefined", 0x06},
        {"data", "esphttpd", 0x80},
        {"data", "fat", 0x81},
        {"data", "spiffs", 0x82},
        {"data", "littlefs", 0x83},
        {"bootloader", "ota", 1},
        {"bootloader", "recovery", 2},
        {"partition_table", "ota", 1},
        {"0", "0x10", 0x10},
        {"1", "254", 254},
        {"0xFE", "0xFE", 0xFE},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        char row[128];
        struct partition_table table;
        snprintf(row, sizeof row, "p, %s, %s, , 0x2000\n", words[i].type, words[i].subtype);
        assert_parses(row, &table);
        assert_int_equal(table.entries[0].subtype, words[i].value);
    }
}

#define NVS "nvs, data, nvs, 0x9000, 0x4000\n"

static void mistakes_are_named_with_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {NVS "ota_0, app, ota_0, 0x11000, 1M\n",
         "partitions.csv:2: offset 0x11000 of \"ota_0\" is not aligned to 0x10000"},
        {NVS "x, data, fat, 0xd800, 0x1000\n",
         ":2: offset 0xd800 of \"x\" is not aligned to 0x1000"},
        {NVS "x, data, fat, 0xc000, 0x1000\n",
         ":2: \"x\" (0xc000 + 0x1000) overlaps \"nvs\" of line 1"},
        {"x, data, fat, 0x20000, 0x1000\n" NVS, ":2: offset 0x9000 of \"nvs\" lies before 0x21000"},
        {NVS "nvs, data, fat, , 0x1000\n", ":2: name \"nvs\" was given to line 1 already"},
        {"sixteen_letters_a, data, fat, , 0x1000\nsixteen_letters_b, data, fat, , 0x1000\n",
         ":2: name \"sixteen_letters_\" was given to line 1"},
        {NVS "ota_0, app, ota_0, , 4M\n",
         ":2: \"ota_0\" (0x10000 + 0x400000) leaves the flash chip"},
        {"low, data, fat, 0x8000, 0x1000\n", ":1: offset 0x8000 of \"low\" is before the end"},
        {", data, nvs, , 0x4000\n", ":1: name"},
        {"x, , nvs, , 0x4000\n", ":1: type"},
        {"x, dta, nvs, , 0x4000\n", ":1: type: unknown word \"dta\""},
        {"x, 0x10, 0, , 0x4000\n", ":1: type: 0x10 is reserved"},
        {"x, 0xFF, 0, , 0x4000\n", ":1: type: 0xFF is above 0xFE"},
        {"x, app, , , 1M\n", ":1: subtype"},
        {"x, app, ota_16, , 1M\n", ":1: subtype: unknown word \"ota_16\""},
        {"x, data, 255, , 0x1000\n", ":1: subtype: 255 is above 0xFE"},
        {"x, data, nvs, , \n", ":1: size: it is missing"},
        {"x, data, nvs\n", ":1: size: it is missing"},
        {"x, data, nvs, , 0\n", ":1: size of \"x\" is zero"},
        {"x, data, nvs, , 4 K\n", ":1: size: \"4 K\" is not a number"},
        {"x, data, nvs, , -1\n", ":1: size: \"-1\" is not a number"},
        {"x, data, nvs, , 0x\n", ":1: size: \"0x\" is not a number"},
        {"x, data, nvs, , 8192M\n", ":1: size: 8192M is beyond 32 bits"},
        {"x, data, nvs, , 99999999999999999999\n", ":1: size: \"99999999999999999999\" is"},
        {"x, data, nvs, 1G, 0x1000\n", ":1: offset: \"1G\" is not a number"},
        {"x, data, nvs, N/A, 0x1000\n", ":1: offset: N/A"},
        {"x, data, nvs, , N/A\n", ":1: size: \"N/A\" is not a number"},
        {"x, app, factory, , 0x1800\n", ":1: size 0x1800 of \"x\" is not a multiple of 0x1000"},
        {"x, data, nvs, , 0x4000, secret\n", ":1: flags: unknown word \"secret\""},
        {"x, data, nvs, , 0x4000, encrypted readonly\n", ":1: flags: unknown word"},
        {"x, data, nvs, , 0x4000, , more\n", ":1: more than 6 fields"},
        {"otadata, data, ota, , 0x1000\n", ":1: size 0x1000 of \"otadata\""},
        {"a, data, ota, , 0x2000\nb, data, ota, , 0x2000\n", ":2: \"b\" is a second otadata"},
        {"# nothing but a comment\n", "no partition in the file"},
        {"", "no partition in the file"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct partition_table table;
        err.text[0] = '\0';
        if (parse(cases[i].text, &table)) {
            fail_msg("accepted: %s", cases[i].text);
        }
        if (strstr(err.text, cases[i].says) == NULL ||
            strncmp(err.text, "partitions.csv:", 15) != 0) {
            fail_msg("%s:\nsays \"%s\"\nnot  \"%s\"", cases[i].text, err.text, cases[i].says);
        }
    }
}

static void too_many_rows_are_refused(void **state)
{
    (void)state;
    static char text[100 * 40];
    size_t used = 0;
    struct partition_table table;
    for (unsigned i = 0; i < 94; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "p%u, data, fat, , 0x1000\n", i);
    }
    assert_parses(text, &table);
    assert_int_equal(table.count, 94);
    snprintf(text + used, sizeof text - used, "p94, data, fat, , 0x1000\n");
    assert_false(parse(text, &table));
    assert_non_null(strstr(err.text, ":95: more than 94 partitions"));
}

static void without_a_flash_size_the_end_is_open(void **state)
{
    (void)state;
    struct partition_table table;
    static const char text[] = "a, app, factory, , 32M\nb, data, fat, 0xFFFFF000, 0xFFF\n";
    assert_true(partition_table_from_csv("big.csv", text, strlen(text), 0, BOOTLOADER_OFFSET,
                                         &table, &err));
    static const char wraps[] = "a, data, fat, 0xFFFFF000, 0x2000\n";
    assert_false(partition_table_from_csv("big.csv", wraps, strlen(wraps), 0, BOOTLOADER_OFFSET,
                                          &table, &err));
    static const char behind[] = "a, data, fat, 0xFFFFF000, 0xFFF\nb, data, fat, , 0x1000\n";
    assert_false(partition_table_from_csv("big.csv", behind, strlen(behind), 0, BOOTLOADER_OFFSET,
                                          &table, &err));
}

static void odd_lines_are_survived(void **state)
{
    (void)state;
    struct partition_table table;
    static char text[5000];
    memset(text, 'a', sizeof text - 1);
    assert_false(parse(text, &table));
    assert_non_null(strstr(err.text, ":1: the line is longer than"));
    text[0] = '#';
    memcpy(text + sizeof text - 1 - strlen("\n" NVS), "\n" NVS, strlen("\n" NVS));
    assert_parses(text, &table);
    static const char zero[] = "nvs, da\0ta, nvs, , 0x4000\n";
    assert_false(partition_table_from_csv("partitions.csv", zero, sizeof zero - 1, FLASH_SIZE,
                                          BOOTLOADER_OFFSET, &table, &err));
    assert_non_null(strstr(err.text, ":1: the line holds a zero byte"));
}

static void any_text_ends_in_a_verdict(void **state)
{
    (void)state;
    static const char alphabet[] = "nvs,data,ota_0xFM,#\n\n,,: 0123K\t\"\x80\xFF"
                                   "encrypted";
    uint32_t random = 1;
    for (unsigned round = 0; round < 5000; round++) {
        char text[200];
        size_t length = 0;
        while (length < sizeof text) {
            random = random * 1664525u + 1013904223u;
            text[length++] = alphabet[(random >> 8) % (sizeof alphabet - 1)];
        }
        struct partition_table table;
        err.text[0] = '\0';
        bool ok = partition_table_from_csv("noise.csv", text, length, FLASH_SIZE, BOOTLOADER_OFFSET,
                                           &table, &err);
        assert_true(ok ? table.count > 0 : err.text[0] != '\0');
    }
}

static void csv_survives_the_binary_form(void **state)
{
    (void)state;
    struct partition_table table, read;
    assert_parses(NVS "otadata, data, ota, , 0x2000\n"
                      "factory, app, factory, , 1M, encrypted\n"
                      "ota_0, app, ota_0, , 1M\n"
                      "storage, data, littlefs, , 512K, readonly\n",
                  &table);
    uint8_t binary[PARTITION_TABLE_MAX_LENGTH];
    partition_table_to_binary(&table, binary);
    assert_int_equal(partition_table_from_binary(binary, sizeof binary, FLASH_SIZE, &read, &err),
                     ESP_OK);
    assert_int_equal(read.count, table.count);
    for (size_t i = 0; i < table.count; i++) {
        assert_memory_equal(&read.entries[i], &table.entries[i], sizeof table.entries[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usual_table_is_read),
        cmocka_unit_test(empty_offsets_are_the_next_free_ones),
        cmocka_unit_test(bootloader_and_table_rows_are_filled_in),
        cmocka_unit_test(long_names_are_cut),
        cmocka_unit_test(every_word_is_known),
        cmocka_unit_test(mistakes_are_named_with_their_line),
        cmocka_unit_test(too_many_rows_are_refused),
        cmocka_unit_test(without_a_flash_size_the_end_is_open),
        cmocka_unit_test(odd_lines_are_survived),
        cmocka_unit_test(any_text_ends_in_a_verdict),
        cmocka_unit_test(csv_survives_the_binary_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
