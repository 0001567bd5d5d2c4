#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "flash_cipher.h"

#define SIZE (16 * FLASH_SECTOR_SIZE)

/* Key and text are 0, 1, 2, ...; the ciphertext was computed with another library's AES-XTS. */
static const uint8_t of_aes_128[32] = {
    0xb6, 0xcb, 0x99, 0x9a, 0x11, 0x0e, 0x01, 0xe8, 0xb1, 0xdd, 0x33, 0xb5, 0x87, 0x7a, 0x43, 0xdb,
    0x6c, 0x2a, 0x42, 0x5f, 0x4d, 0x2c, 0x79, 0x21, 0xb3, 0xbb, 0xd0, 0x6b, 0x77, 0x58, 0xe7, 0x0e};
static const uint8_t of_aes_256[32] = {
    0x1b, 0xcb, 0xa8, 0x3b, 0x72, 0xec, 0x40, 0xc6, 0xb8, 0x9b, 0x31, 0x91, 0x3d, 0x94, 0xb2, 0x76,
    0xb6, 0x8e, 0xc6, 0xb1, 0x50, 0x8d, 0x8d, 0x36, 0x5a, 0x20, 0xfe, 0x4c, 0xca, 0xa9, 0x3b, 0x3f};

static struct flash_key counting_key(uint8_t length)
{
    struct flash_key key = {.length = length};
    for (uint8_t i = 0; i < length; i++) {
        key.bytes[i] = i;
    }
    return key;
}

static struct flash *encrypted_flash(void)
{
    struct flash *flash = flash_create(SIZE);
    struct flash_key key = counting_key(32);
    assert_non_null(flash);
    assert_int_equal(flash_set_key(flash, &key), ESP_OK);
    return flash;
}

static void fill(uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        bytes[i] = (uint8_t)i;
    }
}

static void the_cipher_is_the_chips(void **state)
{
    (void)state;
    uint8_t text[256];
    struct flash_key key = counting_key(32);
    fill(text, sizeof text);
    flash_cipher_encrypt(&key, 0x110000, text, sizeof text);
    assert_memory_equal(text + 112, of_aes_128, sizeof of_aes_128); /* across two data units */
    flash_cipher_decrypt(&key, 0x110000, text, sizeof text);
    for (size_t i = 0; i < sizeof text; i++) {
        assert_int_equal(text[i], i);
    }
    key = counting_key(64);
    flash_cipher_encrypt(&key, 0x110000, text, sizeof text);
    assert_memory_equal(text + 112, of_aes_256, sizeof of_aes_256);
}

static void blocks_may_be_written_one_by_one(void **state)
{
    (void)state;
    struct flash *flash = encrypted_flash();
    uint8_t text[512];
    fill(text, sizeof text);
    assert_int_equal(flash_program_encrypted(flash, 4096, text, sizeof text), ESP_OK);
    for (uint32_t i = 0; i < sizeof text; i += 16) {
        assert_int_equal(flash_program_encrypted(flash, 8192 + i, text + i, 16), ESP_OK);
    }
    uint8_t whole[512], pieces[512];
    flash_read_decrypted(flash, 4096, whole, sizeof whole);
    flash_read_decrypted(flash, 8192, pieces, sizeof pieces);
    assert_memory_equal(whole, text, sizeof text);
    assert_memory_equal(pieces, text, sizeof text);
    assert_int_equal(flash_op_count(flash), 1 + 512 / 16);
    flash_destroy(flash);
}

static void the_chip_holds_ciphertext(void **state)
{
    (void)state;
    struct flash *flash = encrypted_flash();
    uint8_t text[256] = {0}, raw[256], other[256];
    flash_program_encrypted(flash, 4096, text, sizeof text);
    flash_program_encrypted(flash, 4096 + 256, text, sizeof text);
    flash_read(flash, 4096, raw, sizeof raw);
    flash_read(flash, 4096 + 256, other, sizeof other);
    assert_memory_not_equal(raw, text, 16);
    assert_memory_not_equal(raw, raw + 128, 16); /* the same text, elsewhere */
    assert_memory_not_equal(raw, other, 16);
    flash_destroy(flash);
}

static void what_is_erased_reads_as_noise(void **state)
{
    (void)state;
    struct flash *flash = encrypted_flash();
    uint8_t erased[16], read[16];
    memset(erased, 0xFF, sizeof erased);
    flash_read_decrypted(flash, 4096, read, sizeof read);
    assert_memory_not_equal(read, erased, sizeof erased);
    flash_destroy(flash);
}

