/* Partial download: the image's size first, then one range after the other. */
#include "esp_log.h"
#include "https_ota_private.h"
#include "otasim_quirk.h"

#if CONFIG_ESP_HTTPS_OTA_DECRYPT_CB
#define HEADER_SHIFT(ota) ((int)(ota)->config.enc_img_header_size)
#else
#define HEADER_SHIFT(ota) 0
#endif

esp_err_t https_ota_set_first_range(struct https_ota *ota)
{
    if (!ota->partial) {
        return ota->resumes ? https_ota_set_range(ota, ota->written, OPEN_ENDED)
                            : https_ota_clear_range(ota);
    }
    if (ota->written == 0 && ota->image_size <= ota->max_request) {
        https_ota_clear_range(ota);
        return ESP_OK;
    }
    /* A resumed update's last range names the byte after the last one; servers cut it. */
    int to = ota->written + ota->max_request - 1;
    if (to > ota->image_size) {
        to = ota->image_size;
    }
    return https_ota_set_range(ota, ota->written, to);
}

#if CONFIG_ESP_HTTPS_OTA_ENABLE_PARTIAL_DOWNLOAD

static const char *const TAG = "esp_https_ota";

/* What the header says is enough; the device reads all that follows, which is the whole image where
 * the range is ignored (catalogue G11). */
static esp_err_t probe(struct https_ota *ota)
{
    if (!quirk(QUIRK_PROBE_DOWNLOADS_ALL)) {
        return https_ota_connect(ota);
    }
    esp_err_t err = esp_http_client_perform(ota->client);
    if (err == ESP_OK && esp_http_client_get_status_code(ota->client) == HttpStatus_Ok) {
        quirk_met(QUIRK_PROBE_DOWNLOADS_ALL);
    }
    return err;
}

/* Without Content-Range the client says 0, which the device takes for the size: one GET without a
 * range brings all, and is never complete. */
static int size_of_whole(const struct https_ota *ota)
{
    int64_t total = esp_http_client_get_content_range(ota->client);
    if (total != 0) {
        return (int)total;
    }
    if (quirk(QUIRK_PROBE_WITHOUT_RANGE)) {
        quirk_met(QUIRK_PROBE_WITHOUT_RANGE);
        return 0;
    }
    return -1;
}

/* HEAD was refused: a ranged GET of one byte tells the size too. */
static esp_err_t size_from_range(struct https_ota *ota)
{
    esp_err_t err = https_ota_set_range(ota, 0, 0);
    if (err == ESP_OK) {
        err = probe(ota);
    }
    if (err != ESP_OK) {
        return err;
    }
    switch (esp_http_client_get_status_code(ota->client)) {
    case HttpStatus_Ok:
        ota->image_size = (int)esp_http_client_get_content_length(ota->client);
        return ESP_OK;
    case HttpStatus_PartialContent:
        ota->image_size = size_of_whole(ota);
        return ESP_OK;
    case HttpStatus_NotModified:
        return ESP_ERR_HTTP_NOT_MODIFIED;
    case HttpStatus_RangeNotSatisfiable:
        return ESP_ERR_HTTP_RANGE_NOT_SATISFIABLE;
    default:
        return ESP_FAIL;
    }
}

static esp_err_t ask_for_size(struct https_ota *ota)
{
    esp_http_client_set_method(ota->client, HTTP_METHOD_HEAD);
    esp_err_t err = esp_http_client_perform(ota->client);
    int status = esp_http_client_get_status_code(ota->client);
    esp_http_client_set_method(ota->client, HTTP_METHOD_GET);
    if (err != ESP_OK) {
        ESP_LOGE(TAG, "HEAD failed: %s", esp_err_to_name(err));
        return err;
    }
    if (status == HttpStatus_NotModified && !quirk(QUIRK_HEAD_NOT_MODIFIED_UNNAMED)) {
        return ESP_ERR_HTTP_NOT_MODIFIED;
    }
    if (status == HttpStatus_Ok) {
        ota->image_size = (int)esp_http_client_get_content_length(ota->client);
        return ESP_OK;
    }
    if (quirk(QUIRK_HEAD_REFUSED_FAILS)) {
        quirk_met(QUIRK_HEAD_REFUSED_FAILS);
        ESP_LOGE(TAG, "HEAD: status %d", status);
        return ESP_FAIL;
    }
    return size_from_range(ota);
}

static esp_err_t check_size(const struct https_ota *ota)
{
    if (ota->image_size >= 0) {
        return ESP_OK;
    }
    if (quirk(QUIRK_HEAD_WITHOUT_LENGTH)) {
        /* All is asked for at once, and never known to be all. */
        quirk_met(QUIRK_HEAD_WITHOUT_LENGTH);
        return ESP_OK;
    }
    ESP_LOGE(TAG, "the server does not say how large the image is");
    return ESP_FAIL;
}

esp_err_t https_ota_prepare_partial(struct https_ota *ota)
{
    esp_err_t err = ask_for_size(ota);
    if (err != ESP_OK) {
        return err;
    }
    esp_http_client_close(ota->client);
    err = check_size(ota);
    return err != ESP_OK ? err : https_ota_set_first_range(ota);
}

#else

esp_err_t https_ota_prepare_partial(struct https_ota *ota)
{
    (void)ota;
    return ESP_ERR_NOT_SUPPORTED;
}

#endif

esp_err_t https_ota_next_range(struct https_ota *ota)
{
    if (quirk(QUIRK_CONNECTION_PER_RANGE) ||
        !esp_http_client_is_persistent_connection(ota->client)) {
        esp_http_client_close(ota->client);
    }
    int from = ota->written + HEADER_SHIFT(ota);
    bool is_last = ota->image_size - ota->written <= ota->max_request;
    esp_err_t err =
        https_ota_set_range(ota, from, is_last ? OPEN_ENDED : from + ota->max_request - 1);
    if (err != ESP_OK) {
        return err;
    }
    return https_ota_connect(ota) == ESP_OK ? ESP_OK : ESP_FAIL;
}
