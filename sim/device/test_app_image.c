#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app_image.h"
#include "bytes.h"
#include "esp_err_image.h"

struct image {
    uint8_t *bytes;
    size_t length;
};

static struct image build(const struct app_image_spec *spec)
{
    struct image image;
    struct error err;
    if (!app_image_build(spec, &image.bytes, &image.length, &err)) {
        fail_msg("%s", err.text);
    }
    return image;
}

static struct error err;
static struct app_image_info info;

static esp_err_t verify_as(const struct image *image, const struct app_image_rules *rules)
{
    struct app_image_bytes bytes = {.data = image->bytes, .size = (uint32_t)image->length};
    struct app_image_source source = app_image_from_bytes(&bytes);
    return app_image_verify(&source, rules, &info, &err);
}

static const struct efuse new_chip = {.secure_version_length = 16};

static esp_err_t verify(const struct image *image)
{
    const struct app_image_rules rules = {
        .kind = APP_IMAGE_APP, .chip = chip_by_name("esp32s3"), .efuse = &new_chip};
    return verify_as(image, &rules);
}

static void assert_says(const char *text)
{
    if (strstr(err.text, text) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", err.text, text);
    }
}

static void built_image_reads_back(void **state)
{
    (void)state;
    const struct app_image_spec spec = {
        .size = 20480,
        .version = "1.2.3",
        .project_name = "blinker",
        .idf_version = "v5.3",
        .secure_version = 7,
        .min_chip_revision = 0,
        .max_chip_revision = 199,
        .spi_flash_mode = 3,
    };
    struct image image = build(&spec);
    assert_int_equal(image.length, 20480);
    assert_int_equal(verify(&image), ESP_OK);
    assert_string_equal(err.text, "");
    assert_int_equal(info.segment_count, 4);
    assert_int_equal(info.chip_id, 9);
    assert_int_equal(info.spi_mode, 2);
    assert_int_equal(info.max_chip_revision, 199);
    assert_true(info.hash_appended);
    assert_int_equal(info.image_length, 20480);
    assert_int_equal(info.checksum_offset, 20480 - 33);
    assert_memory_equal(info.digest, image.bytes + 20480 - 32, 32);
    assert_true(info.descriptor.present);
    assert_string_equal(info.descriptor.version, "1.2.3");
    assert_string_equal(info.descriptor.project_name, "blinker");
    assert_string_equal(info.descriptor.idf_version, "v5.3");
    assert_int_equal(info.descriptor.secure_version, 7);
    assert_int_equal(info.descriptor.spi_flash_mode, 3);
    assert_int_equal(info.segments[0].offset, APP_IMAGE_DESCRIPTOR_OFFSET);
    free(image.bytes);
}

static void same_fields_give_the_same_bytes(void **state)
{
    (void)state;
    struct image a = build(&(struct app_image_spec){.seed = 1});
    struct image b = build(&(struct app_image_spec){.seed = 1});
    struct image c = build(&(struct app_image_spec){.seed = 2});
    assert_memory_equal(a.bytes, b.bytes, a.length);
    assert_true(memcmp(a.bytes, c.bytes, a.length) != 0);
    free(a.bytes);
    free(b.bytes);
    free(c.bytes);
}

static void every_chip_accepts_its_own_images_only(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {1024, 4096, 65536, 150000, 1u << 20};
    size_t count;
    const struct chip *chips = chip_all(&count);
    assert_int_equal(count, 10);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
            struct image image =
                build(&(struct app_image_spec){.chip = &chips[i], .size = sizes[k]});
            struct app_image_rules rules = {.chip = &chips[i], .efuse = &new_chip};
            if (verify_as(&image, &rules) != ESP_OK) {
                fail_msg("%s, %u bytes: %s", chips[i].name, (unsigned)sizes[k], err.text);
            }
            assert_int_equal(image.length, sizes[k]);
            assert_int_equal(info.image_length, sizes[k]);
            assert_true(chip_is_flash_mapped(&chips[i], info.segments[0].load_address));
            assert_int_equal(info.segments[0].load_address % 0x10000, 0x20);
            if (info.segment_count > 1) {
                assert_true(chip_is_flash_mapped(&chips[i], info.segments[2].load_address));
                assert_false(chip_is_flash_mapped(&chips[i], info.segments[1].load_address));
                assert_false(chip_is_flash_mapped(&chips[i], info.segments[3].load_address));
            }
            rules.chip = &chips[(i + 1) % count];
            assert_int_equal(verify_as(&image, &rules), ESP_FAIL);
            assert_says("chip id");
            free(image.bytes);
        }
    }
}

