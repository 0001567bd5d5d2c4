/* The library is written against the newest headers. What those of an older release lack is
 * supplied here, for the library alone: an application does not see it, and may use the names
 * itself. */
#pragma once

#include "esp_bootloader_desc.h"
#include "esp_idf_version.h"
#include "esp_ota_ops.h"
#include "sdkconfig.h"

#if ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(6, 1, 0)
#define ESP_ERR_OTA_ALREADY_IN_PROGRESS (ESP_ERR_OTA_BASE + 0x07)
#define ESP_ERR_OTA_SPI_MODE_MISMATCH   (ESP_ERR_OTA_BASE + 0x08)

#define esp_ota_set_boot_partition_skip_validate otalib_set_boot_partition_skip_validate
#define esp_ota_check_image_validity             otalib_check_image_validity
esp_err_t esp_ota_set_boot_partition_skip_validate(const esp_partition_t *partition);
esp_err_t esp_ota_check_image_validity(esp_partition_type_t type, const esp_image_header_t *img_hdr,
                                       const esp_app_desc_t *app_desc);
#endif

#if ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(5, 5, 0)
#define esp_ota_set_final_partition               otalib_set_final_partition
#define esp_ota_mark_app_invalid_rollback         otalib_mark_app_invalid_rollback
#define esp_ota_invalidate_inactive_ota_data_slot otalib_invalidate_inactive_ota_data_slot
esp_err_t esp_ota_set_final_partition(esp_ota_handle_t handle, const esp_partition_t *final,
                                      bool finalize_with_copy);
esp_err_t esp_ota_mark_app_invalid_rollback(void);
esp_err_t esp_ota_invalidate_inactive_ota_data_slot(void);
#endif

#if ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(5, 3, 3)
#define esp_ota_resume otalib_resume
esp_err_t esp_ota_resume(const esp_partition_t *partition, const size_t erase_size,
                         const size_t image_offset, esp_ota_handle_t *out_handle);
#endif

#if ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(5, 2, 0)
#define esp_ota_get_bootloader_description otalib_get_bootloader_description
#endif

#if ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(5, 0, 0)
/* The simulator has them for every release. */
const esp_app_desc_t *esp_app_get_description(void);
int esp_app_get_elf_sha256(char *dst, size_t size);
#endif

/** Bytes that are erased at once. */
static inline uint32_t ota_erase_size(const esp_partition_t *partition)
{
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 0, 0)
    return partition->erase_size;
#else
    return partition->otasim_erase_size;
#endif
}

/** The SPI flash mode that an app was built for; 0 if its descriptor does not say. */
static inline uint8_t ota_flash_mode(const esp_app_desc_t *description)
{
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(6, 1, 0)
    return description->spi_flash_mode;
#else
    (void)description;
    return 0;
#endif
}
