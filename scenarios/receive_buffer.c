/* The TLS receive buffer: CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN is the most that one record may carry.
 * The device does not ask servers for smaller records, so they send up to 16 KB. With a buffer of
 * 4 KB (which saves 12 KB of RAM for as long as a connection lives) an update works only in ranges,
 * and only as long as no record has more than 4096 bytes in it. Catalogue T08. */
#include "scenario.h"

#include <mbedtls/ssl.h>

#include "esp_http_client.h"
#include "esp_https_ota.h"

/* What a session holds: the buffer for records that come in, 4 KB for those that go out, 333 bytes
 * more for each, and 12 KB of contexts and certificates. */
#define HELD_WITH_16K (16384 + 4096 + 2 * 333 + 12 * 1024)
#define HELD_WITH_4K  (HELD_WITH_16K - 12 * 1024)

#define BUFFER_4K            "updater-receive_4k"
#define BUFFER_4K_IN_RANGES  "updater-receive_4k-partial"
#define BUFFER_16K_IN_RANGES "updater-partial"
#define IN_RANGES_OF(bytes)                                                                        \
    {                                                                                              \
        .partial_http_download = true, .max_http_request_size = (bytes)                            \
    }
/* 16 KB in the table, so that a run is a handful of requests. */
#define SMALL_IMAGE                                                                                \
    {                                                                                              \
        .size = 16384                                                                              \
    }
#define RANGES_OF_4096                                                                             \
    {                                                                                              \
        HEAD("/fw.bin"), GET("/fw.bin", .range = "bytes=0-4095"),                                  \
            GET("/fw.bin", .range = "bytes=4096-8191"),                                            \
            GET("/fw.bin", .range = "bytes=8192-12287"), GET("/fw.bin", .range = "bytes=12288-")   \
    }

SCENARIOS(receive_buffer) = {
    {
        .name = "receive_buffer/16k-plain",
        .about = "the usual buffer takes records of any size",
        .catalogue = "T08",
        .image = SMALL_IMAGE,
        .server = {IMAGE()},
        .expect = {.result = ESP_OK, .tls_memory = HELD_WITH_16K, .requests = {GET("/fw.bin")}},
    },
    {
        .name = "receive_buffer/16k-ranges",
        .about = "ranges alone save nothing: the buffer is what it is",
        .catalogue = "T08",
        .image = SMALL_IMAGE,
        .firmware = BUFFER_16K_IN_RANGES,
        .update = IN_RANGES_OF(4096),
        .server = {IMAGE(.range = "honor")},
        .expect = {.result = ESP_OK, .tls_memory = HELD_WITH_16K, .requests = RANGES_OF_4096},
    },
    {
        .name = "receive_buffer/4k-plain",
        .about = "the first record of the body is larger than the buffer",
        .source = "espressif/esp-idf#4649",
        .catalogue = "T08",
        .image = SMALL_IMAGE,
        .firmware = BUFFER_4K,
        .server = {IMAGE()},
        .expect = {.result = ESP_FAIL,
                   .events = {START, CONNECTED, ABORT},
                   .tls_error = MBEDTLS_ERR_SSL_BAD_INPUT_DATA,
                   .tls_memory = HELD_WITH_4K,
                   .requests = {GET("/fw.bin")}},
    },
    {
        .name = "receive_buffer/4k-plain-slightly-too-large",
        .about = "a body of 4200 bytes fits on the wire, but not what it decrypts to",
        .catalogue = "T08",
        .firmware = BUFFER_4K,
        .server = {RESPONSE(200, .body = "image_head:4200")},
        .expect = {.result = ESP_FAIL,
                   .events = {START, CONNECTED, ABORT},
                   .tls_error = MBEDTLS_ERR_SSL_INVALID_RECORD,
                   .requests = {GET("/fw.bin")}},
    },
    {
        .name = "receive_buffer/4k-ranges",
        .about = "with ranges of 4 KB the small buffer does, and holds 12 KB less",
        .catalogue = "T08",
        .image = SMALL_IMAGE,
        .firmware = BUFFER_4K_IN_RANGES,
        .update = IN_RANGES_OF(4096),
        .server = {IMAGE(.range = "honor")},
        .expect = {.result = ESP_OK, .tls_memory = HELD_WITH_4K, .requests = RANGES_OF_4096},
    },
    {
        .name = "receive_buffer/4k-ranges-headers-join",
        .about = "the trap: a server that puts headers and body in one record exceeds 4 KB",
        .catalogue = "T08",
        .image = SMALL_IMAGE,
        .firmware = BUFFER_4K_IN_RANGES,
        .update = IN_RANGES_OF(4096),
        .server = {IMAGE(.range = "honor", .tls_records = "coalesce")},
        .expect = {.result = ESP_FAIL,
                   .tls_error = MBEDTLS_ERR_SSL_INVALID_RECORD,
                   .tls_memory = HELD_WITH_4K,
                   .requests = {HEAD("/fw.bin"), GET("/fw.bin", .range = "bytes=0-4095")}},
    },
    {
        .name = "receive_buffer/4k-smaller-ranges",
        .about = "ranges of 3584 bytes leave room for headers that the server may not send",
        .catalogue = "T08",
        .image = SMALL_IMAGE,
        .firmware = BUFFER_4K_IN_RANGES,
        .update = IN_RANGES_OF(3584),
        .server = {IMAGE(.range = "honor")},
        .expect = {.result = ESP_OK, .tls_memory = HELD_WITH_4K},
    },
    {
        .name = "receive_buffer/4k-smaller-ranges-headers-join",
        .about = "the same from a server that does put them in one record",
        .catalogue = "T08",
        .image = SMALL_IMAGE,
        .firmware = BUFFER_4K_IN_RANGES,
        .update = IN_RANGES_OF(3584),
        .server = {IMAGE(.range = "honor", .tls_records = "coalesce")},
        .expect = {.result = ESP_OK, .tls_memory = HELD_WITH_4K},
    },
    {
        .name = "receive_buffer/4k-large-certificate",
        .about = "a certificate that is larger than the buffer ends the handshake, ranges or not",
        .source = "espressif/esp-idf#17816",
        .catalogue = "T08",
        .firmware = BUFFER_4K_IN_RANGES,
        .listeners = {.certificate = "large"},
        .update = IN_RANGES_OF(4096),
        .server = {IMAGE(.range = "honor")},
        .expect = {.result = ESP_ERR_HTTP_CONNECT,
                   .events = {START},
                   .tls_error = MBEDTLS_ERR_SSL_BAD_INPUT_DATA,
                   .requests = {NO_HANDSHAKE},
                   .flash_untouched = true},
    },
    END_OF_SCENARIOS,
};
