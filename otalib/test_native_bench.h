/* For tests: a small device whose apps call the native API, boot by boot. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app_image.h"
#include "boot.h"
#include "image_leniency.h"
#include "otadata.h"
#include "release.h"
#include "test_native.h"

#define SECTOR      FLASH_SECTOR_SIZE
#define SLOT_SIZE   0x8000u
#define IMAGE_SIZE  (3 * SECTOR + 512) /* ends within its fourth sector */
#define OTADATA_AT  0xd000u
#define FLASH_BYTES 0x60000u

#define COMMON                                                                                     \
    "nvs,     data, nvs, 0x9000, 0x4000\n"                                                         \
    "otadata, data, ota, 0xd000, 0x2000\n"
#define STD_TABLE                                                                                  \
    COMMON "factory, app, factory, 0x10000, 32K\n"                                                 \
           "ota_0,   app, ota_0,   0x20000, 32K\n"                                                 \
           "ota_1,   app, ota_1,   0x30000, 32K\n"                                                 \
           "test,    app, test,    0x40000, 32K\n"
#define NOFACTORY_TABLE                                                                            \
    COMMON "ota_0, app, ota_0, 0x10000, 32K\n"                                                     \
           "ota_1, app, ota_1, 0x20000, 32K\n"
#define THREE_TABLE                                                                                \
    COMMON "ota_0, app, ota_0, 0x10000, 32K\n"                                                     \
           "ota_1, app, ota_1, 0x20000, 32K\n"                                                     \
           "ota_2, app, ota_2, 0x30000, 32K\n"
#define NO_OTADATA_TABLE                                                                           \
    "factory, app, factory, 0x10000, 32K\n"                                                        \
    "ota_0,   app, ota_0,   0x20000, 32K\n"

struct image {
    uint8_t *bytes;
    size_t length;
};

/* The device under test, and the boot that it is in. */
static struct {
    struct device *device;
    struct partition_table table;
    struct boot boot;
    const char *variant; /* of the library: "default", ... */
    struct bootloader_config bootloader;
    struct bootloader_report report; /* of the last reset */
} bench;

/** A new device with that partition table and no apps. */
static inline void bench_open(const char *variant, const char *table, const struct efuse *efuse)
{
    struct error err;
    memset(&bench, 0, sizeof bench);
    bench.variant = variant;
    bench.bootloader.rollback =
        strcmp(variant, "rollback") == 0 || strcmp(variant, "anti_rollback") == 0;
    bench.bootloader.anti_rollback = strcmp(variant, "anti_rollback") == 0;
    bench.device = device_create(&(struct device_config){
        .flash_size = FLASH_BYTES, .efuse = efuse ? *efuse : (struct efuse){0}});
    assert_non_null(bench.device);
    if (!partition_table_from_csv("table", table, strlen(table), FLASH_BYTES, 0, &bench.table,
                                  &err)) {
        fail_msg("%s", err.text);
    }
    device_load_partition_table(bench.device, &bench.table);
    device_set_current(bench.device);
}

/** As a cmocka teardown function. */
static inline int bench_close(void **state)
{
    (void)state;
    native_unload();
    esp_partition_unload_all();
    boot_set_current(NULL);
    device_set_current(NULL);
    device_destroy(bench.device);
    bench.device = NULL;
    return 0;
}

static inline const struct partition *place(const char *label)
{
    const struct partition *partition = partition_table_find_label(&bench.table, label);
    if (partition == NULL) {
        fail_msg("the table has no %s", label);
    }
    return partition;
}

static inline struct image build_image(const struct app_image_spec *spec)
{
    struct image image;
    struct error err;
    if (!app_image_build(spec, &image.bytes, &image.length, &err)) {
        fail_msg("%s", err.text);
    }
    return image;
}

static inline struct image good_image(void)
{
    return build_image(&(struct app_image_spec){.size = IMAGE_SIZE, .seed = 7});
}

/** Puts an app there as a programmer would. */
static inline void flash_app(const char *label, uint32_t secure_version)
{
    struct image image = build_image(
        &(struct app_image_spec){.size = 1024, .version = label, .secure_version = secure_version});
    flash_load(bench.device->flash, place(label)->offset, image.bytes, (uint32_t)image.length);
    free(image.bytes);
}

/** seq 0: erased. */
static inline void flash_otadata(int index, uint32_t seq, uint32_t state)
{
    struct otadata_entry entry;
    memset(&entry, 0xFF, sizeof entry);
    if (seq != 0) {
        entry.seq = seq;
        entry.state = state;
        entry.crc = otadata_crc(seq);
    }
    flash_load(bench.device->flash, OTADATA_AT + (uint32_t)index * SECTOR, &entry, sizeof entry);
}

