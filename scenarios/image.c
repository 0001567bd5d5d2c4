/* What the image itself can have wrong: catalogue family I. */
#include "scenario.h"

#include "esp_ota_ops.h"

/* The chip refuses the image from its first kilobyte, before anything is written. */
#define REFUSED_AT_SIGHT                                                                           \
    {                                                                                              \
        START, CONNECTED, VERIFY_CHIP_ID, VERIFY_CHIP_REVISION, ABORT                              \
    }
/* Everything was written, and the verification at the end refuses it. */
#define REFUSED_AT_THE_END                                                                         \
    {                                                                                              \
        START, CONNECTED, VERIFY_CHIP_ID, VERIFY_CHIP_REVISION, WRITE_FLASH_TO(IMAGE_SIZE), FINISH \
    }

/* The verification belongs to esp_ota_end: whoever calls that alone must hear of it. */
#define BROKEN(what, flaw, story)                                                                  \
    {                                                                                              \
        .name = "image/" what,                                                                     \
        .about = story,                                                                            \
        .source = "espressif/esp-idf#4120",                                                        \
        .catalogue = "I08 C09",                                                                    \
        .image = {.flaws = (flaw)},                                                                \
        .server = {IMAGE()},                                                                       \
        .update = {.api = UPDATE_STEPS},                                                           \
        .expect = {.result = ESP_ERR_OTA_VALIDATE_FAILED,                                          \
                   .failed_in = "esp_https_ota_finish",                                            \
                   .events = REFUSED_AT_THE_END},                                                  \
    },                                                                                             \
    {                                                                                              \
        .name = "image/" what "-native", .about = story ", by esp_ota_write and esp_ota_end",      \
        .source = "espressif/esp-idf#4120", .catalogue = "I08", .image = {.flaws = (flaw)},        \
        .server = {IMAGE()}, .update = {.api = UPDATE_NATIVE},                                     \
        .expect = {.result = ESP_ERR_OTA_VALIDATE_FAILED, .failed_in = "esp_ota_end"},             \
    }

/* The image does not suit this chip: perform sees it, and so does esp_ota_end. */
#define UNSUITABLE(what, report, id, story, ...)                                                   \
    {.name = "image/" what,                                                                        \
     .about = story,                                                                               \
     .source = report,                                                                             \
     .catalogue = id,                                                                              \
     .server = {IMAGE()},                                                                          \
     .update = {.api = UPDATE_STEPS},                                                              \
     .expect = {.result = ESP_ERR_INVALID_VERSION,                                                 \
                .failed_in = "esp_https_ota_perform",                                              \
                .events = REFUSED_AT_SIGHT},                                                       \
     __VA_ARGS__},                                                                                 \
    {                                                                                              \
        .name = "image/" what "-native", .about = story ", by esp_ota_write and esp_ota_end",      \
        .source = report, .catalogue = id, .server = {IMAGE()}, .update = {.api = UPDATE_NATIVE},  \
        .expect = {.result = ESP_ERR_OTA_VALIDATE_FAILED, .failed_in = "esp_ota_end"},             \
        __VA_ARGS__, .shows = NULL                                                                 \
    }

