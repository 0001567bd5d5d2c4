/* A page: one sector with a header, the states of its 126 entries, two bits each, and the entries.
 * All that is changed in flash goes through here. What goes into flash goes in such an order that a
 * power cut at any place leaves something that nvs_page_load can tell apart. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "esp_err.h"
#include "esp_partition.h"
#include "nvs.h"
#include "nvs_item.h"

/* What the header says of a page: each is the one before with a bit cleared. */
#define NVS_PAGE_FREE    0xFFFFFFFFu /* also what can't be read: to be erased and used again */
#define NVS_PAGE_ACTIVE  0xFFFFFFFEu /* is being filled: the newest page */
#define NVS_PAGE_FULL    0xFFFFFFFCu
#define NVS_PAGE_FREEING 0xFFFFFFF8u /* its items are being copied to the newest page */

/* What erased flash has for the number of a page. */
#define NVS_NO_SEQ UINT32_MAX

enum nvs_entry_state { NVS_ENTRY_ERASED = 0, NVS_ENTRY_WRITTEN = 2, NVS_ENTRY_EMPTY = 3 };

struct nvs_page {
    const esp_partition_t *partition;
    uint32_t offset;
    uint32_t state;
    uint32_t seq;
    bool blank;         /* a free page that needs no erase */
    uint8_t states[32]; /* as in flash */
    uint16_t *hashes;   /* of the item that begins at an entry, or 0; NULL for a free page */
};

/** Reads it all, and marks as erased what was not written to its end. On a read-only partition,
 * here and below, only in memory. ESP_ERR_NVS_NEW_VERSION_FOUND, ESP_ERR_NO_MEM. */
esp_err_t nvs_page_load(struct nvs_page *page);
void nvs_page_unload(struct nvs_page *page);

/** Makes a free page the active one. */
esp_err_t nvs_page_activate(struct nvs_page *page, uint32_t seq);
/** NVS_PAGE_FULL or NVS_PAGE_FREEING. */
esp_err_t nvs_page_set_state(struct nvs_page *page, uint32_t state);
esp_err_t nvs_page_erase(struct nvs_page *page);

/** Entries that can still be written, and those that are. */
unsigned nvs_page_room(const struct nvs_page *page);
unsigned nvs_page_live(const struct nvs_page *page);

esp_err_t nvs_page_read_item(const struct nvs_page *page, unsigned entry, struct nvs_item *item);
esp_err_t nvs_page_read_payload(const struct nvs_page *page, unsigned entry, uint32_t offset,
                                void *out, uint32_t size);

/** Appends a sealed item, whose entries there is room for, and tells where it is. */
esp_err_t nvs_page_write(struct nvs_page *page, const struct nvs_item *item, const void *payload,
                         unsigned *entry);
/** Marks an item's entries as erased. */
esp_err_t nvs_page_erase_item(struct nvs_page *page, unsigned entry, unsigned span);
