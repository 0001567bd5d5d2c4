/* What a run did to the flash, told by its trace and by the flash before and after it. */
#pragma once

#include <jansson.h>

#include "flash.h"
#include "partition_table.h"

/** A new object:
 *
 *     {"partitions": [{"label", "kind" ("app/ota_0"), "offset", "size" (bytes),
 *                      "before", "after" (what is in it, in words),
 *                      "erases" (sectors), "programs" (calls), "bytes" (programmed),
 *                      "most" (erases of one sector),
 *                      "map": [[first sector, sectors, data before?, data after?, erases], ...]}],
 *      "otadata": {"before": [entry, entry], "after": [entry, entry],
 *                  "before_selects", "after_selects" (in words)} or null}
 *
 * `map` covers the partition; neighbours that are alike are one row. Both chips are of one size. */
json_t *flash_facts(const struct partition_table *table, struct flash *before, struct flash *after,
                    const json_t *trace);
