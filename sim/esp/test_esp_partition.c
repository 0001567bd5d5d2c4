#include "esp_flash.h"
#include "esp_private/esp_flash_internal.h"
#include "spi_flash_mmap.h"
#include "test_device.h"
#include "esp_err_image.h"

static struct device *device;

static int set_up(void **state)
{
    (void)state;
    device = begin_boot(&(struct device_config){0});
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    esp_flash_set_dangerous_write_protection(NULL, true);
    end_boot(device);
    return 0;
}

static const esp_partition_t *by_label(const char *label)
{
    return esp_partition_find_first(ESP_PARTITION_TYPE_ANY, ESP_PARTITION_SUBTYPE_ANY, label);
}

static void a_partition_is_found_by_type_subtype_and_label(void **state)
{
    (void)state;
    const esp_partition_t *ota_1 =
        esp_partition_find_first(ESP_PARTITION_TYPE_APP, ESP_PARTITION_SUBTYPE_APP_OTA_1, NULL);
    assert_non_null(ota_1);
    assert_string_equal(ota_1->label, "ota_1");
    assert_int_equal(ota_1->address, 0x210000);
    assert_int_equal(ota_1->size, 0x100000);
    assert_int_equal(ota_1->erase_size, 4096);
    assert_ptr_equal(ota_1->flash_chip, esp_flash_default_chip);
    assert_false(ota_1->encrypted);
    assert_false(ota_1->readonly);
    assert_true(by_label("keys")->readonly);
    assert_ptr_equal(by_label("ota_1"), ota_1);

    assert_null(by_label("ota_7"));
    assert_null(by_label("a label of more than sixteen characters"));
    assert_null(
        esp_partition_find_first(ESP_PARTITION_TYPE_APP, ESP_PARTITION_SUBTYPE_APP_OTA_1, "ota_0"));
    assert_null(
        esp_partition_find_first(ESP_PARTITION_TYPE_ANY, ESP_PARTITION_SUBTYPE_APP_OTA_1, NULL));
}

static void an_iterator_walks_the_matches_in_table_order(void **state)
{
    (void)state;
    static const char *const expected[] = {"factory", "ota_0", "ota_1"};
    esp_partition_iterator_t iterator =
        esp_partition_find(ESP_PARTITION_TYPE_APP, ESP_PARTITION_SUBTYPE_ANY, NULL);
    for (size_t i = 0; i < 3; i++) {
        assert_non_null(iterator);
        assert_string_equal(esp_partition_get(iterator)->label, expected[i]);
        iterator = esp_partition_next(iterator);
    }
    assert_null(iterator);

    iterator = esp_partition_find(ESP_PARTITION_TYPE_ANY, ESP_PARTITION_SUBTYPE_ANY, NULL);
    assert_string_equal(esp_partition_get(iterator)->label, "nvs");
    esp_partition_iterator_release(iterator);
    esp_partition_iterator_release(NULL);
    assert_null(esp_partition_find(ESP_PARTITION_TYPE_BOOTLOADER, ESP_PARTITION_SUBTYPE_ANY, NULL));
}

static void verify_finds_an_equal_copy_and_nothing_else(void **state)
{
    (void)state;
    esp_partition_t copy = *by_label("ota_0");
    assert_ptr_equal(esp_partition_verify(&copy), by_label("ota_0"));
    copy.address += 0x1000;
    assert_null(esp_partition_verify(&copy));
    copy = *by_label("ota_0");
    copy.size -= 0x1000;
    assert_null(esp_partition_verify(&copy));
    copy = *by_label("ota_0");
    copy.subtype = ESP_PARTITION_SUBTYPE_APP_OTA_1;
    assert_null(esp_partition_verify(&copy));
    copy = *by_label("ota_0");
    copy.label[4] = '1';
    assert_null(esp_partition_verify(&copy));
    copy = *by_label("ota_0");
    copy.flash_chip = NULL;
    assert_null(esp_partition_verify(&copy));
    assert_null(esp_partition_verify(NULL));
}

