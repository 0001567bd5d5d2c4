#include "nvs_storage.h"

#include <string.h>

#include "esp_heap_caps.h"

bool nvs_page_is_newer(const struct nvs_page *page, const struct nvs_page *than)
{
    return page->seq != than->seq ? page->seq > than->seq : page > than;
}

/* The oldest used page that is newer than this one (NULL: the oldest of all). */
static struct nvs_page *next_page(struct nvs_storage *storage, const struct nvs_page *after)
{
    struct nvs_page *next = NULL;
    for (size_t i = 0; i < storage->page_count; i++) {
        struct nvs_page *page = &storage->pages[i];
        bool in_question = page->state != NVS_PAGE_FREE && page != after &&
                           (after == NULL || nvs_page_is_newer(page, after));
        if (in_question && (next == NULL || nvs_page_is_newer(next, page))) {
            next = page;
        }
    }
    return next;
}

esp_err_t nvs_storage_next(struct nvs_storage *storage, struct nvs_place *place,
                           struct nvs_item *item)
{
    unsigned entry = place->entry + 1;
    struct nvs_page *page = place->page;
    if (page == NULL) {
        page = next_page(storage, NULL);
        entry = 0;
    }
    for (; page != NULL; page = next_page(storage, page), entry = 0) {
        if (page->hashes == NULL) { /* it was freed while somebody iterates */
            continue;
        }
        while (entry < NVS_ENTRIES_PER_PAGE && page->hashes[entry] == 0) {
            entry++;
        }
        if (entry < NVS_ENTRIES_PER_PAGE) {
            *place = (struct nvs_place){page, entry};
            return nvs_page_read_item(page, entry, item);
        }
    }
    return ESP_ERR_NVS_NOT_FOUND;
}

static bool is_at(const struct nvs_place *place, const struct nvs_page *page, unsigned entry)
{
    return place != NULL && place->page == page && place->entry == entry;
}

static esp_err_t find_in_page(struct nvs_page *page, const struct nvs_item *like, uint16_t hash,
                              const struct nvs_place *except, struct nvs_place *place,
                              struct nvs_item *item)
{
    for (unsigned entry = 0; entry < NVS_ENTRIES_PER_PAGE; entry++) {
        if (page->hashes[entry] != hash || is_at(except, page, entry)) {
            continue;
        }
        esp_err_t err = nvs_page_read_item(page, entry, item);
        if (err != ESP_OK) {
            return err;
        }
        if (nvs_items_are_rivals(item, like)) {
            *place = (struct nvs_place){page, entry};
            return ESP_OK;
        }
    }
    return ESP_ERR_NVS_NOT_FOUND;
}

esp_err_t nvs_storage_find(struct nvs_storage *storage, uint8_t ns, const char *key, uint8_t part,
                           const struct nvs_place *except, struct nvs_place *place,
                           struct nvs_item *item)
{
    struct nvs_item like =
        nvs_item_make(ns, part != NVS_CHUNK_ANY ? NVS_ITEM_CHUNK : NVS_ITEM_U8, key);
    like.chunk = part;
    uint16_t hash = nvs_item_hash(&like);
    for (size_t i = 0; i < storage->page_count; i++) {
        if (storage->pages[i].state == NVS_PAGE_FREE) {
            continue;
        }
        esp_err_t err = find_in_page(&storage->pages[i], &like, hash, except, place, item);
        if (err != ESP_ERR_NVS_NOT_FOUND) {
            return err;
        }
    }
    return ESP_ERR_NVS_NOT_FOUND;
}

struct nvs_page *nvs_storage_active_page(struct nvs_storage *storage)
{
    struct nvs_page *active = NULL;
    for (size_t i = 0; i < storage->page_count; i++) {
        struct nvs_page *page = &storage->pages[i];
        if (page->state == NVS_PAGE_ACTIVE && (active == NULL || nvs_page_is_newer(page, active))) {
            active = page;
        }
    }
    return active;
}

size_t nvs_storage_free_pages(const struct nvs_storage *storage)
{
    size_t count = 0;
    for (size_t i = 0; i < storage->page_count; i++) {
        count += storage->pages[i].state == NVS_PAGE_FREE;
    }
    return count;
}

/* The pages take turns: the one after the newest comes first. Flash wears out long before the
 * numbers end, so only damage has it that they do. */
