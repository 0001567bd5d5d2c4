/* What a boot makes of the pages that it finds. Each step may be cut short by the next power cut,
 * and is then begun again. */
#include <string.h>

#include "esp_heap_caps.h"
#include "flash.h"
#include "nvs_storage.h"

static esp_err_t load_pages(struct nvs_storage *storage)
{
    storage->page_count = storage->partition.size / FLASH_SECTOR_SIZE;
    storage->pages =
        heap_caps_calloc(storage->page_count, sizeof *storage->pages, MALLOC_CAP_DEFAULT);
    if (storage->pages == NULL) {
        return storage->page_count == 0 ? ESP_ERR_NVS_NO_FREE_PAGES : ESP_ERR_NO_MEM;
    }
    for (size_t i = 0; i < storage->page_count; i++) {
        struct nvs_page *page = &storage->pages[i];
        page->partition = &storage->partition;
        page->offset = (uint32_t)i * FLASH_SECTOR_SIZE;
        page->state = NVS_PAGE_FREE;
    }
    esp_err_t err = ESP_OK;
    for (size_t i = 0; i < storage->page_count && err == ESP_OK; i++) {
        err = nvs_page_load(&storage->pages[i]);
    }
    return err;
}

/* Only the newest page may be active: another one is what only damage leaves. */
static esp_err_t keep_one_active_page(struct nvs_storage *storage)
{
    const struct nvs_page *active = nvs_storage_active_page(storage);
    esp_err_t err = ESP_OK;
    for (size_t i = 0; i < storage->page_count && err == ESP_OK; i++) {
        struct nvs_page *page = &storage->pages[i];
        if (page->state == NVS_PAGE_ACTIVE && page != active) {
            err = nvs_page_set_state(page, NVS_PAGE_FULL);
        }
    }
    return err;
}

static struct nvs_page *freeing_page(struct nvs_storage *storage)
{
    for (size_t i = 0; i < storage->page_count; i++) {
        if (storage->pages[i].state == NVS_PAGE_FREEING) {
            return &storage->pages[i];
        }
    }
    return NULL;
}

static bool holds(const struct nvs_page *page, const struct nvs_item *item)
{
    uint16_t hash = nvs_item_hash(item);
    for (unsigned entry = 0; entry < NVS_ENTRIES_PER_PAGE; entry++) {
        struct nvs_item other;
        if (page->hashes[entry] == hash && nvs_page_read_item(page, entry, &other) == ESP_OK &&
            memcmp(&other, item, sizeof other) == 0) {
            return true;
        }
    }
    return false;
}

static bool holds_only_copies(const struct nvs_page *page, const struct nvs_page *of)
{
    for (unsigned entry = 0; entry < NVS_ENTRIES_PER_PAGE; entry++) {
        struct nvs_item item;
        if (page->hashes[entry] != 0 &&
            (nvs_page_read_item(page, entry, &item) != ESP_OK || !holds(of, &item))) {
            return false;
        }
    }
    return true;
}

/* A copy that was torn has used up room that the others may need: copying begins anew. */
static esp_err_t undo_copies(struct nvs_storage *storage)
{
    const struct nvs_page *freeing = freeing_page(storage);
    struct nvs_page *active = nvs_storage_active_page(storage);
    if (freeing == NULL || active == NULL || storage->partition.readonly ||
        !nvs_page_is_newer(active, freeing) || !holds_only_copies(active, freeing)) {
        return ESP_OK;
    }
    return nvs_page_erase(active);
}

static esp_err_t finish_freeing(struct nvs_storage *storage)
{
    struct nvs_page *page;
    while ((page = freeing_page(storage)) != NULL) {
        struct nvs_page *active = nvs_storage_active_page(storage);
        if (storage->partition.readonly || nvs_storage_free_pages(storage) == 0) {
            page->state = NVS_PAGE_FULL; /* damage: its items can be read where they are */
            continue;
        }
        esp_err_t err = active != NULL ? nvs_page_set_state(active, NVS_PAGE_FULL) : ESP_OK;
        if (err == ESP_OK) {
            err = nvs_storage_activate_page(storage);
        }
        if (err == ESP_OK) {
            err = nvs_storage_free_page(storage, page);
        }
        if (err != ESP_OK) {
            return err;
        }
    }
    return ESP_OK;
}

static bool is_newer_place(const struct nvs_place *place, const struct nvs_place *than)
{
    return place->page == than->page ? place->entry > than->entry
                                     : nvs_page_is_newer(place->page, than->page);
}

