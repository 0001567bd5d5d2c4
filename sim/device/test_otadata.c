#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "efuse.h"
#include "otadata.h"

static struct otadata_entry entry(uint32_t seq, uint32_t state, bool crc_ok)
{
    struct otadata_entry row = {.seq = seq, .state = state};
    memset(row.label, 0xFF, sizeof row.label);
    row.crc = otadata_crc(seq) ^ (crc_ok ? 0 : 1);
    return row;
}

static struct otadata_entry erased(void)
{
    struct otadata_entry row;
    memset(&row, 0xFF, sizeof row);
    return row;
}

static void crc_has_the_rom_convention(void **state)
{
    (void)state;
    assert_int_equal(otadata_crc(1), 0x4743989A);
    assert_int_equal(otadata_crc(2), 0x55F63774);
}

static void states_make_an_entry_unusable(void **state)
{
    (void)state;
    const struct {
        struct otadata_entry entry;
        bool unusable, valid;
    } cases[] = {
        {entry(1, OTADATA_NEW, true), false, true},
        {entry(1, OTADATA_PENDING_VERIFY, true), false, true},
        {entry(1, OTADATA_VALID, true), false, true},
        {entry(1, OTADATA_UNDEFINED, true), false, true},
        {entry(1, OTADATA_INVALID, true), true, false},
        {entry(1, OTADATA_ABORTED, true), true, false},
        {entry(1, OTADATA_VALID, false), false, false},
        {entry(OTADATA_NO_SEQ, OTADATA_VALID, true), true, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(otadata_entry_unusable(&cases[i].entry), cases[i].unusable);
        assert_int_equal(otadata_entry_valid(&cases[i].entry), cases[i].valid);
    }
}

static void higher_seq_counts_and_the_first_on_a_tie(void **state)
{
    (void)state;
    const struct {
        struct otadata_entry first, second;
        int active;
    } cases[] = {
        {entry(1, OTADATA_VALID, true), entry(2, OTADATA_NEW, true), 1},
        {entry(3, OTADATA_VALID, true), entry(2, OTADATA_NEW, true), 0},
        {entry(2, OTADATA_VALID, true), entry(2, OTADATA_NEW, true), 0},
        {entry(1, OTADATA_VALID, true), entry(2, OTADATA_NEW, false), 0},
        {entry(1, OTADATA_VALID, true), entry(2, OTADATA_ABORTED, true), 0},
        {entry(1, OTADATA_VALID, false), entry(2, OTADATA_VALID, true), 1},
        {entry(1, OTADATA_INVALID, true), entry(2, OTADATA_VALID, false), -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct otadata otadata = {{cases[i].first, cases[i].second}};
        assert_int_equal(otadata_active(&otadata), cases[i].active);
    }
    struct otadata blank = {{erased(), erased()}};
    assert_int_equal(otadata_active(&blank), -1);
}

static void seq_names_a_slot_by_turns(void **state)
{
    (void)state;
    assert_int_equal(otadata_slot(1, 2), 0);
    assert_int_equal(otadata_slot(2, 2), 1);
    assert_int_equal(otadata_slot(3, 2), 0);
    assert_int_equal(otadata_slot(7, 3), 0);
    assert_int_equal(otadata_slot(5, 1), 0);
}

static void writing_touches_one_sector(void **state)
{
    (void)state;
    struct flash *flash = flash_create(4 * FLASH_SECTOR_SIZE);
    struct otadata_entry first = entry(1, OTADATA_VALID, true);
    struct otadata_entry second = entry(2, OTADATA_NEW, false);
    assert_int_equal(otadata_write(flash, FLASH_SECTOR_SIZE, 0, &first, false), ESP_OK);
    assert_int_equal(otadata_write(flash, FLASH_SECTOR_SIZE, 1, &second, true), ESP_OK);
    assert_int_equal(flash_op_count(flash), 4);
    assert_int_equal(flash_sector_erases(flash, FLASH_SECTOR_SIZE), 1);
    assert_int_equal(flash_sector_erases(flash, 2 * FLASH_SECTOR_SIZE), 1);
    struct otadata read;
    assert_int_equal(otadata_read(flash, FLASH_SECTOR_SIZE, &read), ESP_OK);
    assert_memory_equal(&read.entry[0], &first, sizeof first);
    assert_true(otadata_entry_valid(&read.entry[1]));
    assert_int_equal(otadata_read(flash, 3 * FLASH_SECTOR_SIZE, &read), ESP_ERR_INVALID_ARG);
    assert_int_equal(otadata_write(flash, 0, 2, &first, true), ESP_ERR_INVALID_ARG);
    flash_destroy(flash);
}

static void entry_lies_in_flash_as_documented(void **state)
{
    (void)state;
    struct otadata_entry row = entry(0x01020304, OTADATA_PENDING_VERIFY, true);
    const uint8_t *bytes = (const uint8_t *)&row;
    assert_memory_equal(bytes, "\x04\x03\x02\x01", 4);
    assert_memory_equal(bytes + 24, "\x01\x00\x00\x00", 4);
    uint32_t crc;
    memcpy(&crc, bytes + 28, sizeof crc);
    assert_int_equal(crc, otadata_crc(0x01020304));
}

static void entries_read_as_text(void **state)
{
    (void)state;
    char text[64];
    struct otadata_entry row = erased();
    assert_string_equal(otadata_entry_text(&row, text), "erased");
    row = entry(3, OTADATA_VALID, true);
    assert_string_equal(otadata_entry_text(&row, text), "seq 3 VALID");
    row = entry(4, OTADATA_UNDEFINED, false);
    assert_string_equal(otadata_entry_text(&row, text), "seq 4 UNDEFINED, bad CRC");
    row = entry(4, 77, true);
    assert_string_equal(otadata_entry_text(&row, text), "seq 4 0x0000004d");
}

static void secure_version_only_rises(void **state)
{
    (void)state;
    struct efuse efuse = {.secure_version_length = 16};
    assert_int_equal(efuse_raise_secure_version(&efuse, 3), ESP_OK);
    assert_int_equal(efuse.secure_version_bits, 0x7);
    assert_int_equal(efuse_raise_secure_version(&efuse, 1), ESP_OK);
    assert_int_equal(efuse_secure_version(&efuse), 3);
    assert_true(efuse_allows_secure_version(&efuse, 3));
    assert_false(efuse_allows_secure_version(&efuse, 2));
    assert_int_equal(efuse_raise_secure_version(&efuse, 16), ESP_OK);
    assert_int_equal(efuse_raise_secure_version(&efuse, 17), ESP_ERR_INVALID_ARG);
    assert_int_equal(efuse.secure_version_bits, 0xFFFF);
}

static void secure_version_is_a_count_of_bits(void **state)
{
    (void)state;
    struct efuse efuse = {.secure_version_length = 32, .secure_version_bits = 0x80000004};
    assert_int_equal(efuse_secure_version(&efuse), 2);
    assert_int_equal(efuse_raise_secure_version(&efuse, 32), ESP_OK);
    assert_int_equal(efuse.secure_version_bits, 0xFFFFFFFF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crc_has_the_rom_convention),
        cmocka_unit_test(states_make_an_entry_unusable),
        cmocka_unit_test(higher_seq_counts_and_the_first_on_a_tie),
        cmocka_unit_test(seq_names_a_slot_by_turns),
        cmocka_unit_test(writing_touches_one_sector),
        cmocka_unit_test(entry_lies_in_flash_as_documented),
        cmocka_unit_test(entries_read_as_text),
        cmocka_unit_test(secure_version_only_rises),
        cmocka_unit_test(secure_version_is_a_count_of_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
