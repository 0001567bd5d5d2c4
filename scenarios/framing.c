/* What HTTP servers do to the body of a response: catalogue family H. */
#include "scenario.h"

#include "esp_http_client.h"
#include "esp_https_ota.h"
#include "esp_ota_ops.h"

#define REFUSED_AT_SIGHT                                                                           \
    {                                                                                              \
        START, CONNECTED, VERIFY_CHIP_ID, VERIFY_CHIP_REVISION, ABORT                              \
    }
#define KEPT_DOWNLOADING                                                                           \
    {                                                                                              \
        START, CONNECTED, VERIFY_CHIP_ID, VERIFY_CHIP_REVISION, WRITE_FLASH, ABORT                 \
    }

/* The default image: 64 KB. */
#define IMAGE_LENGTH "65536"

/* The header cannot be trusted, and nothing is downloaded. */
#define BAD_LENGTH(what, story, ...)                                                               \
    {                                                                                              \
        .name = "framing/" what, .about = story, .source = "nodejs/http-parser#289",               \
        .catalogue = "H09", .server = {IMAGE(__VA_ARGS__)},                                        \
        .expect = {.result = ESP_FAIL, .state = STATE_K0, .events = {START}},                      \
    }

/* A status that no update should come with. */
#define ODD_STATUS(code)                                                                           \
    {                                                                                              \
        .name = "framing/status-" #code, .about = "a valid image that comes with status " #code,   \
        .source = "espressif/ESP8266_RTOS_SDK#1265", .catalogue = "H13",                           \
        .advice = "check esp_http_client_get_status_code in a handler of HTTP_EVENT_ON_HEADER",    \
        .server = {RESPONSE(code, .body = "image")},                                               \
        .expect = {.requests = {GET("/fw.bin", .status = code)},                                   \
                   .hazard = "odd-status-installed"},                                              \
        .documented = DOCUMENTED(.result = ESP_FAIL, .state = STATE_K0, .events = {START},         \
                                 .requests = {GET("/fw.bin")}),                                    \
    }

/* An answer that says no, with a page that must not be looked at. */
#define REFUSAL(code, ...)                                                                         \
    {                                                                                              \
        .name = "framing/status-" #code, .about = "the server answers " #code " with a page",      \
        .source = "espressif/esp-idf#14302", .catalogue = "H15",                                   \
        .server = {RESPONSE(code, .body = TEXT("<html>error</html>"), __VA_ARGS__)},               \
        .expect = {.result = ESP_FAIL,                                                             \
                   .state = STATE_K0,                                                              \
                   .events = {START},                                                              \
                   .requests = {GET("/fw.bin", .status = code)}},                                  \
    }

/* Something else than HTTP listens there. */
#define NOT_HTTP(what, bytes)                                                                      \
    {                                                                                              \
        .name = "framing/" what, .about = "the port answers " what, .catalogue = "H21",            \
        .server = {RESPONSE(200, .raw = bytes)},                                                   \
        .expect = {.result = ESP_FAIL, .state = STATE_K0, .events = {START}},                      \
    }

#define TEN(x) x x x x x x x x x x
#define TEN_KB TEN(TEN(TEN("0123456789")))
#define BIG_FIELD                                                                                  \
    {                                                                                              \
        "X-Big", TEN_KB TEN(TEN("0123456789"))                                                     \
    }

