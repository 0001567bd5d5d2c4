/* Statistics and iterators. */
#include <string.h>

#include "esp_heap_caps.h"
#include "nvs_access.h"
#include "nvs_lock.h"

struct nvs_opaque_iterator_t {
    struct nvs_storage *storage;
    struct nvs_place place;
    int ns; /* -1: any */
    nvs_type_t type;
    nvs_entry_info_t info;
};

static esp_err_t get_stats_locked(const char *part_name, nvs_stats_t *nvs_stats)
{
    if (nvs_stats == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    *nvs_stats = (nvs_stats_t){0};
    struct nvs_storage *storage = nvs_registry_storage(part_name);
    if (storage == NULL) {
        return ESP_ERR_NVS_NOT_INITIALIZED;
    }
    for (size_t i = 0; i < storage->page_count; i++) {
        const struct nvs_page *page = &storage->pages[i];
        nvs_stats->used_entries += page->state != NVS_PAGE_FREE ? nvs_page_live(page) : 0;
    }
    nvs_stats->total_entries = storage->page_count * NVS_ENTRIES_PER_PAGE;
    nvs_stats->free_entries = nvs_stats->total_entries - nvs_stats->used_entries;
    nvs_stats->available_entries = nvs_stats->free_entries >= NVS_ENTRIES_PER_PAGE
                                       ? nvs_stats->free_entries - NVS_ENTRIES_PER_PAGE
                                       : 0;
    struct nvs_place place = {0};
    struct nvs_item item;
    while (nvs_storage_next(storage, &place, &item) == ESP_OK) {
        nvs_stats->namespace_count += item.ns == NVS_NAMESPACES;
    }
    return ESP_OK;
}

esp_err_t nvs_get_stats(const char *part_name, nvs_stats_t *nvs_stats)
{
    nvs_lock();
    return nvs_unlock(get_stats_locked(part_name, nvs_stats));
}

static esp_err_t get_used_entry_count_locked(nvs_handle_t handle, size_t *used_entries)
{
    if (used_entries == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    *used_entries = 0;
    const struct nvs_open *open = nvs_registry_find(handle);
    if (open == NULL) {
        return ESP_ERR_NVS_INVALID_HANDLE;
    }
    struct nvs_place place = {0};
    struct nvs_item item;
    while (nvs_storage_next(open->storage, &place, &item) == ESP_OK) {
        *used_entries += item.ns == open->ns ? item.span : 0u;
    }
    return ESP_OK;
}

esp_err_t nvs_get_used_entry_count(nvs_handle_t handle, size_t *used_entries)
{
    nvs_lock();
    return nvs_unlock(get_used_entry_count_locked(handle, used_entries));
}

static bool matches(const struct nvs_opaque_iterator_t *iterator, const struct nvs_item *item)
{
    return item->ns != NVS_NAMESPACES && item->type != NVS_ITEM_CHUNK &&
           (iterator->ns < 0 || iterator->ns == item->ns) &&
           (iterator->type == NVS_TYPE_ANY || iterator->type == nvs_access_type(item));
}

/* Items of a namespace that is not there can't be reached, so they are not shown. */
static bool describe(struct nvs_opaque_iterator_t *iterator, const struct nvs_item *item)
{
    memcpy(iterator->info.key, item->key, sizeof iterator->info.key);
    iterator->info.type = nvs_access_type(item);
    return nvs_namespace_name(iterator->storage, item->ns, iterator->info.namespace_name);
}

static esp_err_t entry_next_locked(nvs_iterator_t *iterator)
{
    if (iterator == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    struct nvs_item item;
    esp_err_t err = *iterator != NULL ? ESP_OK : ESP_ERR_NVS_NOT_FOUND;
    while (err == ESP_OK) {
        err = nvs_storage_next((*iterator)->storage, &(*iterator)->place, &item);
        if (err == ESP_OK && matches(*iterator, &item) && describe(*iterator, &item)) {
            return ESP_OK;
        }
    }
    nvs_release_iterator(*iterator);
    *iterator = NULL;
    return err;
}

esp_err_t nvs_entry_next(nvs_iterator_t *iterator)
{
    nvs_lock();
    return nvs_unlock(entry_next_locked(iterator));
}

static esp_err_t begin(struct nvs_storage *storage, int ns, nvs_type_t type,
                       nvs_iterator_t *output_iterator)
{
    struct nvs_opaque_iterator_t *iterator =
        heap_caps_calloc(1, sizeof *iterator, MALLOC_CAP_DEFAULT);
    *output_iterator = iterator;
    if (iterator == NULL) {
        return ESP_ERR_NO_MEM;
    }
    iterator->storage = storage;
    iterator->ns = ns;
    iterator->type = type;
    return nvs_entry_next(output_iterator);
}

static esp_err_t entry_find_locked(const char *part_name, const char *namespace_name,
                                   nvs_type_t type, nvs_iterator_t *output_iterator)
{
    if (part_name == NULL || output_iterator == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    *output_iterator = NULL;
    struct nvs_storage *storage = nvs_registry_storage(part_name);
    if (storage == NULL) {
        return ESP_ERR_NVS_NOT_FOUND;
    }
    uint8_t ns = 0;
    esp_err_t err =
        namespace_name == NULL ? ESP_OK : nvs_namespace_find(storage, namespace_name, false, &ns);
    return err == ESP_OK ? begin(storage, namespace_name != NULL ? ns : -1, type, output_iterator)
                         : err;
}

esp_err_t nvs_entry_find(const char *part_name, const char *namespace_name, nvs_type_t type,
                         nvs_iterator_t *output_iterator)
{
    nvs_lock();
    return nvs_unlock(entry_find_locked(part_name, namespace_name, type, output_iterator));
}

static esp_err_t entry_find_in_handle_locked(nvs_handle_t handle, nvs_type_t type,
                                             nvs_iterator_t *output_iterator)
{
    if (output_iterator == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    *output_iterator = NULL;
    const struct nvs_open *open = nvs_registry_find(handle);
    return open != NULL ? begin(open->storage, open->ns, type, output_iterator)
                        : ESP_ERR_NVS_INVALID_HANDLE;
}

esp_err_t nvs_entry_find_in_handle(nvs_handle_t handle, nvs_type_t type,
                                   nvs_iterator_t *output_iterator)
{
    nvs_lock();
    return nvs_unlock(entry_find_in_handle_locked(handle, type, output_iterator));
}

esp_err_t nvs_entry_info(const nvs_iterator_t iterator, nvs_entry_info_t *out_info)
{
    if (iterator == NULL || out_info == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    *out_info = iterator->info;
    return ESP_OK;
}

void nvs_release_iterator(nvs_iterator_t iterator)
{
    heap_caps_free(iterator);
}
