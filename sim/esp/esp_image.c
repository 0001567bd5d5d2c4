#include "esp_image_format.h"

#include <string.h>

#include "app_image.h"
#include "device.h"
#include "esp_flash.h"
#include "esp_log.h"
#include "image_leniency.h"
#include "secure_boot.h"

#define MAX_IMAGE_SIZE        (16u * 1024u * 1024u)
#define DEFAULT_MMU_PAGE_SIZE 0x10000u
#define CHECKSUM_BLOCK        16u
#define HASH_LENGTH           32u

static const char *const TAG = "esp_image";

static uint32_t bootloader_offset_set;
static bool bootloader_offset_is_set;

uint32_t esp_image_bootloader_offset_get(void)
{
    const struct device *device = device_current();
    if (bootloader_offset_is_set || device == NULL) {
        return bootloader_offset_set;
    }
    return device->chip->bootloader_offset;
}

void esp_image_bootloader_offset_set(const uint32_t offset)
{
    bootloader_offset_set = offset;
    bootloader_offset_is_set = true;
}

static esp_err_t read_image(void *context, uint32_t offset, void *out, uint32_t length)
{
    const esp_partition_pos_t *part = context;
    esp_err_t err = esp_flash_read_encrypted(NULL, part->offset + offset, out, length);
    return err == ESP_OK ? ESP_OK : ESP_ERR_IMAGE_FLASH_FAIL;
}

static struct app_image_rules rules_for(const esp_partition_pos_t *part,
                                        const struct device *device)
{
    bool is_bootloader = part->offset == esp_image_bootloader_offset_get();
    return (struct app_image_rules){
        .kind = is_bootloader ? APP_IMAGE_BOOTLOADER : APP_IMAGE_APP,
        .chip = device->chip,
        .efuse = &device->efuse,
        .lenience = image_leniency(),
    };
}

static esp_err_t read_header(esp_partition_pos_t *part, const struct app_image_rules *rules,
                             esp_image_metadata_t *out)
{
    uint8_t header[APP_IMAGE_HEADER_LENGTH];
    if (part->size < sizeof header) {
        return ESP_ERR_IMAGE_INVALID;
    }
    esp_err_t err = read_image(part, 0, header, sizeof header);
    if (err != ESP_OK) {
        return err;
    }
    memcpy(&out->image, header, sizeof out->image);
    if (out->image.magic != ESP_IMAGE_HEADER_MAGIC) {
        return ESP_ERR_IMAGE_INVALID;
    }
    if (app_image_check_chip(header, rules, NULL) != ESP_OK) {
        return ESP_FAIL;
    }
    return out->image.segment_count > ESP_IMAGE_MAX_SEGMENTS ? ESP_ERR_IMAGE_INVALID : ESP_OK;
}

/* Leaves in *end the offset after the last segment. */
static esp_err_t read_segments(esp_partition_pos_t *part, esp_image_metadata_t *out, uint32_t *end)
{
    uint32_t at = APP_IMAGE_HEADER_LENGTH;
    for (unsigned i = 0; i < out->image.segment_count; i++) {
        esp_image_segment_header_t *segment = &out->segments[i];
        if (part->size - at < sizeof *segment) {
            return ESP_ERR_IMAGE_INVALID;
        }
        esp_err_t err = read_image(part, at, segment, sizeof *segment);
        if (err != ESP_OK) {
            return err;
        }
        at += (uint32_t)sizeof *segment;
        if (segment->data_len % 4 != 0 || segment->data_len >= MAX_IMAGE_SIZE ||
            segment->data_len > part->size - at) {
            return ESP_ERR_IMAGE_INVALID;
        }
        out->segment_data[i] = part->offset + at;
        at += segment->data_len;
    }
    *end = at;
    return ESP_OK;
}

