#include "otadata_json.h"

#include <string.h>

#include "otadata.h"

static json_t *entry_json(const struct otadata_entry *entry)
{
    struct otadata_entry erased;
    char state[16];
    memset(&erased, 0xFF, sizeof erased);
    if (memcmp(entry, &erased, sizeof erased) == 0) {
        return json_string("erased");
    }
    return json_pack("{s:I, s:s, s:b}", "seq", (json_int_t)entry->seq, "state",
                     otadata_state_name(entry->state, state), "crc_ok",
                     entry->crc == otadata_crc(entry->seq));
}

json_t *otadata_json(const struct device *device, const struct partition_table *table)
{
    const struct partition *partition =
        partition_table_find(table, PARTITION_TYPE_DATA, PARTITION_DATA_OTA);
    struct otadata otadata;
    if (partition == NULL || otadata_read(device->flash, partition->offset, &otadata) != ESP_OK) {
        return json_null();
    }
    return json_pack("[o, o]", entry_json(&otadata.entry[0]), entry_json(&otadata.entry[1]));
}