static void accesses_stay_inside_the_partition(void **state)
{
    (void)state;
    const esp_partition_t *ota_0 = by_label("ota_0");
    uint8_t bytes[16] = {0};
    size_t size = ota_0->size;
    assert_int_equal(esp_partition_write(ota_0, size - 16, bytes, 16), ESP_OK);
    assert_int_equal(esp_partition_write(ota_0, size - 15, bytes, 16), ESP_ERR_INVALID_SIZE);
    assert_int_equal(esp_partition_write(ota_0, size + 1, bytes, 1), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_partition_write(ota_0, 1, bytes, SIZE_MAX), ESP_ERR_INVALID_SIZE);
    assert_int_equal(esp_partition_write(ota_0, size, bytes, 0), ESP_OK);
    assert_int_equal(esp_partition_write(NULL, 0, bytes, 1), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_partition_read(ota_0, size - 15, bytes, 16), ESP_ERR_INVALID_SIZE);
    assert_int_equal(esp_partition_read(ota_0, size + 1, bytes, 1), ESP_ERR_INVALID_ARG);
    assert_int_equal(flash_counters(device->flash).programs, 1);
    const uint8_t *next = flash_view(device->flash, 0x210000, 1);
    assert_int_equal(*next, 0xFF);
}

static void writes_land_at_the_partition_and_read_back(void **state)
{
    (void)state;
    const esp_partition_t *ota_0 = by_label("ota_0");
    char back[6] = "";
    assert_int_equal(esp_partition_write(ota_0, 0x1234, "hello", 6), ESP_OK);
    assert_int_equal(esp_partition_read(ota_0, 0x1234, back, 6), ESP_OK);
    assert_string_equal(back, "hello");
    assert_memory_equal(flash_view(device->flash, 0x111234, 6), "hello", 6);

    const void *mapped;
    esp_partition_mmap_handle_t handle = 0;
    assert_int_equal(
        esp_partition_mmap(ota_0, 0x1234, 6, ESP_PARTITION_MMAP_DATA, &mapped, &handle), ESP_OK);
    assert_int_not_equal(handle, 0);
    assert_string_equal(mapped, "hello");
    assert_int_equal(spi_flash_cache2phys(mapped), 0x111234);
    esp_partition_munmap(handle);
    assert_int_equal(
        esp_partition_mmap(ota_0, 1, ota_0->size, ESP_PARTITION_MMAP_DATA, &mapped, &handle),
        ESP_ERR_INVALID_SIZE);
    assert_int_equal(
        esp_partition_mmap(ota_0, ota_0->size + 1, 0, ESP_PARTITION_MMAP_DATA, &mapped, &handle),
        ESP_ERR_INVALID_ARG);
}

static void erases_are_whole_sectors(void **state)
{
    (void)state;
    const esp_partition_t *ota_0 = by_label("ota_0");
    assert_int_equal(esp_partition_erase_range(ota_0, 0, 0), ESP_OK);
    assert_int_equal(esp_partition_erase_range(ota_0, 0, 100), ESP_ERR_INVALID_SIZE);
    assert_int_equal(esp_partition_erase_range(ota_0, 100, 4096), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_partition_erase_range(ota_0, 4096, ota_0->size), ESP_ERR_INVALID_SIZE);
    assert_int_equal(esp_partition_erase_range(ota_0, ota_0->size + 4096, 4096),
                     ESP_ERR_INVALID_ARG);
    assert_int_equal(flash_counters(device->flash).erases, 0);

    assert_int_equal(esp_partition_write(ota_0, 4096, "x", 1), ESP_OK);
    assert_int_equal(esp_partition_erase_range(ota_0, 4096, 8192), ESP_OK);
    assert_int_equal(*flash_view(device->flash, 0x111000, 1), 0xFF);
    assert_int_equal(flash_counters(device->flash).erases, 2);
    assert_int_equal(flash_sector_erases(device->flash, 0x110000), 0);
    assert_int_equal(flash_sector_erases(device->flash, 0x112000), 1);
}

