/* Files that are no update for this device, or that an application must judge itself: catalogue
 * family I, beside image.c and signed.c. */
#include "scenario.h"

#include "esp_ota_ops.h"

#define REFUSED_AT_SIGHT                                                                           \
    {                                                                                              \
        START, CONNECTED, VERIFY_CHIP_ID, VERIFY_CHIP_REVISION, ABORT                              \
    }
/* The chip would do, and the first byte that is written is not an image's. */
#define REFUSED_AT_THE_FIRST_WRITE                                                                 \
    {                                                                                              \
        START, CONNECTED, VERIFY_CHIP_ID, VERIFY_CHIP_REVISION, WRITE_FLASH_TO(0), ABORT           \
    }
#define REFUSED_BY_ITS_DESCRIPTION                                                                 \
    {                                                                                              \
        START, CONNECTED, GET_IMG_DESC, ABORT                                                      \
    }

/* The same file to each of the three ways of updating: what refuses it differs, that it is refused
 * does not. */
#define NO_IMAGE(what, id, report, story, file)                                                    \
    {                                                                                              \
        .name = "content/" what,                                                                   \
        .about = story ", in one call",                                                            \
        .source = report,                                                                          \
        .catalogue = id,                                                                           \
        .why = "bytes 12 and 13, the chip, are looked at before the first byte",                   \
        .server = {IMAGE(.body = file)},                                                           \
        .expect = {.result = ESP_ERR_INVALID_VERSION, .events = REFUSED_AT_SIGHT},                 \
    },                                                                                             \
        {                                                                                          \
            .name = "content/" what "-described",                                                  \
            .about = story ", to an application that reads the description first",                 \
            .source = report,                                                                      \
            .catalogue = id,                                                                       \
            .server = {IMAGE(.body = file)},                                                       \
            .update = {.api = UPDATE_STEPS, .get_img_desc = true},                                 \
            .expect = {.result = ESP_FAIL,                                                         \
                       .state = STATE_K0,                                                          \
                       .failed_in = "esp_https_ota_get_img_desc",                                  \
                       .slot_untouched = true,                                                     \
                       .events = REFUSED_BY_ITS_DESCRIPTION},                                      \
        },                                                                                         \
    {                                                                                              \
        .name = "content/" what "-native",                                                         \
        .about = story ", by esp_ota_write: its first byte is not 0xE9", .source = report,         \
        .catalogue = id, .server = {IMAGE(.body = file)}, .update = {.api = UPDATE_NATIVE},        \
        .expect = {.result = ESP_ERR_OTA_VALIDATE_FAILED, .failed_in = "esp_ota_write"},           \
    }

/* A flash mode that is not known to be another one is none of the update's business. */
#define FLASH_MODE_UNKNOWN(what, story, mode_of_app, mode_of_image)                                \
    {                                                                                              \
        .name = "content/flash-mode-unknown-" what, .about = story, .catalogue = "I07",            \
        .device = {.apps = {{FACTORY, {.version = "1.0.0", .spi_flash_mode = mode_of_app}}}},      \
        .image = {.spi_flash_mode = mode_of_image}, .server = {IMAGE()},                           \
    }

