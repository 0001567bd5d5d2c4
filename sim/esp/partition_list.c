#include "partition_list.h"

#include <stdlib.h>
#include <string.h>

#include "boot.h"
#include "esp_flash.h"
#include "esp_log.h"

static const char *const TAG = "partition";

static struct partition_list list = STAILQ_HEAD_INITIALIZER(list);

/* The boot that the list was read in. */
static struct {
    const struct flash *flash;
    uint64_t boot_us;
} loaded;

static void clear(void)
{
    struct partition_node *node;
    while ((node = STAILQ_FIRST(&list)) != NULL) {
        STAILQ_REMOVE_HEAD(&list, link);
        free(node);
    }
}

/* With flash encryption on, some partitions are encrypted whatever their flag says; with it off,
 * none is (ESP-IDF documentation, "Partition Tables", Flags). */
static bool is_encrypted(const struct partition *entry, const struct device *device)
{
    if (!device->efuse.flash_encryption) {
        return false;
    }
    return partition_is_encrypted(entry);
}

static void append(const struct partition *entry, const struct device *device)
{
    struct partition_node *node = calloc(1, sizeof *node);
    if (node == NULL) {
        return;
    }
    node->info = (esp_partition_t){
        .flash_chip = esp_flash_default_chip,
        .type = (esp_partition_type_t)entry->type,
        .subtype = (esp_partition_subtype_t)entry->subtype,
        .address = entry->offset,
        .size = entry->size,
        .erase_size = FLASH_SECTOR_SIZE,
        .encrypted = is_encrypted(entry, device),
        .readonly = entry->readonly,
    };
    memcpy(node->info.label, entry->label, sizeof node->info.label);
    STAILQ_INSERT_TAIL(&list, node, link);
}

static void load(struct device *device)
{
    static struct partition_table table;
    struct error why;
    if (device_partition_table(device, &table, &why) != ESP_OK) {
        ESP_LOGE(TAG, "%s", why.text);
        return;
    }
    for (size_t i = 0; i < table.count; i++) {
        append(&table.entries[i], device);
    }
}

struct partition_list *partition_list(void)
{
    struct device *device = device_current();
    if (device == NULL) {
        esp_partition_unload_all();
        return &list;
    }
    if (loaded.flash != device->flash || loaded.boot_us != device->boot_us) {
        clear();
        loaded.flash = device->flash;
        loaded.boot_us = device->boot_us;
        load(device);
    }
    return &list;
}

void esp_partition_unload_all(void)
{
    clear();
    loaded.flash = NULL;
}
