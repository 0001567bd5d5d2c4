/* From the socket to flash: the image's header, decryption, writing. */
#include <stdlib.h>
#include <string.h>

#include "bootloader_common.h"
#include "esp_log.h"
#include "https_ota_private.h"
#include "otasim_quirk.h"

static const char *const TAG = "esp_https_ota";

/* A read that brought less than was asked for has waited as long as it may. On the device the wait
 * goes on all the same, where the caller cannot get in (catalogue N07). */
static bool waits_on(int got)
{
    if (!quirk(QUIRK_HEADER_WAITS_INSIDE)) {
        return false;
    }
    if (got == -ESP_ERR_HTTP_EAGAIN) {
        quirk_met(QUIRK_HEADER_WAITS_INSIDE);
    }
    return true;
}

int https_ota_header_size(void)
{
    return quirk(QUIRK_FIRST_READ_289) ? 289 : 1024;
}

esp_err_t https_ota_read_header(struct https_ota *ota)
{
    const int size = https_ota_header_size();
    while (ota->header_length < size && !esp_http_client_is_complete_data_received(ota->client)) {
        int missing = size - ota->header_length;
        int got = esp_http_client_read(ota->client, ota->buffer + ota->header_length, missing);
        if (got <= 0 && got != -ESP_ERR_HTTP_EAGAIN) {
            break;
        }
        ota->header_length += got > 0 ? got : 0;
        if (got < missing && !waits_on(got)) {
            return ESP_ERR_HTTPS_OTA_IN_PROGRESS;
        }
    }
    if (ota->header_length < size) {
        ESP_LOGE(TAG, "the image's header did not come: %d bytes of %d", ota->header_length, size);
        ota->header_length = 0;
        return ESP_FAIL;
    }
    return ESP_OK;
}

/* Decrypts buffer[0..length) and says where the plain bytes are. *owned must be freed. */
static esp_err_t decrypt(struct https_ota *ota, size_t length, const char **plain,
                         size_t *plain_length, char **owned)
{
    *plain = ota->buffer;
    *plain_length = length;
    *owned = NULL;
#if CONFIG_ESP_HTTPS_OTA_DECRYPT_CB
    decrypt_cb_arg_t args = {.data_in = ota->buffer, .data_in_len = length};
    https_ota_event(ESP_HTTPS_OTA_DECRYPT_CB, NULL, 0);
    esp_err_t err = ota->config.decrypt_cb(&args, ota->config.decrypt_user_ctx);
    if (err != ESP_OK) {
        ESP_LOGE(TAG, "decryption failed: %s", esp_err_to_name(err));
        return err;
    }
    *plain = *owned = args.data_out;
    *plain_length = args.data_out_len;
#endif
    return ESP_OK;
}

static esp_err_t write_plain(struct https_ota *ota, const char *data, size_t length)
{
    esp_err_t err = esp_ota_write(ota->update, data, length);
    if (err == ESP_OK) {
        ota->written += (int)length;
        err = ESP_ERR_HTTPS_OTA_IN_PROGRESS;
    }
    https_ota_event(ESP_HTTPS_OTA_WRITE_FLASH, &ota->written, sizeof ota->written);
    return err;
}

/* A decryptor that needs more input has nothing to write yet. The real library then returns the
 * number of its own state, which its callers take for an error (catalogue P01). */
static esp_err_t nothing_yet(void)
{
    if (quirk(QUIRK_DECRYPT_NOTHING_FAILS)) {
        quirk_met(QUIRK_DECRYPT_NOTHING_FAILS);
        return (esp_err_t)OTA_STATE_IN_PROGRESS;
    }
    return ESP_ERR_HTTPS_OTA_IN_PROGRESS;
}

esp_err_t https_ota_write(struct https_ota *ota, size_t length)
{
    const char *plain;
    char *owned;
    size_t plain_length;
    esp_err_t err = decrypt(ota, length, &plain, &plain_length, &owned);
    if (err == ESP_OK) {
        err = plain_length > 0 ? write_plain(ota, plain, plain_length) : nothing_yet();
    }
    free(owned);
    return err;
}

/* By the device that runs, not by the sdkconfig: the stock updater is built for one chip and run on
 * all. */
static bool is_our_chip(const esp_image_header_t *header)
{
    esp_image_header_t any_revision = *header;
    any_revision.min_chip_rev_full = 0;
    any_revision.max_chip_rev_full = UINT16_MAX;
    return bootloader_common_check_chip_validity(&any_revision, ESP_IMAGE_APPLICATION) == ESP_OK;
}

/* What the first block says against the image, as far as the release looks at it there. */
static esp_err_t let_through(const esp_image_header_t *header, esp_err_t err)
{
    if (err == ESP_ERR_INVALID_VERSION && quirk(QUIRK_CHIP_REVISION_LATE) && is_our_chip(header)) {
        quirk_met(QUIRK_CHIP_REVISION_LATE); /* left to the verification of the whole image */
        return ESP_OK;
    }
    if (err == ESP_ERR_OTA_SPI_MODE_MISMATCH && quirk(QUIRK_SPI_MODE_UNCHECKED)) {
        quirk_met(QUIRK_SPI_MODE_UNCHECKED);
        return ESP_OK;
    }
    return err;
}

static void announce_revision(const esp_image_header_t *header)
{
    if (!quirk(QUIRK_REVISION_EVENT_AFTER_MATCH) || is_our_chip(header)) {
        uint16_t revision = header->min_chip_rev_full;
        https_ota_event(ESP_HTTPS_OTA_VERIFY_CHIP_REVISION, &revision, sizeof revision);
    }
}

static esp_err_t check_image(const struct https_ota *ota, const char *data, size_t length)
{
    esp_image_header_t header;
    esp_app_desc_t description;
    memset(&header, 0, sizeof header);
    memset(&description, 0, sizeof description);
    memcpy(&header, data, length < sizeof header ? length : sizeof header);
    size_t offset = sizeof(esp_image_header_t) + sizeof(esp_image_segment_header_t);
    if (length >= offset + sizeof description) {
        memcpy(&description, data + offset, sizeof description);
    }
    esp_chip_id_t chip_id = header.chip_id;
    https_ota_event(ESP_HTTPS_OTA_VERIFY_CHIP_ID, &chip_id, sizeof chip_id);
    if (!quirk(QUIRK_CHIP_REVISION_LATE)) {
        announce_revision(&header);
    }
#if CONFIG_ESP_HTTPS_OTA_VERIFY_SPI_MODE
    const esp_app_desc_t *checked = &description;
#else
    const esp_app_desc_t *checked = NULL;
#endif
    return let_through(&header, esp_ota_check_image_validity(ota->final->type, &header, checked));
}

esp_err_t https_ota_write_header(struct https_ota *ota)
{
    const char *plain;
    char *owned;
    size_t plain_length;
    size_t length = (size_t)ota->header_length;
    ota->header_length = 0;
    esp_err_t err = decrypt(ota, length, &plain, &plain_length, &owned);
#if CONFIG_ESP_HTTPS_OTA_DECRYPT_CB
    if (err != ESP_OK) {
        free(owned);
        return ESP_FAIL;
    }
#endif
    if (err == ESP_OK && plain_length == 0) {
        err = ESP_FAIL; /* the checks need the whole header at once */
    } else if (err == ESP_OK) {
        err = check_image(ota, plain, plain_length);
        if (err == ESP_OK) {
            err = write_plain(ota, plain, plain_length);
        }
    }
    free(owned);
    return err;
}
