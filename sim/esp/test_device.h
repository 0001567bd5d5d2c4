/* For tests: a device with the usual partition table, in a boot of its own. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "app_image.h"
#include "boot.h"
#include "esp_partition.h"
#include "test_capture.h"

static const char std_table[] = "nvs,      data, nvs,     0x9000,   0x4000,\n"
                                "otadata,  data, ota,     0xd000,   0x2000,\n"
                                "phy_init, data, phy,     0xf000,   0x1000,\n"
                                "factory,  app,  factory, 0x10000,  1M,\n"
                                "ota_0,    app,  ota_0,   0x110000, 1M,\n"
                                "ota_1,    app,  ota_1,   0x210000, 1M,\n"
                                "keys,     data, fat,     0x310000, 0x4000, readonly\n"
                                "logs,     data, spiffs,  0x320000, 0x4000, encrypted\n";

static struct boot test_boot;

/** Begins a boot of a new device that runs factory. */
static inline struct device *begin_boot(const struct device_config *config)
{
    struct partition_table table;
    struct error err;
    struct device *device = device_create(config);
    assert_non_null(device);
    if (!partition_table_from_csv("std.csv", std_table, sizeof std_table - 1, 0, 0, &table, &err)) {
        fail_msg("%s", err.text);
    }
    device_load_partition_table(device, &table);
    test_boot = (struct boot){
        .device = device,
        .running = *partition_table_find_label(&table, "factory"),
    };
    device_set_current(device);
    boot_set_current(&test_boot);
    return device;
}

static inline void end_boot(struct device *device)
{
    esp_partition_unload_all();
    boot_set_current(NULL);
    device_set_current(NULL);
    device_destroy(device);
}

/** Puts an image there as a programmer would; returns its length. */
static inline uint32_t load_image(struct device *device, uint32_t address,
                                  const struct app_image_spec *spec)
{
    uint8_t *bytes;
    size_t length;
    struct error err;
    if (!app_image_build(spec, &bytes, &length, &err)) {
        fail_msg("%s", err.text);
    }
    flash_load(device->flash, address, bytes, (uint32_t)length);
    free(bytes);
    return (uint32_t)length;
}

/** Runs that in a process of its own, as a boot does; returns the status with which it ended, as
 * waitpid() has it. */
static inline int status_of(void (*what)(void))
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        what();
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

/** Runs what ends the boot; returns how it ended, -1 if it did not. */
static inline int end_of(void (*what)(void))
{
    int status = status_of(what);
    return WIFEXITED(status) && WEXITSTATUS(status) >= BOOT_EXIT_BASE
               ? WEXITSTATUS(status) - BOOT_EXIT_BASE
               : -1;
}