static void a_read_only_partition_is_never_changed(void **state)
{
    (void)state;
    const esp_partition_t *keys = by_label("keys");
    uint8_t byte = 0;
    assert_int_equal(esp_partition_write(keys, 0, &byte, 1), ESP_ERR_NOT_ALLOWED);
    assert_int_equal(esp_partition_write_raw(keys, 0, &byte, 1), ESP_ERR_NOT_ALLOWED);
    assert_int_equal(esp_partition_erase_range(keys, 0, 4096), ESP_ERR_NOT_ALLOWED);
    assert_int_equal(esp_partition_write(keys, 0, &byte, 0), ESP_ERR_NOT_ALLOWED);
    assert_int_equal(esp_partition_write(keys, keys->size + 1, &byte, 1), ESP_ERR_NOT_ALLOWED);
    assert_true(esp_partition_is_flash_region_writable(keys->address, 0));
    assert_true(esp_partition_is_flash_region_writable(keys->address + keys->size, 1));
    assert_false(esp_partition_is_flash_region_writable(keys->address - 1, 2));
    assert_int_equal(esp_flash_write(NULL, &byte, 0x313FFF, 1), ESP_ERR_NOT_ALLOWED);
    assert_int_equal(esp_flash_erase_region(NULL, 0x310000, 4096), ESP_ERR_NOT_ALLOWED);
    assert_int_equal(esp_partition_read(keys, 0, &byte, 1), ESP_OK);
    assert_int_equal(flash_op_count(device->flash), 0);
}

static void encrypted_partitions_take_sixteen_bytes_at_a_time(void **state)
{
    (void)state;
    assert_false(by_label("logs")->encrypted); /* the flag alone means nothing */
    end_boot(device);
    device = begin_boot(&(struct device_config){.efuse = {.flash_encryption = true}});
    assert_true(by_label("logs")->encrypted);
    assert_true(by_label("otadata")->encrypted);
    assert_false(by_label("nvs")->encrypted);

    const esp_partition_t *ota_0 = by_label("ota_0");
    uint8_t bytes[32] = {0};
    assert_true(ota_0->encrypted);
    assert_int_equal(esp_partition_write(ota_0, 8, bytes, 16), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_partition_write(ota_0, 16, bytes, 17), ESP_ERR_INVALID_SIZE);
    assert_int_equal(esp_partition_write(ota_0, 16, bytes, 0), ESP_OK);
    assert_int_equal(esp_partition_write(ota_0, 16, bytes, 32), ESP_OK);
    assert_int_equal(esp_partition_write_raw(ota_0, 49, bytes, 3), ESP_OK);
    assert_int_equal(esp_partition_write(by_label("nvs"), 1, bytes, 3), ESP_OK);
}

static struct device *begin_encrypted_boot(void)
{
    struct efuse efuse = {.flash_encryption = true,
                          .flash_key = {.length = 32, .bytes = {1, 2, 3}}};
    return begin_boot(&(struct device_config){.efuse = efuse});
}

