/* The device of a recording, to and from the words of recordings. */
#pragma once

#include <jansson.h>

#include "bootloader.h"
#include "device.h"
#include "error.h"

/** The device as the record's "device" says. NULL with err set. *running is the partition that the
 * record's code ran from. */
struct device *replay_device_create(const json_t *record, struct partition_table *table,
                                    struct partition *running, struct error *err);

/** {"ota_0": "identical to image"} for each slot that holds these bytes. */
json_t *replay_slots(const struct device *device, const struct partition_table *table,
                     const uint8_t *image, size_t length);

json_t *replay_flash_ops(const struct device *device);
