/* For tests: the evidence of a good update of the usual device, to be spoilt and judged. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "boot.h"
#include "event_names.h"
#include "otadata.h"
#include "run.h"
#include "scenario_device.h"

#define IMAGE_LENGTH 1024

struct fixture {
    struct scenario scenario;
    struct device *device;
    struct partition_table table;
    uint8_t *image;
    size_t image_length;
    struct otadata before, after;
    struct run_evidence evidence;
    struct run_result result;
};

static inline void add(struct fixture *fixture, json_t *record)
{
    json_array_append_new(fixture->result.trace, record);
}

static inline void add_event(struct fixture *fixture, enum scenario_event event, int data)
{
    add(fixture, json_pack("{s:s, s:s, s:s, s:i}", "kind", "event", "base", "ESP_HTTPS_OTA_EVENT",
                           "name", event_full_name(event), "data", data));
}

static inline void add_call(struct fixture *fixture, int result)
{
    add(fixture,
        json_pack("{s:s, s:s, s:i}", "kind", "call", "fn", "esp_https_ota", "ret", result));
}

static inline void add_boot(struct fixture *fixture, int number, const char *label,
                            const char *version)
{
    add(fixture, json_pack("{s:s, s:i, s:s, s:s}", "kind", "boot", "n", number, "running", label,
                           "version", version));
}

/* A good update of the usual device, as its trace tells it. */
static inline int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    struct error err;
    fixture->scenario = (struct scenario){
        .name = "test/test",
        .image = {.size = IMAGE_LENGTH},
        .expect = {.requests = {GET("/fw.bin")}},
    };
    fixture->device = scenario_device_create(&fixture->scenario, &fixture->table, &err);
    assert_non_null(fixture->device);
    assert_true(scenario_image(&fixture->scenario, &fixture->image, &fixture->image_length, &err));
    const struct partition *slot = partition_table_find_label(&fixture->table, OTA_0);
    flash_load(fixture->device->flash, slot->offset, fixture->image,
               (uint32_t)fixture->image_length);
    memset(&fixture->before, 0xFF, sizeof fixture->before);
    fixture->after = fixture->before;
    fixture->after.entry[0].seq = 1;
    fixture->after.entry[0].crc = otadata_crc(1);
    fixture->evidence = (struct run_evidence){
        .scenario = &fixture->scenario,
        .table = &fixture->table,
        .device = fixture->device,
        .image = fixture->image,
        .image_length = fixture->image_length,
        .update_slot = slot,
        .first_version = "1.0.0",
        .first_slot = partition_table_find_label(&fixture->table, FACTORY),
        .otadata_before = &fixture->before,
        .otadata_after = &fixture->after,
    };
    fixture->result.trace = json_array();
    fixture->result.quirks = json_array();
    fixture->result.requests = json_pack("[{s:s, s:s, s:i, s:i}]", "method", "GET", "path",
                                         "/fw.bin", "status", 200, "conn", 1);
    add_boot(fixture, 0, FACTORY, "1.0.0");
    add_event(fixture, EVENT_START, 0);
    add_event(fixture, EVENT_CONNECTED, 0);
    add_event(fixture, EVENT_VERIFY_CHIP_ID, 9);
    add_event(fixture, EVENT_VERIFY_CHIP_REVISION, 0);
    add_event(fixture, EVENT_WRITE_FLASH, 512);
    add_event(fixture, EVENT_WRITE_FLASH, IMAGE_LENGTH);
    add_event(fixture, EVENT_UPDATE_BOOT_PARTITION, 16);
    add_event(fixture, EVENT_FINISH, 0);
    add_call(fixture, ESP_OK);
    add_boot(fixture, 1, OTA_0, "2.0.0");
    *state = fixture;
    return 0;
}

static inline int tear_down(void **state)
{
    struct fixture *fixture = *state;
    run_result_free(&fixture->result);
    device_destroy(fixture->device);
    free(fixture->image);
    free(fixture);
    return 0;
}

/* Judges, and expects that all is well. */
static inline void expect_no_mismatch(struct fixture *fixture)
{
    run_judge(&fixture->evidence, &fixture->result);
    assert_int_equal(fixture->result.mismatches, 0);
}

/* Judges, and expects exactly one mismatch, of that field. */
static inline void expect_mismatch(struct fixture *fixture, const char *field)
{
    run_judge(&fixture->evidence, &fixture->result);
    assert_int_equal(fixture->result.mismatches, 1);
    assert_string_equal(fixture->result.mismatch[0].field, field);
}

static inline json_t *nth_event(struct fixture *fixture, size_t index)
{
    return json_array_get(fixture->result.trace, index + 1);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
