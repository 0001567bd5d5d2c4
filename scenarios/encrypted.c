/* Images that are encrypted on the server, and decrypted by the application's callback: catalogue
 * family P. The file is 16 bytes of nonce, then the image in AES-256-CTR. */
#include "scenario.h"

#include "esp_https_ota.h"
#include "esp_ota_ops.h"

#define ENCRYPTED .firmware = "updater-decrypt", .image_encrypted = true

/* DECRYPT_CB and WRITE_FLASH take turns, so the list would be as long as the image. */
#define ANY_EVENTS .any_events = true

/* What perform returns when the callback has no output yet: its own state, by number. */
#define OWN_STATE_IN_PROGRESS 2

/* 8 bytes of a cipher block come, and then nothing for longer than a read waits. */
#define HALF_A_BLOCK .stall_after = 2056, .stall_ms = 8000

SCENARIOS(encrypted) = {
    {
        .name = "encrypted/good",
        .about = "an encrypted image, in one call",
        ENCRYPTED,
        .server = {IMAGE()},
        .expect = {ANY_EVENTS, .requests = {GET("/fw.bin")}},
    },
    {
        .name = "encrypted/good-in-blocks",
        .about = "a callback that gives out whole cipher blocks; each read brings whole blocks",
        ENCRYPTED,
        .server = {IMAGE()},
        .update = {.api = UPDATE_STEPS, .decryption = UPDATE_DECRYPT_BLOCKS},
        .expect = {ANY_EVENTS},
    },
    {
        .name = "encrypted/callback-yields-nothing",
        .about = "a read brings less than a cipher block, and the callback has nothing to give out",
        .catalogue = "P01",
        .why = "perform returns the number of its own state, 2, and the loop takes it for an error",
        .advice = "let the callback hold data back only if it has at least one block to return",
        ENCRYPTED,
        .server = {IMAGE(HALF_A_BLOCK)},
        .update = {.decryption = UPDATE_DECRYPT_BLOCKS},
        .expect = {.result = OWN_STATE_IN_PROGRESS, .hazard = "decrypt-nothing-fails"},
        .documented = DOCUMENTED(.result = ESP_OK, ANY_EVENTS),
    },
    {
        .name = "encrypted/callback-yields-nothing-in-steps",
        .about = "the same step by step: an application that loops while it is IN_PROGRESS aborts",
        .catalogue = "P01",
        .advice =
            "go on after 2 as after ESP_ERR_HTTPS_OTA_IN_PROGRESS, or let the callback give out "
            "something each time",
        ENCRYPTED,
        .server = {IMAGE(HALF_A_BLOCK)},
        .update = {.api = UPDATE_STEPS, .decryption = UPDATE_DECRYPT_BLOCKS},
        .expect = {.result = OWN_STATE_IN_PROGRESS,
                   .failed_in = "esp_https_ota_perform",
                   .hazard = "decrypt-nothing-fails"},
        .documented = DOCUMENTED(.result = ESP_OK, ANY_EVENTS),
    },
    {
        .name = "encrypted/callback-refuses-version",
        .about = "the callback finds the version that runs, a hundred times over: no byte of the "
                 "heap is lost, and nothing is written",
        .source = "espressif/esp-idf#9489, idf-extra-components#475",
        .catalogue = "P02",
        ENCRYPTED,
        .image = {.version = "1.0.0"},
        .server = {IMAGE()},
        .update = {.decryption = UPDATE_DECRYPT_OTHER_VERSIONS, .repeat = 100},
        .expect = {.result = ESP_FAIL, .slot_untouched = true},
    },
    {
        .name = "encrypted/callback-takes-another-version",
        .about = "the same callback, and a version that does not run yet",
        .catalogue = "P02",
        ENCRYPTED,
        .server = {IMAGE()},
        .update = {.decryption = UPDATE_DECRYPT_OTHER_VERSIONS},
        .expect = {ANY_EVENTS},
    },
    {
        .name = "encrypted/stream-cut",
        .about = "the connection closes at 63 %",
        .source = "idf-extra-components#117, connectedhomeip PR#28778",
        .catalogue = "P03",
        ENCRYPTED,
        .server = {IMAGE(.cut_after = 41297)},
        .update = {.api = UPDATE_STEPS},
        .expect = {.result = ESP_FAIL, .failed_in = "esp_https_ota_perform"},
    },
    {
        .name = "encrypted/stream-cut-at-a-chunk",
        .about = "63 % in chunks, and the end of the chunks: to HTTP all is there, and only the "
                 "tag tells the application that it is not",
        .source = "idf-extra-components#117",
        .catalogue = "P03",
        .advice = "end the decryption before esp_https_ota_finish(), and abort if it fails",
        ENCRYPTED,
        .image_tag = TAG_RIGHT,
        .server = {IMAGE(.body = "image_head:41297", .chunked = 4096)},
        .update = {.api = UPDATE_STEPS, .decryption = UPDATE_DECRYPT_TAGGED},
        .expect = {.no_update = true},
    },
    {
        .name = "encrypted/partial",
        .about = "in ranges of 20000 bytes: the nonce is not counted, and later ranges are shifted "
                 "by it",
        .source = "idf-extra-components PR#233",
        .catalogue = "P04",
        .firmware = "updater-decrypt-partial",
        .image_encrypted = true,
        .server = {IMAGE(.range = "honor")},
        .update = {.partial_http_download = true, .max_http_request_size = 20000},
        .expect = {ANY_EVENTS,
                   .requests = {HEAD("/fw.bin"), GET("/fw.bin", .range = "bytes=0-19999"),
                                GET("/fw.bin", .range = "bytes=20000-39999"),
                                GET("/fw.bin", .range = "bytes=40000-59999"),
                                GET("/fw.bin", .range = "bytes=60000-")}},
    },
    {
        .name = "encrypted/short-reads",
        .about = "reads that time out with less than the buffer holds: the callback gets what was "
                 "read",
        .source = "espressif/esp-idf#12596",
        .catalogue = "P05",
        ENCRYPTED,
        .server = {IMAGE(.drip = {1000, 6000})},
        .expect = {ANY_EVENTS},
    },
    {
        .name = "encrypted/callback-missing",
        .about = "no callback: begin refuses, and the handle keeps what was in it, to an "
                 "application that goes by the handle",
        .catalogue = "P06",
        .advice = "set the handle to NULL before esp_https_ota_begin(), and go by what it returns",
        .firmware = "updater-decrypt:looks_at_the_handle_only",
        .server = {IMAGE()},
        .expect = {.result = ESP_ERR_INVALID_ARG,
                   .state = STATE_K0,
                   .events = {START},
                   .no_requests = true,
                   .crash = true,
                   .hazard = "no-callback-keeps-handle"},
        .documented = DOCUMENTED(.result = ESP_ERR_INVALID_ARG, .state = STATE_K0,
                                 .events = {START}, .no_requests = true),
    },
    {
        .name = "encrypted/description-unsupported",
        .about = "the description cannot be read from an encrypted image",
        .catalogue = "P07",
        .advice = "look at the version in the decrypt callback: its first output begins the image",
        ENCRYPTED,
        .server = {IMAGE()},
        .update = {.api = UPDATE_STEPS, .get_img_desc = true},
        .expect = {.result = ESP_ERR_NOT_SUPPORTED,
                   .failed_in = "esp_https_ota_get_img_desc",
                   .state = STATE_K0,
                   .slot_untouched = true,
                   .events = {START, CONNECTED, GET_IMG_DESC, ABORT}},
    },
    {
        .name = "encrypted/good-tag",
        .about = "a tag ends the file, and is right",
        ENCRYPTED,
        .image_tag = TAG_RIGHT,
        .server = {IMAGE()},
        .update = {.api = UPDATE_STEPS, .decryption = UPDATE_DECRYPT_TAGGED},
        .expect = {ANY_EVENTS},
    },
    {
        .name = "encrypted/bad-tag",
        .about = "the tag is wrong, which shows when all is in the slot: the application aborts",
        .catalogue = "P08",
        ENCRYPTED,
        .image_tag = TAG_WRONG,
        .server = {IMAGE()},
        .update = {.api = UPDATE_STEPS, .decryption = UPDATE_DECRYPT_TAGGED},
        .expect = {.no_update = true},
    },
    {
        .name = "encrypted/bad-tag-in-one-call",
        .about = "esp_https_ota has no place to check a tag: what was tampered with is installed",
        .catalogue = "P08",
        .advice = "with a tag at the end use esp_https_ota_begin() and the like, and check the "
                  "tag before esp_https_ota_finish(); or sign the image",
        ENCRYPTED,
        .image_tag = TAG_WRONG,
        .server = {IMAGE()},
        .update = {.decryption = UPDATE_DECRYPT_TAGGED},
        .expect = {ANY_EVENTS},
    },
    {
        .name = "encrypted/bit-flip",
        .about = "a bit was flipped in the encrypted file, and nothing but the image's own hash "
                 "finds it",
        .catalogue = "P08",
        ENCRYPTED,
        .image = {.flaws = APP_IMAGE_FLAW_BIT_FLIP},
        .server = {IMAGE()},
        .expect = {.result = ESP_ERR_OTA_VALIDATE_FAILED},
    },
    END_OF_SCENARIOS,
};
