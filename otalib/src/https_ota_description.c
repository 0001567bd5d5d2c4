/* What the image that comes says of itself. */
#include <stdlib.h>
#include <string.h>

#include "esp_log.h"
#include "https_ota_private.h"
#include "otasim_quirk.h"

static const char *const TAG = "esp_https_ota";

bool https_ota_is_image(const esp_partition_t *partition)
{
    return partition->type == ESP_PARTITION_TYPE_APP ||
           partition->type == ESP_PARTITION_TYPE_BOOTLOADER;
}

/* Where the final partition was never set the device reads through NULL. */
void https_ota_check_final(const struct https_ota *ota)
{
    if (ota->final == NULL) {
        quirk_met(QUIRK_STAGING_EQUALS_FINAL);
        ESP_LOGE(TAG, "NULL dereference: staging and final are the same partition");
        abort();
    }
}

#if CONFIG_ESP_HTTPS_OTA_DECRYPT_CB

static esp_err_t get_description(struct https_ota *ota, size_t offset, void *out, size_t size)
{
    (void)ota, (void)offset, (void)out, (void)size;
    return ESP_ERR_NOT_SUPPORTED;
}

#else

/* The header that was read already is not kept: the next bytes of the download take its place, or,
 * where a release reads the description back, what lies in the slot (catalogue C01). */
static esp_err_t replace_header(struct https_ota *ota)
{
    if (!quirk(QUIRK_DESC_TWICE)) {
        return ESP_OK;
    }
    quirk_met(QUIRK_DESC_TWICE);
    if (!quirk(QUIRK_DESC_AFTER_PERFORM)) {
        return esp_partition_read(ota->staging, 0, ota->buffer, (size_t)ota->header_length);
    }
    ota->header_length = 0;
    return https_ota_read_header(ota);
}

static esp_err_t get_description(struct https_ota *ota, size_t offset, void *out, size_t size)
{
    if (ota == NULL || out == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (ota->state < OTA_STATE_BEGIN) {
        return ESP_ERR_INVALID_STATE;
    }
    https_ota_check_final(ota);
    if (!https_ota_is_image(ota->final)) {
        return ESP_FAIL;
    }
    if (ota->written > 0 && !quirk(QUIRK_DESC_AFTER_PERFORM)) {
        /* The beginning is in flash already: resumed, or perform was called. */
        return esp_partition_read(ota->staging, offset, out, size);
    }
    bool is_read = ota->header_length >= https_ota_header_size();
    if (!is_read && ota->written > 0) {
        quirk_met(QUIRK_DESC_AFTER_PERFORM); /* takes what belongs to the slot */
    }
    esp_err_t err = is_read ? replace_header(ota) : https_ota_read_header(ota);
    if (err != ESP_OK) {
        return err;
    }
    memcpy(out, ota->buffer + offset, size);
    return ESP_OK;
}

#endif

#define DESCRIPTOR_OFFSET (sizeof(esp_image_header_t) + sizeof(esp_image_segment_header_t))

esp_err_t esp_https_ota_get_img_desc(esp_https_ota_handle_t https_ota_handle,
                                     esp_app_desc_t *new_app_info)
{
    https_ota_event(ESP_HTTPS_OTA_GET_IMG_DESC, NULL, 0);
    esp_err_t err =
        get_description(https_ota_handle, DESCRIPTOR_OFFSET, new_app_info, sizeof *new_app_info);
    if (err != ESP_OK || new_app_info->magic_word == ESP_APP_DESC_MAGIC_WORD) {
        return err;
    }
    if (quirk(QUIRK_DESC_MAGIC_UNCHECKED)) {
        quirk_met(QUIRK_DESC_MAGIC_UNCHECKED);
        return ESP_OK;
    }
    ESP_LOGE(TAG, "the image has no app descriptor");
    return ESP_FAIL;
}

esp_err_t esp_https_ota_get_bootloader_img_desc(esp_https_ota_handle_t https_ota_handle,
                                                esp_bootloader_desc_t *new_img_info)
{
    https_ota_event(ESP_HTTPS_OTA_GET_IMG_DESC, NULL, 0);
    esp_err_t err =
        get_description(https_ota_handle, DESCRIPTOR_OFFSET, new_img_info, sizeof *new_img_info);
    if (err == ESP_OK && new_img_info->magic_byte != ESP_BOOTLOADER_DESC_MAGIC_BYTE) {
        ESP_LOGE(TAG, "the image has no bootloader descriptor");
        return ESP_FAIL;
    }
    return err;
}
