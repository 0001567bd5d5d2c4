/* What an image says of itself, and whether it suits the device. */
#include "bootloader_common.h"
#include "esp_log.h"
#include "ota_private.h"

static const char *const TAG = "esp_ota_ops";

#define DESCRIPTOR_OFFSET (sizeof(esp_image_header_t) + sizeof(esp_image_segment_header_t))

esp_err_t esp_ota_get_partition_description(const esp_partition_t *partition,
                                            esp_app_desc_t *app_desc)
{
    if (partition == NULL || app_desc == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (partition->type != ESP_PARTITION_TYPE_APP) {
        return ESP_ERR_NOT_SUPPORTED;
    }
    esp_err_t err = esp_partition_read(partition, DESCRIPTOR_OFFSET, app_desc, sizeof *app_desc);
    if (err != ESP_OK) {
        return err;
    }
    return app_desc->magic_word == ESP_APP_DESC_MAGIC_WORD ? ESP_OK : ESP_ERR_NOT_FOUND;
}

static esp_err_t register_primary_bootloader(const esp_partition_t **partition)
{
    return esp_partition_register_external(NULL, ESP_PRIMARY_BOOTLOADER_OFFSET, ESP_BOOTLOADER_SIZE,
                                           "PrimaryBTLDR", ESP_PARTITION_TYPE_BOOTLOADER,
                                           ESP_PARTITION_SUBTYPE_BOOTLOADER_PRIMARY, partition);
}

esp_err_t esp_ota_get_bootloader_description(const esp_partition_t *bootloader_partition,
                                             esp_bootloader_desc_t *desc)
{
    if (desc == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    const esp_partition_t *partition = bootloader_partition;
    if (partition == NULL) {
        partition = esp_partition_find_first(ESP_PARTITION_TYPE_BOOTLOADER,
                                             ESP_PARTITION_SUBTYPE_BOOTLOADER_PRIMARY, NULL);
    }
    bool registered = false;
    if (partition == NULL) {
        esp_err_t err = register_primary_bootloader(&partition);
        if (err != ESP_OK) {
            return err;
        }
        registered = true;
    }
    esp_err_t err = esp_partition_read(partition, DESCRIPTOR_OFFSET, desc, sizeof *desc);
    if (registered) {
        esp_partition_deregister_external(partition);
    }
    if (err != ESP_OK) {
        return err;
    }
    return desc->magic_byte == ESP_BOOTLOADER_DESC_MAGIC_BYTE ? ESP_OK : ESP_ERR_NOT_FOUND;
}

esp_err_t esp_ota_check_image_validity(esp_partition_type_t type, const esp_image_header_t *img_hdr,
                                       const esp_app_desc_t *app_desc)
{
    if (img_hdr == NULL ||
        (type != ESP_PARTITION_TYPE_APP && type != ESP_PARTITION_TYPE_BOOTLOADER)) {
        return ESP_ERR_INVALID_ARG;
    }
    esp_image_type image_type =
        type == ESP_PARTITION_TYPE_APP ? ESP_IMAGE_APPLICATION : ESP_IMAGE_BOOTLOADER;
    if (bootloader_common_check_chip_validity(img_hdr, image_type) != ESP_OK) {
        return ESP_ERR_INVALID_VERSION;
    }
    if (type != ESP_PARTITION_TYPE_APP || app_desc == NULL ||
        app_desc->magic_word != ESP_APP_DESC_MAGIC_WORD) {
        return ESP_OK;
    }
    uint8_t running = ota_flash_mode(esp_app_get_description());
    uint8_t offered = ota_flash_mode(app_desc);
    if (offered != 0 && running != 0 && offered != running) {
        ESP_LOGE(TAG, "the image is for SPI flash mode %u, the running app for %u", offered,
                 running);
        return ESP_ERR_OTA_SPI_MODE_MISMATCH;
    }
    return ESP_OK;
}
