#include <mbedtls/md.h>

#include "bootloader_common.h"
#include "esp_app_desc.h"
#include "esp_efuse.h"
#include "esp_flash.h"
#include "esp_image_format.h"
#include "hal/efuse_hal.h"
#include "otadata.h"
#include "test_device.h"

#define OTA_0 0x110000u
#define MB    0x100000u

static const esp_partition_pos_t ota_0 = {.offset = OTA_0, .size = MB};

static struct device *device;

static int set_up(void **state)
{
    (void)state;
    device = begin_boot(&(struct device_config){
        .efuse = {.chip_revision = 101, .block_revision = 102, .secure_version_bits = 0x3}});
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    esp_image_bootloader_offset_set(device->chip->bootloader_offset);
    end_boot(device);
    return 0;
}

static void sha256_of(uint32_t address, uint32_t length, uint8_t out[32])
{
    mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256),
               flash_view(device->flash, address, length), length, out);
}

static void a_good_image_verifies_and_is_described(void **state)
{
    (void)state;
    uint32_t length =
        load_image(device, OTA_0, &(struct app_image_spec){.size = 20480, .secure_version = 7});
    esp_image_metadata_t data;
    assert_int_equal(esp_image_verify(ESP_IMAGE_VERIFY, &ota_0, &data), ESP_OK);
    assert_int_equal(data.start_addr, OTA_0);
    assert_int_equal(data.image_len, length);
    assert_int_equal(data.image.magic, ESP_IMAGE_HEADER_MAGIC);
    assert_int_equal(data.image.chip_id, ESP_CHIP_ID_ESP32S3);
    assert_int_equal(data.secure_version, 7);
    assert_int_equal(data.mmu_page_size, 0x10000);
    assert_int_equal(data.segment_data[0], OTA_0 + 32);
    uint8_t sha[32];
    sha256_of(OTA_0, length - 32, sha);
    assert_memory_equal(data.image_digest, sha, 32);
    assert_memory_equal(flash_view(device->flash, OTA_0 + length - 32, 32), sha, 32);
    assert_true(data.image.segment_count > 1);
    for (unsigned i = 0; i < data.image.segment_count; i++) {
        assert_memory_equal(flash_view(device->flash, data.segment_data[i] - 8, 8),
                            &data.segments[i], 8);
    }
}

static void verification_takes_time(void **state)
{
    (void)state;
    load_image(device, OTA_0, &(struct app_image_spec){.size = 20480});
    esp_image_metadata_t data;
    uint64_t before = device->now_us;
    assert_int_equal(esp_image_verify(ESP_IMAGE_VERIFY, &ota_0, &data), ESP_OK);
    assert_true(device->now_us > before);
}

