#include "esp_chip_info.h"

#include <string.h>

#include "device.h"
#include "hal/efuse_hal.h"

#define WIFI   CHIP_FEATURE_WIFI_BGN
#define BLE    CHIP_FEATURE_BLE
#define THREAD CHIP_FEATURE_IEEE802154

static const struct {
    const char *chip;
    esp_chip_info_t info;
} chips[] = {
    {"esp32s3", {CHIP_ESP32S3, WIFI | BLE, 0, 2}},
    {"esp32", {CHIP_ESP32, WIFI | BLE | CHIP_FEATURE_BT, 0, 2}},
    {"esp32s2", {CHIP_ESP32S2, WIFI, 0, 1}},
    {"esp32c2", {CHIP_ESP32C2, WIFI | BLE, 0, 1}},
    {"esp32c3", {CHIP_ESP32C3, WIFI | BLE, 0, 1}},
    {"esp32c5", {CHIP_ESP32C5, WIFI | BLE | THREAD, 0, 1}},
    {"esp32c6", {CHIP_ESP32C6, WIFI | BLE | THREAD, 0, 1}},
    {"esp32c61", {CHIP_ESP32C61, WIFI | BLE, 0, 1}},
    {"esp32h2", {CHIP_ESP32H2, BLE | THREAD, 0, 1}},
    {"esp32p4", {CHIP_ESP32P4, 0, 0, 2}},
};

void esp_chip_info(esp_chip_info_t *out_info)
{
    const struct device *device = device_current();
    *out_info = chips[0].info;
    for (size_t i = 0; i < sizeof chips / sizeof chips[0]; i++) {
        if (device != NULL && strcmp(chips[i].chip, device->chip->name) == 0) {
            *out_info = chips[i].info;
        }
    }
    out_info->revision = (uint16_t)efuse_hal_chip_revision();
}