SCENARIOS(image) = {
    {
        .name = "image/good",
        .about = "a valid image, one-shot",
        .server = {IMAGE()},
        .expect = {.requests = {GET("/fw.bin", .host = "localhost:8443",
                                    .user_agent = "ESP32 HTTP Client/1.0")}},
    },
    {
        .name = "image/good-in-steps",
        .about = "a valid image with the step-by-step API, description read first",
        .server = {IMAGE()},
        .update = {.api = UPDATE_STEPS, .get_img_desc = true},
        .expect = {.events = {START, CONNECTED, GET_IMG_DESC, VERIFY_CHIP_ID_IS(9),
                              VERIFY_CHIP_REVISION_IS(0), WRITE_FLASH_TO(IMAGE_SIZE),
                              UPDATE_BOOT_PARTITION_IS(0x10), FINISH}},
    },
    {
        .name = "image/good-native",
        .about = "a valid image by esp_http_client, esp_ota_write and esp_ota_set_boot_partition",
        .server = {IMAGE()},
        .update = {.api = UPDATE_NATIVE},
        .expect = {.requests = {GET("/fw.bin")}},
    },
    {
        .name = "image/restart-into-update",
        .about = "the firmware restarts itself after the update, and the new version boots",
        .server = {IMAGE(.reason = "OK")},
        .image = {.version = "2.1.0"},
        .update = {.restart = true},
        .expect = {.boots = {{OTA_0, "2.1.0"}}},
    },
    {
        .name = "image/second-update",
        .about = "a device that runs from ota_0 is updated into ota_1",
        .device = {.apps = {{FACTORY, {.version = "1.0.0"}}, {OTA_0, {.version = "1.1.0"}}},
                   .otadata = {ENTRY(1, OTADATA_UNDEFINED)}},
        .server = {IMAGE()},
        .expect = {.boots = {{OTA_1, "2.0.0"}}},
    },
    {
        .name = "image/wrong-chip-in-one-call",
        .about = "an image for the ESP32-C3 is refused by an ESP32-S3 before a byte is written",
        .source = "espressif/esp-idf#9713",
        .catalogue = "I04",
        .image_chip = "esp32c3",
        .server = {IMAGE()},
        .expect = {.result = ESP_ERR_INVALID_VERSION, .events = REFUSED_AT_SIGHT},
    },
    UNSUITABLE("wrong-chip", "espressif/esp-idf#9713", "I04",
               "an image for the ESP32-C3 is refused by an ESP32-S3", .image_chip = "esp32c3"),
    UNSUITABLE("needs-newer-revision", "pytest_advanced_ota.py verify_min_chip_revision", "I05",
               "the image needs chip revision 1.2, the chip has 0.1", .shows = "chip-revision-late",
               .device = {.chip_revision = 1}, .image = {.min_chip_revision = 102}),
    UNSUITABLE("forbids-this-revision", NULL, "I06",
               "the image allows revisions up to 0.99, the chip has 1.2",
               .device = {.chip_revision = 102}, .image = {.max_chip_revision = 99}),
    {
        .name = "image/for-another-flash-mode",
        .shows = "spi-mode-unchecked",
        .about = "the running app was built for DIO, the image for QIO: it would not run here",
        .catalogue = "I07",
        .device = {.apps = {{FACTORY, {.version = "1.0.0", .spi_flash_mode = 2}}}},
        .image = {.spi_flash_mode = 1},
        .server = {IMAGE()},
        .update = {.api = UPDATE_STEPS},
        .expect = {.result = ESP_ERR_OTA_SPI_MODE_MISMATCH,
                   .failed_in = "esp_https_ota_perform",
                   .events = REFUSED_AT_SIGHT},
    },
    BROKEN("bit-flip", APP_IMAGE_FLAW_BIT_FLIP, "one bit of the code is flipped on the way"),
    BROKEN("wrong-checksum", APP_IMAGE_FLAW_CHECKSUM, "the checksum byte is wrong"),
    BROKEN("wrong-hash", APP_IMAGE_FLAW_HASH, "the appended SHA-256 is wrong"),
    BROKEN("segment-off-its-page", APP_IMAGE_FLAW_SEGMENT_ALIGNMENT,
           "a segment lies where the MMU cannot map it; checksum and hash are right"),
    BROKEN("odd-segment-length", APP_IMAGE_FLAW_SEGMENT_LENGTH,
           "a segment's length is no multiple of 4"),
    BROKEN("too-many-segments", APP_IMAGE_FLAW_SEGMENT_COUNT,
           "17 segments, one more than there may be"),
    {
        .name = "image/captive-portal",
        .about = "a page of HTML is served with status 200",
        .source = "espressif/esp-idf#14187",
        .catalogue = "H22",
        .server = {IMAGE(.body = "random:9000")},
        .expect = {.result = ESP_ERR_INVALID_VERSION, .events = REFUSED_AT_SIGHT},
    },
    {
        .name = "image/not-found",
        .about = "a 404 with a body",
        .source = "espressif/esp-idf#14302",
        .catalogue = "H15",
        .server = {RESPONSE(404, .body = TEXT("error page"))},
        .expect = {.result = ESP_FAIL, .events = {START}, .requests = {GET("/fw.bin")}},
    },
    END_OF_SCENARIOS,
};
