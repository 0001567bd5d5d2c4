/* The device of a scenario as it is before power is switched on. */
#pragma once

#include "device.h"
#include "error.h"
#include "scenario.h"

/** Makes the device: efuses, partition table, apps in their slots, otadata. Flash counters start at
 * zero after that. NULL with err set. *table receives the partition table. */
struct device *scenario_device_create(const struct scenario *scenario,
                                      struct partition_table *table, struct error *err);

/** The key that is burnt for the flash encryption of scenarios, always the same. */
struct flash_key scenario_flash_key(void);

/** The partition table: a name or a path, as in the row; else that of the set of scenarios, else
 * that of the firmware, else "std". */
const char *scenario_partitions(const struct scenario *scenario);

/** Version of an app that has none in the row: the firmware's PROJECT_VER; NULL if it has none. */
const char *scenario_project_version(const struct scenario *scenario);

/** The OTA library that the firmware which runs first was built with; NULL: there is no such
 * firmware. */
const char *scenario_ota_library(const struct scenario *scenario);

#define SCENARIO_IMAGE_PATH 1024

/** Where a row's image file is: itself if it is absolute, else in OTASIM_REAL_IMAGES. */
void scenario_image_path(const char *file, char path[SCENARIO_IMAGE_PATH]);

/** The image that is served: built from the row, or read from its file. malloc'ed. */
bool scenario_image(const struct scenario *scenario, uint8_t **image, size_t *length,
                    struct error *err);

/** Version of the image in the row, with its default. For a file: what its descriptor says. */
void scenario_image_version(const uint8_t *image, size_t length, char version[33]);
