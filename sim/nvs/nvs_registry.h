/* What this boot has initialized and opened. */
#pragma once

#include "nvs.h"
#include "nvs_storage.h"

struct nvs_open {
    struct nvs_open *next;
    nvs_handle_t handle;
    struct nvs_storage *storage;
    uint8_t ns;
    bool readonly;
};

/** The initialized partition of that label (NULL: "nvs"), or NULL. */
struct nvs_storage *nvs_registry_storage(const char *label);
bool nvs_registry_is_empty(void);

/** Reads a partition, unless that is done already. Errors as nvs_storage_load. */
esp_err_t nvs_registry_add(const esp_partition_t *partition);
/** Forgets it, with its handles. */
void nvs_registry_remove(struct nvs_storage *storage);

/** What a handle stands for, or NULL. */
struct nvs_open *nvs_registry_find(nvs_handle_t handle);
/** ESP_ERR_NO_MEM. */
esp_err_t nvs_registry_open(struct nvs_storage *storage, uint8_t ns, bool readonly,
                            nvs_handle_t *handle);
void nvs_registry_close(nvs_handle_t handle);
