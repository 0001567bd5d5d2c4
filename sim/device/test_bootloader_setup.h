/* A small device for the bootloader's tests: partition table, apps, otadata, efuse in one row. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "bootloader.h"
#include "esp_err_image.h"
#include "otadata.h"

#define FACTORY   "factory, app, factory, , 64K\n"
#define OTA_0     "ota_0, app, ota_0, , 64K\n"
#define OTA_1     "ota_1, app, ota_1, , 64K\n"
#define TEST_APP  "test, app, test, , 64K\n"
#define OTADATA   "otadata, data, ota, 0xd000, 0x2000\n"
#define STD       OTADATA FACTORY OTA_0 OTA_1
#define NOFACTORY OTADATA OTA_0 OTA_1

#define MAX_APPS 4

struct app {
    const char *label;
    uint32_t secure_version;
    bool corrupt;
};

struct entry {
    uint32_t seq; /* 0: erased */
    uint32_t state;
    bool bad_crc;
};

struct setup {
    const char *table;
    struct app apps[MAX_APPS];
    struct entry otadata[2];
    uint32_t secure_version;
    struct bootloader_config config;
};

static struct partition_table table;

static void load_app(struct device *device, const struct app *app)
{
    const struct app_image_spec spec = {
        .size = 8192,
        .version = app->label,
        .secure_version = app->secure_version,
        .flaws = app->corrupt ? (uint32_t)APP_IMAGE_FLAW_BIT_FLIP : 0,
    };
    uint8_t *image;
    size_t length;
    assert_true(app_image_build(&spec, &image, &length, NULL));
    const struct partition *slot = partition_table_find_label(&table, app->label);
    assert_non_null(slot);
    assert_int_equal(flash_load(device->flash, slot->offset, image, (uint32_t)length), ESP_OK);
    free(image);
}

static struct device *make_device(const struct setup *setup)
{
    struct device *device = device_create(&(struct device_config){.flash_size = 1u << 20});
    struct error err;
    assert_non_null(device);
    if (!partition_table_from_csv("test", setup->table, strlen(setup->table), 1u << 20, 0, &table,
                                  &err)) {
        fail_msg("%s", err.text);
    }
    device_load_partition_table(device, &table);
    for (size_t i = 0; i < MAX_APPS && setup->apps[i].label != NULL; i++) {
        load_app(device, &setup->apps[i]);
    }
    for (uint32_t i = 0; i < 2; i++) {
        const struct entry *row = &setup->otadata[i];
        if (row->seq != 0) {
            struct otadata_entry entry = {.seq = row->seq, .state = row->state};
            memset(entry.label, 0xFF, sizeof entry.label);
            entry.crc = otadata_crc(row->seq) ^ (row->bad_crc ? 1u : 0u);
            flash_load(device->flash, 0xd000 + i * FLASH_SECTOR_SIZE, &entry, sizeof entry);
        }
    }
    assert_int_equal(efuse_raise_secure_version(&device->efuse, setup->secure_version), ESP_OK);
    return device;
}