static void any_address_can_be_read(void **state)
{
    (void)state;
    struct flash *flash = encrypted_flash();
    uint8_t text[512];
    fill(text, sizeof text);
    flash_load_encrypted(flash, SIZE - 512, text, sizeof text);
    for (uint32_t from = 0; from < 300; from += 7) {
        for (uint32_t length = 0; length <= 512 - from; length += 5) {
            uint8_t read[512];
            assert_int_equal(flash_read_decrypted(flash, SIZE - 512 + from, read, length), ESP_OK);
            assert_memory_equal(read, text + from, length);
        }
    }
    uint8_t *copy = flash_decrypted_copy(flash, SIZE - 500, 500);
    assert_memory_equal(copy, text + 12, 500);
    free(copy);
    assert_null(flash_decrypted_copy(flash, SIZE - 500, 501));
    assert_null(flash_decrypted_copy(flash, 0, 0));
    assert_int_equal(flash_read_decrypted(flash, SIZE - 1, text, 2), ESP_ERR_INVALID_ARG);
    flash_destroy(flash);
}

static void only_blocks_can_be_written(void **state)
{
    (void)state;
    struct flash *flash = encrypted_flash();
    uint8_t text[48] = {0};
    assert_int_equal(flash_program_encrypted(flash, 4104, text, 16), ESP_ERR_INVALID_ARG);
    assert_int_equal(flash_program_encrypted(flash, 4112, text, 17), ESP_ERR_INVALID_SIZE);
    assert_int_equal(flash_program_encrypted(flash, SIZE - 16, text, 32), ESP_ERR_INVALID_ARG);
    assert_int_equal(flash_load_encrypted(flash, 4104, text, 16), ESP_ERR_INVALID_ARG);
    assert_int_equal(flash_op_count(flash), 0);
    /* A file of any length: what follows it reads as erased. */
    uint8_t read[16], rest[16];
    memset(rest, 0xFF, sizeof rest);
    assert_int_equal(flash_load_encrypted(flash, 4096, text, 33), ESP_OK);
    flash_read_decrypted(flash, 4096 + 32, read, sizeof read);
    assert_int_equal(read[0], 0);
    assert_memory_equal(read + 1, rest, 15);
    flash_destroy(flash);
}

static void without_a_key_all_is_plain(void **state)
{
    (void)state;
    struct flash *flash = encrypted_flash();
    flash_destroy(flash);
    flash = flash_create(SIZE); /* which may be the same memory */
    uint8_t text[3] = {1, 2, 3}, read[3];
    assert_int_equal(flash_program_encrypted(flash, 5, text, sizeof text), ESP_OK);
    flash_read(flash, 5, read, sizeof read);
    assert_memory_equal(read, text, sizeof text);
    flash_read_decrypted(flash, 5, read, sizeof read);
    assert_memory_equal(read, text, sizeof text);
    flash_destroy(flash);
}

static void a_key_has_one_of_two_lengths(void **state)
{
    (void)state;
    struct flash *flash = flash_create(SIZE);
    struct flash_key key = counting_key(48);
    assert_int_equal(flash_set_key(flash, &key), ESP_ERR_INVALID_ARG);
    assert_int_equal(flash_key(flash)->length, 0);
    key = counting_key(64);
    assert_int_equal(flash_set_key(flash, &key), ESP_OK);
    flash_destroy(flash);
}

static void snapshots_decrypt_too(void **state)
{
    (void)state;
    struct flash *flash = encrypted_flash();
    uint8_t text[16] = "sixteen letters", read[16];
    flash_load_encrypted(flash, 0, text, sizeof text);
    struct flash *copy = flash_snapshot(flash);
    flash_read_decrypted(copy, 0, read, sizeof read);
    assert_memory_equal(read, text, sizeof text);
    flash_destroy(copy);
    flash_destroy(flash);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cipher_is_the_chips),
        cmocka_unit_test(blocks_may_be_written_one_by_one),
        cmocka_unit_test(the_chip_holds_ciphertext),
        cmocka_unit_test(what_is_erased_reads_as_noise),
        cmocka_unit_test(any_address_can_be_read),
        cmocka_unit_test(only_blocks_can_be_written),
        cmocka_unit_test(without_a_key_all_is_plain),
        cmocka_unit_test(a_key_has_one_of_two_lengths),
        cmocka_unit_test(snapshots_decrypt_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
