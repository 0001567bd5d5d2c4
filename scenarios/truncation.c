/* Bodies that end too early, by accident or by a lying length: catalogue families H, I and N. */
#include "scenario.h"

#include "esp_ota_ops.h"

#define KEPT_DOWNLOADING                                                                           \
    {                                                                                              \
        START, CONNECTED, VERIFY_CHIP_ID, VERIFY_CHIP_REVISION, WRITE_FLASH, ABORT                 \
    }

SCENARIOS(truncation) = {
    {
        .name = "truncation/half-the-body",
        .about = "the connection is closed after half of the promised bytes",
        .source = "espressif/esp-idf#5736",
        .catalogue = "H06",
        .server = {IMAGE(.cut_after = 32768)},
        .expect = {.result = ESP_FAIL, .events = KEPT_DOWNLOADING, .requests = {GET("/fw.bin")}},
    },
    {
        .name = "truncation/last-byte",
        .about = "one byte is missing when the connection is closed",
        .catalogue = "H06",
        .server = {IMAGE(.cut_after = -1)},
        .expect = {.result = ESP_FAIL, .events = KEPT_DOWNLOADING},
    },
    {
        .name = "truncation/reset-half-way",
        .about = "the connection is reset after half of the body",
        .source = "espressif/esp-idf#7110",
        .catalogue = "N04",
        .server = {IMAGE(.cut_after = 32768, .reset = true)},
        .expect = {.result = ESP_FAIL, .events = KEPT_DOWNLOADING},
    },
    {
        .name = "truncation/inside-the-image-header",
        .about = "500 bytes are not enough to look at the image",
        .source = "pytest_advanced_ota.py truncated_header",
        .catalogue = "I02",
        .server = {IMAGE(.cut_after = 500)},
        .expect = {.result = ESP_FAIL, .events = {START, CONNECTED, ABORT}},
    },
    {
        .name = "truncation/length-says-so",
        .about = "the file itself is cut: all promised bytes come, the image does not verify",
        .source = "pytest_advanced_ota.py truncated_bin",
        .catalogue = "I01",
        .server = {IMAGE(.body = "image_head:60000")},
        .expect = {.result = ESP_ERR_OTA_VALIDATE_FAILED,
                   .events = {START, CONNECTED, VERIFY_CHIP_ID, VERIFY_CHIP_REVISION,
                              WRITE_FLASH_TO(60000), FINISH}},
    },
    {
        .name = "truncation/close-delimited-half",
        .about = "without a length a clean close half way looks like the end",
        .catalogue = "H04",
        .server = {IMAGE(.content_length = "omit", .cut_after = 32768)},
        .expect = {.result = ESP_ERR_OTA_VALIDATE_FAILED,
                   .events = {START, CONNECTED, VERIFY_CHIP_ID, VERIFY_CHIP_REVISION,
                              WRITE_FLASH_TO(32768), FINISH}},
    },
    END_OF_SCENARIOS,
};