static void encrypted_partitions_hold_ciphertext(void **state)
{
    (void)state;
    end_boot(device);
    device = begin_encrypted_boot();
    const esp_partition_t *ota_0 = by_label("ota_0"), *nvs = by_label("nvs");
    uint8_t text[64], read[64];
    memset(text, 'x', sizeof text);
    assert_int_equal(esp_partition_write(ota_0, 32, text, sizeof text), ESP_OK);
    assert_int_equal(esp_partition_read(ota_0, 32, read, sizeof read), ESP_OK);
    assert_memory_equal(read, text, sizeof text);
    assert_int_equal(esp_partition_read(ota_0, 40, read, 3), ESP_OK);
    assert_memory_equal(read, text, 3);
    assert_int_equal(esp_partition_read_raw(ota_0, 32, read, sizeof read), ESP_OK);
    assert_memory_not_equal(read, text, sizeof text);
    assert_memory_equal(flash_view(device->flash, ota_0->address + 32, sizeof read), read,
                        sizeof read);
    /* What is not encrypted is read as it lies there. */
    assert_int_equal(esp_partition_write(nvs, 1, text, 3), ESP_OK);
    assert_int_equal(esp_partition_read(nvs, 1, read, 3), ESP_OK);
    assert_memory_equal(read, text, 3);
    assert_memory_equal(flash_view(device->flash, nvs->address + 1, 3), text, 3);
    /* What is erased is noise, and raw writes read as noise. */
    memset(text, 0xFF, sizeof text);
    assert_int_equal(esp_partition_read(ota_0, 4096, read, 16), ESP_OK);
    assert_memory_not_equal(read, text, 16);
}

static void mapped_flash_is_decrypted(void **state)
{
    (void)state;
    end_boot(device);
    device = begin_encrypted_boot();
    const esp_partition_t *ota_0 = by_label("ota_0"), *nvs = by_label("nvs");
    const void *mapped, *plain;
    esp_partition_mmap_handle_t handle, other;
    uint8_t text[32];
    memset(text, 'x', sizeof text);
    assert_int_equal(esp_partition_mmap(ota_0, 8, 100, ESP_PARTITION_MMAP_DATA, &mapped, &handle),
                     ESP_OK);
    assert_int_equal(esp_partition_mmap(nvs, 0, 16, ESP_PARTITION_MMAP_DATA, &plain, &other),
                     ESP_OK);
    assert_int_equal(esp_partition_write(ota_0, 16, text, sizeof text), ESP_OK);
    assert_memory_equal((const uint8_t *)mapped + 8, text, sizeof text);
    assert_int_equal(spi_flash_cache2phys((const uint8_t *)mapped + 8), ota_0->address + 16);
    assert_int_equal(esp_partition_erase_range(ota_0, 0, 4096), ESP_OK);
    assert_memory_not_equal((const uint8_t *)mapped + 8, text, sizeof text);
    /* The cache makes noise of what was never encrypted. */
    assert_int_equal(esp_partition_write(nvs, 0, text, 16), ESP_OK);
    assert_memory_not_equal(plain, text, 16);
    esp_partition_munmap(handle);
    esp_partition_munmap(other);
    assert_int_equal(
        esp_partition_mmap(ota_0, ota_0->size, 1, ESP_PARTITION_MMAP_DATA, &mapped, &handle),
        ESP_ERR_INVALID_SIZE);
}

static void an_app_in_encrypted_flash_verifies(void **state)
{
    (void)state;
    end_boot(device);
    device = begin_encrypted_boot();
    const esp_partition_t *ota_0 = by_label("ota_0");
    const struct app_image_spec spec = {.size = 20480};
    uint8_t *image, sha[32];
    size_t length;
    struct error err;
    assert_true(app_image_build(&spec, &image, &length, &err));
    flash_load(device->flash, ota_0->address, image, (uint32_t)length); /* as plain text */
    assert_int_equal(esp_partition_get_sha256(ota_0, sha), ESP_ERR_IMAGE_INVALID);
    assert_int_equal(esp_partition_erase_range(ota_0, 0, 20480), ESP_OK);
    assert_int_equal(esp_partition_write(ota_0, 0, image, length), ESP_OK);
    assert_int_equal(esp_partition_get_sha256(ota_0, sha), ESP_OK);
    free(image);
}