static void bad_images_are_told_by_their_error(void **state)
{
    (void)state;
    static const struct {
        const char *chip;
        struct app_image_spec spec;
        esp_err_t expected;
    } rows[] = {
        {NULL, {.flaws = APP_IMAGE_FLAW_MAGIC}, ESP_ERR_IMAGE_INVALID},
        {NULL, {.flaws = APP_IMAGE_FLAW_CHECKSUM}, ESP_ERR_IMAGE_INVALID},
        {NULL, {.flaws = APP_IMAGE_FLAW_HASH}, ESP_ERR_IMAGE_INVALID},
        {NULL, {.flaws = APP_IMAGE_FLAW_BIT_FLIP}, ESP_ERR_IMAGE_INVALID},
        {NULL, {.flaws = APP_IMAGE_FLAW_SEGMENT_COUNT}, ESP_ERR_IMAGE_INVALID},
        {NULL, {.flaws = APP_IMAGE_FLAW_LAST_BYTE_MISSING}, ESP_ERR_IMAGE_INVALID},
        {NULL, {.min_chip_revision = 102}, ESP_FAIL},
        {NULL, {.max_chip_revision = 100}, ESP_FAIL},
        {"esp32", {.size = 0}, ESP_FAIL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct app_image_spec spec = rows[i].spec;
        spec.size = 20480;
        spec.chip = rows[i].chip != NULL ? chip_by_name(rows[i].chip) : NULL;
        flash_erase(device->flash, OTA_0, MB);
        load_image(device, OTA_0, &spec);
        esp_image_metadata_t data;
        assert_int_equal(esp_image_verify(ESP_IMAGE_VERIFY_SILENT, &ota_0, &data),
                         rows[i].expected);
    }
}

static void metadata_needs_no_good_contents(void **state)
{
    (void)state;
    uint32_t length =
        load_image(device, OTA_0,
                   &(struct app_image_spec){
                       .size = 20480, .flaws = APP_IMAGE_FLAW_HASH | APP_IMAGE_FLAW_BIT_FLIP});
    static const uint8_t zeros[32];
    esp_image_metadata_t data;
    assert_int_equal(esp_image_get_metadata(&ota_0, &data), ESP_OK);
    assert_int_equal(data.image_len, length);
    assert_memory_equal(data.image_digest, zeros, 32);

    const esp_partition_pos_t cut = {.offset = OTA_0, .size = length - 1};
    assert_int_equal(esp_image_get_metadata(&cut, &data), ESP_ERR_IMAGE_INVALID);
    flash_erase(device->flash, OTA_0, MB);
    assert_int_equal(esp_image_get_metadata(&ota_0, &data), ESP_ERR_IMAGE_INVALID);
    for (uint32_t size = 0; size < 64; size++) {
        const esp_partition_pos_t tiny = {.offset = OTA_0, .size = size};
        assert_int_equal(esp_image_get_metadata(&tiny, &data), ESP_ERR_IMAGE_INVALID);
    }
}

/* Segments that end on a block's end are followed by a whole block for the checksum. */
static void the_checksum_ends_a_block_of_its_own(void **state)
{
    (void)state;
    static const struct {
        uint32_t data_length, image_length;
    } rows[] = {{256, 304}, {260, 304}, {268, 304}, {272, 320}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const esp_image_header_t header = {
            .magic = ESP_IMAGE_HEADER_MAGIC, .segment_count = 1, .chip_id = ESP_CHIP_ID_ESP32S3};
        const esp_image_segment_header_t segment = {.load_addr = 0x3C000020,
                                                    .data_len = rows[i].data_length};
        flash_load(device->flash, OTA_0, &header, sizeof header);
        flash_load(device->flash, OTA_0 + sizeof header, &segment, sizeof segment);
        esp_image_metadata_t data;
        assert_int_equal(esp_image_get_metadata(&ota_0, &data), ESP_OK);
        assert_int_equal(data.image_len, rows[i].image_length);
    }
}

static void arguments_are_checked(void **state)
{
    (void)state;
    const esp_partition_pos_t huge = {.offset = 0, .size = 16 * MB + 1};
    const esp_partition_pos_t outside = {.offset = 8 * MB, .size = MB};
    esp_image_metadata_t data;
    assert_int_equal(esp_image_verify(ESP_IMAGE_VERIFY, NULL, &data), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_image_verify(ESP_IMAGE_VERIFY, &ota_0, NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_image_verify(ESP_IMAGE_VERIFY, &huge, &data), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_image_get_metadata(&huge, &data), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_image_verify(ESP_IMAGE_VERIFY_SILENT, &outside, &data),
                     ESP_ERR_IMAGE_FLASH_FAIL);
}

static void only_a_loud_verification_says_why(void **state)
{
    (void)state;
    esp_image_metadata_t data;
    FILE *file = capture_begin();
    esp_image_verify(ESP_IMAGE_VERIFY_SILENT, &ota_0, &data);
    esp_image_verify(ESP_IMAGE_VERIFY, &ota_0, &data);
    json_t *trace = capture_end(file);
    assert_int_equal(captured_count(trace, "log"), 1);
    assert_string_equal(captured_text(trace, "log", 0, "tag"), "esp_image");
    json_decref(trace);
}

static void a_bootloader_is_known_by_its_place(void **state)
{
    (void)state;
    uint32_t length = 0;
    assert_int_equal(esp_image_bootloader_offset_get(), 0);
    uint32_t built = load_image(
        device, 0, &(struct app_image_spec){.kind = APP_IMAGE_BOOTLOADER, .size = 16384});
    assert_int_equal(esp_image_verify_bootloader(&length), ESP_OK);
    assert_int_equal(length, built);

    load_image(device, OTA_0,
               &(struct app_image_spec){
                   .kind = APP_IMAGE_BOOTLOADER, .size = 16384, .max_chip_revision = 100});
    esp_image_metadata_t data;
    assert_int_equal(esp_image_verify(ESP_IMAGE_VERIFY_SILENT, &ota_0, &data), ESP_FAIL);
    esp_image_bootloader_offset_set(OTA_0); /* of a bootloader, the maximum is not checked */
    assert_int_equal(esp_image_verify(ESP_IMAGE_VERIFY_SILENT, &ota_0, &data), ESP_OK);
}

static void the_hash_of_a_partition_is_that_of_its_image(void **state)
{
    (void)state;
    uint8_t sha[32], expected[32];
    uint32_t length = load_image(device, OTA_0, &(struct app_image_spec){.size = 20480});
    assert_int_equal(bootloader_common_get_sha256_of_partition(OTA_0, MB, PART_TYPE_APP, sha),
                     ESP_OK);
    assert_memory_equal(sha, flash_view(device->flash, OTA_0 + length - 32, 32), 32);

    length = load_image(device, OTA_0, &(struct app_image_spec){.size = 20480, .no_hash = true});
    assert_int_equal(bootloader_common_get_sha256_of_partition(OTA_0, MB, PART_TYPE_APP, sha),
                     ESP_OK);
    sha256_of(OTA_0, length, expected);
    assert_memory_equal(sha, expected, 32);

    assert_int_equal(bootloader_common_get_sha256_of_partition(0xd000, 0x2000, PART_TYPE_DATA, sha),
                     ESP_OK);
    sha256_of(0xd000, 0x2000, expected);
    assert_memory_equal(sha, expected, 32);

    flash_erase(device->flash, OTA_0, MB);
    assert_int_equal(bootloader_common_get_sha256_of_partition(OTA_0, MB, PART_TYPE_APP, sha),
                     ESP_ERR_IMAGE_INVALID);
}

static esp_ota_select_entry_t entry_of(uint32_t seq, uint32_t ota_state, bool good_crc)
{
    esp_ota_select_entry_t entry = {.ota_seq = seq, .ota_state = ota_state};
    entry.crc = bootloader_common_ota_select_crc(&entry) ^ (good_crc ? 0 : 1);
    return entry;
}

static void otadata_entries_are_chosen_by_the_devices_rules(void **state)
{
    (void)state;
    esp_ota_select_entry_t first = entry_of(1, ESP_OTA_IMG_VALID, true);
    assert_int_equal(first.crc, 0x4743989A); /* the check value of the formats page */
    assert_true(bootloader_common_ota_select_valid(&first));
    assert_false(bootloader_common_ota_select_invalid(&first));
    esp_ota_select_entry_t aborted = entry_of(2, ESP_OTA_IMG_ABORTED, true);
    assert_false(bootloader_common_ota_select_valid(&aborted));
    assert_true(bootloader_common_ota_select_invalid(&aborted));

    esp_ota_select_entry_t two[2] = {first, entry_of(2, ESP_OTA_IMG_UNDEFINED, true)};
    assert_int_equal(bootloader_common_get_active_otadata(two), 1);
    two[1] = entry_of(2, ESP_OTA_IMG_UNDEFINED, false);
    assert_int_equal(bootloader_common_get_active_otadata(two), 0);
    two[0] = aborted;
    assert_int_equal(bootloader_common_get_active_otadata(two), -1);
    assert_int_equal(bootloader_common_get_active_otadata(NULL), -1);
}

static void the_entry_with_most_or_least_seq_is_selected(void **state)
{
    (void)state;
    const esp_ota_select_entry_t two[2] = {entry_of(5, 0, true), entry_of(6, 0, true)};
    const esp_ota_select_entry_t tie[2] = {entry_of(5, 0, true), entry_of(5, 0, true)};
    bool both[2] = {true, true}, second[2] = {false, true}, none[2] = {false, false};
    assert_int_equal(bootloader_common_select_otadata(two, both, true), 1);
    assert_int_equal(bootloader_common_select_otadata(two, both, false), 0);
    assert_int_equal(bootloader_common_select_otadata(tie, both, true), 0);
    assert_int_equal(bootloader_common_select_otadata(tie, both, false), 0);
    assert_int_equal(bootloader_common_select_otadata(two, second, false), 1);
    assert_int_equal(bootloader_common_select_otadata(two, none, true), -1);
    assert_int_equal(bootloader_common_select_otadata(NULL, both, true), -1);
}

static void a_header_is_checked_against_the_chip(void **state)
{
    (void)state;
    esp_image_header_t header = {
        .magic = ESP_IMAGE_HEADER_MAGIC, .chip_id = ESP_CHIP_ID_ESP32S3, .min_chip_rev_full = 101};
    assert_int_equal(bootloader_common_check_chip_validity(&header, ESP_IMAGE_APPLICATION), ESP_OK);
    header.chip_id = ESP_CHIP_ID_ESP32C3;
    assert_int_equal(bootloader_common_check_chip_validity(&header, ESP_IMAGE_APPLICATION),
                     ESP_FAIL);
    assert_int_equal(bootloader_common_check_chip_revision_validity(&header, ESP_IMAGE_APPLICATION),
                     ESP_OK);
    header.min_chip_rev_full = 102;
    assert_int_equal(bootloader_common_check_chip_revision_validity(&header, ESP_IMAGE_APPLICATION),
                     ESP_FAIL);
}

static void a_partition_table_is_verified_in_memory(void **state)
{
    (void)state;
    uint32_t table[PARTITION_TABLE_MAX_LENGTH / 4];
    int count = -1;
    memcpy(table, flash_view(device->flash, PARTITION_TABLE_OFFSET, sizeof table), sizeof table);
    const esp_partition_info_t *entries = (const esp_partition_info_t *)table;
    assert_int_equal(esp_partition_table_verify(entries, true, &count), ESP_OK);
    assert_int_equal(count, 8);

    table[0] ^= 1; /* the magic */
    FILE *file = capture_begin();
    assert_int_equal(esp_partition_table_verify(entries, false, &count), ESP_ERR_INVALID_STATE);
    assert_int_equal(esp_partition_table_verify(entries, true, &count), ESP_ERR_INVALID_STATE);
    json_t *trace = capture_end(file);
    assert_int_equal(captured_count(trace, "log"), 1);
    json_decref(trace);
    assert_int_equal(esp_partition_table_verify(NULL, true, &count), ESP_ERR_INVALID_ARG);
}

static void the_running_app_is_described_from_flash(void **state)
{
    (void)state;
    load_image(device, test_boot.running.offset,
               &(struct app_image_spec){.size = 20480, .version = "3.2.1", .project_name = "pump"});
    const esp_app_desc_t *description = esp_app_get_description();
    assert_int_equal(description->magic_word, ESP_APP_DESC_MAGIC_WORD);
    assert_string_equal(description->version, "3.2.1");
    assert_string_equal(description->project_name, "pump");

    char expected[19], text[64];
    for (int i = 0; i < 9; i++) {
        snprintf(expected + 2 * i, 3, "%02x", description->app_elf_sha256[i]);
    }
    expected[9] = '\0';
    assert_int_equal(esp_app_get_elf_sha256(text, sizeof text), 10);
    assert_string_equal(text, expected);
    assert_string_equal(esp_app_get_elf_sha256_str(), expected);
    expected[3] = '\0';
    assert_int_equal(esp_app_get_elf_sha256(text, 4), 4);
    assert_string_equal(text, expected);
    assert_int_equal(esp_app_get_elf_sha256(text, 0), 0);
}

static void efuses_are_read_and_burnt(void **state)
{
    (void)state;
    assert_int_equal(efuse_hal_chip_revision(), 101);
    assert_int_equal(efuse_hal_get_major_chip_version(), 1);
    assert_int_equal(efuse_hal_get_minor_chip_version(), 1);
    assert_int_equal(efuse_hal_blk_version(), 102);
    assert_false(efuse_hal_get_disable_wafer_version_major());
    assert_false(esp_efuse_is_flash_encryption_enabled());

    assert_int_equal(esp_efuse_read_secure_version(), 2);
    assert_true(esp_efuse_check_secure_version(2));
    assert_false(esp_efuse_check_secure_version(1));
    assert_int_equal(esp_efuse_update_secure_version(5), ESP_OK);
    assert_int_equal(esp_efuse_read_secure_version(), 5);
    assert_int_equal(esp_efuse_update_secure_version(3), ESP_OK);
    assert_int_equal(esp_efuse_read_secure_version(), 5);
    assert_int_equal(esp_efuse_update_secure_version(17), ESP_ERR_INVALID_ARG);
    assert_int_equal(device->efuse.secure_version_bits, 0x1F);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_good_image_verifies_and_is_described),
        TEST(verification_takes_time),
        TEST(bad_images_are_told_by_their_error),
        TEST(metadata_needs_no_good_contents),
        TEST(the_checksum_ends_a_block_of_its_own),
        TEST(arguments_are_checked),
        TEST(only_a_loud_verification_says_why),
        TEST(a_bootloader_is_known_by_its_place),
        TEST(the_hash_of_a_partition_is_that_of_its_image),
        TEST(otadata_entries_are_chosen_by_the_devices_rules),
        TEST(the_entry_with_most_or_least_seq_is_selected),
        TEST(a_header_is_checked_against_the_chip),
        TEST(a_partition_table_is_verified_in_memory),
        TEST(the_running_app_is_described_from_flash),
        TEST(efuses_are_read_and_burnt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
