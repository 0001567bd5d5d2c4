#include "nvs_flash.h"

#include "nvs_lock.h"
#include "nvs_registry.h"

static const esp_partition_t *partition_of(const char *label)
{
    return label == NULL ? NULL
                         : esp_partition_find_first(ESP_PARTITION_TYPE_DATA,
                                                    ESP_PARTITION_SUBTYPE_DATA_NVS, label);
}

esp_err_t nvs_flash_init(void)
{
    return nvs_flash_init_partition(NVS_DEFAULT_PART_NAME);
}

esp_err_t nvs_flash_init_partition(const char *partition_label)
{
    const esp_partition_t *partition = partition_of(partition_label);
    return partition != NULL ? nvs_flash_init_partition_ptr(partition) : ESP_ERR_NOT_FOUND;
}

static esp_err_t init_partition_ptr_locked(const esp_partition_t *partition)
{
    return partition != NULL ? nvs_registry_add(partition) : ESP_ERR_INVALID_ARG;
}

esp_err_t nvs_flash_init_partition_ptr(const esp_partition_t *partition)
{
    nvs_lock();
    return nvs_unlock(init_partition_ptr_locked(partition));
}

esp_err_t nvs_flash_deinit(void)
{
    return nvs_flash_deinit_partition(NVS_DEFAULT_PART_NAME);
}

static esp_err_t deinit_partition_locked(const char *partition_label)
{
    struct nvs_storage *storage =
        partition_label != NULL ? nvs_registry_storage(partition_label) : NULL;
    if (storage == NULL) {
        return ESP_ERR_NVS_NOT_INITIALIZED;
    }
    nvs_registry_remove(storage);
    return ESP_OK;
}

esp_err_t nvs_flash_deinit_partition(const char *partition_label)
{
    nvs_lock();
    return nvs_unlock(deinit_partition_locked(partition_label));
}

esp_err_t nvs_flash_erase(void)
{
    return nvs_flash_erase_partition(NVS_DEFAULT_PART_NAME);
}

esp_err_t nvs_flash_erase_partition(const char *part_name)
{
    const esp_partition_t *partition = partition_of(part_name);
    return partition != NULL ? nvs_flash_erase_partition_ptr(partition) : ESP_ERR_NOT_FOUND;
}

static esp_err_t erase_partition_ptr_locked(const esp_partition_t *partition)
{
    if (partition == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    (void)nvs_flash_deinit_partition(partition->label);
    return esp_partition_erase_range(partition, 0, partition->size);
}

esp_err_t nvs_flash_erase_partition_ptr(const esp_partition_t *partition)
{
    nvs_lock();
    return nvs_unlock(erase_partition_ptr_locked(partition));
}

esp_err_t nvs_flash_secure_init(nvs_sec_cfg_t *cfg)
{
    return nvs_flash_secure_init_partition(NVS_DEFAULT_PART_NAME, cfg);
}

esp_err_t nvs_flash_secure_init_partition(const char *partition_label, nvs_sec_cfg_t *cfg)
{
    return cfg == NULL ? nvs_flash_init_partition(partition_label) : ESP_ERR_NVS_ENCR_NOT_SUPPORTED;
}
