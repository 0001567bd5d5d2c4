/* The life of an update over HTTPS: begin, perform, finish or abort. */
#include <stdlib.h>
#include <string.h>

#include "esp_check.h"
#include "esp_efuse.h"
#include "esp_heap_caps.h"
#include "esp_log.h"
#include "https_ota_private.h"
#include "otasim_quirk.h"

static const char *const TAG = "esp_https_ota";

#define DEFAULT_REQUEST_SIZE   (64 * 1024)
#define DEFAULT_AUTHORIZATIONS 10
#define DEFAULT_REDIRECTS      10
#define ENCRYPTION_BLOCK       16

static esp_err_t check_config(const struct https_ota_config *config)
{
    if (config == NULL || config->http_config == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
#if !CONFIG_ESP_HTTPS_OTA_ALLOW_HTTP
    const esp_http_client_config_t *http = config->http_config;
    if (http->cert_pem == NULL && !http->use_global_ca_store && http->crt_bundle_attach == NULL) {
        ESP_LOGE(TAG, "no option to verify the server is set");
        return ESP_ERR_INVALID_ARG;
    }
#endif
#if CONFIG_ESP_HTTPS_OTA_DECRYPT_CB
    if (config->decrypt_cb != NULL && config->ota_resumption) {
        ESP_LOGE(TAG, "an encrypted image cannot be resumed");
        return ESP_ERR_NOT_SUPPORTED;
    }
#endif
    return ESP_OK;
}

static bool lacks_callback(const struct https_ota_config *config)
{
#if CONFIG_ESP_HTTPS_OTA_DECRYPT_CB
    return config->decrypt_cb == NULL;
#else
    (void)config;
    return false;
#endif
}

static int bytes_to_keep(const struct https_ota_config *config)
{
    size_t done = config->ota_image_bytes_written;
    if (done < (size_t)https_ota_header_size()) {
        return 0;
    }
    if (esp_efuse_is_flash_encryption_enabled()) {
        done -= done % ENCRYPTION_BLOCK;
    }
    return (int)done;
}

static void read_config(struct https_ota *ota, const struct https_ota_config *config)
{
    const esp_http_client_config_t *http = config->http_config;
    ota->config = *config;
    ota->image_size = -1;
    ota->max_redirects =
        http->max_redirection_count != 0 ? http->max_redirection_count : DEFAULT_REDIRECTS;
    ota->max_authorizations = http->max_authorization_retries == 0 ? DEFAULT_AUTHORIZATIONS
                              : http->max_authorization_retries < 0
                                  ? 0
                                  : http->max_authorization_retries;
    ota->resumes = config->ota_resumption;
    ota->written = ota->resumes ? bytes_to_keep(config) : 0;
#if CONFIG_ESP_HTTPS_OTA_ENABLE_PARTIAL_DOWNLOAD
    ota->partial = config->partial_http_download;
    ota->max_request =
        config->max_http_request_size != 0 ? config->max_http_request_size : DEFAULT_REQUEST_SIZE;
#endif
}

static esp_err_t make_client(struct https_ota *ota)
{
    ota->client = esp_http_client_init(ota->config.http_config);
    return ota->client != NULL ? ESP_OK : ESP_FAIL;
}

static esp_err_t set_up_client(struct https_ota *ota)
{
    return ota->config.http_client_init_cb != NULL ? ota->config.http_client_init_cb(ota->client)
                                                   : ESP_OK;
}

/* The server does not give the rest of what an earlier boot began: from the start, then. */
static esp_err_t start_over(struct https_ota *ota)
{
    ESP_LOGW(TAG, "the server does not resume: starting over");
    ota->resumes = false;
    ota->written = 0;
    esp_http_client_close(ota->client);
    esp_http_client_clear_response_buffer(ota->client);
    esp_err_t err = https_ota_set_first_range(ota);
    return err != ESP_OK && err != ESP_ERR_NOT_FOUND ? err : https_ota_connect(ota);
}

static esp_err_t set_range(struct https_ota *ota)
{
    if (ota->partial) {
        return https_ota_prepare_partial(ota);
    }
    return ota->resumes ? https_ota_set_first_range(ota) : ESP_OK;
}

/* The application sets up the client before the first request. */
static esp_err_t prepare_client(struct https_ota *ota)
{
    bool after_head = quirk(QUIRK_INIT_CB_AFTER_HEAD);
    esp_err_t err = after_head ? set_range(ota) : set_up_client(ota);
    if (err != ESP_OK) {
        return err;
    }
    return after_head ? set_up_client(ota) : set_range(ota);
}

static esp_err_t connect_first(struct https_ota *ota)
{
    esp_err_t err = prepare_client(ota);
    if (err != ESP_OK) {
        return err;
    }
    err = https_ota_connect(ota);
    if (err == ESP_ERR_HTTP_RANGE_NOT_SATISFIABLE && ota->resumes) {
        err = start_over(ota);
    }
    return err;
}

static void find_image_size(struct https_ota *ota)
{
    if (!ota->partial) {
        ota->image_size = (int)esp_http_client_get_content_length(ota->client);
    }
#if CONFIG_ESP_HTTPS_OTA_DECRYPT_CB
    ota->image_size -= ota->config.enc_img_header_size;
#endif
}

static esp_err_t find_partitions(struct https_ota *ota)
{
    const esp_partition_t *staging = ota->config.partition.staging;
    const esp_partition_t *final = ota->config.partition.final;
    ota->staging =
        staging != NULL ? esp_partition_verify(staging) : esp_ota_get_next_update_partition(NULL);
    if (ota->staging == NULL) {
        ESP_LOGE(TAG, "no partition for the update");
        return ESP_FAIL;
    }
    if (final == NULL) {
        ota->final = ota->staging;
        return ESP_OK;
    }
    if (final == ota->staging) {
        /* Nobody sets the final partition then, and perform dereferences it (catalogue C07). */
        if (!quirk(QUIRK_STAGING_EQUALS_FINAL)) {
            ota->final = ota->staging;
        }
        return ESP_OK;
    }
    ota->final = esp_partition_verify(final);
    return ota->final != NULL ? ESP_OK : ESP_FAIL;
}

static esp_err_t make_buffer(struct https_ota *ota)
{
    int size = ota->config.http_config->buffer_size;
    uint32_t caps = ota->config.buffer_caps;
    int least = https_ota_header_size();
    ota->buffer_size = (size_t)(size > least ? size : least);
    ota->buffer = heap_caps_malloc(ota->buffer_size, caps != 0 ? caps : MALLOC_CAP_DEFAULT);
    return ota->buffer != NULL ? ESP_OK : ESP_ERR_NO_MEM;
}

static void free_ota(struct https_ota *ota)
{
    if (ota->client != NULL) {
        esp_http_client_close(ota->client);
        esp_http_client_cleanup(ota->client);
    }
    heap_caps_free(ota->buffer);
    free(ota);
}

static esp_err_t begin(struct https_ota *ota)
{
    esp_err_t err = make_client(ota);
    if (err == ESP_OK) {
        err = connect_first(ota);
    }
    if (err != ESP_OK) {
        return err;
    }
    https_ota_event(ESP_HTTPS_OTA_CONNECTED, NULL, 0);
    if (lacks_callback(&ota->config)) {
        return ESP_ERR_INVALID_ARG;
    }
    find_image_size(ota);
    err = find_partitions(ota);
    return err != ESP_OK ? err : make_buffer(ota);
}

esp_err_t https_ota_begin(const struct https_ota_config *config, esp_https_ota_handle_t *handle)
{
    https_ota_event(ESP_HTTPS_OTA_START, NULL, 0);
    esp_err_t err = handle == NULL ? ESP_ERR_INVALID_ARG : check_config(config);
    if (err == ESP_OK && lacks_callback(config) && !quirk(QUIRK_CALLBACK_CHECKED_LATE)) {
        err = ESP_ERR_INVALID_ARG;
        if (quirk(QUIRK_NO_CALLBACK_KEEPS_HANDLE)) {
            /* The device returns without a look at the handle (catalogue P06). */
            quirk_met(QUIRK_NO_CALLBACK_KEEPS_HANDLE);
            return err;
        }
    }
    if (handle != NULL) {
        *handle = NULL;
    }
    if (err != ESP_OK) {
        return err;
    }
    struct https_ota *ota = calloc(1, sizeof *ota);
    if (ota == NULL) {
        return ESP_ERR_NO_MEM;
    }
    read_config(ota, config);
    err = begin(ota);
    if (err != ESP_OK) {
        free_ota(ota);
        return err;
    }
    ota->state = OTA_STATE_BEGIN;
    *handle = ota;
    return ESP_OK;
}

static esp_err_t open_update(struct https_ota *ota)
{
    size_t erase = OTA_WITH_SEQUENTIAL_WRITES;
    if (ota->config.bulk_flash_erase) {
        bool size_counts = ota->image_size > 0 && !quirk(QUIRK_BULK_ERASE_WHOLE);
        erase = size_counts ? (size_t)ota->image_size : OTA_SIZE_UNKNOWN;
    }
    esp_err_t err = ota->resumes
                        ? esp_ota_resume(ota->staging, erase, (size_t)ota->written, &ota->update)
                        : esp_ota_begin(ota->staging, erase, &ota->update);
    if (err != ESP_OK) {
        ESP_LOGE(TAG, "the update cannot begin: %s", esp_err_to_name(err));
        return err;
    }
    ota->state = OTA_STATE_IN_PROGRESS;
    if (ota->final != ota->staging) {
        err = esp_ota_set_final_partition(ota->update, ota->final,
                                          ota->config.partition.finalize_with_copy);
    }
    return err;
}

static esp_err_t end_of_response(struct https_ota *ota)
{
    if (ota->partial) {
        if (ota->written < ota->image_size) {
            esp_err_t err = https_ota_next_range(ota);
            return err == ESP_OK ? ESP_ERR_HTTPS_OTA_IN_PROGRESS : ESP_FAIL;
        }
        if (ota->written == ota->image_size) {
            ota->state = OTA_STATE_SUCCESS;
        }
        return ESP_OK;
    }
    if (!esp_http_client_is_complete_data_received(ota->client)) {
        ESP_LOGE(TAG, "the connection ended before the data did");
        return ESP_FAIL;
    }
    ota->state = OTA_STATE_SUCCESS;
    return ESP_OK;
}

static esp_err_t perform_next(struct https_ota *ota)
{
    ota->header_length = 0; /* the buffer is for the next bytes now */
    int got = esp_http_client_read(ota->client, ota->buffer, (int)ota->buffer_size);
    if (got == -ESP_ERR_HTTP_EAGAIN) {
        ESP_LOGD(TAG, "timeout, try again");
        return ESP_ERR_HTTPS_OTA_IN_PROGRESS;
    }
    if (got < 0) {
        return ESP_FAIL;
    }
    return got > 0 ? https_ota_write(ota, (size_t)got) : end_of_response(ota);
}

/* Here, and again when it is written: all that goes by the length is too far by the header. */
static void count_header_twice(struct https_ota *ota)
{
    if (quirk(QUIRK_LENGTH_COUNTED_TWICE)) {
        quirk_met(QUIRK_LENGTH_COUNTED_TWICE);
        ota->written += ota->header_length;
    }
}

static esp_err_t perform_header(struct https_ota *ota)
{
    if (ota->header_length < https_ota_header_size()) {
        esp_err_t err = https_ota_read_header(ota);
        ota->awaits_header = err == ESP_ERR_HTTPS_OTA_IN_PROGRESS;
        if (err != ESP_OK) {
            return err;
        }
        count_header_twice(ota);
    }
    return https_ota_write_header(ota);
}

static esp_err_t perform_first(struct https_ota *ota)
{
    https_ota_check_final(ota);
    esp_err_t err = open_update(ota);
    if (err != ESP_OK) {
        return err;
    }
    if (!https_ota_is_image(ota->final)) {
        return ESP_ERR_HTTPS_OTA_IN_PROGRESS;
    }
    if (ota->written > 0) {
        return perform_next(ota); /* resumed: the header is in flash */
    }
    return perform_header(ota);
}

esp_err_t esp_https_ota_perform(esp_https_ota_handle_t https_ota_handle)
{
    struct https_ota *ota = https_ota_handle;
    if (ota == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    switch (ota->state) {
    case OTA_STATE_BEGIN:
        return perform_first(ota);
    case OTA_STATE_IN_PROGRESS:
        return ota->awaits_header ? perform_header(ota) : perform_next(ota);
    case OTA_STATE_SUCCESS:
    case OTA_STATE_INIT:
        break;
    }
    return ESP_FAIL;
}

bool esp_https_ota_is_complete_data_received(esp_https_ota_handle_t https_ota_handle)
{
    const struct https_ota *ota = https_ota_handle;
    if (ota == NULL) {
        return false;
    }
    return ota->partial ? ota->written == ota->image_size
                        : esp_http_client_is_complete_data_received(ota->client);
}

/* A factory app as the final partition needs no switch; its event comes all the same. */
static esp_err_t switch_boot_partition(const struct https_ota *ota)
{
    const esp_partition_t *final = ota->final;
    if (final->type != ESP_PARTITION_TYPE_APP) {
        return ESP_OK;
    }
    bool is_slot = final->subtype >= ESP_PARTITION_SUBTYPE_APP_OTA_MIN &&
                   final->subtype < ESP_PARTITION_SUBTYPE_APP_OTA_MAX;
    esp_err_t err = is_slot ? esp_ota_set_boot_partition(ota->staging) : ESP_OK;
    if (err == ESP_OK) {
        https_ota_event(ESP_HTTPS_OTA_UPDATE_BOOT_PARTITION, &final->subtype,
                        sizeof final->subtype);
    }
    return err;
}

esp_err_t esp_https_ota_finish(esp_https_ota_handle_t https_ota_handle)
{
    struct https_ota *ota = https_ota_handle;
    if (ota == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    esp_err_t err = ESP_OK;
    if (ota->state == OTA_STATE_IN_PROGRESS || ota->state == OTA_STATE_SUCCESS) {
        err = esp_ota_end(ota->update);
    }
    if (ota->state != OTA_STATE_SUCCESS) {
        /* Nothing was switched, and the caller may be told that all is well (C02 to C04). */
        if (!quirk(QUIRK_FINISH_EARLY_OK)) {
            err = err != ESP_OK ? err : ESP_ERR_INVALID_STATE;
        } else if (err == ESP_OK) {
            quirk_met(QUIRK_FINISH_EARLY_OK);
        }
    } else if (err == ESP_OK) {
        err = switch_boot_partition(ota);
    }
    free_ota(ota);
    https_ota_event(ESP_HTTPS_OTA_FINISH, NULL, 0);
    return err;
}

esp_err_t esp_https_ota_abort(esp_https_ota_handle_t https_ota_handle)
{
    struct https_ota *ota = https_ota_handle;
    https_ota_event(ESP_HTTPS_OTA_ABORT, NULL, 0);
    if (ota == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    esp_err_t err = ESP_OK;
    if (ota->state == OTA_STATE_IN_PROGRESS || ota->state == OTA_STATE_SUCCESS) {
        err = esp_ota_abort(ota->update);
    }
    free_ota(ota);
    return err;
}

/* What was read for the description counts too, by the header (catalogue C10). */
static int length_before_perform(const struct https_ota *ota)
{
    if (!quirk(QUIRK_LENGTH_BEFORE_PERFORM)) {
        return ota->written + ota->header_length;
    }
    if (ota->header_length > 0) {
        quirk_met(QUIRK_LENGTH_BEFORE_PERFORM);
    }
    return -1;
}

int esp_https_ota_get_image_len_read(esp_https_ota_handle_t https_ota_handle)
{
    const struct https_ota *ota = https_ota_handle;
    if (ota == NULL) {
        return -1;
    }
    return ota->state < OTA_STATE_IN_PROGRESS ? length_before_perform(ota) : ota->written;
}

int esp_https_ota_get_status_code(esp_https_ota_handle_t https_ota_handle)
{
    const struct https_ota *ota = https_ota_handle;
    return ota == NULL ? -1 : esp_http_client_get_status_code(ota->client);
}

int esp_https_ota_get_image_size(esp_https_ota_handle_t https_ota_handle)
{
    const struct https_ota *ota = https_ota_handle;
    return ota == NULL ? -1 : ota->image_size;
}

esp_err_t https_ota_run(const struct https_ota_config *config)
{
    if (config == NULL || config->http_config == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (config->ota_resumption) {
        ESP_LOGE(TAG, "esp_https_ota() cannot resume");
        return ESP_ERR_NOT_SUPPORTED;
    }
    esp_https_ota_handle_t handle = NULL;
    esp_err_t err = https_ota_begin(config, &handle);
    if (err != ESP_OK) {
        return quirk(QUIRK_ONE_SHOT_HIDES_BEGIN) ? ESP_FAIL : err;
    }
    do {
        err = esp_https_ota_perform(handle);
    } while (err == ESP_ERR_HTTPS_OTA_IN_PROGRESS);
    if (err != ESP_OK) {
        esp_https_ota_abort(handle);
        return err;
    }
    return esp_https_ota_finish(handle);
}