/* Power was cut after a value was written and before the one that it replaces was erased. */
static esp_err_t drop_replaced_items(struct nvs_storage *storage)
{
    struct nvs_place place = {0}, other;
    struct nvs_item item, rival;
    esp_err_t err;
    while ((err = nvs_storage_next(storage, &place, &item)) == ESP_OK) {
        err = nvs_storage_find(storage, item.ns, item.key, nvs_item_part(&item), &place, &other,
                               &rival);
        if (err == ESP_OK) {
            err = is_newer_place(&other, &place) ? nvs_storage_erase(&place, &item)
                                                 : nvs_storage_erase(&other, &rival);
        }
        if (err != ESP_OK && err != ESP_ERR_NVS_NOT_FOUND) {
            return err;
        }
    }
    return err == ESP_ERR_NVS_NOT_FOUND ? ESP_OK : err;
}

static bool blob_is_complete(struct nvs_storage *storage, const struct nvs_item *index)
{
    struct nvs_blob blob = nvs_item_blob(index);
    uint32_t size = 0;
    for (unsigned i = 0; i < blob.count; i++) {
        struct nvs_place place;
        struct nvs_item chunk;
        if (nvs_storage_find(storage, index->ns, index->key, (uint8_t)(blob.first + i), NULL,
                             &place, &chunk) != ESP_OK) {
            return false;
        }
        size += nvs_item_payload_size(&chunk);
    }
    return size == blob.size;
}

static bool chunk_is_wanted(struct nvs_storage *storage, const struct nvs_item *chunk)
{
    struct nvs_place place;
    struct nvs_item index;
    if (nvs_storage_find(storage, chunk->ns, chunk->key, NVS_CHUNK_ANY, NULL, &place, &index) !=
            ESP_OK ||
        index.type != NVS_ITEM_BLOB) {
        return false;
    }
    struct nvs_blob blob = nvs_item_blob(&index);
    return chunk->chunk >= blob.first && chunk->chunk < blob.first + blob.count;
}

/* First those that lack a chunk, then the chunks that belong to none. */
static esp_err_t drop_parts(struct nvs_storage *storage, uint8_t type,
                            bool (*is_good)(struct nvs_storage *, const struct nvs_item *))
{
    struct nvs_place place = {0};
    struct nvs_item item;
    esp_err_t err;
    while ((err = nvs_storage_next(storage, &place, &item)) == ESP_OK) {
        if (item.type == type && !is_good(storage, &item)) {
            err = nvs_storage_erase(&place, &item);
        }
        if (err != ESP_OK) {
            return err;
        }
    }
    return err == ESP_ERR_NVS_NOT_FOUND ? ESP_OK : err;
}

static esp_err_t drop_incomplete_blobs(struct nvs_storage *storage)
{
    esp_err_t err = drop_parts(storage, NVS_ITEM_BLOB, blob_is_complete);
    return err == ESP_OK ? drop_parts(storage, NVS_ITEM_CHUNK, chunk_is_wanted) : err;
}

static esp_err_t need_a_free_page(struct nvs_storage *storage)
{
    if (storage->partition.readonly) {
        return ESP_OK;
    }
    esp_err_t err = ESP_OK;
    if (nvs_storage_free_pages(storage) == storage->page_count) {
        err = nvs_storage_activate_page(storage);
    }
    if (err == ESP_OK && nvs_storage_free_pages(storage) == 0) {
        err = ESP_ERR_NVS_NO_FREE_PAGES;
    }
    return err;
}

esp_err_t nvs_storage_load(struct nvs_storage *storage)
{
    static esp_err_t (*const steps[])(struct nvs_storage *) = {
        load_pages,     keep_one_active_page,  undo_copies,      drop_replaced_items,
        finish_freeing, drop_incomplete_blobs, need_a_free_page,
    };
    esp_err_t err = ESP_OK;
    for (size_t i = 0; i < sizeof steps / sizeof *steps && err == ESP_OK; i++) {
        err = steps[i](storage);
    }
    if (err != ESP_OK) {
        nvs_storage_unload(storage);
    }
    storage->broken = err != ESP_OK;
    return err;
}

void nvs_storage_unload(struct nvs_storage *storage)
{
    for (size_t i = 0; i < storage->page_count && storage->pages != NULL; i++) {
        nvs_page_unload(&storage->pages[i]);
    }
    heap_caps_free(storage->pages);
    storage->pages = NULL;
    storage->page_count = 0;
}
