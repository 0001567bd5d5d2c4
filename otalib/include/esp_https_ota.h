/* Updates over HTTPS, as in ESP-IDF's esp_https_ota.h. Behaviour: the esp_https_ota page; where the
 * real library departs from its documentation, so does this one, under a name (otasim_quirk.h).
 * What a release lacks is left out when that release is chosen (esp_idf_version.h). */
#pragma once

#include <stdbool.h>

#include "esp_app_format.h"
#include "esp_http_client.h"
#include "esp_idf_version.h"
#include "esp_partition.h"
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 0, 1)
#include "esp_event.h"
#endif
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 5, 0)
#include "esp_bootloader_desc.h"
#endif
#if __has_include("sdkconfig.h")
#include "sdkconfig.h"
#endif

#ifdef __cplusplus
extern "C" {
#endif

#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 0, 1)
ESP_EVENT_DECLARE_BASE(ESP_HTTPS_OTA_EVENT);

/** Posted to the default event loop; the data of each stands beside it. */
typedef enum {
    ESP_HTTPS_OTA_START,          /* none */
    ESP_HTTPS_OTA_CONNECTED,      /* none */
    ESP_HTTPS_OTA_GET_IMG_DESC,   /* none */
    ESP_HTTPS_OTA_VERIFY_CHIP_ID, /* esp_chip_id_t of the image */
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 5, 0)
    ESP_HTTPS_OTA_VERIFY_CHIP_REVISION, /* uint16_t: min_chip_rev_full of the image */
#endif
    ESP_HTTPS_OTA_DECRYPT_CB,            /* none */
    ESP_HTTPS_OTA_WRITE_FLASH,           /* int: bytes written so far */
    ESP_HTTPS_OTA_UPDATE_BOOT_PARTITION, /* esp_partition_subtype_t */
    ESP_HTTPS_OTA_FINISH,                /* none; says nothing of success */
    ESP_HTTPS_OTA_ABORT,                 /* none */
} esp_https_ota_event_t;
#endif

#define ESP_ERR_HTTPS_OTA_BASE        0x9000
#define ESP_ERR_HTTPS_OTA_IN_PROGRESS (ESP_ERR_HTTPS_OTA_BASE + 1)

typedef void *esp_https_ota_handle_t;
typedef esp_err_t (*http_client_init_cb_t)(esp_http_client_handle_t);

#if CONFIG_ESP_HTTPS_OTA_DECRYPT_CB
typedef struct {
    const char *data_in;
    size_t data_in_len;
    char *data_out; /* allocated by the callback, freed by the library */
    size_t data_out_len;
} decrypt_cb_arg_t;

typedef esp_err_t (*decrypt_cb_t)(decrypt_cb_arg_t *args, void *user_ctx);
#endif

typedef struct {
    const esp_http_client_config_t *http_config;
    http_client_init_cb_t
        http_client_init_cb; /* called when the client exists, before it connects */
    bool bulk_flash_erase;   /* erase all that is needed before the download */
#if CONFIG_ESP_HTTPS_OTA_ENABLE_PARTIAL_DOWNLOAD || ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(6, 0, 0)
    bool partial_http_download; /* in ranges */
    int max_http_request_size;  /* bytes a range, 0: 64 KB */
#endif
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 3, 0)
    uint32_t buffer_caps; /* MALLOC_CAP_* of the buffer, 0: default */
#endif
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 5, 0)
    bool ota_resumption;            /* go on where an earlier boot stopped */
    size_t ota_image_bytes_written; /* what that boot had written */
#endif
#if CONFIG_ESP_HTTPS_OTA_DECRYPT_CB
    decrypt_cb_t decrypt_cb;
    void *decrypt_user_ctx;
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 1, 3)
    uint16_t enc_img_header_size; /* of the encrypted file, bytes before the image */
#endif
#endif
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 5, 0)
    struct {
        const esp_partition_t *staging; /* NULL: the next update partition */
        const esp_partition_t *final;   /* NULL: staging */
        bool finalize_with_copy;        /* copy staging to final at the end */
    } partition;
#endif
} esp_https_ota_config_t;

/** The whole update in one call. Returns the first error of begin, perform and finish. */
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 0, 0)
esp_err_t esp_https_ota(const esp_https_ota_config_t *ota_config);
#else
esp_err_t esp_https_ota(const esp_http_client_config_t *config);
#endif

/** Connects and reads the response's header. *handle is NULL on failure. */
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 0, 0)
esp_err_t esp_https_ota_begin(const esp_https_ota_config_t *ota_config,
                              esp_https_ota_handle_t *handle);
#else
esp_err_t esp_https_ota_begin(esp_https_ota_config_t *ota_config, esp_https_ota_handle_t *handle);
#endif

/** One read and one write. ESP_ERR_HTTPS_OTA_IN_PROGRESS: call again; ESP_OK: all data came. */
esp_err_t esp_https_ota_perform(esp_https_ota_handle_t https_ota_handle);

bool esp_https_ota_is_complete_data_received(esp_https_ota_handle_t https_ota_handle);

/** Verifies, switches the boot partition if all data came, and frees the handle, whatever comes of
 * it. */
esp_err_t esp_https_ota_finish(esp_https_ota_handle_t https_ota_handle);

/** Gives up and frees the handle; the boot partition stays. */
esp_err_t esp_https_ota_abort(esp_https_ota_handle_t https_ota_handle);

/** Reads the app descriptor of the offered image, before the first esp_https_ota_perform. */
esp_err_t esp_https_ota_get_img_desc(esp_https_ota_handle_t https_ota_handle,
                                     esp_app_desc_t *new_app_info);
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 5, 0)
esp_err_t esp_https_ota_get_bootloader_img_desc(esp_https_ota_handle_t https_ota_handle,
                                                esp_bootloader_desc_t *new_img_info);
#endif

/** Bytes written so far; -1 before the first esp_https_ota_perform. */
int esp_https_ota_get_image_len_read(esp_https_ota_handle_t https_ota_handle);

#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 3, 2) ||                                             \
    (ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 1, 5) &&                                            \
     ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(5, 2, 0))
/** HTTP status of the last response; -1 for NULL. */
int esp_https_ota_get_status_code(esp_https_ota_handle_t https_ota_handle);
#endif

/** Size of the image in bytes; -1 if the server does not say. */
int esp_https_ota_get_image_size(esp_https_ota_handle_t https_ota_handle);

#ifdef __cplusplus
}
#endif
