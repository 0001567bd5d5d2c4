/* Chunked transfer encoding (RFC 9112 7.1) and other framing of the body: catalogue family H. */
#include "scenario.h"

SCENARIOS(chunked) = {
    {
        .name = "chunked/plain",
        .about = "an image in chunks of 4096 bytes",
        .source = "classycodeoss/esp32-ota-https#10",
        .catalogue = "H01",
        .server = {IMAGE(.chunked = 4096)},
        .expect = {.requests = {GET("/fw.bin")}},
    },
    {
        .name = "chunked/odd-sizes",
        .about = "chunks of 1000 bytes: no boundary falls on a sector or a buffer",
        .catalogue = "H01",
        .server = {IMAGE(.chunked = 1000)},
    },
    {
        .name = "chunked/extensions-and-trailers",
        .about = "chunk extensions and a trailer field are read over",
        .catalogue = "H01",
        .server = {IMAGE(.chunked = 2048, .chunk_extension = ";name=\"value\"",
                         .chunk_trailer = "X-Checksum: 1234")},
    },
    {
        .name = "chunked/native",
        .about = "the same image through esp_http_client and esp_ota_write",
        .catalogue = "H01",
        .server = {IMAGE(.chunked = 4096)},
        .update = {.api = UPDATE_NATIVE},
        .expect = {.requests = {GET("/fw.bin")}},
    },
    {
        .name = "chunked/no-last-chunk",
        .about = "all data came, but the connection ends before the last chunk",
        .source = "espressif/esp-idf#8258",
        .catalogue = "H02",
        .server = {IMAGE(.chunked = 4096, .no_last_chunk = true, .close = true)},
        .expect = {.result = ESP_FAIL,
                   .events = {START, CONNECTED, VERIFY_CHIP_ID, VERIFY_CHIP_REVISION,
                              WRITE_FLASH_TO(IMAGE_SIZE), ABORT}},
    },
    {
        .name = "chunked/cut-inside-a-chunk",
        .about = "the connection ends inside a chunk",
        .source = "espressif/esp-idf#8258",
        .catalogue = "H02",
        .server = {IMAGE(.chunked = 4096, .cut_after = 30000)},
        .expect = {.result = ESP_FAIL},
    },
    {
        .name = "chunked/close-delimited",
        .shows = "close-delimited-fails",
        .about = "no length at all: the body ends with the connection",
        .source = "esphome/esphome#12480",
        .catalogue = "H03",
        .server = {IMAGE(.content_length = "omit")},
    },
    END_OF_SCENARIOS,
};