static void bootloader_images_have_no_app_descriptor(void **state)
{
    (void)state;
    struct image image =
        build(&(struct app_image_spec){.kind = APP_IMAGE_BOOTLOADER, .size = 8192});
    struct app_image_rules rules = {
        .kind = APP_IMAGE_BOOTLOADER, .chip = chip_by_name("esp32s3"), .efuse = &new_chip};
    assert_int_equal(verify_as(&image, &rules), ESP_OK);
    assert_false(info.descriptor.present);
    assert_int_equal(image.bytes[APP_IMAGE_DESCRIPTOR_OFFSET], 80);
    /* The upper limit of revisions is not for bootloaders; the lower one is. */
    struct efuse old = {.chip_revision = 300};
    rules.efuse = &old;
    put_u16(image.bytes + 17, 199);
    assert_int_not_equal(verify_as(&image, &rules), ESP_FAIL);
    put_u16(image.bytes + 15, 301);
    assert_int_equal(verify_as(&image, &rules), ESP_FAIL);
    free(image.bytes);
}

static void flaws_are_found(void **state)
{
    (void)state;
    static const struct {
        enum app_image_flaw flaw;
        esp_err_t result;
        const char *says;
    } cases[] = {
        {APP_IMAGE_FLAW_MAGIC, ESP_ERR_IMAGE_INVALID, "magic"},
        {APP_IMAGE_FLAW_CHECKSUM, ESP_ERR_IMAGE_INVALID, "checksum"},
        {APP_IMAGE_FLAW_HASH, ESP_ERR_IMAGE_INVALID, "SHA-256"},
        {APP_IMAGE_FLAW_BIT_FLIP, ESP_ERR_IMAGE_INVALID, "checksum"},
        {APP_IMAGE_FLAW_DESCRIPTOR_MAGIC, ESP_OK, ""},
        {APP_IMAGE_FLAW_SEGMENT_COUNT, ESP_ERR_IMAGE_INVALID, "17 segments"},
        {APP_IMAGE_FLAW_LAST_BYTE_MISSING, ESP_ERR_IMAGE_INVALID, "end"},
        {APP_IMAGE_FLAW_SEGMENT_ALIGNMENT, ESP_ERR_IMAGE_INVALID, "segment 2"},
        {APP_IMAGE_FLAW_SEGMENT_LENGTH, ESP_ERR_IMAGE_INVALID, "multiple of 4"},
        {APP_IMAGE_FLAW_SHORT_FIRST_SEGMENT, ESP_ERR_IMAGE_INVALID, "segment 0"},
        {APP_IMAGE_FLAW_FIRST_SEGMENT_DRAM, ESP_OK, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(cases[i].flaw, 1u << i);
        assert_non_null(app_image_flaw_name((unsigned)i));
        struct image image = build(&(struct app_image_spec){.flaws = cases[i].flaw});
        esp_err_t result = verify(&image);
        if (result != cases[i].result) {
            fail_msg("%s: 0x%x %s", app_image_flaw_name((unsigned)i), (unsigned)result, err.text);
        }
        assert_says(cases[i].says);
        free(image.bytes);
    }
    assert_null(app_image_flaw_name(sizeof cases / sizeof cases[0]));
}

static void without_hash_the_checksum_decides(void **state)
{
    (void)state;
    struct image image = build(&(struct app_image_spec){.no_hash = true});
    assert_int_equal(image.length, 65536);
    assert_int_equal(verify(&image), ESP_OK);
    assert_false(info.hash_appended);
    assert_int_equal(info.image_length, 65536);
    image.bytes[40000] ^= 1;
    assert_int_equal(verify(&image), ESP_ERR_IMAGE_INVALID);
    assert_says("checksum");
    /* Two flips that cancel in the XOR are not seen. */
    image.bytes[40001] ^= 1;
    assert_int_equal(verify(&image), ESP_OK);
    free(image.bytes);
}

static void hash_sees_what_the_checksum_does_not(void **state)
{
    (void)state;
    struct image image = build(&(struct app_image_spec){0});
    image.bytes[40000] ^= 1;
    image.bytes[40001] ^= 1;
    assert_int_equal(verify(&image), ESP_ERR_IMAGE_INVALID);
    assert_says("SHA-256");
    free(image.bytes);
}

static void sizes_that_cannot_be_are_refused(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {16, 100, 65537, (16u << 20) + 16};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct image image;
        assert_false(app_image_build(&(struct app_image_spec){.size = sizes[i]}, &image.bytes,
                                     &image.length, &err));
        assert_says("size");
    }
}

