/* Updates that are fetched part by part (partial_http_download): catalogue family G. */
#include "scenario.h"

#include "esp_http_client.h"
#include "esp_ota_ops.h"

#define BY_16_KB                                                                                   \
    .firmware = "updater-partial",                                                                 \
    .update = {.partial_http_download = true, .max_http_request_size = 16384}
#define BY_16_KB_IN_STEPS(...)                                                                     \
    .firmware = "updater-partial", .update = {.api = UPDATE_STEPS,                                 \
                                              .partial_http_download = true,                       \
                                              .max_http_request_size = 16384,                      \
                                              __VA_ARGS__}

#define PROBE         HEAD("/fw.bin")
#define PART(which)   GET("/fw.bin", .range = "bytes=" which)
#define FIRST         PART("0-16383")
#define SECOND        PART("16384-32767")
#define REST          FIRST, SECOND, PART("32768-49151"), PART("49152-")
#define PARTS         IMAGE(.range = "honor")
#define REFUSES(code) RESPONSE(code, .body = "none")

/* The first part was written, and the next is none. */
#define GIVEN_UP                                                                                   \
    {                                                                                              \
        START, CONNECTED, VERIFY_CHIP_ID, VERIFY_CHIP_REVISION, WRITE_FLASH_TO(16384), ABORT       \
    }

#define PROBED_BY_GET                                                                              \
    {                                                                                              \
        PROBE, GET("/fw.bin", .range = "bytes=0-0", .status = 200),                                \
            GET("/fw.bin", .range = "bytes=0-16383", .status = 200)                                \
    }

/* A size probe that the server won't have. */
#define HEAD_REFUSED(code)                                                                         \
    {                                                                                              \
        .name = "range/head-" #code, .shows = "head-refused-fails",                                \
        .about = "HEAD is answered with " #code ": one byte is asked for to learn the size",       \
        .source = "aws/amazon-freertos#1034", .catalogue = "G02", BY_16_KB,                        \
        .server = {REFUSES(code), PARTS},                                                          \
        .expect = {.requests = {HEAD("/fw.bin", .status = code), PART("0-0"), REST}},              \
    }

/* The second part fails, whatever the cause. */
#define SECOND_FAILS(what, ...)                                                                    \
    {                                                                                              \
        .name = "range/second-part-" what, .about = "the second part fails: " what,                \
        .catalogue = "G09", BY_16_KB, .server = {PARTS, PARTS, __VA_ARGS__, PARTS},                \
        .expect = {.result = ESP_FAIL, .requests = {PROBE, FIRST, SECOND}},                        \
    }

