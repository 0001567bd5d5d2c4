/* An image that ESP-IDF built, on its way to the chip it was built for and to another one. */
#include "scenario.h"

#include "esp_err.h"

#define BLINK "esp_idf_blink_esp32s2.bin"

SCENARIOS(real_image) = {
    {
        .name = "real_image/blink",
        .about = "the vendor's blink for ESP32-S2, over HTTPS by esp_https_ota, boots",
        .device = {.chip = "esp32s2"},
        .firmware = "updater-esp32s2",
        .image_file = BLINK,
        .server = {IMAGE()},
        .expect = {.result = ESP_OK,
                   .events = {START, CONNECTED, VERIFY_CHIP_ID_IS(2), VERIFY_CHIP_REVISION_IS(0),
                              WRITE_FLASH_TO(182368), UPDATE_BOOT_PARTITION_IS(0x10), FINISH},
                   .requests = {GET("/fw.bin")}},
    },
    {
        .name = "real_image/blink-on-esp32s3",
        .about = "the same file is refused by an ESP32-S3, and the old app boots",
        .image_file = BLINK,
        .server = {IMAGE()},
        .expect = {.result = ESP_ERR_INVALID_VERSION,
                   .events = {START, CONNECTED, VERIFY_CHIP_ID_IS(2), VERIFY_CHIP_REVISION, ABORT},
                   .boots = {{FACTORY, "1.0.0"}}},
    },
    END_OF_SCENARIOS,
};
