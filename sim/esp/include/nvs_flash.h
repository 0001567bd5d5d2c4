/* Where nvs.h keeps its values, as in ESP-IDF's nvs_flash.h. */
#pragma once

#include "esp_err.h"
#include "esp_partition.h"
#include "nvs.h"

#ifdef __cplusplus
extern "C" {
#endif

#define NVS_KEY_SIZE 32 /* bytes */

typedef struct {
    uint8_t eky[NVS_KEY_SIZE];
    uint8_t tky[NVS_KEY_SIZE];
} nvs_sec_cfg_t;

/** Reads the partition and repairs what a power cut has left; once done, does nothing.
 * ESP_ERR_NOT_FOUND (no partition "nvs"), ESP_ERR_NVS_NO_FREE_PAGES, ESP_ERR_NVS_NEW_VERSION_FOUND,
 * ESP_ERR_NO_MEM, or an error of the flash. */
esp_err_t nvs_flash_init(void);
esp_err_t nvs_flash_init_partition(const char *partition_label);
esp_err_t nvs_flash_init_partition_ptr(const esp_partition_t *partition);

/** Closes the partition's handles. ESP_ERR_NVS_NOT_INITIALIZED. */
esp_err_t nvs_flash_deinit(void);
esp_err_t nvs_flash_deinit_partition(const char *partition_label);

/** Erases all of the partition, after nvs_flash_deinit if need be. ESP_ERR_NOT_FOUND. */
esp_err_t nvs_flash_erase(void);
esp_err_t nvs_flash_erase_partition(const char *part_name);
esp_err_t nvs_flash_erase_partition_ptr(const esp_partition_t *partition);

/** Encrypted contents are not simulated: ESP_ERR_NVS_ENCR_NOT_SUPPORTED, or for a NULL cfg the same
 * as without. */
esp_err_t nvs_flash_secure_init(nvs_sec_cfg_t *cfg);
esp_err_t nvs_flash_secure_init_partition(const char *partition_label, nvs_sec_cfg_t *cfg);

#ifdef __cplusplus
}
#endif