/** The app in that partition runs from here on. */
static inline void run_app(const struct partition *partition)
{
    native_unload(); /* its open sessions still name partitions */
    esp_partition_unload_all();
    bench.boot = (struct boot){.device = bench.device,
                               .running = *partition,
                               .release = bench.boot.release,
                               .strict = bench.boot.strict};
    boot_set_current(&bench.boot);
    native_load(bench.variant);
}

/** A reset: the bootloader chooses, and its choice runs. Returns its label, "" if none boots. */
static inline const char *reset(void)
{
    native_unload();
    if (!bootloader_run(bench.device, &bench.bootloader, &bench.report)) {
        return "";
    }
    run_app(&bench.report.app);
    return bench.report.app.label;
}

/** Library and bootloader behave as that release of ESP-IDF does; "5.3.5", "master". */
static inline void be_release(const char *text)
{
    struct error err;
    if (!release_parse(text, &bench.boot.release, &err)) {
        fail_msg("%s", err.text);
    }
    bench.bootloader.lenience = image_leniency_of(bench.boot.release);
}

static inline void be_strict(void)
{
    bench.boot.strict = true;
}

/** A device of the usual table that runs its factory app. */
static inline void bench_open_std(const char *variant)
{
    bench_open(variant, STD_TABLE, NULL);
    flash_app("factory", 0);
    run_app(place("factory"));
    flash_reset_counters(bench.device->flash);
}

/** The partition as the API names it. */
static inline const esp_partition_t *partition_named(const char *label)
{
    const struct partition *partition = place(label);
    const esp_partition_t *found =
        esp_partition_find_first((esp_partition_type_t)partition->type,
                                 (esp_partition_subtype_t)partition->subtype, partition->label);
    assert_non_null(found);
    return found;
}

static inline const uint8_t *bytes_of(const char *label)
{
    return flash_view(bench.device->flash, place(label)->offset, SLOT_SIZE);
}

static inline bool is_erased(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] != 0xFF) {
            return false;
        }
    }
    return true;
}

/** "erased", "seq 2 NEW", ... */
static inline const char *otadata_text(int index)
{
    static char text[2][64];
    struct otadata otadata;
    assert_int_equal(otadata_read(bench.device->flash, OTADATA_AT, &otadata), ESP_OK);
    return otadata_entry_text(&otadata.entry[index], text[index]);
}

static inline void assert_otadata(const char *first, const char *second)
{
    assert_string_equal(otadata_text(0), first);
    assert_string_equal(otadata_text(1), second);
}

/** Compares error codes; a difference is shown by name. */
#define assert_err(expression, expected)                                                           \
    do {                                                                                           \
        esp_err_t err_is_ = (expression), err_should_ = (expected);                                \
        if (err_is_ != err_should_) {                                                              \
            fail_msg("%s is %s, not %s", #expression, esp_err_to_name(err_is_),                    \
                     esp_err_to_name(err_should_));                                                \
        }                                                                                          \
    } while (0)

/** Writes it all in pieces of `chunk` bytes; the first error ends it. */
static inline esp_err_t write_in_chunks(esp_ota_handle_t handle, const struct image *image,
                                        size_t chunk)
{
    for (size_t at = 0; at < image->length; at += chunk) {
        size_t left = image->length - at;
        esp_err_t err = esp_ota_write(handle, image->bytes + at, left < chunk ? left : chunk);
        if (err != ESP_OK) {
            return err;
        }
    }
    return ESP_OK;
}

/** Writes an app with that secure version into the slot, and selects it. */
static inline esp_err_t update_to(const char *label, uint32_t secure_version)
{
    struct image image = build_image(&(struct app_image_spec){
        .size = IMAGE_SIZE, .version = label, .secure_version = secure_version, .seed = 3});
    const esp_partition_t *slot = partition_named(label);
    esp_ota_handle_t handle;
    esp_err_t err = esp_ota_begin(slot, OTA_WITH_SEQUENTIAL_WRITES, &handle);
    if (err == ESP_OK) {
        err = write_in_chunks(handle, &image, 1000);
    }
    if (err == ESP_OK) {
        err = esp_ota_end(handle);
    }
    free(image.bytes);
    return err == ESP_OK ? esp_ota_set_boot_partition(slot) : err;
}

/** Which quirks the run met is in its trace. */
#define test_of(name, set_up) cmocka_unit_test_setup_teardown(name, set_up, bench_close)
