#include "scenario_device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "firmware.h"
#include "firmware_module.h"
#include "flash_cipher.h"
#include "image_store.h"
#include "otadata.h"
#include "partition_file.h"
#include "paths.h"
#include "scenario_encrypt.h"
#include "scenario_set.h"
#include "scenario_sign.h"

#define DEFAULT_EPOCH    DEVICE_RIGHT_EPOCH_S
#define DEFAULT_APP_SIZE 16384
#define MAX_IMAGE_LENGTH (32u << 20)

/* What the firmware that runs first brings along. That it is not there is the run's to say. */
static const struct firmware_info *info_of(const struct scenario *scenario)
{
    static const struct firmware_info none = {.version = ""};
    struct error ignored;
    const struct firmware *firmware = firmware_load(scenario_firmware(scenario), &ignored);
    return firmware != NULL ? firmware_info(firmware) : &none;
}

const char *scenario_partitions(const struct scenario *scenario)
{
    const struct scenario_set *set = scenario_set_current();
    if (scenario->device.partitions != NULL) {
        return scenario->device.partitions;
    }
    if (set != NULL && set->partitions != NULL) {
        return set->partitions;
    }
    const char *own = info_of(scenario)->partitions;
    return own != NULL ? own : "std";
}

const char *scenario_project_version(const struct scenario *scenario)
{
    const char *version = info_of(scenario)->version;
    return version[0] != '\0' ? version : NULL;
}

const char *scenario_ota_library(const struct scenario *scenario)
{
    return info_of(scenario)->ota_library;
}

static bool load_table(const struct scenario *scenario, const struct device *device,
                       struct partition_table *table, struct error *err)
{
    const char *name = scenario_partitions(scenario);
    char path[1024];
    if (strchr(name, '/') == NULL) {
        snprintf(path, sizeof path, "%s/partitions/%s.csv", paths_fixtures_dir(), name);
        name = path;
    }
    return partition_file_read(name, flash_size(device->flash), device->chip->bootloader_offset,
                               table, err);
}

void scenario_image_path(const char *file, char path[SCENARIO_IMAGE_PATH])
{
    snprintf(path, SCENARIO_IMAGE_PATH, "%s%s%s", file[0] == '/' ? "" : paths_real_images(),
             file[0] == '/' ? "" : "/", file);
}

static bool read_image_file(const char *file, uint8_t **image, size_t *length, struct error *err)
{
    char path[SCENARIO_IMAGE_PATH];
    scenario_image_path(file, path);
    return read_file(path, MAX_IMAGE_LENGTH, image, length, err);
}

static bool build_app(const struct device *device, const struct scenario_app *app,
                      const char *version, uint8_t **image, size_t *length, struct error *err)
{
    if (app->file != NULL) {
        return read_image_file(app->file, image, length, err);
    }
    struct app_image_spec spec = app->image;
    if (spec.chip == NULL) {
        spec.chip = device->chip;
    }
    if (spec.version == NULL) {
        spec.version = version;
    }
    if (spec.size == 0) {
        spec.size = DEFAULT_APP_SIZE;
    }
    return image_store_build(&spec, image, length, err);
}

static bool load_app(struct device *device, const struct partition_table *table,
                     const struct scenario_app *app, const char *version, struct error *err)
{
    const struct partition *slot = partition_table_find_label(table, app->label);
    if (slot == NULL) {
        return error_set(err, "device.apps: the partition table has no \"%s\"", app->label);
    }
    uint8_t *image;
    size_t length;
    if (!build_app(device, app, version, &image, &length, err)) {
        return false;
    }
    if (!scenario_sign(&app->signing, &image, &length, err)) {
        free(image);
        return false;
    }
    bool fits = length <= slot->size;
    if (fits) {
        flash_load_encrypted(device->flash, slot->offset, image, (uint32_t)length);
    }
    free(image);
    return fits || error_set(err, "device.apps: %zu bytes do not fit \"%s\"", length, slot->label);
}

static bool load_apps(struct device *device, const struct partition_table *table,
                      const struct scenario *scenario, struct error *err)
{
    const struct scenario_app *apps = scenario->device.apps;
    if (scenario->device.no_apps) {
        return true;
    }
    const char *version = scenario_project_version(scenario);
    if (apps[0].label == NULL) {
        /* Where the first app is flashed to. */
        bool has_factory = partition_table_find_label(table, FACTORY) != NULL;
        const struct scenario_app first = {.label = has_factory ? FACTORY : OTA_0};
        return load_app(device, table, &first, version != NULL ? version : "1.0.0", err);
    }
    for (size_t i = 0; i < SCENARIO_MAX_APPS && apps[i].label != NULL; i++) {
        if (!load_app(device, table, &apps[i], version, err)) {
            return false;
        }
    }
    return true;
}

/* Of the data partitions, what the bootloader encrypts when a device starts for the first time,
 * erased as it is: read back, it is still erased. */