#define PADDED(what, story, padding)                                                               \
    {                                                                                              \
        .name = "content/" what, .about = story, .catalogue = "I10",                               \
        .source = "pytest_advanced_ota.py openssl_aligned_bin",                                    \
        .server = {IMAGE(.body = "image+random:" #padding)},                                       \
        .expect = {.slot_differs = true,                                                           \
                   .events = {START, CONNECTED, VERIFY_CHIP_ID, VERIFY_CHIP_REVISION,              \
                              WRITE_FLASH_TO(65536 + padding), UPDATE_BOOT_PARTITION, FINISH}},    \
    }

#define SMALL_SLOTS .device = {.partitions = "small"}

SCENARIOS(content) = {
    NO_IMAGE("random", "I03", "pytest_advanced_ota.py random", "32000 random bytes, the first 0",
             "zeros:1+random:31999"),
    NO_IMAGE("zip", "I09", NULL, "a zip archive", "hex:504b03041400000008000000+random:30000"),
    NO_IMAGE("elf", "I09", NULL, "the ELF file in place of the image",
             "hex:7f454c46010101000000000000000000+random:30000"),
    NO_IMAGE("merged", "I09", NULL,
             "a merged factory image of an ESP32, which begins with 4 KB of 0xFF", "ff:4096+image"),
    {
        .name = "content/foreign-first-byte",
        .about = "the chip and the description are right, the first byte is not 0xE9",
        .source = "espressif/ESP8266_RTOS_SDK#716",
        .catalogue = "I09",
        .image = {.flaws = APP_IMAGE_FLAW_MAGIC},
        .server = {IMAGE()},
        .update = {.api = UPDATE_STEPS, .get_img_desc = true},
        .expect = {.result = ESP_ERR_OTA_VALIDATE_FAILED,
                   .failed_in = "esp_https_ota_perform",
                   .events = {START, CONNECTED, GET_IMG_DESC, VERIFY_CHIP_ID, VERIFY_CHIP_REVISION,
                              WRITE_FLASH_TO(0), ABORT}},
    },
    {
        .name = "content/zeros-to-an-esp32",
        .about = "bytes 12 and 13 are the ESP32's id, which is 0: the first byte is what is wrong",
        .catalogue = "I09",
        .device = {.chip = "esp32"},
        .server = {IMAGE(.body = "zeros:32000")},
        .expect = {.result = ESP_ERR_OTA_VALIDATE_FAILED, .events = REFUSED_AT_THE_FIRST_WRITE},
    },
    {
        .name = "content/bootloader-described",
        .about = "a merged image of an ESP32-S3 begins with its bootloader, which has no "
                 "description",
        .catalogue = "I09",
        .image = {.kind = APP_IMAGE_BOOTLOADER},
        .server = {IMAGE(.body = "image+ff:32768")},
        .update = {.api = UPDATE_STEPS, .get_img_desc = true},
        .expect = {.result = ESP_FAIL,
                   .failed_in = "esp_https_ota_get_img_desc",
                   .state = STATE_K0,
                   .slot_untouched = true,
                   .events = REFUSED_BY_ITS_DESCRIPTION},
    },
    FLASH_MODE_UNKNOWN("here", "the running app does not say its flash mode", 0, 1),
    FLASH_MODE_UNKNOWN("there", "the image does not say its flash mode", 2, 0),
    PADDED("padded", "random bytes follow the image: its length is in its header, not the file's",
           1000),
    PADDED("padded-to-a-block", "the padding of a cipher follows the image", 16),
    {
        .name = "content/same-version-for-ever",
        .about = "an application that does not compare versions updates at every start",
        .source = "espressif/arduino-esp32#5207, #2143",
        .catalogue = "I11",
        .advice = "read the description with esp_https_ota_get_img_desc() and abort if its "
                  "version is the one that runs",
        .server = {IMAGE()},
        .firmware_of = {{ANY_VERSION, "updater"}},
        .update = {.restart = true},
        .expect = {.any_events = true,
                   .boots = {{OTA_0, "2.0.0", .end = "restart"},
                             {OTA_1, "2.0.0", .end = "restart"},
                             {OTA_0, "2.0.0", .end = "restart"},
                             {OTA_1, "2.0.0", .end = "restart"}}},
    },
    {
        .name = "content/bigger-than-slot",
        .about = "192 KB for a slot of 128 KB: nobody looks before the end is reached",
        .source = "SHA2017-badge/Firmware PR#77",
        .catalogue = "I15",
        .advice = "compare esp_https_ota_get_image_size() with the partition's size after "
                  "esp_https_ota_begin(), before the old app in the slot is gone",
        SMALL_SLOTS,
        .image = {.size = 192 * 1024},
        .server = {IMAGE()},
        .expect = {.result = ESP_ERR_INVALID_SIZE,
                   .events = {START, CONNECTED, VERIFY_CHIP_ID, VERIFY_CHIP_REVISION,
                              WRITE_FLASH_TO(128 * 1024), ABORT}},
    },
    {
        .name = "content/bigger-than-slot-native",
        .about = "the same by esp_ota_write",
        .source = "rppelayo/webota-esp32#7",
        .catalogue = "I15",
        SMALL_SLOTS,
        .image = {.size = 192 * 1024},
        .server = {IMAGE()},
        .update = {.api = UPDATE_NATIVE},
        .expect = {.result = ESP_ERR_INVALID_SIZE, .failed_in = "esp_ota_write"},
    },
    {
        .name = "content/bigger-than-slot-bulk",
        .about = "too big to be erased in one go; the file is put right, and the next attempt "
                 "finds the slot taken by the first",
        .catalogue = "I16",
        .why = "an esp_ota_begin whose erase fails leaves its entry behind, and abort does not "
               "reach it",
        .advice = "compare esp_https_ota_get_image_size() with the partition's size before the "
                  "first esp_https_ota_perform(), and restart after a failure",
        SMALL_SLOTS,
        .firmware = "contract:updates_in_bulk_twice",
        .server = {IMAGE(.body = "image+ff:131072"), IMAGE()},
        .expect = {.result = ESP_ERR_INVALID_SIZE,
                   .failed_in = "esp_https_ota_perform",
                   .events = {START, CONNECTED, ABORT, START, CONNECTED, ABORT},
                   .hazard = "failed-begin-leaks"},
        .documented = DOCUMENTED(.result = ESP_OK,
                                 .events = {START, CONNECTED, ABORT, START, CONNECTED,
                                            VERIFY_CHIP_ID, VERIFY_CHIP_REVISION,
                                            WRITE_FLASH_TO(IMAGE_SIZE), UPDATE_BOOT_PARTITION,
                                            FINISH}),
    },
    {
        .name = "content/into-a-data-partition",
        .about = "the final partition holds data: nothing is checked, and the same app boots",
        .source = "IDF test OTA update of NVS partition",
        .catalogue = "I18",
        .device = {.partitions = "stdx"},
        .server = {IMAGE(.body = "random:20000")},
        .update = {.final_partition = "storage", .finalize_with_copy = true},
        .expect = {.no_update = true, .events = {START, CONNECTED, WRITE_FLASH_TO(20000), FINISH}},
    },
    END_OF_SCENARIOS,
};
