#include "bootloader_common.h"

#include <string.h>

#include <mbedtls/md.h>

#include "app_image.h"
#include "device.h"
#include "esp_flash.h"
#include "esp_log.h"
#include "otadata.h"

#define HASH_UNIT 4096u

static const char *const TAG = "boot_comm";

static struct otadata_entry entry_of(const esp_ota_select_entry_t *s)
{
    struct otadata_entry entry = {.seq = s->ota_seq, .state = s->ota_state, .crc = s->crc};
    memcpy(entry.label, s->seq_label, sizeof entry.label);
    return entry;
}

uint32_t bootloader_common_ota_select_crc(const esp_ota_select_entry_t *s)
{
    return otadata_crc(s->ota_seq);
}

bool bootloader_common_ota_select_valid(const esp_ota_select_entry_t *s)
{
    struct otadata_entry entry = entry_of(s);
    return otadata_entry_valid(&entry);
}

bool bootloader_common_ota_select_invalid(const esp_ota_select_entry_t *s)
{
    struct otadata_entry entry = entry_of(s);
    return otadata_entry_unusable(&entry);
}

int bootloader_common_get_active_otadata(esp_ota_select_entry_t *two_otadata)
{
    if (two_otadata == NULL) {
        return -1;
    }
    struct otadata otadata = {.entry = {entry_of(&two_otadata[0]), entry_of(&two_otadata[1])}};
    return otadata_active(&otadata);
}

int bootloader_common_select_otadata(const esp_ota_select_entry_t *two_otadata,
                                     bool *valid_two_otadata, bool max)
{
    if (two_otadata == NULL || valid_two_otadata == NULL) {
        return -1;
    }
    if (valid_two_otadata[0] && valid_two_otadata[1]) {
        uint32_t first = two_otadata[0].ota_seq, second = two_otadata[1].ota_seq;
        bool second_wins = max ? second > first : second < first;
        return second_wins ? 1 : 0;
    }
    if (valid_two_otadata[0]) {
        return 0;
    }
    return valid_two_otadata[1] ? 1 : -1;
}

static esp_err_t check_chip(const esp_image_header_t *img_hdr, esp_image_type type,
                            bool revision_only)
{
    const struct device *device = device_current();
    if (device == NULL || img_hdr == NULL) {
        return ESP_FAIL;
    }
    const struct app_image_rules rules = {
        .kind = type == ESP_IMAGE_BOOTLOADER ? APP_IMAGE_BOOTLOADER : APP_IMAGE_APP,
        .chip = device->chip,
        .efuse = &device->efuse,
    };
    esp_image_header_t header = *img_hdr;
    if (revision_only) {
        header.chip_id = (esp_chip_id_t)device->chip->id;
    }
    uint8_t bytes[APP_IMAGE_HEADER_LENGTH];
    memcpy(bytes, &header, sizeof bytes);
    struct error why = {.text = ""};
    esp_err_t err = app_image_check_chip(bytes, &rules, &why);
    if (err != ESP_OK) {
        ESP_LOGE(TAG, "%s", why.text);
    }
    return err;
}

esp_err_t bootloader_common_check_chip_validity(const esp_image_header_t *img_hdr,
                                                esp_image_type type)
{
    return check_chip(img_hdr, type, false);
}

esp_err_t bootloader_common_check_chip_revision_validity(const esp_image_header_t *img_hdr,
                                                         esp_image_type type)
{
    return check_chip(img_hdr, type, true);
}

static esp_err_t hash_into(mbedtls_md_context_t *hash, uint32_t address, uint32_t size,
                           uint8_t out[ESP_IMAGE_HASH_LEN])
{
    if (mbedtls_md_setup(hash, mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), 0) != 0 ||
        mbedtls_md_starts(hash) != 0) {
        return ESP_FAIL;
    }
    uint8_t buffer[HASH_UNIT];
    for (uint32_t done = 0; done < size;) {
        uint32_t length = size - done < HASH_UNIT ? size - done : HASH_UNIT;
        esp_err_t err = esp_flash_read_encrypted(NULL, address + done, buffer, length);
        if (err != ESP_OK) {
            return err;
        }
        if (mbedtls_md_update(hash, buffer, length) != 0) {
            return ESP_FAIL;
        }
        done += length;
    }
    return mbedtls_md_finish(hash, out) == 0 ? ESP_OK : ESP_FAIL;
}

static esp_err_t hash_flash(uint32_t address, uint32_t size, uint8_t out[ESP_IMAGE_HASH_LEN])
{
    mbedtls_md_context_t hash;
    mbedtls_md_init(&hash);
    esp_err_t err = hash_into(&hash, address, size, out);
    mbedtls_md_free(&hash);
    return err;
}

esp_err_t bootloader_common_get_sha256_of_partition(uint32_t address, uint32_t size, int type,
                                                    uint8_t *out_sha_256)
{
    if (out_sha_256 == NULL || size == 0) {
        return ESP_ERR_INVALID_ARG;
    }
    if (type != PART_TYPE_APP) {
        return hash_flash(address, size, out_sha_256);
    }
    const esp_partition_pos_t part = {.offset = address, .size = size};
    esp_image_metadata_t data;
    if (esp_image_verify(ESP_IMAGE_VERIFY, &part, &data) != ESP_OK) {
        return ESP_ERR_IMAGE_INVALID;
    }
    if (!data.image.hash_appended) {
        return hash_flash(address, data.image_len, out_sha_256);
    }
    memcpy(out_sha_256, data.image_digest, ESP_IMAGE_HASH_LEN);
    return ESP_OK;
}

esp_err_t esp_partition_table_verify(const esp_partition_info_t *partition_table, bool log_errors,
                                     int *num_partitions)
{
    static struct partition_table table;
    const struct device *device = device_current();
    if (device == NULL || partition_table == NULL || num_partitions == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    *num_partitions = 0;
    struct error why = {.text = ""};
    esp_err_t err =
        partition_table_from_binary((const uint8_t *)partition_table, PARTITION_TABLE_MAX_LENGTH,
                                    flash_size(device->flash), &table, &why);
    if (err != ESP_OK) {
        if (log_errors) {
            ESP_LOGE("flash_parts", "%s", why.text);
        }
        return err;
    }
    *num_partitions = (int)table.count;
    return ESP_OK;
}