static void encrypt_data(struct device *device, const struct partition_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct partition *entry = &table->entries[i];
        uint8_t *erased = entry->type != PARTITION_TYPE_APP && partition_is_encrypted(entry)
                              ? malloc(entry->size)
                              : NULL;
        if (erased != NULL) {
            memset(erased, 0xFF, entry->size);
            flash_load_encrypted(device->flash, entry->offset, erased, entry->size);
        }
        free(erased);
    }
}

static bool load_otadata(struct device *device, const struct partition_table *table,
                         const struct scenario *scenario, struct error *err)
{
    const struct partition *partition =
        partition_table_find(table, PARTITION_TYPE_DATA, PARTITION_DATA_OTA);
    for (uint32_t i = 0; i < 2; i++) {
        const struct scenario_otadata_entry *row = &scenario->device.otadata[i];
        if (!row->present && !row->plaintext) {
            continue;
        }
        if (partition == NULL) {
            return error_set(err, "device.otadata[%u]: the partition table has no otadata", i);
        }
        struct otadata_entry entry = {.seq = row->seq, .state = row->state};
        memset(entry.label, 0xFF, sizeof entry.label);
        entry.crc = otadata_crc(row->seq) ^ (row->bad_crc ? 1u : 0u);
        if (!row->present) {
            memset(&entry, 0xFF, sizeof entry);
        }
        esp_err_t (*load)(struct flash *, uint32_t, const void *, uint32_t) =
            row->plaintext ? flash_load : flash_load_encrypted;
        load(device->flash, partition->offset + i * FLASH_SECTOR_SIZE, &entry, sizeof entry);
    }
    return true;
}

struct flash_key scenario_flash_key(void)
{
    struct flash_key key = {.length = 32};
    for (uint8_t i = 0; i < key.length; i++) {
        key.bytes[i] = (uint8_t)(0xA5u + 37u * i);
    }
    return key;
}

struct device *scenario_device_create(const struct scenario *scenario,
                                      struct partition_table *table, struct error *err)
{
    const struct scenario_device *row = &scenario->device;
    const struct chip *chip = chip_by_name(row->chip != NULL ? row->chip : "esp32s3");
    if (chip == NULL) {
        error_set(err, "device.chip: no chip is named \"%s\"", row->chip);
        return NULL;
    }
    struct device_config config = {
        .chip = chip,
        .flash_size = row->flash_size,
        .efuse =
            {
                .chip_revision = row->chip_revision,
                .block_revision = row->efuse_block_revision,
                .ignore_wafer_major = row->ignore_wafer_major,
                .flash_encryption = row->flash_encryption,
                .flash_key = row->flash_encryption && !row->flash_encryption_is_a_flag
                                 ? scenario_flash_key()
                                 : (struct flash_key){0},
                .secure_version_length = 16,
            },
        .pins_low = row->pins_low,
        .pins_high = row->pins_high,
        .epoch_s = row->clock_not_set  ? 0
                   : row->epoch_s != 0 ? row->epoch_s
                                       : DEFAULT_EPOCH,
    };
    struct device *device = device_create(&config);
    if (device == NULL) {
        error_set(err, "out of memory for the device");
        return NULL;
    }
    bool ok = efuse_raise_secure_version(&device->efuse, row->secure_version) == ESP_OK ||
              error_set(err, "device.secure_version: %u is above what the efuse field holds",
                        (unsigned)row->secure_version);
    ok = ok && scenario_burn_keys(row, &device->efuse, err) &&
         scenario_burn_hmac_key(row, &device->efuse, err);
    ok = ok && load_table(scenario, device, table, err);
    if (ok) {
        encrypt_data(device, table);
        device_load_partition_table(device, table);
    }
    ok =
        ok && load_apps(device, table, scenario, err) && load_otadata(device, table, scenario, err);
    if (!ok) {
        device_destroy(device);
        return NULL;
    }
    flash_reset_counters(device->flash);
    return device;
}

bool scenario_image(const struct scenario *scenario, uint8_t **image, size_t *length,
                    struct error *err)
{
    if (scenario->image_file != NULL) {
        return read_image_file(scenario->image_file, image, length, err);
    }
    struct app_image_spec spec = scenario->image;
    const char *name = scenario->image_chip != NULL ? scenario->image_chip : scenario->device.chip;
    spec.chip = chip_by_name(name != NULL ? name : "esp32s3");
    if (spec.chip == NULL) {
        return error_set(err, "image_chip: no chip is named \"%s\"", name);
    }
    if (!image_store_build(&spec, image, length, err)) {
        return false;
    }
    bool ok = scenario_sign(&scenario->signing, image, length, err);
    if (!ok) {
        free(*image);
        *image = NULL;
    }
    return ok;
}

void scenario_image_version(const uint8_t *image, size_t length, char version[33])
{
    version[0] = '\0';
    if (length >= APP_IMAGE_DESCRIPTOR_OFFSET + APP_IMAGE_DESCRIPTOR_LENGTH) {
        struct app_image_descriptor descriptor;
        app_image_descriptor_decode(image + APP_IMAGE_DESCRIPTOR_OFFSET, &descriptor);
        snprintf(version, 33, "%s", descriptor.version);
    }
}
