/* otadata as traces and recordings write it: ["erased", {"seq":2,"state":"VALID","crc_ok":true}].
 */
#pragma once

#include <jansson.h>

#include "device.h"

/** Both entries; JSON null without an otadata partition. A new reference. */
json_t *otadata_json(const struct device *device, const struct partition_table *table);
