/* Connections that break, and servers that take their time: catalogue family N. Time passes on the
 * device's clock only. */
#include "scenario.h"

#include "esp_http_client.h"
#include "esp_https_ota.h"

#define KEPT_DOWNLOADING                                                                           \
    {                                                                                              \
        START, CONNECTED, VERIFY_CHIP_ID, VERIFY_CHIP_REVISION, WRITE_FLASH, ABORT                 \
    }

/* The body is cut by a reset there, and the next attempt of the same boot succeeds. */
#define RESET_THEN_UPDATED(where, offset)                                                          \
    {                                                                                              \
        .name = "timing/reset-" where,                                                             \
        .about = "a reset of the connection (" where "), and the next attempt works",              \
        .source = "espressif/esp-idf#7110", .catalogue = "N04", .update = {.repeat = 2},           \
        .server = {IMAGE(.cut_after = (offset), .reset = true), IMAGE()},                          \
        .expect = {.any_events = true, .requests = {GET("/fw.bin"), GET("/fw.bin")}},              \
    }

/* Erasing and programming the slot takes at least that, besides what the server takes. */
#define WRITES_MS 400

#define NO_ANSWER(code)                                                                            \
    .result = (code), .state = STATE_K0, .events = {START}, .requests = {GET("/fw.bin")}

