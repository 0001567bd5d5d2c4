/* Hazards of older releases of ESP-IDF that no other family has a row for. What is expected is what
 * is safe: on a release that has the hazard the row fails. */
#include "scenario.h"

#include "esp_http_client.h"
#include "esp_ota_ops.h"

#define FIFTY "0123456789-123456789-123456789-123456789-123456789-"

SCENARIOS(release) = {
    {
        .name = "release/selects-the-update-twice",
        .shows = "reselect-duplicates-seq",
        .about =
            "the update is selected twice in a row and never confirmed: the next reset rolls back",
        .source = "espressif/esp-idf 996a9ca25fc",
        .device = {.apps = {{FACTORY, {.version = "1.0.0"}},
                            {OTA_0, {.version = "1.1.0"}},
                            {OTA_1, {.version = "1.2.0"}}},
                   .otadata = {ENTRY(1, OTADATA_VALID), ENTRY(2, OTADATA_VALID)}},
        .firmware = "contract-rollback:selects_the_update_twice",
        .advice = "select an update once, in one place",
        .expect = {.no_update = true,
                   .reselects = true,
                   .boots = {{OTA_0, "1.1.0"}, {OTA_1, "1.2.0"}, {OTA_1, "1.2.0"}}},
    },
    {
        .name = "release/describes-after-perform",
        .shows = "desc-after-perform",
        .about = "the description is read in the midst of the download",
        .source = "espressif/esp-idf 5c5df89950f",
        .firmware = "contract:describes_after_perform",
        .server = {IMAGE()},
        .expect = {.state = STATE_K2, .any_events = true},
    },
    {
        .name = "release/description-without-magic",
        .shows = "desc-magic-unchecked",
        .about = "an application reads the description of an image that has none",
        .source = "espressif/esp-idf 4ae6cce2a56",
        .image = {.flaws = APP_IMAGE_FLAW_DESCRIPTOR_MAGIC},
        .server = {IMAGE()},
        .update = {.api = UPDATE_STEPS, .get_img_desc = true},
        .expect = {.result = ESP_FAIL, .state = STATE_K1, .any_events = true},
    },
    {
        .name = "release/needs-newer-block-revision",
        .shows = "block-revision-ignored",
        .about = "the image needs efuse blocks of a newer revision than the chip's",
        .source = "espressif/esp-idf 1c2f8b8ce08",
        .device = {.efuse_block_revision = 1},
        .image = {.min_block_revision = 2},
        .server = {IMAGE()},
        .expect = {.result = ESP_ERR_OTA_VALIDATE_FAILED, .any_events = true},
    },
    {
        .name = "release/allows-older-block-revisions-only",
        .shows = "block-revision-ignored",
        .about = "the chip's efuse blocks are of a newer revision than the image allows",
        .source = "espressif/esp-idf 1c2f8b8ce08",
        .device = {.efuse_block_revision = 102},
        .image = {.max_block_revision = 99},
        .server = {IMAGE()},
        .expect = {.result = ESP_ERR_OTA_VALIDATE_FAILED, .any_events = true},
    },
    {
        .name = "release/no-room-for-a-description",
        .shows = "short-descriptor-accepted",
        .about = "the first segment is shorter than an app descriptor",
        .image = {.flaws = APP_IMAGE_FLAW_SHORT_FIRST_SEGMENT},
        .server = {IMAGE()},
        .expect = {.result = ESP_ERR_OTA_VALIDATE_FAILED, .any_events = true},
    },
    {
        .name = "release/more-than-announced",
        .shows = "parser-errors-ignored",
        .about = "the body is longer than Content-Length says, and ends in the midst of the image",
        .source = "espressif/esp-idf edb3f9daf1e",
        .image = {.size = 65536},
        .server = {IMAGE(.content_length = "40000")},
        .expect = {.result = ESP_FAIL, .any_events = true},
    },
    {
        .name = "release/header-too-long-for-its-buffer",
        .shows = "request-cut",
        .about = "a User-Agent of 300 bytes, and a buffer of 256 for all of the request",
        .source = "recording A-buffer-size-tx-128-long-ua",
        .server = {IMAGE()},
        .update = {.user_agent = FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY, .buffer_size_tx = 256},
        .expect = {.result = ESP_ERR_HTTP_HEADER_TOO_LONG, .any_events = true},
    },
    END_OF_SCENARIOS,
};