esp_err_t nvs_storage_activate_page(struct nvs_storage *storage)
{
    size_t newest = storage->page_count - 1;
    uint32_t seq = 0;
    for (size_t i = 0; i < storage->page_count; i++) {
        const struct nvs_page *page = &storage->pages[i];
        if (page->state != NVS_PAGE_FREE && page->seq >= seq) {
            seq = page->seq + 1;
            newest = i;
        }
    }
    for (size_t i = 1; i <= storage->page_count && seq != NVS_NO_SEQ; i++) {
        struct nvs_page *page = &storage->pages[(newest + i) % storage->page_count];
        if (page->state == NVS_PAGE_FREE) {
            return nvs_page_activate(page, seq);
        }
    }
    return ESP_ERR_NVS_NO_FREE_PAGES;
}

esp_err_t nvs_storage_append(struct nvs_storage *storage, const struct nvs_item *item,
                             const void *payload, struct nvs_place *place)
{
    place->page = nvs_storage_active_page(storage);
    return nvs_page_write(place->page, item, payload, &place->entry);
}

esp_err_t nvs_storage_erase(const struct nvs_place *place, const struct nvs_item *item)
{
    return nvs_page_erase_item(place->page, place->entry, item->span);
}

static esp_err_t copy_item(struct nvs_storage *storage, const struct nvs_page *from, unsigned entry,
                           void *buffer)
{
    struct nvs_item item;
    struct nvs_place place;
    esp_err_t err = nvs_page_read_item(from, entry, &item);
    if (err == ESP_OK && nvs_item_has_payload(&item)) {
        err = nvs_page_read_payload(from, entry, 0, buffer, nvs_item_payload_size(&item));
    }
    return err == ESP_OK ? nvs_storage_append(storage, &item, buffer, &place) : err;
}

esp_err_t nvs_storage_free_page(struct nvs_storage *storage, struct nvs_page *page)
{
    void *buffer = heap_caps_malloc(NVS_VALUE_MAX, MALLOC_CAP_DEFAULT);
    esp_err_t err = buffer != NULL ? ESP_OK : ESP_ERR_NO_MEM;
    for (unsigned entry = 0; entry < NVS_ENTRIES_PER_PAGE && err == ESP_OK; entry++) {
        if (page->hashes[entry] != 0) {
            err = copy_item(storage, page, entry, buffer);
        }
    }
    heap_caps_free(buffer);
    return err == ESP_OK ? nvs_page_erase(page) : err;
}

static unsigned reclaimable(const struct nvs_page *page)
{
    return NVS_ENTRIES_PER_PAGE - nvs_page_live(page);
}

static struct nvs_page *most_reclaimable_page(struct nvs_storage *storage)
{
    struct nvs_page *best = NULL;
    for (size_t i = 0; i < storage->page_count; i++) {
        struct nvs_page *page = &storage->pages[i];
        if (page->state != NVS_PAGE_FREE &&
            (best == NULL || reclaimable(page) > reclaimable(best))) {
            best = page;
        }
    }
    return best;
}

/* The last free page is never filled with anything new: it is where a page moves to. The page that
 * moves is marked first, so that after a power cut it is known what the newest page is for. */
static esp_err_t collect_garbage(struct nvs_storage *storage, struct nvs_page *page)
{
    esp_err_t err = nvs_page_set_state(page, NVS_PAGE_FREEING);
    if (err == ESP_OK) {
        err = nvs_storage_activate_page(storage);
    }
    return err == ESP_OK ? nvs_storage_free_page(storage, page) : err;
}

esp_err_t nvs_storage_make_room(struct nvs_storage *storage, unsigned entries,
                                struct nvs_page **active)
{
    *active = nvs_storage_active_page(storage);
    if (*active != NULL && nvs_page_room(*active) >= entries) {
        return ESP_OK;
    }
    bool collect = nvs_storage_free_pages(storage) < 2;
    struct nvs_page *page = most_reclaimable_page(storage);
    if (collect &&
        (page == NULL || nvs_storage_free_pages(storage) == 0 || reclaimable(page) < entries)) {
        return ESP_ERR_NVS_NOT_ENOUGH_SPACE;
    }
    esp_err_t err = *active != NULL ? nvs_page_set_state(*active, NVS_PAGE_FULL) : ESP_OK;
    if (err == ESP_OK) {
        err = collect ? collect_garbage(storage, page) : nvs_storage_activate_page(storage);
    }
    *active = nvs_storage_active_page(storage);
    return err;
}