static void revision_limits_are_kept(void **state)
{
    (void)state;
    static const struct {
        uint16_t chip, min, max;
        bool ignore_major;
        esp_err_t result;
    } cases[] = {
        {100, 0, 0, false, ESP_OK},     {100, 100, 0, false, ESP_OK},
        {100, 101, 0, false, ESP_FAIL}, {100, 101, 0, true, ESP_FAIL},
        {100, 0, 100, false, ESP_OK},   {100, 0, 99, false, ESP_FAIL},
        {100, 0, 99, true, ESP_OK},     {100, 0, 65535, false, ESP_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct image image = build(&(struct app_image_spec){.min_chip_revision = cases[i].min,
                                                            .max_chip_revision = cases[i].max});
        struct efuse efuse = {.chip_revision = cases[i].chip,
                              .ignore_wafer_major = cases[i].ignore_major};
        struct app_image_rules rules = {.chip = chip_by_name("esp32s3"), .efuse = &efuse};
        assert_int_equal(verify_as(&image, &rules), cases[i].result);
        assert_int_equal(app_image_check_chip(image.bytes, &rules, &err), cases[i].result);
        rules.chip = NULL;
        assert_int_equal(verify_as(&image, &rules), ESP_OK);
        free(image.bytes);
    }
}

static void block_revision_counts_where_the_chip_has_one(void **state)
{
    (void)state;
    static const struct {
        const char *chip;
        uint16_t block, min, max;
        bool ignore_major;
        esp_err_t result;
    } cases[] = {
        {"esp32s3", 0, 103, 0, false, ESP_FAIL},     {"esp32s3", 103, 103, 0, false, ESP_OK},
        {"esp32s3", 0, 65535, 65535, false, ESP_OK}, {"esp32s3", 200, 0, 199, false, ESP_FAIL},
        {"esp32s3", 200, 0, 199, true, ESP_OK},      {"esp32", 0, 103, 0, false, ESP_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct chip *chip = chip_by_name(cases[i].chip);
        struct image image = build(&(struct app_image_spec){
            .chip = chip,
            .min_block_revision = cases[i].min,
            .max_block_revision = cases[i].max,
        });
        struct efuse efuse = {.block_revision = cases[i].block,
                              .ignore_block_major = cases[i].ignore_major};
        const struct app_image_rules rules = {.chip = chip, .efuse = &efuse};
        assert_int_equal(verify_as(&image, &rules), cases[i].result);
        free(image.bytes);
    }
}

static void mmu_page_of_the_descriptor_counts_where_it_may(void **state)
{
    (void)state;
    static const struct {
        const char *chip;
        uint8_t page;
        esp_err_t result;
    } cases[] = {
        {"esp32c6", 0, ESP_ERR_IMAGE_INVALID},  {"esp32c6", 15, ESP_OK},
        {"esp32c6", 16, ESP_ERR_IMAGE_INVALID}, {"esp32c6", 200, ESP_ERR_IMAGE_INVALID},
        {"esp32s3", 15, ESP_ERR_IMAGE_INVALID},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct chip *chip = chip_by_name(cases[i].chip);
        struct image image = build(&(struct app_image_spec){
            .chip = chip, .mmu_page_size = cases[i].page, .no_hash = true});
        const struct app_image_rules rules = {.chip = chip, .efuse = &new_chip};
        assert_int_equal(verify_as(&image, &rules), ESP_OK);
        /* Half a page further: fine for pages of 32 KB, not for 64 KB. */
        uint8_t *load = image.bytes + info.segments[2].offset - 8;
        put_u32(load, get_u32(load) ^ 0x8000);
        assert_int_equal(verify_as(&image, &rules), cases[i].result);
        free(image.bytes);
    }
}

static void bytes_behind_the_image_do_not_matter(void **state)
{
    (void)state;
    struct image image = build(&(struct app_image_spec){.size = 20480});
    struct image slot = {.bytes = calloc(1, 65536), .length = 65536};
    memset(slot.bytes, 0xA5, slot.length);
    memcpy(slot.bytes, image.bytes, image.length);
    assert_int_equal(verify(&slot), ESP_OK);
    assert_int_equal(info.image_length, 20480);
    free(slot.bytes);
    free(image.bytes);
}

static void image_must_fit_the_partition(void **state)
{
    (void)state;
    struct image image = build(&(struct app_image_spec){.size = 20480});
    for (size_t length = 0; length < 20480; length += length < 400 ? 1 : 997) {
        struct image cut = {.bytes = image.bytes, .length = length};
        assert_int_equal(verify(&cut), ESP_ERR_IMAGE_INVALID);
    }
    struct app_image_source huge = {.size = (16u << 20) + 1};
    const struct app_image_rules rules = {0};
    assert_int_equal(app_image_verify(&huge, &rules, NULL, NULL), ESP_ERR_INVALID_ARG);
    free(image.bytes);
}

static esp_err_t fail_late(void *context, uint32_t offset, void *out, uint32_t length)
{
    const struct image *image = context;
    if (offset >= 8192) {
        return 0x6001;
    }
    memcpy(out, image->bytes + offset, length);
    return ESP_OK;
}

static void read_errors_come_through(void **state)
{
    (void)state;
    struct image image = build(&(struct app_image_spec){.size = 20480});
    const struct app_image_source source = {.read = fail_late, .context = &image, .size = 20480};
    const struct app_image_rules rules = {0};
    assert_int_equal(app_image_verify(&source, &rules, NULL, &err), 0x6001);
    assert_true(err.text[0] != '\0');
    free(image.bytes);
}

static void hostile_lengths_are_refused(void **state)
{
    (void)state;
    static const uint32_t lengths[] = {0xFFFFFFFC, 0xFFFFFFFF, 0x80000000, 0x1000000,
                                       0xFFFFFC,   20480,      20480 - 32, 0};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        for (unsigned segment = 0; segment < 4; segment++) {
            struct image image = build(&(struct app_image_spec){.size = 20480});
            assert_int_equal(verify(&image), ESP_OK);
            put_u32(image.bytes + info.segments[segment].offset - 4, lengths[i]);
            assert_int_equal(verify(&image), ESP_ERR_IMAGE_INVALID);
            free(image.bytes);
        }
    }
}

static void any_bytes_end_in_a_verdict(void **state)
{
    (void)state;
    uint32_t random = 7;
    for (unsigned round = 0; round < 3000; round++) {
        struct image image = build(&(struct app_image_spec){.size = 2048});
        for (unsigned i = 0; i < 1 + round % 6; i++) {
            random = random * 1664525u + 1013904223u;
            uint32_t at = (random >> 8) % (round % 2 == 0 ? 48 : 2048);
            image.bytes[at] = (uint8_t)(random >> 24);
        }
        esp_err_t result = verify(&image);
        assert_true(result == ESP_OK || result == ESP_FAIL || result == ESP_ERR_IMAGE_INVALID);
        assert_int_equal(result == ESP_OK, err.text[0] == '\0');
        free(image.bytes);
    }
}

static void waking_up_skips_checksum_and_hash(void **state)
{
    (void)state;
    struct image image =
        build(&(struct app_image_spec){.flaws = APP_IMAGE_FLAW_BIT_FLIP | APP_IMAGE_FLAW_HASH});
    struct app_image_rules rules = {.chip = chip_by_name("esp32s3"), .skip_digest = true};
    assert_int_equal(verify_as(&image, &rules), ESP_OK);
    assert_int_equal(info.image_length, 65536);
    image.bytes[0] = 0;
    assert_int_equal(verify_as(&image, &rules), ESP_ERR_IMAGE_INVALID);
    free(image.bytes);
}

struct real_image {
    const char *name;
    enum app_image_kind kind;
    const char *chip;
    uint32_t length;
};

static const struct real_image real_images[] = {
    {"esp_idf_blink_esp32s2.bin", APP_IMAGE_APP, "esp32s2", 182368},
    {"hello-world-signed.bin", APP_IMAGE_APP, "esp32", 196496 + 32},
    {"bootloader_esp32_v5_2.bin", APP_IMAGE_BOOTLOADER, "esp32", 26768},
    {"bootloader_signed_v2_rsa.bin", APP_IMAGE_BOOTLOADER, "esp32", 30480},
    {"bootloader_signed_v2_ecdsa256.bin", APP_IMAGE_BOOTLOADER, NULL, 30480},
};

static struct image read_real(const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", OTASIM_REAL_IMAGES, name);
    struct image image = {0};
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        skip();
    }
    image.bytes = malloc(1u << 20);
    image.length = fread(image.bytes, 1, 1u << 20, file);
    fclose(file);
    return image;
}

