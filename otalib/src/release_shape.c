/* The entry points whose shape depends on the release, and the names that only older ones have. */
#include "esp_log.h"
#include "https_release_shape.h"
#include "otasim_quirk.h"

#if HTTPS_OTA_HAS_EVENTS

ESP_EVENT_DEFINE_BASE(ESP_HTTPS_OTA_EVENT);

#ifdef CONFIG_ESP_HTTPS_OTA_EVENT_POST_TIMEOUT
#define POST_TICKS pdMS_TO_TICKS(CONFIG_ESP_HTTPS_OTA_EVENT_POST_TIMEOUT)
#else
#define POST_TICKS portMAX_DELAY
#endif

void https_ota_event(esp_https_ota_event_t event, const void *data, size_t size)
{
    if (event == HTTPS_OTA_EVENT_MISSING || quirk(QUIRK_NO_EVENTS)) {
        return;
    }
    esp_err_t err = esp_event_post(ESP_HTTPS_OTA_EVENT, (int32_t)event, data, size, POST_TICKS);
    if (err != ESP_OK) {
        ESP_LOGD("esp_https_ota", "event %d was not posted: %s", event, esp_err_to_name(err));
    }
}

#else

void https_ota_event(esp_https_ota_event_t event, const void *data, size_t size)
{
    (void)event, (void)data, (void)size;
}

#endif

/* The application's configuration, NULL as NULL. `copy` is where it goes. */
static const struct https_ota_config *read_config(const esp_https_ota_config_t *given,
                                                  struct https_ota_config *copy)
{
    if (given == NULL) {
        return NULL;
    }
    *copy = (struct https_ota_config){
        .http_config = given->http_config,
        .http_client_init_cb = given->http_client_init_cb,
        .bulk_flash_erase = given->bulk_flash_erase,
    };
#if CONFIG_ESP_HTTPS_OTA_ENABLE_PARTIAL_DOWNLOAD
    copy->partial_http_download = given->partial_http_download;
    copy->max_http_request_size = given->max_http_request_size;
#endif
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 3, 0)
    copy->buffer_caps = given->buffer_caps;
#endif
#if CONFIG_ESP_HTTPS_OTA_DECRYPT_CB
    copy->decrypt_cb = given->decrypt_cb;
    copy->decrypt_user_ctx = given->decrypt_user_ctx;
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 1, 3)
    copy->enc_img_header_size = given->enc_img_header_size;
#endif
#endif
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 5, 0)
    copy->ota_resumption = given->ota_resumption;
    copy->ota_image_bytes_written = given->ota_image_bytes_written;
    copy->partition.staging = given->partition.staging;
    copy->partition.final = given->partition.final;
    copy->partition.finalize_with_copy = given->partition.finalize_with_copy;
#endif
    return copy;
}

#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 0, 0)

esp_err_t esp_https_ota(const esp_https_ota_config_t *ota_config)
{
    struct https_ota_config config;
    return https_ota_run(read_config(ota_config, &config));
}

esp_err_t esp_https_ota_begin(const esp_https_ota_config_t *ota_config,
                              esp_https_ota_handle_t *handle)
{
    struct https_ota_config config;
    return https_ota_begin(read_config(ota_config, &config), handle);
}

#else

esp_err_t esp_https_ota(const esp_http_client_config_t *config)
{
    struct https_ota_config all = {.http_config = config};
    return https_ota_run(&all);
}

esp_err_t esp_https_ota_begin(esp_https_ota_config_t *ota_config, esp_https_ota_handle_t *handle)
{
    struct https_ota_config config;
    return https_ota_begin(read_config(ota_config, &config), handle);
}

#endif

#if ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(6, 0, 0)

const esp_app_desc_t *esp_ota_get_app_description(void)
{
    return esp_app_get_description();
}

int esp_ota_get_app_elf_sha256(char *dst, size_t size)
{
    return esp_app_get_elf_sha256(dst, size);
}

#endif
