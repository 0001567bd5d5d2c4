#include <stdio.h>

#include "esp_err.h"

#define UNKNOWN_ERROR "UNKNOWN ERROR"

/* By number, since many belong to headers that the core does not see (formats page, "Error
 * codes"). Sorted by code. */
static const struct {
    esp_err_t code;
    const char *name;
} names[] = {
    {-1, "ESP_FAIL"},
    {0, "ESP_OK"},
    {0x101, "ESP_ERR_NO_MEM"},
    {0x102, "ESP_ERR_INVALID_ARG"},
    {0x103, "ESP_ERR_INVALID_STATE"},
    {0x104, "ESP_ERR_INVALID_SIZE"},
    {0x105, "ESP_ERR_NOT_FOUND"},
    {0x106, "ESP_ERR_NOT_SUPPORTED"},
    {0x107, "ESP_ERR_TIMEOUT"},
    {0x108, "ESP_ERR_INVALID_RESPONSE"},
    {0x109, "ESP_ERR_INVALID_CRC"},
    {0x10A, "ESP_ERR_INVALID_VERSION"},
    {0x10B, "ESP_ERR_INVALID_MAC"},
    {0x10C, "ESP_ERR_NOT_FINISHED"},
    {0x10D, "ESP_ERR_NOT_ALLOWED"},
    {0x1100, "ESP_ERR_NVS_BASE"},
    {0x1101, "ESP_ERR_NVS_NOT_INITIALIZED"},
    {0x1102, "ESP_ERR_NVS_NOT_FOUND"},
    {0x110D, "ESP_ERR_NVS_NO_FREE_PAGES"},
    {0x1110, "ESP_ERR_NVS_NEW_VERSION_FOUND"},
    {0x1500, "ESP_ERR_OTA_BASE"},
    {0x1501, "ESP_ERR_OTA_PARTITION_CONFLICT"},
    {0x1502, "ESP_ERR_OTA_SELECT_INFO_INVALID"},
    {0x1503, "ESP_ERR_OTA_VALIDATE_FAILED"},
    {0x1504, "ESP_ERR_OTA_SMALL_SEC_VER"},
    {0x1505, "ESP_ERR_OTA_ROLLBACK_FAILED"},
    {0x1506, "ESP_ERR_OTA_ROLLBACK_INVALID_STATE"},
    {0x1507, "ESP_ERR_OTA_ALREADY_IN_PROGRESS"},
    {0x1508, "ESP_ERR_OTA_SPI_MODE_MISMATCH"},
    {0x2000, "ESP_ERR_IMAGE_BASE"},
    {0x2001, "ESP_ERR_IMAGE_FLASH_FAIL"},
    {0x2002, "ESP_ERR_IMAGE_INVALID"},
    {0x3000, "ESP_ERR_WIFI_BASE"},
    {0x4000, "ESP_ERR_MESH_BASE"},
    {0x6000, "ESP_ERR_FLASH_BASE"},
    {0x6001, "ESP_ERR_FLASH_OP_FAIL"},
    {0x6002, "ESP_ERR_FLASH_OP_TIMEOUT"},
    {0x6003, "ESP_ERR_FLASH_NOT_INITIALISED"},
    {0x6004, "ESP_ERR_FLASH_UNSUPPORTED_HOST"},
    {0x6005, "ESP_ERR_FLASH_UNSUPPORTED_CHIP"},
    {0x6006, "ESP_ERR_FLASH_PROTECTED"},
    {0x7000, "ESP_ERR_HTTP_BASE"},
    {0x7001, "ESP_ERR_HTTP_MAX_REDIRECT"},
    {0x7002, "ESP_ERR_HTTP_CONNECT"},
    {0x7003, "ESP_ERR_HTTP_WRITE_DATA"},
    {0x7004, "ESP_ERR_HTTP_FETCH_HEADER"},
    {0x7005, "ESP_ERR_HTTP_INVALID_TRANSPORT"},
    {0x7006, "ESP_ERR_HTTP_CONNECTING"},
    {0x7007, "ESP_ERR_HTTP_EAGAIN"},
    {0x7008, "ESP_ERR_HTTP_CONNECTION_CLOSED"},
    {0x7009, "ESP_ERR_HTTP_NOT_MODIFIED"},
    {0x700A, "ESP_ERR_HTTP_RANGE_NOT_SATISFIABLE"},
    {0x700B, "ESP_ERR_HTTP_READ_TIMEOUT"},
    {0x700C, "ESP_ERR_HTTP_INCOMPLETE_DATA"},
    {0x700D, "ESP_ERR_HTTP_REDIRECT_DOWNGRADE"},
    {0x700E, "ESP_ERR_HTTP_HEADER_TOO_LONG"},
    {0x9000, "ESP_ERR_HTTPS_OTA_BASE"},
    {0x9001, "ESP_ERR_HTTPS_OTA_IN_PROGRESS"},
    {0xC000, "ESP_ERR_HW_CRYPTO_BASE"},
    {0xD000, "ESP_ERR_MEMPROT_BASE"},
};

static const char *find_name(esp_err_t code)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i].code == code) {
            return names[i].name;
        }
    }
    return NULL;
}

const char *esp_err_to_name(esp_err_t code)
{
    const char *name = find_name(code);
    return name != NULL ? name : UNKNOWN_ERROR;
}

const char *esp_err_to_name_r(esp_err_t code, char *buf, size_t buflen)
{
    const char *name = find_name(code);
    if (name != NULL) {
        snprintf(buf, buflen, "%s", name);
    } else {
        snprintf(buf, buflen, UNKNOWN_ERROR " 0x%x(%d)", (unsigned)code, code);
    }
    return buf;
}
