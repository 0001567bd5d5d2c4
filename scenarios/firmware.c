/* The example firmwares (fixtures/firmware/examples): ordinary ESP-IDF applications on good and bad
 * days. Unless a row says otherwise, every version of the app is the same program. */
#include "scenario.h"

#include "esp_http_client.h"
#include "esp_ota_ops.h"

#define RUNS(module) .firmware = (module), .firmware_of = {{ANY_VERSION, (module)}}

/* The first version is the example, the update has nothing to do. */
#define RUNS_ONCE(module) .firmware = (module)

#define UPDATED                                                                                    \
    {                                                                                              \
        {                                                                                          \
            OTA_0, "2.0.0"                                                                         \
        }                                                                                          \
    }

/* Read with its description first. */
#define STEPS_TO_THE_END                                                                           \
    {                                                                                              \
        START, CONNECTED, GET_IMG_DESC, VERIFY_CHIP_ID_IS(9), VERIFY_CHIP_REVISION_IS(0),          \
            WRITE_FLASH_TO(IMAGE_SIZE), UPDATE_BOOT_PARTITION_IS(0x10), FINISH                     \
    }

/* With ota_resumption a range is asked for even if nothing is there yet. */
#define FROM_START "bytes=0-"

SCENARIOS(firmware) = {
    {
        .name = "firmware/simple/good",
        .about = "one call of esp_https_ota in a task, and a restart into the new version",
        RUNS_ONCE("example-simple"),
        .server = {IMAGE()},
        .expect = {.events = {START, CONNECTED, VERIFY_CHIP_ID, VERIFY_CHIP_REVISION,
                              WRITE_FLASH_TO(IMAGE_SIZE), UPDATE_BOOT_PARTITION, FINISH},
                   .requests = {GET("/fw.bin", .host = "localhost:8443")},
                   .boots = UPDATED},
    },
    {
        .name = "firmware/simple/at-every-start",
        .about = "nothing compares versions: the new version installs itself once more",
        RUNS("example-simple"),
        .server = {IMAGE()},
        .expect = {.requests = {GET("/fw.bin"), GET("/fw.bin"), GET("/fw.bin")},
                   .boots = {{OTA_0, "2.0.0"}, {OTA_1, "2.0.0"}}},
    },
    {
        .name = "firmware/simple/not-found",
        .about = "the server has no such file: the device keeps its version and idles",
        .catalogue = "H15",
        RUNS_ONCE("example-simple"),
        .server = {RESPONSE(404, .body = TEXT("error page"))},
        .expect = {.result = ESP_FAIL, .events = {START}, .requests = {GET("/fw.bin")}},
    },
    {
        .name = "firmware/simple/truncated",
        .about = "the connection closes in the middle of the image",
        RUNS_ONCE("example-simple"),
        .server = {IMAGE(.cut_after = 30000)},
        .expect = {.result = ESP_FAIL},
    },
    {
        .name = "firmware/simple/wrong-chip",
        .about = "the image is for another chip: nothing is written",
        .catalogue = "I04",
        RUNS_ONCE("example-simple"),
        .image_chip = "esp32c3",
        .server = {IMAGE()},
        .expect = {.result = ESP_ERR_INVALID_VERSION,
                   .events = {START, CONNECTED, VERIFY_CHIP_ID, VERIFY_CHIP_REVISION, ABORT}},
    },
    {
        .name = "firmware/simple/untrusted-server",
        .about = "the server's certificate does not lead to the one that is built in",
        RUNS_ONCE("example-simple"),
        .listeners = {.certificate = "other_server"},
        .server = {IMAGE()},
        .expect = {.result = ESP_ERR_HTTP_CONNECT, .events = {START}, .requests = {NO_HANDSHAKE}},
    },
    {
        .name = "firmware/simple/handler-crashes",
        .about = "the HTTP event handler uses user_data that nobody set: a panic at every start",
        RUNS("example-simple-bug"),
        .server = {IMAGE()},
        .expect = {.crash = true,
                   .no_update = true,
                   .boots = {{FACTORY, "1.0.0"}, {FACTORY, "1.0.0"}}},
    },
    {
        .name = "firmware/advanced/good",
        .about = "description, version check, progress, and a restart into the new version",
        RUNS("example-advanced"),
        .server = {IMAGE()},
        .expect = {.boots = UPDATED},
    },
    {
        .name = "firmware/advanced/same-version",
        .about = "the server offers what runs already: nothing is downloaded",
        .source = "espressif/arduino-esp32#5207",
        .catalogue = "I11",
        RUNS_ONCE("example-advanced"),
        .image = {.version = "1.0.0"},
        .server = {IMAGE()},
        .expect = {.no_update = true,
                   .slot_untouched = true,
                   .events = {START, CONNECTED, GET_IMG_DESC, ABORT},
                   .requests = {GET("/fw.bin")}},
    },
    {
        .name = "firmware/advanced/checks-off",
        .about = "neither version nor host name is looked at: the same version once more",
        RUNS_ONCE("example-advanced-lenient"),
        .image = {.version = "1.0.0"},
        .listeners = {.certificate = "wrong_host"},
        .server = {IMAGE()},
        .expect = {.events = STEPS_TO_THE_END, .boots = {{OTA_0, "1.0.0"}}},
    },
    {
        .name = "firmware/advanced/wrong-host",
        .about = "the certificate is for another host",
        RUNS_ONCE("example-advanced"),
        .listeners = {.certificate = "wrong_host"},
        .server = {IMAGE()},
        .expect = {.result = ESP_ERR_HTTP_CONNECT, .events = {START}},
    },
    {
        .name = "firmware/advanced/not-found",
        .about = "the server has no such file: the handler sees START and no more",
        .catalogue = "H15",
        RUNS_ONCE("example-advanced"),
        .server = {RESPONSE(404)},
        .expect = {.result = ESP_FAIL, .events = {START}},
    },
    {
        .name = "firmware/advanced/truncated",
        .about = "the connection closes in the middle of the image: aborted",
        RUNS_ONCE("example-advanced"),
        .server = {IMAGE(.cut_after = 30000)},
        .expect = {.result = ESP_FAIL},
    },
    {
        .name = "firmware/advanced/wrong-chip",
        .about = "the image is for another chip: nothing is written",
        .catalogue = "I04",
        RUNS_ONCE("example-advanced"),
        .image_chip = "esp32c3",
        .server = {IMAGE()},
        .expect = {.result = ESP_ERR_INVALID_VERSION,
                   .events = {START, CONNECTED, GET_IMG_DESC, VERIFY_CHIP_ID, VERIFY_CHIP_REVISION,
                              ABORT}},
    },
    {
        .name = "firmware/advanced/partial",
        .about = "in ranges of 16 KB",
        RUNS("example-advanced-partial"),
        .server = {IMAGE(.range = "honor")},
        .expect = {.boots = UPDATED},
    },
    {
        .name = "firmware/advanced/url-from-stdin",
        .about = "the URL is typed at the console",
        RUNS("example-advanced-stdin"),
        .device = {.stdin_text = "https://localhost:8443/typed.bin\r\n"},
        .server = {IMAGE()},
        .expect = {.boots = UPDATED, .requests = {GET("/typed.bin"), GET("/typed.bin")}},
    },
    {
        .name = "firmware/advanced/no-url",
        .about = "nobody types a URL: the device goes on without an update",
        RUNS_ONCE("example-advanced-stdin"),
        .server = {IMAGE()},
        .expect = {.no_update = true, .no_requests = true},
    },
    {
        .name = "firmware/advanced/confirms",
        .about = "with rollback: the new version reaches the network and marks itself valid",
        RUNS("example-advanced-rollback"),
        .server = {IMAGE()},
        .expect = {.boots = {{OTA_0, "2.0.0"}, {OTA_0, "2.0.0"}}},
    },
    {
        .name = "firmware/advanced/crashes-and-rolls-back",
        .about = "the new version's event handler gets no argument: panic, and the old version",
        .catalogue = "O08",
        .firmware = "example-advanced-rollback",
        .firmware_of = {{"2.0.0", "example-advanced-rollback-bug"}},
        .server = {IMAGE()},
        .expect = {.crash = true, .boots = {{OTA_0, "2.0.0"}, {FACTORY, "1.0.0"}}},
    },
    {
        .name = "firmware/advanced/tries-the-bad-version-again",
        .about = "nobody remembers which version crashed: the old one installs it once more",
        .firmware = "example-advanced-rollback",
        .firmware_of = {{"2.0.0", "example-advanced-rollback-bug"},
                        {ANY_VERSION, "example-advanced-rollback"}},
        .server = {IMAGE()},
        .expect = {.crash = true,
                   .boots = {{OTA_0, "2.0.0", .end = "panic"},
                             {FACTORY, "1.0.0", .reset = "panic", .end = "restart"},
                             {OTA_0, "2.0.0", .end = "panic"}}},
    },
    {
        .name = "firmware/native/good",
        .about = "read and written by hand; the diagnosis passes and the new version stays",
        RUNS("example-native"),
        .server = {IMAGE()},
        .expect = {.boots = {{OTA_0, "2.0.0"}, {OTA_0, "2.0.0"}}},
    },
    {
        .name = "firmware/native/same-version",
        .about = "the server offers what runs already: nothing is written",
        .catalogue = "I11",
        RUNS_ONCE("example-native"),
        .image = {.version = "1.0.0"},
        .server = {IMAGE()},
        .expect = {.no_update = true, .slot_untouched = true, .requests = {GET("/fw.bin")}},
    },
    {
        .name = "firmware/native/diagnosis-fails",
        .about = "a pin is low: back to the old version, which refuses the same update afterwards",
        .catalogue = "I12",
        RUNS("example-native"),
        .device = {.pins_low = PIN(4)},
        .server = {IMAGE()},
        .expect = {.boots = {{OTA_0, "2.0.0"}, {FACTORY, "1.0.0"}},
                   .requests = {GET("/fw.bin"), GET("/fw.bin")}},
    },
    {
        .name = "firmware/native/not-found",
        .about = "the server has no such file",
        .catalogue = "H15",
        RUNS_ONCE("example-native"),
        .server = {RESPONSE(404, .body = TEXT("error page"))},
        .expect = {.no_update = true, .requests = {GET("/fw.bin")}},
    },
    {
        .name = "firmware/native/truncated",
        .about = "the connection closes in the middle of the image: never switched to",
        RUNS_ONCE("example-native"),
        .server = {IMAGE(.cut_after = 30000)},
        .expect = {.no_update = true, .requests = {GET("/fw.bin")}},
    },
    {
        .name = "firmware/resume/good",
        .about = "no interruption: as any other update, with the progress in NVS on the way",
        RUNS_ONCE("example-resume"),
        .server = {IMAGE(.range = "honor")},
        .expect = {.events = STEPS_TO_THE_END,
                   .requests = {GET("/fw.bin", .range = FROM_START)},
                   .boots = UPDATED},
    },
    {
        .name = "firmware/resume/power-cut",
        .about = "power fails in the middle of the download: the next boot asks for the rest",
        RUNS("example-resume"),
        .server = {IMAGE(.range = "honor")},
        .power = {.after_received = 40000},
        .expect = {.requests = {GET("/fw.bin", .range = FROM_START, .status = 206),
                                GET("/fw.bin", .range = "bytes=32768-", .status = 206),
                                GET("/fw.bin", .range = FROM_START)},
                   .boots = {{FACTORY, "1.0.0"}, {OTA_0, "2.0.0"}}},
    },
    {
        .name = "firmware/resume/power-cut-in-an-erase",
        .about = "power fails while a sector of the slot is erased: that sector is written anew",
        RUNS("example-resume"),
        .server = {IMAGE(.range = "honor")},
        .power = {.at_operation = 50, .mode = FLASH_CUT_TORN},
        .expect = {.boots = {{FACTORY, "1.0.0"}, {OTA_0, "2.0.0"}}},
    },
    {
        .name = "firmware/resume/connection-lost",
        .about = "the connection breaks: the next attempt, in the same boot, asks for the rest",
        RUNS_ONCE("example-resume"),
        .server = {IMAGE(.range = "honor", .cut_after = 40000, .reset = true),
                   IMAGE(.range = "honor")},
        .expect = {.requests = {GET("/fw.bin", .range = FROM_START, .status = 206),
                                GET("/fw.bin", .range = "bytes=32768-", .status = 206)},
                   .boots = UPDATED},
    },
    {
        .name = "firmware/resume/ranges-ignored",
        .about = "the server sends the whole file instead of the rest: written from the start",
        RUNS("example-resume"),
        .server = {IMAGE()},
        .power = {.after_received = 40000},
        .expect = {.boots = {{FACTORY, "1.0.0"}, {OTA_0, "2.0.0"}}},
    },
    {
        .name = "firmware/resume/same-version",
        .about = "the server offers what runs already: nothing is downloaded",
        RUNS_ONCE("example-resume"),
        .image = {.version = "1.0.0"},
        .server = {IMAGE(.range = "honor")},
        .expect = {.no_update = true, .slot_untouched = true},
    },
    {
        .name = "firmware/encrypted/good",
        .about = "a callback decrypts each piece with AES-256-CTR",
        RUNS_ONCE("example-encrypted"),
        .image_encrypted = true,
        .server = {IMAGE()},
        .expect = {.requests = {GET("/fw.bin")}, .boots = UPDATED},
    },
    {
        .name = "firmware/encrypted/partial",
        .about = "the same in ranges of 16 KB, shifted by the nonce in front",
        .catalogue = "P04",
        RUNS_ONCE("example-encrypted-partial"),
        .image_encrypted = true,
        .server = {IMAGE(.range = "honor")},
        .expect = {.boots = UPDATED},
    },
    {
        .name = "firmware/encrypted/not-encrypted",
        .about = "the server has the plain image: decrypted it is none, and nothing is written",
        RUNS_ONCE("example-encrypted"),
        .server = {IMAGE()},
        .expect = {.result = ESP_ERR_INVALID_VERSION, .slot_untouched = true},
    },
    {
        .name = "firmware/encrypted/truncated",
        .about = "the connection closes in the middle of the image: aborted",
        .catalogue = "P03",
        RUNS_ONCE("example-encrypted"),
        .image_encrypted = true,
        .server = {IMAGE(.cut_after = 30000)},
        .expect = {.result = ESP_FAIL},
    },
    END_OF_SCENARIOS,
};
