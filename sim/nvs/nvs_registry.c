#include "nvs_registry.h"

#include <string.h>

#include "esp_heap_caps.h"

static struct nvs_storage *storages;
static struct nvs_open *opened;
static nvs_handle_t last_handle;

struct nvs_storage *nvs_registry_storage(const char *label)
{
    struct nvs_storage *storage = storages;
    while (storage != NULL &&
           strcmp(storage->partition.label, label != NULL ? label : NVS_DEFAULT_PART_NAME) != 0) {
        storage = storage->next;
    }
    return storage;
}

bool nvs_registry_is_empty(void)
{
    return storages == NULL;
}

static esp_err_t reload(struct nvs_storage *storage)
{
    nvs_storage_unload(storage);
    return nvs_storage_load(storage);
}

esp_err_t nvs_registry_add(const esp_partition_t *partition)
{
    struct nvs_storage *storage = nvs_registry_storage(partition->label);
    if (storage != NULL) {
        return storage->broken ? reload(storage) : ESP_OK;
    }
    storage = heap_caps_calloc(1, sizeof *storage, MALLOC_CAP_DEFAULT);
    if (storage == NULL) {
        return ESP_ERR_NO_MEM;
    }
    storage->partition = *partition;
    esp_err_t err = nvs_storage_load(storage);
    if (err != ESP_OK) {
        heap_caps_free(storage);
        return err;
    }
    storage->next = storages;
    storages = storage;
    return ESP_OK;
}

static void close_all_of(const struct nvs_storage *storage)
{
    struct nvs_open **at = &opened;
    while (*at != NULL) {
        struct nvs_open *open = *at;
        if (open->storage != storage) {
            at = &open->next;
            continue;
        }
        *at = open->next;
        heap_caps_free(open);
    }
}

void nvs_registry_remove(struct nvs_storage *storage)
{
    struct nvs_storage **at = &storages;
    while (*at != storage) {
        at = &(*at)->next;
    }
    *at = storage->next;
    close_all_of(storage);
    nvs_storage_unload(storage);
    heap_caps_free(storage);
}

struct nvs_open *nvs_registry_find(nvs_handle_t handle)
{
    struct nvs_open *open = opened;
    while (open != NULL && open->handle != handle) {
        open = open->next;
    }
    return open;
}

esp_err_t nvs_registry_open(struct nvs_storage *storage, uint8_t ns, bool readonly,
                            nvs_handle_t *handle)
{
    struct nvs_open *open = heap_caps_malloc(sizeof *open, MALLOC_CAP_DEFAULT);
    if (open == NULL) {
        return ESP_ERR_NO_MEM;
    }
    *open = (struct nvs_open){.next = opened,
                              .handle = ++last_handle,
                              .storage = storage,
                              .ns = ns,
                              .readonly = readonly};
    opened = open;
    *handle = open->handle;
    return ESP_OK;
}

void nvs_registry_close(nvs_handle_t handle)
{
    struct nvs_open **at = &opened;
    while (*at != NULL && (*at)->handle != handle) {
        at = &(*at)->next;
    }
    struct nvs_open *open = *at;
    if (open != NULL) {
        *at = open->next;
        heap_caps_free(open);
    }
}