SCENARIOS(timing) = {
    {
        .name = "timing/unknown-host",
        .about = "the name does not resolve, however often it is tried",
        .source = "espressif/esp-idf#10989",
        .catalogue = "N01",
        .update = {.url = "https://nowhere.invalid/fw.bin", .repeat = 3},
        .server = {IMAGE()},
        .expect = {.result = ESP_ERR_HTTP_CONNECT,
                   .state = STATE_K0,
                   .any_events = true,
                   .no_requests = true},
    },
    {
        .name = "timing/refused",
        .about = "nobody listens at the port, however often it is tried",
        .source = "espressif/esp-idf#5727",
        .update = {.url = "https://localhost:8079/fw.bin", .repeat = 3},
        .server = {IMAGE()},
        .expect = {.result = ESP_ERR_HTTP_CONNECT,
                   .state = STATE_K0,
                   .any_events = true,
                   .no_requests = true},
    },
    {
        .name = "timing/reset-before-headers",
        .about = "the connection is reset once the request is there",
        .source = "espressif/esp-idf#9819",
        .catalogue = "N03",
        .server = {RESPONSE(200, .no_response = "rst")},
        .expect = {NO_ANSWER(ESP_FAIL)},
    },
    RESET_THEN_UPDATED("at-a-tenth", 6554),
    RESET_THEN_UPDATED("half-way", 32768),
    RESET_THEN_UPDATED("before-the-last-byte", -1),
    {
        .name = "timing/no-answer",
        .about = "the server takes the request and says nothing",
        .source = "espressif/esp-idf#8554",
        .catalogue = "N05",
        .update = {.timeout_ms = 2000},
        .server = {RESPONSE(200, .no_response = "stall", .stall_ms = 30000)},
        .expect = {NO_ANSWER(-ESP_ERR_HTTP_EAGAIN), .lasts_ms = 2000,
                   .hazard = "header-timeout-negative"},
        .documented = DOCUMENTED(NO_ANSWER(ESP_ERR_HTTP_EAGAIN), .lasts_ms = 2000),
    },
    {
        .name = "timing/stalls-in-the-image-header",
        .about = "a pause of ten timeouts before the image header is there: one call of perform",
        .catalogue = "N07",
        .why = "the wait for the header repeats inside one call, whatever the caller's patience",
        .update = {.api = UPDATE_STEPS, .patience = 3, .timeout_ms = 2000},
        .server = {IMAGE(.stall_after = 500, .stall_ms = 20000)},
        .expect = {.requests = {GET("/fw.bin")},
                   .lasts_ms = 20000 + WRITES_MS,
                   .longest_call_ms = 20000,
                   .hazard = "header-waits-inside"},
        .documented = DOCUMENTED(.result = ESP_ERR_HTTPS_OTA_IN_PROGRESS,
                                 .failed_in = "esp_https_ota_perform",
                                 .events = {START, CONNECTED, ABORT}, .requests = {GET("/fw.bin")},
                                 .lasts_ms = 8000, .longest_call_ms = 2000),
    },
    {
        .name = "timing/drips",
        .about = "something comes shortly before each timeout: nothing ever times out, and a call "
                 "of perform returns when its buffer of 1024 bytes is full",
        .catalogue = "N08",
        .why = "every byte starts the timeout anew; as documented, a call would bring what came in "
               "two "
               "seconds, and nine of them the image header",
        .image = {.size = 8192},
        .update = {.api = UPDATE_STEPS, .patience = 9, .timeout_ms = 2000},
        .server = {IMAGE(.drip = {128, 1900})},
        .expect = {.requests = {GET("/fw.bin")},
                   .lasts_ms = 63 * 1900,
                   .longest_call_ms = 8 * 1900,
                   .hazard = "timeout-starts-anew"},
        .documented = DOCUMENTED(.requests = {GET("/fw.bin")}, .lasts_ms = 63 * 1900,
                                 .longest_call_ms = 2000),
    },
    {
        .name = "timing/short-outage",
        .about = "a jam longer than the timeout, then the same connection goes on",
        .source = "espressif/esp-idf#9346",
        .catalogue = "N09",
        .update = {.api = UPDATE_STEPS, .patience = 3, .timeout_ms = 1000},
        .server = {IMAGE(.stall_after = 32768, .stall_ms = 1800)},
        .expect = {.requests = {GET("/fw.bin")}, .lasts_ms = 1800 + WRITES_MS},
    },
    {
        .name = "timing/cold-start",
        .about = "a server that wakes up answers later than the usual timeout",
        .source = "espressif/arduino-esp32#8184",
        .catalogue = "N10",
        .advice = "set timeout_ms to what the slowest start of the server takes",
        .server = {IMAGE(.header_stall_ms = 8000)},
        .expect = {NO_ANSWER(-ESP_ERR_HTTP_EAGAIN), .lasts_ms = 5000,
                   .hazard = "header-timeout-negative"},
        .documented = DOCUMENTED(NO_ANSWER(ESP_ERR_HTTP_EAGAIN), .lasts_ms = 5000),
    },
    {
        .name = "timing/cold-start-patient",
        .about = "with a timeout of ten seconds the server that wakes up is waited for",
        .source = "espressif/arduino-esp32#8184",
        .catalogue = "N10",
        .update = {.timeout_ms = 10000},
        .server = {IMAGE(.header_stall_ms = 8000)},
        .expect = {.requests = {GET("/fw.bin")}, .lasts_ms = 8000 + WRITES_MS},
    },
    {
        .name = "timing/closed-during-erase",
        .about = "while the whole slot is erased the server gives the connection up",
        .source = "espressif/esp-idf#2083",
        .catalogue = "N11",
        .update = {.bulk_flash_erase = true},
        .server = {IMAGE(.cut_after = 4096)},
        .expect = {.result = ESP_FAIL, .requests = {GET("/fw.bin")}},
    },
    {
        .name = "timing/stalls-for-ever",
        .about = "perform returns after each timeout: the application gives up after three",
        .catalogue = "N06",
        .update = {.api = UPDATE_STEPS, .patience = 3, .timeout_ms = 2000},
        .server = {IMAGE(.stall_after = 32768)},
        .expect = {.result = ESP_ERR_HTTPS_OTA_IN_PROGRESS,
                   .failed_in = "esp_https_ota_perform",
                   .events = KEPT_DOWNLOADING,
                   .requests = {GET("/fw.bin")},
                   .lasts_ms = 6000},
    },
    {
        .name = "timing/refused-then-up",
        .about = "the first begin is refused, the server comes up, the second begin succeeds",
        .source = "espressif/esp-idf#5727",
        .catalogue = "N02",
        .firmware = "contract-allow_http:tries_again_after_a_refusal",
        .server = {IMAGE()},
        .expect = {.events = {START, START, CONNECTED, VERIFY_CHIP_ID, VERIFY_CHIP_REVISION,
                              WRITE_FLASH_TO(IMAGE_SIZE), UPDATE_BOOT_PARTITION, FINISH}},
    },
    END_OF_SCENARIOS,
};
