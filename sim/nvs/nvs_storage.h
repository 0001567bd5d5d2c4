/* All pages of one partition, and the items in them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nvs_page.h"

struct nvs_storage {
    struct nvs_storage *next;
    esp_partition_t partition;
    bool broken; /* a flash operation has failed: nothing may be changed before the next load */
    size_t page_count;
    struct nvs_page *pages;
};

/* Where an item is. An operation that writes may move any item. */
struct nvs_place {
    struct nvs_page *page; /* NULL: nowhere, or before the first */
    unsigned entry;
};

/** Reads the partition and repairs what a power cut has left: finishes the freeing of a page, keeps
 * the newest of equal keys, drops blobs that are incomplete. ESP_ERR_NVS_NO_FREE_PAGES,
 * ESP_ERR_NVS_NEW_VERSION_FOUND, ESP_ERR_NO_MEM. */
esp_err_t nvs_storage_load(struct nvs_storage *storage);
void nvs_storage_unload(struct nvs_storage *storage);

/** The item after `place`, from the oldest page to the newest. ESP_ERR_NVS_NOT_FOUND after the
 * last. */
esp_err_t nvs_storage_next(struct nvs_storage *storage, struct nvs_place *place,
                           struct nvs_item *item);

/** The item of that namespace, key and part (a chunk's number, else NVS_CHUNK_ANY), but for the one
 * at `except`, which may be NULL. ESP_ERR_NVS_NOT_FOUND. */
esp_err_t nvs_storage_find(struct nvs_storage *storage, uint8_t ns, const char *key, uint8_t part,
                           const struct nvs_place *except, struct nvs_place *place,
                           struct nvs_item *item);

/** Appends an item to the active page, which has the room (nvs_storage_make_room). */
esp_err_t nvs_storage_append(struct nvs_storage *storage, const struct nvs_item *item,
                             const void *payload, struct nvs_place *place);
esp_err_t nvs_storage_erase(const struct nvs_place *place, const struct nvs_item *item);

/** Has the active page have room for that many entries, moving items if need be.
 * ESP_ERR_NVS_NOT_ENOUGH_SPACE, and nothing has changed. */
esp_err_t nvs_storage_make_room(struct nvs_storage *storage, unsigned entries,
                                struct nvs_page **active);

/** Copies what a page holds to the active one and erases the page. */
esp_err_t nvs_storage_free_page(struct nvs_storage *storage, struct nvs_page *page);

/** Makes a free page the active one. ESP_ERR_NVS_NO_FREE_PAGES. */
esp_err_t nvs_storage_activate_page(struct nvs_storage *storage);

/** The newest page that is being filled; NULL if there is none. */
struct nvs_page *nvs_storage_active_page(struct nvs_storage *storage);
size_t nvs_storage_free_pages(const struct nvs_storage *storage);
/** Whether one page was begun after the other. */
bool nvs_page_is_newer(const struct nvs_page *page, const struct nvs_page *than);