static esp_err_t read_descriptor(esp_partition_pos_t *part, const struct app_image_rules *rules,
                                 esp_image_metadata_t *out)
{
    out->mmu_page_size = DEFAULT_MMU_PAGE_SIZE;
    if (rules->kind != APP_IMAGE_APP || out->image.segment_count == 0 ||
        out->segments[0].data_len < APP_IMAGE_DESCRIPTOR_LENGTH) {
        return ESP_OK;
    }
    uint8_t bytes[APP_IMAGE_DESCRIPTOR_LENGTH];
    esp_err_t err = read_image(part, APP_IMAGE_DESCRIPTOR_OFFSET, bytes, sizeof bytes);
    if (err != ESP_OK) {
        return err;
    }
    struct app_image_descriptor descriptor;
    app_image_descriptor_decode(bytes, &descriptor);
    out->secure_version = descriptor.present ? descriptor.secure_version : 0;
    if (rules->chip->mmu_page_from_descriptor && descriptor.mmu_page_size > 0 &&
        descriptor.mmu_page_size < 32) {
        out->mmu_page_size = 1u << descriptor.mmu_page_size;
    }
    return ESP_OK;
}

/* The checksum is the last byte of a block, and the hash follows it. */
static esp_err_t measure(const esp_partition_pos_t *part, uint32_t segments_end,
                         esp_image_metadata_t *out)
{
    uint32_t length = (segments_end / CHECKSUM_BLOCK + 1) * CHECKSUM_BLOCK;
    if (out->image.hash_appended) {
        length += HASH_LENGTH;
    }
    out->image_len = length;
    return length > part->size ? ESP_ERR_IMAGE_INVALID : ESP_OK;
}

static esp_err_t read_metadata(esp_partition_pos_t *part, const struct app_image_rules *rules,
                               esp_image_metadata_t *out)
{
    uint32_t segments_end = 0;
    memset(out, 0, sizeof *out);
    out->start_addr = part->offset;
    esp_err_t err = read_header(part, rules, out);
    if (err == ESP_OK) {
        err = read_segments(part, out, &segments_end);
    }
    if (err == ESP_OK) {
        err = read_descriptor(part, rules, out);
    }
    return err == ESP_OK ? measure(part, segments_end, out) : err;
}

static bool is_readable(const esp_partition_pos_t *part, const struct device *device)
{
    return device != NULL && part != NULL && part->size <= MAX_IMAGE_SIZE;
}

esp_err_t esp_image_get_metadata(const esp_partition_pos_t *part, esp_image_metadata_t *metadata)
{
    const struct device *device = device_current();
    if (!is_readable(part, device) || metadata == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    esp_partition_pos_t place = *part;
    struct app_image_rules rules = rules_for(part, device);
    return read_metadata(&place, &rules, metadata);
}

esp_err_t esp_image_verify(esp_image_load_mode_t mode, const esp_partition_pos_t *part,
                           esp_image_metadata_t *data)
{
    const struct device *device = device_current();
    if (!is_readable(part, device) || data == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    esp_partition_pos_t place = *part;
    struct app_image_rules rules = rules_for(part, device);
    struct signature_policy policy;
    if (rules.kind == APP_IMAGE_APP && secure_boot_update_policy(&policy)) {
        rules.signature = &policy;
    }
    struct app_image_source source = {.read = read_image, .context = &place, .size = part->size};
    struct app_image_info info;
    struct error why = {.text = ""};
    esp_err_t verdict = app_image_verify(&source, &rules, &info, &why);
    if (verdict != ESP_OK) {
        if (mode != ESP_IMAGE_VERIFY_SILENT) {
            ESP_LOGE(TAG, "image at 0x%" PRIx32 ": %s", part->offset, why.text);
        }
        memset(data, 0, sizeof *data);
        return verdict;
    }
    image_leniency_met(info.let_through);
    esp_err_t err = read_metadata(&place, &rules, data);
    if (err == ESP_OK && info.hash_appended) {
        memcpy(data->image_digest, info.digest, sizeof data->image_digest);
    }
    return err;
}

esp_err_t esp_image_verify_bootloader(uint32_t *length)
{
    const struct device *device = device_current();
    if (device == NULL) {
        return ESP_ERR_INVALID_STATE;
    }
    const esp_partition_pos_t part = {
        .offset = esp_image_bootloader_offset_get(),
        .size = PARTITION_TABLE_OFFSET - device->chip->bootloader_offset,
    };
    esp_image_metadata_t data;
    esp_err_t err = esp_image_verify(ESP_IMAGE_VERIFY, &part, &data);
    if (length != NULL) {
        *length = err == ESP_OK ? data.image_len : 0;
    }
    return err;
}