SCENARIOS(framing) = {
    {
        .name = "framing/close-without-notify",
        .about = "no length, and TLS ends without close_notify: the end may be an attack",
        .catalogue = "H05",
        .server = {IMAGE(.content_length = "omit", .no_close_notify = true)},
        .expect = {.result = ESP_FAIL, .state = STATE_K1, .events = KEPT_DOWNLOADING},
    },
    {
        .name = "framing/length-too-short-split",
        .about = "Content-Length is smaller than the body, and the rest comes in a later segment",
        .catalogue = "H07a",
        .server = {IMAGE(.content_length = "60000", .split_at = {60000})},
        .expect = {.result = ESP_ERR_OTA_VALIDATE_FAILED,
                   .state = STATE_K1,
                   .events = {START, CONNECTED, VERIFY_CHIP_ID, VERIFY_CHIP_REVISION,
                              WRITE_FLASH_TO(60000), FINISH}},
    },
    {
        .name = "framing/length-too-short-joined",
        .about = "the same in one segment: the surplus is no HTTP",
        .catalogue = "H07b",
        .why = "what comes of a lying length depends on how the network cuts the stream",
        .server = {IMAGE(.content_length = "60000")},
        .expect = {.result = ESP_FAIL, .state = STATE_K1, .events = KEPT_DOWNLOADING},
    },
    {
        .name = "framing/empty-body",
        .about = "200 with Content-Length: 0",
        .source = "espressif/esp-idf#12981",
        .catalogue = "H08",
        .server = {RESPONSE(200)},
        .expect = {.result = ESP_FAIL, .state = STATE_K1, .events = {START, CONNECTED, ABORT}},
    },
    {
        .name = "framing/empty-body-description",
        .about = "the same, and the application asks for the description",
        .source = "espressif/esp-idf#12981",
        .catalogue = "H08",
        .server = {RESPONSE(200)},
        .update = {.api = UPDATE_STEPS, .get_img_desc = true},
        .expect = {.result = ESP_FAIL,
                   .failed_in = "esp_https_ota_get_img_desc",
                   .state = STATE_K0,
                   .events = {START, CONNECTED, GET_IMG_DESC, ABORT}},
    },
    BAD_LENGTH("two-equal-lengths", "Content-Length twice, with the same value",
               .headers = {{"Content-Length", IMAGE_LENGTH}}),
    BAD_LENGTH("list-of-lengths", "Content-Length: 65536, 65536",
               .content_length = IMAGE_LENGTH ", " IMAGE_LENGTH),
    BAD_LENGTH("negative-length", "Content-Length: -1", .content_length = "omit",
               .headers = {{"Content-Length", "-1"}}),
    BAD_LENGTH("overflowing-length", "a Content-Length that no integer holds",
               .content_length = "omit",
               .headers = {{"Content-Length", "99999999999999999999999"}}),
    BAD_LENGTH("length-and-chunks", "Content-Length in a chunked response", .chunked = 4096,
               .content_length_too = true),
    {
        .name = "framing/gzip-body",
        .about = "a proxy compresses although nobody asked: the bytes are no image",
        .source = "tronbyt/firmware-esp32#160",
        .catalogue = "H10",
        .server = {IMAGE(.body = "random:30000", .headers = {{"Content-Encoding", "gzip"}})},
        .expect = {.result = ESP_ERR_INVALID_VERSION,
                   .state = STATE_K1,
                   .events = REFUSED_AT_SIGHT},
    },
    {
        .name = "framing/gzip-body-description",
        .about = "the same, seen by an application that reads the description first",
        .source = "usetrmnl/trmnl-firmware#244",
        .catalogue = "H10",
        .server = {IMAGE(.body = "random:30000", .headers = {{"Content-Encoding", "gzip"}})},
        .update = {.api = UPDATE_STEPS, .get_img_desc = true},
        .expect = {.result = ESP_FAIL,
                   .failed_in = "esp_https_ota_get_img_desc",
                   .state = STATE_K0,
                   .events = {START, CONNECTED, GET_IMG_DESC, ABORT}},
    },
    {
        .name = "framing/coding-before-chunks",
        .about = "Transfer-Encoding: gzip, chunked",
        .catalogue = "H11",
        .server = {IMAGE(.chunked = 4096, .coding = "gzip, chunked")},
        .expect = {.result = ESP_ERR_INVALID_VERSION,
                   .state = STATE_K1,
                   .events = REFUSED_AT_SIGHT,
                   .hazard = "codings-ignored"},
        .documented = DOCUMENTED(.result = ESP_FAIL, .state = STATE_K0, .events = {START}),
    },
    {
        .name = "framing/early-hints",
        .about = "103 Early Hints in a segment of its own, then the image",
        .source = "nodejs/http-parser#406",
        .catalogue = "H12",
        .advice = "keep servers and CDNs that send 1xx responses away from devices",
        .server = {IMAGE(.interim = 103)},
        .expect = {.result = ESP_FAIL,
                   .state = STATE_K1,
                   .events = {START, CONNECTED, ABORT},
                   .hazard = "interim-taken-as-final"},
        .documented = DOCUMENTED(.requests = {GET("/fw.bin")}),
    },
    ODD_STATUS(201),
    ODD_STATUS(202),
    ODD_STATUS(203),
    ODD_STATUS(300),
    ODD_STATUS(305),
    {
        .name = "framing/not-modified",
        .about = "the application sends If-None-Match, and the server has nothing new",
        .source = "espressif/esp-idf#14839",
        .catalogue = "H14",
        .server = {RESPONSE(304)},
        .update = {.headers = {{"If-None-Match", "\"v1\""}}},
        .expect = {.result = ESP_ERR_HTTP_NOT_MODIFIED,
                   .state = STATE_K0,
                   .events = {START},
                   .requests = {GET("/fw.bin")}},
    },
    {
        .name = "framing/not-modified-partial",
        .about = "the same in partial mode: HEAD is answered 304, and no GET follows",
        .source = "espressif/esp-idf#14839",
        .catalogue = "H14",
        .firmware = "updater-partial",
        .server = {RESPONSE(304)},
        .update = {.partial_http_download = true, .max_http_request_size = 16384},
        .expect = {.result = ESP_ERR_HTTP_NOT_MODIFIED,
                   .state = STATE_K0,
                   .events = {START},
                   .requests = {HEAD("/fw.bin")}},
    },
    REFUSAL(400),
    REFUSAL(403),
    REFUSAL(408),
    REFUSAL(410),
    REFUSAL(429, .headers = {{"Retry-After", "120"}}),
    REFUSAL(500),
    REFUSAL(502),
    REFUSAL(503),
    {
        .name = "framing/lower-case-headers",
        .about = "a gateway writes all header names in lower case",
        .source = "RavenSystem/esp-homekit-devices#1655",
        .catalogue = "H16",
        .server = {RESPONSE(302, .headers = {{"location", "https://localhost:8443/moved.bin"}}),
                   IMAGE(.content_length = "omit", .keep_open = true,
                         .headers = {{"content-length", IMAGE_LENGTH}})},
        .expect = {.requests = {GET("/fw.bin"), GET("/moved.bin")}},
    },
    {
        .name = "framing/header-across-buffers",
        .about = "a Location that straddles the receive buffer of 128 bytes",
        .source = "espressif/esp-idf#7157",
        .catalogue = "H17",
        .server = {REDIRECT(302, "https://localhost:8443/" TEN("0123456789") ".bin"), IMAGE()},
        .update = {.buffer_size = 128},
        .expect = {.requests = {GET("/fw.bin"), GET("/" TEN("0123456789") ".bin")}},
    },
    {
        .name = "framing/body-with-the-header",
        .about = "the first 128 bytes of the image come with the header",
        .source = "espressif/esp-idf#7775",
        .catalogue = "H18",
        .server = {IMAGE(.joined = 128)},
        .expect = {.requests = {GET("/fw.bin")}},
    },
    {
        .name = "framing/tiny-segments",
        .about = "header and body come byte by byte",
        .source = "espressif/esp-idf#12596",
        .catalogue = "H19",
        .image = {.size = 4096},
        .server = {IMAGE(.header_pieces = 1, .drip = {.bytes = 1})},
        .expect = {.requests = {GET("/fw.bin")}},
    },
    {
        .name = "framing/huge-header",
        .about = "80 KB of response headers",
        .catalogue = "H20",
        .device = {.heap_size = 128 * 1024},
        .server = {IMAGE(.headers = {BIG_FIELD, BIG_FIELD, BIG_FIELD, BIG_FIELD, BIG_FIELD,
                                     BIG_FIELD, BIG_FIELD, BIG_FIELD})},
        .expect = {.result = ESP_FAIL, .state = STATE_K0, .events = {START}},
    },
    NOT_HTTP("ssh", "SSH-2.0-OpenSSH_9.0\r\n"),
    NOT_HTTP("html", "<!DOCTYPE html><html></html>\r\n\r\n"),
    NOT_HTTP("blank-in-header-name", "HTTP/1.1 200 OK\r\nContent Length: 3\r\n\r\nabc"),
    {
        .name = "framing/captive-portal-description",
        .about = "a captive portal's page, seen by an application that reads the description first",
        .source = "espressif/esp-idf#14187",
        .catalogue = "H22",
        .server = {IMAGE(.body = "random:9000")},
        .update = {.api = UPDATE_STEPS, .get_img_desc = true},
        .expect = {.result = ESP_FAIL,
                   .failed_in = "esp_https_ota_get_img_desc",
                   .state = STATE_K0,
                   .events = {START, CONNECTED, GET_IMG_DESC, ABORT}},
    },
    {
        .name = "framing/captive-portal-short",
        .about = "a captive portal's page of less than an image header",
        .catalogue = "H23",
        .server = {RESPONSE(200, .body = TEXT("<html>please log in</html>"))},
        .expect = {.result = ESP_FAIL, .state = STATE_K1, .events = {START, CONNECTED, ABORT}},
    },
    {
        .name = "framing/text-plain",
        .about = "the image is served as text/plain",
        .source = "jnsdbr/esp32-ota-update-mqtt#3",
        .catalogue = "H24",
        .server = {IMAGE(.headers = {{"Content-Type", "text/plain"}})},
        .expect = {.requests = {GET("/fw.bin")}},
    },
    {
        .name = "framing/multiple-of-buffer",
        .about = "the image is a multiple of the buffer: the last read brings nothing",
        .source = "espressif/esp-idf#6165",
        .catalogue = "H25",
        .server = {IMAGE()},
        .update = {.api = UPDATE_STEPS, .buffer_size = 4096},
        .expect = {.requests = {GET("/fw.bin")}},
    },
    {
        .name = "framing/server-keeps-open",
        .about = "all came, and the server does not close: nobody waits for it",
        .source = "espressif/esp-idf#9346",
        .catalogue = "H26",
        .server = {IMAGE(.hold_open_ms = 600000)},
        .expect = {.requests = {GET("/fw.bin")}, .lasts_ms = 500},
    },
    {
        .name = "framing/cold-then-warm-cache",
        .about = "the CDN has no length for the first request, and one for the second",
        .source = "mikalhart/ESP32-OTA-Pull#12",
        .catalogue = "H27",
        .server = {IMAGE(.chunked = 8192), IMAGE()},
        .update = {.repeat = 2},
        .expect = {.events = {START, CONNECTED, VERIFY_CHIP_ID, VERIFY_CHIP_REVISION,
                              WRITE_FLASH_TO(IMAGE_SIZE), UPDATE_BOOT_PARTITION, FINISH, START,
                              CONNECTED, VERIFY_CHIP_ID, VERIFY_CHIP_REVISION,
                              WRITE_FLASH_TO(IMAGE_SIZE), UPDATE_BOOT_PARTITION, FINISH},
                   .requests = {GET("/fw.bin"), GET("/fw.bin")}},
    },
    END_OF_SCENARIOS,
};