static void real_images_verify(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof real_images / sizeof real_images[0]; i++) {
        struct image image = read_real(real_images[i].name);
        struct app_image_rules rules = {
            .kind = real_images[i].kind,
            .chip = real_images[i].chip != NULL ? chip_by_name(real_images[i].chip) : NULL,
        };
        if (verify_as(&image, &rules) != ESP_OK) {
            fail_msg("%s: %s", real_images[i].name, err.text);
        }
        assert_int_equal(info.image_length, real_images[i].length);
        image.bytes[info.segments[1].offset] ^= 0x20;
        assert_int_equal(verify_as(&image, &rules), ESP_ERR_IMAGE_INVALID);
        free(image.bytes);
    }
}

static void real_app_reads_back_and_is_for_its_chip_only(void **state)
{
    (void)state;
    struct image image = read_real("esp_idf_blink_esp32s2.bin");
    size_t count;
    const struct chip *chips = chip_all(&count);
    for (size_t i = 0; i < count; i++) {
        const struct app_image_rules rules = {.chip = &chips[i], .efuse = &new_chip};
        assert_int_equal(verify_as(&image, &rules), chips[i].id == 2 ? ESP_OK : ESP_FAIL);
        if (chips[i].id == 2) {
            assert_string_equal(info.descriptor.project_name, "blink");
            assert_memory_equal(info.descriptor.idf_version, "v5.0", 4);
        }
    }
    free(image.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(built_image_reads_back),
        cmocka_unit_test(same_fields_give_the_same_bytes),
        cmocka_unit_test(every_chip_accepts_its_own_images_only),
        cmocka_unit_test(bootloader_images_have_no_app_descriptor),
        cmocka_unit_test(flaws_are_found),
        cmocka_unit_test(without_hash_the_checksum_decides),
        cmocka_unit_test(hash_sees_what_the_checksum_does_not),
        cmocka_unit_test(sizes_that_cannot_be_are_refused),
        cmocka_unit_test(revision_limits_are_kept),
        cmocka_unit_test(block_revision_counts_where_the_chip_has_one),
        cmocka_unit_test(mmu_page_of_the_descriptor_counts_where_it_may),
        cmocka_unit_test(bytes_behind_the_image_do_not_matter),
        cmocka_unit_test(image_must_fit_the_partition),
        cmocka_unit_test(read_errors_come_through),
        cmocka_unit_test(hostile_lengths_are_refused),
        cmocka_unit_test(any_bytes_end_in_a_verdict),
        cmocka_unit_test(waking_up_skips_checksum_and_hash),
        cmocka_unit_test(real_images_verify),
        cmocka_unit_test(real_app_reads_back_and_is_for_its_chip_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
