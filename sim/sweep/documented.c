#include "documented.h"

#include <stddef.h>
#include <string.h>

#include "esp_err.h"
#include "esp_flash_err.h"
#include "esp_http_client.h"
#include "esp_https_ota.h"
#include "esp_ota_ops.h"

#define MAX_CODES 24

/* What passes through from the partition and flash layers below. */
#define FLASH_CODES ESP_ERR_FLASH_OP_FAIL, ESP_ERR_FLASH_OP_TIMEOUT, ESP_ERR_INVALID_SIZE

/* What a connection and a response come to; -ESP_ERR_HTTP_EAGAIN is the quirk of a header that
 * does not come in time. */
#define HTTP_CODES                                                                                 \
    ESP_FAIL, ESP_ERR_INVALID_ARG, ESP_ERR_NO_MEM, ESP_ERR_HTTP_CONNECT,                           \
        ESP_ERR_HTTP_NOT_MODIFIED, ESP_ERR_HTTP_RANGE_NOT_SATISFIABLE,                             \
        ESP_ERR_HTTP_REDIRECT_DOWNGRADE, ESP_ERR_HTTP_HEADER_TOO_LONG, -ESP_ERR_HTTP_EAGAIN,       \
        ESP_ERR_NOT_SUPPORTED, ESP_ERR_HTTP_WRITE_DATA, ESP_ERR_HTTP_FETCH_HEADER

#define BEGIN_CODES                                                                                \
    ESP_ERR_INVALID_ARG, ESP_ERR_NOT_FOUND, ESP_ERR_OTA_PARTITION_CONFLICT,                        \
        ESP_ERR_OTA_ROLLBACK_INVALID_STATE, ESP_ERR_OTA_ALREADY_IN_PROGRESS, ESP_ERR_NO_MEM
#define SET_BOOT_CODES                                                                             \
    ESP_ERR_INVALID_ARG, ESP_ERR_OTA_VALIDATE_FAILED, ESP_ERR_NOT_FOUND, ESP_ERR_OTA_SMALL_SEC_VER

static const struct {
    const char *function;
    int codes[MAX_CODES]; /* besides ESP_OK */
} documented[] = {
    {"esp_https_ota_begin", {HTTP_CODES}},
    {"esp_https_ota_get_img_desc",
     {ESP_FAIL, ESP_ERR_INVALID_ARG, ESP_ERR_INVALID_STATE, ESP_ERR_NOT_SUPPORTED}},
    {"esp_https_ota_perform",
     {ESP_ERR_HTTPS_OTA_IN_PROGRESS, ESP_FAIL, ESP_ERR_INVALID_VERSION,
      ESP_ERR_OTA_SPI_MODE_MISMATCH, ESP_ERR_OTA_VALIDATE_FAILED, BEGIN_CODES, FLASH_CODES}},
    {"esp_https_ota_finish",
     {ESP_FAIL, ESP_ERR_INVALID_STATE, SET_BOOT_CODES, ESP_ERR_NO_MEM, FLASH_CODES}},
    {"esp_https_ota_abort", {ESP_ERR_INVALID_ARG, ESP_FAIL, ESP_ERR_NOT_FOUND}},
    {"esp_https_ota",
     {HTTP_CODES, ESP_ERR_INVALID_VERSION, ESP_ERR_OTA_SPI_MODE_MISMATCH,
      ESP_ERR_OTA_VALIDATE_FAILED, ESP_ERR_OTA_SMALL_SEC_VER, ESP_ERR_OTA_ROLLBACK_INVALID_STATE,
      ESP_ERR_OTA_PARTITION_CONFLICT, ESP_ERR_NOT_FOUND, ESP_ERR_INVALID_STATE, FLASH_CODES}},
    {"esp_ota_begin", {BEGIN_CODES, FLASH_CODES}},
    {"esp_ota_write", {ESP_ERR_INVALID_ARG, ESP_ERR_OTA_VALIDATE_FAILED, FLASH_CODES}},
    {"esp_ota_write_with_offset", {ESP_ERR_INVALID_ARG, FLASH_CODES}},
    {"esp_ota_end",
     {ESP_ERR_NOT_FOUND, ESP_ERR_INVALID_ARG, ESP_ERR_INVALID_STATE, ESP_ERR_OTA_VALIDATE_FAILED,
      ESP_ERR_NO_MEM, FLASH_CODES}},
    {"esp_ota_abort", {ESP_ERR_NOT_FOUND}},
    {"esp_ota_set_boot_partition", {SET_BOOT_CODES, FLASH_CODES}},
    {"esp_ota_mark_app_valid_cancel_rollback", {ESP_FAIL, ESP_ERR_NOT_FOUND, FLASH_CODES}},
    {"esp_ota_mark_app_invalid_rollback",
     {ESP_FAIL, ESP_ERR_OTA_ROLLBACK_FAILED, ESP_ERR_NOT_FOUND, FLASH_CODES}},
};

bool documented_code(const char *function, int64_t code)
{
    if (code == ESP_OK) {
        return true;
    }
    for (size_t i = 0; i < sizeof documented / sizeof documented[0]; i++) {
        if (strcmp(documented[i].function, function) != 0) {
            continue;
        }
        for (size_t n = 0; n < MAX_CODES; n++) {
            if (documented[i].codes[n] == code) {
                return true;
            }
        }
        return false;
    }
    return true;
}
