/* An update that goes on where an earlier one was cut off: catalogue family G. The first part is in
 * the slot, as an earlier boot left it. */
#include "scenario.h"

#include "esp_ota_ops.h"

#define HALF 32768

/* The update's own image lies there: how much of it counts, the plan says. */
#define WITH_EARLIER_PART                                                                          \
    .device = {                                                                                    \
        .apps = {{FACTORY, {.version = "1.0.0"}}, {OTA_0, {.version = "2.0.0", .size = 65536}}}}
#define RESUMES_AT(bytes)                                                                          \
    .update = {.api = UPDATE_STEPS, .ota_resumption = true, .ota_image_bytes_written = (bytes)}

#define BY_PARTS_AT(bytes)                                                                         \
    .update = {.api = UPDATE_STEPS,                                                                \
               .ota_resumption = true,                                                             \
               .ota_image_bytes_written = (bytes),                                                 \
               .partial_http_download = true,                                                      \
               .max_http_request_size = 16384}

#define UPDATED                                                                                    \
    {                                                                                              \
        {                                                                                          \
            OTA_0, "2.0.0"                                                                         \
        }                                                                                          \
    }

SCENARIOS(resume) = {
    {
        .name = "resume/from-half",
        .about =
            "the rest is asked for and put behind what is there; the header was checked before",
        .source = "recording C-honored-4096",
        .catalogue = "G13",
        WITH_EARLIER_PART,
        .server = {IMAGE(.range = "honor")},
        RESUMES_AT(HALF),
        .expect = {.events = {START, CONNECTED, WRITE_FLASH_TO(IMAGE_SIZE),
                              UPDATE_BOOT_PARTITION_IS(0x10), FINISH},
                   .requests = {GET("/fw.bin", .range = "bytes=32768-", .status = 206)},
                   .boots = UPDATED},
    },
    {
        .name = "resume/less-than-a-header",
        .about = "1000 bytes are too few to go on from: the range begins at 0",
        .source = "recording C-honored-1000",
        .catalogue = "G17",
        WITH_EARLIER_PART,
        .server = {IMAGE(.range = "honor")},
        RESUMES_AT(1000),
        .expect = {.events = {START, CONNECTED, VERIFY_CHIP_ID, VERIFY_CHIP_REVISION,
                              WRITE_FLASH_TO(IMAGE_SIZE), UPDATE_BOOT_PARTITION_IS(0x10), FINISH},
                   .requests = {GET("/fw.bin", .range = "bytes=0-", .status = 206)},
                   .boots = UPDATED},
    },
    {
        .name = "resume/range-ignored",
        .about = "the server sends all of it: asked again without a range, from the start",
        .source = "recording C-ignored-200-4096",
        .catalogue = "G14",
        WITH_EARLIER_PART,
        .server = {IMAGE()},
        RESUMES_AT(HALF),
        .expect = {.events = {START, CONNECTED, VERIFY_CHIP_ID, VERIFY_CHIP_REVISION,
                              WRITE_FLASH_TO(IMAGE_SIZE), UPDATE_BOOT_PARTITION_IS(0x10), FINISH},
                   .requests = {GET("/fw.bin", .range = "bytes=32768-", .status = 200),
                                GET("/fw.bin", .status = 200)},
                   .boots = UPDATED},
    },
    {
        .name = "resume/416",
        .about = "the server says 416: asked again from the start",
        .source = "recording C-416-then-200-4096",
        .catalogue = "G15",
        WITH_EARLIER_PART,
        .server = {RESPONSE(416, .body = "none"), IMAGE()},
        RESUMES_AT(HALF),
        .expect = {.requests = {GET("/fw.bin", .range = "bytes=32768-", .status = 416),
                                GET("/fw.bin", .status = 200)},
                   .boots = UPDATED},
    },
    {
        .name = "resume/at-the-end",
        .about = "all of it was there already: 416, and from the start",
        .catalogue = "G15",
        WITH_EARLIER_PART,
        .server = {IMAGE(.range = "honor")},
        RESUMES_AT(65536),
        .expect = {.requests = {GET("/fw.bin", .range = "bytes=65536-", .status = 416),
                                GET("/fw.bin", .status = 200)},
                   .boots = UPDATED},
    },
    {
        .name = "resume/content-changed",
        .about = "meanwhile another version is served: two halves of two images",
        .source = "recording C-slot-has-old-image-20000",
        .catalogue = "G16",
        .why =
            "nothing in esp_https_ota_config_t says what was begun, and its documentation leaves "
            "that to the application: the same in a strict run",
        .advice =
            "save the ETag beside the offset, and send it as If-Range by http_client_init_cb; "
            "clear both after OTA_VALIDATE_FAILED, or it fails for ever",
        .device = {.apps = {{FACTORY, {.version = "1.0.0"}},
                            {OTA_0, {.version = "1.9.0", .size = 65536}}}},
        .server = {IMAGE(.range = "honor")},
        RESUMES_AT(HALF),
        .expect = {.result = ESP_ERR_OTA_VALIDATE_FAILED,
                   .failed_in = "esp_https_ota_finish",
                   .requests = {GET("/fw.bin", .range = "bytes=32768-", .status = 206)}},
    },
    {
        .name = "resume/content-changed-if-range",
        .about =
            "the application says of which file it has the beginning: all of the new one comes",
        .catalogue = "G16",
        .device = {.apps = {{FACTORY, {.version = "1.0.0"}},
                            {OTA_0, {.version = "1.9.0", .size = 65536}}}},
        .server = {IMAGE(.range = "honor", .headers = {{"ETag", "\"v2\""}})},
        .update = {.api = UPDATE_STEPS,
                   .ota_resumption = true,
                   .ota_image_bytes_written = HALF,
                   .headers = {{"If-Range", "\"v1\""}}},
        .expect = {.requests = {GET("/fw.bin", .range = "bytes=32768-", .status = 200),
                                GET("/fw.bin", .status = 200)},
                   .boots = UPDATED},
    },
    {
        .name = "resume/content-as-it-was-if-range",
        .about = "the application says of which file it has the beginning, and gets the rest of it",
        .catalogue = "G16",
        WITH_EARLIER_PART,
        .server = {IMAGE(.range = "honor", .headers = {{"ETag", "\"v1\""}})},
        .update = {.api = UPDATE_STEPS,
                   .ota_resumption = true,
                   .ota_image_bytes_written = HALF,
                   .headers = {{"If-Range", "\"v1\""}}},
        .expect = {.any_events = true,
                   .requests = {GET("/fw.bin", .range = "bytes=32768-", .status = 206)},
                   .boots = UPDATED},
    },
    {
        .name = "resume/offset-ahead",
        .about = "the saved offset is ahead of what is in flash: nothing",
        .source = "recording C-nothing-written-20000",
        .catalogue = "G18",
        .device = {.apps = {{FACTORY, {.version = "1.0.0"}}}},
        .server = {IMAGE(.range = "honor")},
        RESUMES_AT(HALF),
        .expect = {.result = ESP_ERR_OTA_VALIDATE_FAILED,
                   .failed_in = "esp_https_ota_finish",
                   .requests = {GET("/fw.bin", .range = "bytes=32768-", .status = 206)}},
    },
    {
        .name = "resume/offset-behind",
        .about = "more is in flash than was saved: the same bytes are written over themselves",
        .source = "recording C-more-in-flash-than-claimed-20000",
        .catalogue = "G18",
        WITH_EARLIER_PART,
        .server = {IMAGE(.range = "honor")},
        RESUMES_AT(20000),
        .expect = {.requests = {GET("/fw.bin", .range = "bytes=20000-", .status = 206)},
                   .any_events = true,
                   .boots = UPDATED},
    },
    {
        .name = "resume/partial",
        .about = "the parts begin where the earlier one ended",
        .source = "recording C-partial-16384",
        .catalogue = "G20",
        WITH_EARLIER_PART,
        .firmware = "updater-partial",
        .server = {IMAGE(.range = "honor")},
        BY_PARTS_AT(HALF),
        .expect = {.any_events = true,
                   .requests = {HEAD("/fw.bin"), GET("/fw.bin", .range = "bytes=32768-49151"),
                                GET("/fw.bin", .range = "bytes=49152-")},
                   .boots = UPDATED},
    },
    {
        .name = "resume/partial-range-ignored",
        .about = "the server sends all of it, which is put behind what is there",
        .source = "recording C-partial-range-ignored-4096",
        .catalogue = "G21",
        .why = "with partial download a 200 is not taken for a refusal of the range",
        WITH_EARLIER_PART,
        .firmware = "updater-partial",
        .server = {IMAGE()},
        BY_PARTS_AT(HALF),
        .expect = {.no_update = true,
                   .requests = {HEAD("/fw.bin"),
                                GET("/fw.bin", .range = "bytes=32768-49151", .status = 200)},
                   .hazard = "resumed-range-ignored"},
        .documented =
            DOCUMENTED(.any_events = true,
                       .requests = {HEAD("/fw.bin"),
                                    GET("/fw.bin", .range = "bytes=32768-49151", .status = 200),
                                    GET("/fw.bin", .range = "bytes=0-16383", .status = 200)},
                       .boots = UPDATED),
    },
    {
        .name = "resume/description-gone",
        .about = "the slot was erased meanwhile: there is no description in it",
        .catalogue = "G22",
        .advice = "start from 0 when esp_https_ota_get_img_desc fails on a resumed update",
        .device = {.apps = {{FACTORY, {.version = "1.0.0"}}}},
        .server = {IMAGE(.range = "honor")},
        .update = {.api = UPDATE_STEPS,
                   .ota_resumption = true,
                   .ota_image_bytes_written = HALF,
                   .get_img_desc = true},
        .expect = {.result = ESP_FAIL,
                   .failed_in = "esp_https_ota_get_img_desc",
                   .requests = {GET("/fw.bin", .range = "bytes=32768-", .status = 206)}},
    },
    {
        .name = "resume/one-shot",
        .about = "esp_https_ota() can't resume, and says so before it connects",
        .catalogue = "G23",
        .server = {IMAGE()},
        .update = {.ota_resumption = true, .ota_image_bytes_written = HALF},
        .expect = {.result = ESP_ERR_NOT_SUPPORTED,
                   .failed_in = "esp_https_ota",
                   .state = STATE_K0,
                   .any_events = true,
                   .no_requests = true},
    },
    {
        .name = "resume/flash-encryption",
        .about = "an offset that is no multiple of 16 is rounded down",
        .source = "pytest_advanced_ota.py ota_resumption_flash_enc",
        .catalogue = "G19",
        .device = {.flash_encryption = true,
                   .apps = {{FACTORY, {.version = "1.0.0"}},
                            {OTA_0, {.version = "2.0.0", .size = 65536}}}},
        .server = {IMAGE(.range = "honor")},
        RESUMES_AT(HALF + 9),
        .expect = {.any_events = true,
                   .requests = {GET("/fw.bin", .range = "bytes=32768-", .status = 206)},
                   .boots = UPDATED},
    },
    {
        .name = "resume/while-unconfirmed",
        .shows = "resume-while-pending",
        .about = "an unconfirmed app must not go on with an update either",
        .catalogue = "G24",
        .device = {.apps = {{FACTORY, {.version = "1.0.0"}},
                            {OTA_0, {.version = "1.1.0"}},
                            {OTA_1, {.version = "2.0.0", .size = 65536}}},
                   .otadata = {ENTRY(1, OTADATA_NEW)}},
        .firmware = "updater-rollback",
        .server = {IMAGE(.range = "honor")},
        RESUMES_AT(HALF),
        .expect = {.result = ESP_ERR_OTA_ROLLBACK_INVALID_STATE,
                   .failed_in = "esp_https_ota_perform",
                   .boots = {{FACTORY, "1.0.0", .reset = "power-on"}}},
    },
    END_OF_SCENARIOS,
};