SCENARIOS(range) = {
    {
        .name = "range/parts",
        .about = "the size by HEAD, then part after part without a gap",
        .source = "pytest_advanced_ota.py partial_request",
        .catalogue = "G01",
        BY_16_KB,
        .server = {PARTS},
        .expect = {.requests = {HEAD("/fw.bin", .status = 200), REST}},
    },
    {
        .name = "range/header-of-the-application",
        .about = "a header that http_client_init_cb sets goes with HEAD, and with each part",
        .catalogue = "G01",
        .firmware = "updater-partial",
        .update = {.api = UPDATE_STEPS,
                   .get_img_desc = true,
                   .partial_http_download = true,
                   .max_http_request_size = 32768,
                   .headers = {{"Authorization", "Bearer t"}}},
        .server = {PARTS},
        .expect =
            {.any_events = true,
             .requests = {HEAD("/fw.bin", .authorization = "Bearer t"),
                          GET("/fw.bin", .authorization = "Bearer t", .range = "bytes=0-32767"),
                          GET("/fw.bin", .authorization = "Bearer t", .range = "bytes=32768-")}},
    },
    {
        .name = "range/one-part-is-enough",
        .about = "an image as large as a part is fetched without a range",
        .catalogue = "G01",
        .firmware = "updater-partial",
        .update = {.partial_http_download = true, .max_http_request_size = 65536},
        .server = {PARTS},
        .expect = {.requests = {PROBE, GET("/fw.bin", .status = 200)}},
    },
    HEAD_REFUSED(403),
    HEAD_REFUSED(405),
    HEAD_REFUSED(501),
    {
        .name = "range/head-without-length",
        .shows = "head-without-length",
        .about = "HEAD says 200, and not how long the image is",
        .source = "tronbyt/firmware-esp32#160",
        .catalogue = "G03",
        BY_16_KB,
        .server = {IMAGE(.content_length = "omit")},
        .expect = {.result = ESP_FAIL, .state = STATE_K0, .events = {START}, .requests = {PROBE}},
    },
    {
        .name = "range/head-chunked",
        .about = "HEAD says that the image would come in chunks",
        .source = "tronbyt/firmware-esp32#160",
        .catalogue = "G03",
        BY_16_KB,
        .server = {IMAGE(.chunked = 4096)},
        .expect = {.result = ESP_FAIL, .state = STATE_K0, .events = {START}, .requests = {PROBE}},
    },
    {
        .name = "range/ignored",
        .about = "the server knows no ranges: the first part is all of it",
        .source = "recording B-range-ignored-200",
        .catalogue = "G04",
        BY_16_KB,
        .server = {IMAGE()},
        .expect = {.requests = {PROBE, GET("/fw.bin", .range = "bytes=0-16383", .status = 200)}},
    },
    {
        .name = "range/ignored-later",
        .about = "the second part is answered with all of it, which is appended to the first",
        .source = "recording B-range-ignored-after-first-oneshot",
        .catalogue = "G05",
        .why = "the status of later parts is not looked at; only the image check finds it",
        BY_16_KB,
        .server = {IMAGE(), PARTS, IMAGE()},
        .expect = {.result = ESP_ERR_OTA_VALIDATE_FAILED,
                   .requests = {PROBE, FIRST, SECOND},
                   .hazard = "ignored-range-appended"},
        .documented = DOCUMENTED(.result = ESP_FAIL, .events = GIVEN_UP,
                                 .requests = {PROBE, FIRST, SECOND}),
    },
    {
        .name = "range/wrong-window",
        .about = "the second part begins 16 bytes later than was asked for, and says so",
        .catalogue = "G06",
        .why = "the start in Content-Range is not compared; only the image check finds it",
        BY_16_KB,
        .server = {PARTS, PARTS, IMAGE(.range = "shifted"), PARTS},
        .expect = {.result = ESP_ERR_OTA_VALIDATE_FAILED,
                   .requests = {PROBE, REST},
                   .hazard = "part-not-compared"},
        .documented = DOCUMENTED(.result = ESP_FAIL, .events = GIVEN_UP,
                                 .requests = {PROBE, FIRST, SECOND}),
    },
    {
        .name = "range/probe-not-satisfiable",
        .shows = "head-refused-fails",
        .about = "HEAD is refused, and so is the range of one byte: the file is empty",
        .source = "aws/amazon-freertos#1034",
        .catalogue = "G02",
        BY_16_KB,
        .server = {REFUSES(403), REFUSES(416)},
        .expect = {.result = ESP_ERR_HTTP_RANGE_NOT_SATISFIABLE,
                   .state = STATE_K0,
                   .events = {START},
                   .requests = {PROBE, PART("0-0")}},
    },
    {
        .name = "range/lower-case-headers",
        .shows = "head-refused-fails",
        .about = "a gateway writes all header names in lower case, that of the size too",
        .source = "RavenSystem/esp-homekit-devices#1655",
        .catalogue = "H16 G02",
        BY_16_KB,
        .server = {REFUSES(403),
                   RESPONSE(206, .body = TEXT("x"),
                            .headers = {{"content-range", "bytes 0-0/65536"}}),
                   PARTS},
        .expect = {.requests = {HEAD("/fw.bin", .status = 403), PART("0-0"), REST}},
    },
    {
        .name = "range/total-unknown",
        .about = "HEAD is refused, and Content-Range says * for the size",
        .source = "recording B-fallback-206-star_total",
        .catalogue = "G07",
        BY_16_KB,
        .server = {REFUSES(405), IMAGE(.range = "star_total")},
        .expect = {.result = ESP_FAIL,
                   .state = STATE_K0,
                   .events = {START},
                   .requests = {PROBE, PART("0-0")}},
    },
    {
        .name = "range/total-unsaid",
        .about = "HEAD is refused, and the 206 with the first byte has no Content-Range",
        .source = "recording B-fallback-206-no_content_range-oneshot",
        .catalogue = "G07",
        .why = "the size is taken for 0: all of it comes, and is more than all",
        BY_16_KB,
        .server = {REFUSES(405), IMAGE(.range = "no_content_range")},
        .expect = {.state = STATE_K1,
                   .events = {START, CONNECTED, VERIFY_CHIP_ID, VERIFY_CHIP_REVISION,
                              WRITE_FLASH_TO(IMAGE_SIZE), FINISH},
                   .requests = {PROBE, PART("0-0"), GET("/fw.bin", .status = 200)},
                   .hazard = "probe-without-range"},
        .documented = DOCUMENTED(.result = ESP_FAIL, .state = STATE_K0, .events = {START},
                                 .requests = {PROBE, PART("0-0")}),
    },
    {
        .name = "range/short-part",
        .about = "the server sends half of the first part: the next begins where that ended",
        .source = "recording B-206-short-oneshot",
        .catalogue = "G08",
        BY_16_KB,
        .server = {PARTS, IMAGE(.range = "short"), PARTS},
        .expect = {.requests = {PROBE, FIRST, PART("8192-24575"), PART("24576-40959"),
                                PART("40960-57343"), PART("57344-")}},
    },
    {
        .name = "range/redirected",
        .about = "HEAD is redirected to a CDN: all parts are asked for there",
        .source = "recording B-head-302",
        .catalogue = "G01",
        BY_16_KB,
        .server = {REDIRECT(302, "https://localhost:8443/cdn.bin", .path = "/fw.bin"),
                   IMAGE(.range = "honor", .path = "/cdn.bin")},
        .expect = {.requests = {HEAD("/fw.bin", .status = 302), HEAD("/cdn.bin"),
                                GET("/cdn.bin", .range = "bytes=0-16383"),
                                GET("/cdn.bin", .range = "bytes=16384-32767"),
                                GET("/cdn.bin", .range = "bytes=32768-49151"),
                                GET("/cdn.bin", .range = "bytes=49152-")}},
    },
    SECOND_FAILS("503", REFUSES(503)),
    SECOND_FAILS("404", REFUSES(404)),
    SECOND_FAILS("416", REFUSES(416)),
    SECOND_FAILS("reset", RESPONSE(200, .no_response = "rst")),
    {
        .name = "range/second-part-timeout",
        .about = "the second part fails: no answer comes",
        .catalogue = "G09",
        BY_16_KB,
        .server = {PARTS, PARTS, RESPONSE(200, .no_response = "stall", .stall_ms = 30000)},
        .expect = {.result = ESP_FAIL,
                   .requests = {PROBE, FIRST, SECOND},
                   .hazard = "header-timeout-negative"},
        .documented = DOCUMENTED(.result = ESP_FAIL, .requests = {PROBE, FIRST, SECOND}),
    },
    {
        .name = "range/token-expires",
        .about = "the second part is answered with 401",
        .catalogue = "G09 A07",
        BY_16_KB,
        .server = {PARTS, PARTS,
                   RESPONSE(401, .body = "none",
                            .headers = {{"WWW-Authenticate", "Basic realm=\"fw\""}})},
        .expect = {.result = ESP_FAIL, .requests = {PROBE, FIRST, SECOND}},
    },
    {
        .name = "range/closed-between-parts",
        .about = "the server closes the connection after the first part without saying so",
        .source = "espressif/esp-idf#14783",
        .catalogue = "G10",
        BY_16_KB,
        .server = {PARTS, IMAGE(.range = "honor", .close = true), PARTS},
        .expect = {.result = ESP_FAIL,
                   .requests = {PROBE, FIRST},
                   .hazard = "closed-connection-reused"},
        .documented = DOCUMENTED(.requests = {PROBE, REST}),
    },
    {
        .name = "range/probe-fetches-all",
        .about = "HEAD is refused and ranges are ignored: the image crosses the wire twice",
        .source = "recording B-fallback-range-ignored",
        .catalogue = "G11",
        BY_16_KB,
        .server = {REFUSES(405), IMAGE()},
        .expect = {.requests = PROBED_BY_GET,
                   .downloads = 2 * 65536,
                   .hazard = "probe-downloads-all"},
        .documented = DOCUMENTED(.requests = PROBED_BY_GET, .downloads = 65536),
    },
    {
        .name = "range/without-desc",
        .shows = "length-counted-twice",
        .about = "an application that does not look at the description",
        .source = "espressif/esp-idf#13065",
        .catalogue = "G12",
        BY_16_KB_IN_STEPS(),
        .server = {PARTS},
        .expect = {.requests = {PROBE, REST}},
    },
    END_OF_SCENARIOS,
};