static void each_operation_takes_the_chips_time(void **state)
{
    (void)state;
    const esp_partition_t *ota_0 = by_label("ota_0");
    uint8_t bytes[256] = {0};
    uint64_t before = device->now_us;
    esp_partition_read(ota_0, 0, bytes, sizeof bytes);
    assert_int_equal(device->now_us - before, flash_read_time_us(256));
    before = device->now_us;
    esp_partition_write(ota_0, 0, bytes, sizeof bytes);
    assert_int_equal(device->now_us - before, flash_program_time_us(256));
    before = device->now_us;
    esp_partition_erase_range(ota_0, 0, 3 * 4096);
    assert_int_equal(device->now_us - before, 3 * flash_erase_time_us(4096));
}

static void an_error_of_the_chip_is_returned(void **state)
{
    (void)state;
    const esp_partition_t *ota_0 = by_label("ota_0");
    flash_arm_error(device->flash, flash_op_count(device->flash) + 1, ESP_ERR_FLASH_OP_TIMEOUT);
    assert_int_equal(esp_partition_erase_range(ota_0, 0, 3 * 4096), ESP_ERR_FLASH_OP_TIMEOUT);
    assert_int_equal(flash_counters(device->flash).erases, 1);
}

/* Counted in recording E-final-copy-ota1: 1 MB takes 256 erases and 256 programs. */
static void a_copy_erases_and_writes_sector_by_sector(void **state)
{
    (void)state;
    const esp_partition_t *from = by_label("ota_0"), *to = by_label("ota_1");
    load_image(device, from->address, &(struct app_image_spec){.size = 20480});
    assert_int_equal(esp_partition_copy(to, 0, from, 0, from->size), ESP_OK);
    assert_int_equal(flash_counters(device->flash).erases, 256);
    assert_int_equal(flash_counters(device->flash).programs, 256);
    assert_memory_equal(flash_view(device->flash, to->address, to->size),
                        flash_view(device->flash, from->address, from->size), from->size);
    assert_true(esp_partition_check_identity(from, to));
}

static void a_copy_that_does_not_fit_changes_nothing(void **state)
{
    (void)state;
    const esp_partition_t *small = by_label("logs"), *big = by_label("ota_0");
    assert_int_equal(esp_partition_copy(big, 0, small, 0, big->size), ESP_ERR_INVALID_SIZE);
    assert_int_equal(esp_partition_copy(small, 0, big, 0, SIZE_MAX), ESP_ERR_INVALID_SIZE);
    assert_int_equal(esp_partition_copy(small, 0, big, big->size + 1, 1), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_partition_copy(NULL, 0, big, 0, 1), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_partition_copy(small, 1, big, 0, 1), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_partition_copy(by_label("keys"), 0, small, 0, 16), ESP_ERR_NOT_ALLOWED);
    assert_int_equal(flash_op_count(device->flash), 0);

    assert_int_equal(esp_partition_copy(big, 0, small, 0, SIZE_MAX), ESP_OK);
    assert_int_equal(flash_counters(device->flash).erases, 4);
}

static void other_regions_can_be_registered(void **state)
{
    (void)state;
    const esp_partition_t *extra = NULL;
    assert_int_equal(esp_partition_register_external(NULL, 0x330000, 0x2000, "extra",
                                                     ESP_PARTITION_TYPE_DATA, 0x50, &extra),
                     ESP_OK);
    assert_ptr_equal(by_label("extra"), extra);
    assert_int_equal(esp_partition_write(extra, 0, "x", 1), ESP_OK);
    assert_int_equal(*flash_view(device->flash, 0x330000, 1), 'x');

    assert_int_equal(esp_partition_register_external(NULL, 0x331000, 0x1000, "overlap",
                                                     ESP_PARTITION_TYPE_DATA, 0x50, NULL),
                     ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_partition_register_external(NULL, 0x3FF000, 0x2000, "outside",
                                                     ESP_PARTITION_TYPE_DATA, 0x50, NULL),
                     ESP_ERR_INVALID_SIZE);
    assert_int_equal(esp_partition_deregister_external(by_label("nvs")), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_partition_deregister_external(extra), ESP_OK);
    assert_null(by_label("extra"));
    assert_int_equal(esp_partition_deregister_external(extra), ESP_ERR_NOT_FOUND);
}

static void the_list_is_the_one_of_the_boot(void **state)
{
    (void)state;
    const esp_partition_t *ota_0 = by_label("ota_0");
    flash_load(device->flash, PARTITION_TABLE_OFFSET, "broken", 6);
    assert_ptr_equal(by_label("ota_0"), ota_0);
    device_advance_us(device, 1000);
    device->boot_us = device->now_us; /* the next boot reads the table again */
    assert_null(by_label("ota_0"));
}

static void erase_the_running_app(void)
{
    esp_partition_erase_range(by_label("factory"), 0, 4096);
}

static void write_the_partition_table(void)
{
    esp_flash_write(NULL, "x", 0x8000, 1);
}

static void write_the_bootloader(void)
{
    esp_flash_write(NULL, "x", 0, 1);
}

static void write_where_it_is_allowed(void)
{
    esp_partition_write(by_label("ota_0"), 0, "x", 1);
}

static void dangerous_writes_end_in_a_panic(void **state)
{
    (void)state;
    assert_int_equal(end_of(erase_the_running_app), BOOT_END_PANIC);
    assert_int_equal(end_of(write_the_partition_table), BOOT_END_PANIC);
    assert_int_equal(end_of(write_the_bootloader), BOOT_END_PANIC);
    assert_int_equal(end_of(write_where_it_is_allowed), -1);

    esp_flash_set_dangerous_write_protection(NULL, false);
    assert_int_equal(end_of(write_the_partition_table), -1);
    assert_int_equal(*flash_view(device->flash, 0x8000, 1), 0xAA & 'x');
}

static void the_driver_knows_its_limits(void **state)
{
    (void)state;
    uint32_t size = 0;
    uint8_t byte = 0;
    assert_int_equal(esp_flash_get_size(NULL, &size), ESP_OK);
    assert_int_equal(size, 4 * 1024 * 1024);
    assert_int_equal(esp_flash_read(NULL, &byte, size, 1), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_flash_read(NULL, &byte, 0xFFFFFFFF, 2), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_flash_write(NULL, &byte, size - 1, 2), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_flash_read(NULL, NULL, size, 0), ESP_OK);
    assert_int_equal(esp_flash_erase_region(NULL, 0x110001, 4096), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_flash_erase_region(NULL, 0x110000, 4095), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_flash_erase_region(NULL, size - 4096, 8192), ESP_ERR_INVALID_ARG);
}

static void any_address_of_the_app_is_in_its_partition(void **state)
{
    (void)state;
    assert_int_equal(spi_flash_cache2phys(device), 0x10000);
    boot_set_current(NULL);
    assert_int_equal(spi_flash_cache2phys(device), SPI_FLASH_CACHE2PHYS_FAIL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_partition_is_found_by_type_subtype_and_label),
        TEST(an_iterator_walks_the_matches_in_table_order),
        TEST(verify_finds_an_equal_copy_and_nothing_else),
        TEST(accesses_stay_inside_the_partition),
        TEST(writes_land_at_the_partition_and_read_back),
        TEST(erases_are_whole_sectors),
        TEST(a_read_only_partition_is_never_changed),
        TEST(encrypted_partitions_take_sixteen_bytes_at_a_time),
        TEST(encrypted_partitions_hold_ciphertext),
        TEST(mapped_flash_is_decrypted),
        TEST(an_app_in_encrypted_flash_verifies),
        TEST(each_operation_takes_the_chips_time),
        TEST(an_error_of_the_chip_is_returned),
        TEST(a_copy_erases_and_writes_sector_by_sector),
        TEST(a_copy_that_does_not_fit_changes_nothing),
        TEST(other_regions_can_be_registered),
        TEST(the_list_is_the_one_of_the_boot),
        TEST(dangerous_writes_end_in_a_panic),
        TEST(the_driver_knows_its_limits),
        TEST(any_address_of_the_app_is_in_its_partition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
