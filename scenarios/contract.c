/* Calls in an order that nobody foresaw, and handles of native updates: catalogue families C and F.
 */
#include "scenario.h"

#include "esp_flash_err.h"
#include "esp_http_client.h"
#include "esp_https_ota.h"
#include "esp_ota_ops.h"

#define KEPT_DOWNLOADING                                                                           \
    {                                                                                              \
        START, CONNECTED, VERIFY_CHIP_ID, VERIFY_CHIP_REVISION, WRITE_FLASH, ABORT                 \
    }
#define ALL_OF_IT                                                                                  \
    START, CONNECTED, VERIFY_CHIP_ID, VERIFY_CHIP_REVISION, WRITE_FLASH_TO(IMAGE_SIZE),            \
        UPDATE_BOOT_PARTITION, FINISH

#define DOES(function) .firmware = "contract:" function, .server = {IMAGE()}

/* Native writes of so many bytes, whatever the sector is. */
#define WRITES_OF(bytes, length)                                                                   \
    {                                                                                              \
        .name = "contract/writes-of-" #bytes,                                                      \
        .about = "esp_ota_write with " #bytes " bytes at a time: each sector is erased once",      \
        .source = "espressif/esp-idf#12460",                                                       \
        .catalogue = "F04",                                                                        \
        .image = {.size = (length)},                                                               \
        .server = {IMAGE()},                                                                       \
        .update = {.api = UPDATE_NATIVE, .write_size = (bytes)},                                   \
        .expect = {.erases_once = true},                                                           \
    },                                                                                             \
    {                                                                                              \
        .name = "contract/encrypted-writes-of-" #bytes,                                            \
        .about = "the same with flash encryption, which writes 16 bytes at a time",                \
        .source = "espressif/esp-idf#6189", .catalogue = "F05",                                    \
        .device = {.flash_encryption = true}, .image = {.size = (length)}, .server = {IMAGE()},    \
        .update = {.api = UPDATE_NATIVE, .write_size = (bytes)},                                   \
    }

/* The handle is what an earlier update left in a variable, and must not be taken for a new one. */
#define BEGIN_FAILS(what, story, code, ...)                                                        \
    {                                                                                              \
        .name = "contract/failed-begin-" what,                                                     \
        .about = "a begin that fails sets the handle to NULL: " story, .catalogue = "C12",         \
        .firmware = "contract:begins_with_an_old_handle",                                          \
        .expect = {.result = (code),                                                               \
                   .failed_in = "esp_https_ota_begin",                                             \
                   .state = STATE_K0,                                                              \
                   .events = {START}},                                                             \
        __VA_ARGS__                                                                                \
    }

SCENARIOS(contract) = {
    {
        .name = "contract/describes-twice",
        .about = "the description is read twice before perform",
        .catalogue = "C01",
        DOES("describes_twice"),
        .advice = "call esp_https_ota_get_img_desc once, and keep the answer",
        .why = "the second answer comes from the slot, here a blank one",
        .expect = {.result = ESP_FAIL,
                   .failed_in = "esp_https_ota_get_img_desc",
                   .state = STATE_K1,
                   .hazard = "desc-twice"},
        .documented = DOCUMENTED(.events = {START, CONNECTED, GET_IMG_DESC, GET_IMG_DESC,
                                            VERIFY_CHIP_ID, VERIFY_CHIP_REVISION,
                                            WRITE_FLASH_TO(IMAGE_SIZE), UPDATE_BOOT_PARTITION,
                                            FINISH}),
    },
    {
        .name = "contract/describes-twice-over-an-old-app",
        .about = "the second description is the old app's, and so is the beginning of the new one",
        .catalogue = "C01",
        .device = {.apps = {{FACTORY, {.version = "1.0.0"}}, {OTA_0, {.version = "0.9.0"}}}},
        DOES("describes_twice"),
        .advice = "call esp_https_ota_get_img_desc once, and keep the answer",
        .expect = {.result = ESP_ERR_OTA_VALIDATE_FAILED,
                   .failed_in = "esp_https_ota_finish",
                   .state = STATE_K1,
                   .any_events = true,
                   .hazard = "desc-twice"},
        .documented = DOCUMENTED(.state = STATE_K2, .any_events = true),
    },
    {
        .name = "contract/finishes-at-once",
        .about = "finish right after begin is fine with the library, and switches nothing",
        .catalogue = "C02",
        DOES("finishes_at_once"),
        .advice = "call finish only after esp_https_ota_is_complete_data_received",
        .expect = {.state = STATE_K0,
                   .events = {START, CONNECTED, FINISH},
                   .hazard = "finish-early-ok"},
        .documented = DOCUMENTED(.result = ESP_ERR_INVALID_STATE,
                                 .failed_in = "esp_https_ota_finish", .state = STATE_K0,
                                 .events = {START, CONNECTED, FINISH}),
    },
    {
        .name = "contract/finishes-early",
        .about = "finish in the middle of the download, where half an image does not verify",
        .source = "tronbyt/firmware-esp32#160",
        .catalogue = "C03",
        DOES("finishes_early"),
        .advice = "call finish only after esp_https_ota_is_complete_data_received",
        .expect = {.result = ESP_ERR_OTA_VALIDATE_FAILED,
                   .failed_in = "esp_https_ota_finish",
                   .state = STATE_K1,
                   .events = {START, CONNECTED, VERIFY_CHIP_ID, VERIFY_CHIP_REVISION, WRITE_FLASH,
                              FINISH}},
    },
    {
        .name = "contract/finishes-early-over-the-same-image",
        .about =
            "finish in the middle of the download, where the slot holds the same image from an "
            "earlier update: it verifies, and is not selected",
        .source = "tronbyt/firmware-esp32#160",
        .catalogue = "C03",
        .device = {.apps = {{FACTORY, {.version = "1.0.0"}},
                            {OTA_0, {.version = "2.0.0", .size = 65536}}}},
        DOES("finishes_early"),
        .expect = {.state = STATE_K1,
                   .events = {START, CONNECTED, VERIFY_CHIP_ID, VERIFY_CHIP_REVISION, WRITE_FLASH,
                              FINISH},
                   .hazard = "finish-early-ok"},
        .documented = DOCUMENTED(.result = ESP_ERR_INVALID_STATE,
                                 .failed_in = "esp_https_ota_finish", .state = STATE_K1,
                                 .events = {START, CONNECTED, VERIFY_CHIP_ID, VERIFY_CHIP_REVISION,
                                            WRITE_FLASH, FINISH}),
    },
    {
        .name = "contract/ignores-a-failed-perform",
        .about = "perform could not begin (the app is unconfirmed), and finish is called anyway",
        .catalogue = "C04",
        .device = {.apps = {{FACTORY, {.version = "1.0.0"}}, {OTA_0, {.version = "1.1.0"}}},
                   .otadata = {ENTRY(1, OTADATA_NEW)}},
        .firmware = "contract-rollback:ignores_a_failed_perform",
        .server = {IMAGE()},
        .advice = "do not call finish after a perform that failed: abort",
        .expect = {.result = ESP_ERR_OTA_ROLLBACK_INVALID_STATE,
                   .failed_in = "esp_https_ota_perform",
                   .state = STATE_K1,
                   .boots = {{FACTORY, "1.0.0"}},
                   .hazard = "finish-early-ok"},
        .documented = DOCUMENTED(.result = ESP_ERR_OTA_ROLLBACK_INVALID_STATE,
                                 .failed_in = "esp_https_ota_perform", .state = STATE_K1,
                                 .boots = {{FACTORY, "1.0.0"}}),
    },
    {
        .name = "contract/aborts-twice",
        .about = "a handle is released twice: memory that is no longer the application's",
        .source = "espressif/esp-idf#10176",
        .catalogue = "C05",
        DOES("aborts_twice"),
        .expect = {.no_update = true, .state = STATE_K0, .crash = true},
    },
    {
        .name = "contract/aborts-after-finish",
        .about = "abort after finish, which has released the handle",
        .source = "espressif/esp-idf#10062",
        .catalogue = "C05",
        DOES("aborts_after_finish"),
        .expect = {.state = STATE_K2, .crash = true, .events = {ALL_OF_IT}},
    },
    {
        .name = "contract/passes-null",
        .about = "NULL for each argument: START and ABORT are posted even so",
        .catalogue = "C06",
        DOES("passes_null"),
        .expect = {.result = ESP_ERR_INVALID_ARG,
                   .failed_in = "esp_https_ota_begin",
                   .state = STATE_K0,
                   .events = {START, ABORT}},
    },
    {
        .name = "contract/stages-in-the-final-partition",
        .about = "the same partition as staging and final one",
        .catalogue = "C07",
        DOES("stages_in_the_final_partition"),
        .advice = "leave .final out when it is the staging partition",
        .expect =
            {.state = STATE_K1, .no_update = true, .crash = true, .hazard = "staging-equals-final"},
        .documented = DOCUMENTED(.events = {ALL_OF_IT}),
    },
    {
        .name = "contract/blocks-the-event-loop",
        .about = "a handler never returns: posts wait two seconds each, the update goes on",
        .source = "espressif/esp-idf#13063",
        .catalogue = "C08",
        DOES("blocks_the_event_loop"),
        .expect = {.events = {ALL_OF_IT}, .lasts_ms = 342500},
    },
    {
        .name = "contract/length-before-perform",
        .about = "esp_https_ota_get_image_len_read right after the description says -1, which an "
                 "application takes for a failure",
        .catalogue = "C10",
        DOES("asks_for_the_length_early"),
        .expect = {.no_update = true,
                   .state = STATE_K0,
                   .events = {START, CONNECTED, GET_IMG_DESC, ABORT},
                   .hazard = "length-before-perform"},
        .documented = DOCUMENTED(.events = {START, CONNECTED, GET_IMG_DESC, VERIFY_CHIP_ID,
                                            VERIFY_CHIP_REVISION, WRITE_FLASH_TO(IMAGE_SIZE),
                                            UPDATE_BOOT_PARTITION, FINISH}),
    },
    {
        .name = "contract/init-callback-fails",
        .about = "begin returns what http_client_init_cb returned, and connects to nobody",
        .catalogue = "C11",
        DOES("fails_in_the_init_callback"),
        .expect = {.result = ESP_ERR_INVALID_MAC,
                   .failed_in = "esp_https_ota_begin",
                   .state = STATE_K0,
                   .events = {START},
                   .no_requests = true},
    },
    BEGIN_FAILS("404", "the server has no such file", ESP_FAIL, .server = {RESPONSE(404)}),
    BEGIN_FAILS("refused", "nobody listens", ESP_ERR_HTTP_CONNECT,
                .update = {.url = "https://localhost:8079/fw.bin"}, .server = {IMAGE()}),
    BEGIN_FAILS("nowhere", "302 to nowhere", ESP_ERR_INVALID_ARG, .server = {RESPONSE(302)}),
    {
        .name = "contract/buffer-in-psram",
        .about = "buffer_caps ask for PSRAM, which the board does not have: no memory, after the "
                 "connection was made",
        .catalogue = "M01",
        DOES("wants_its_buffer_in_psram"),
        .expect = {.result = ESP_ERR_NO_MEM,
                   .failed_in = "esp_https_ota_begin",
                   .state = STATE_K0,
                   .events = {START, CONNECTED},
                   .requests = {GET("/fw.bin")}},
    },
    {
        .name = "contract/status-of-a-failed-begin",
        .about = "begin fails without a handle: the status is to be had in the client's events",
        .source = "espressif/esp-idf#14302",
        .catalogue = "C12",
        .firmware = "contract:notes_the_status",
        .server = {RESPONSE(503, .body = TEXT("later"))},
        .advice = "note esp_http_client_get_status_code in HTTP_EVENT_ON_HEADER",
        .expect = {.result = ESP_FAIL,
                   .failed_in = "esp_https_ota",
                   .state = STATE_K0,
                   .events = {START}},
    },
    {
        .name = "contract/erase-exceeds-watchdog",
        .about = "the whole slot is erased at once, with a task watchdog of 5 s that resets",
        .source = "espressif/esp-idf#578",
        .catalogue = "F01",
        .why = "flash erases let other tasks run after each sector "
               "(CONFIG_SPI_FLASH_YIELD_DURING_ERASE)",
        .firmware = "updater-watchdog",
        .server = {IMAGE(.content_length = "omit")},
        .update = {.bulk_flash_erase = true},
        .expect = {.lasts_ms = 9472, .erases_once = true},
    },
    {
        .name = "contract/erase-starves-network",
        .about = "the whole slot is erased while the socket's buffers fill",
        .source = "espressif/esp-idf#2083",
        .catalogue = "F02",
        .server = {IMAGE()},
        .update = {.bulk_flash_erase = true},
        .expect = {.requests = {GET("/fw.bin")}, .erases_once = true},
    },
    {
        .name = "contract/flash-write-error",
        .about = "a program fails in the middle: the event comes even so, with the old count",
        .catalogue = "F03",
        .server = {IMAGE()},
        .device = {.flash_fails_at = 20},
        .expect = {.result = ESP_ERR_FLASH_OP_FAIL, .state = STATE_K1, .events = KEPT_DOWNLOADING},
    },
    WRITES_OF(1, 4096),
    WRITES_OF(100, 16384),
    WRITES_OF(4095, 65536),
    WRITES_OF(4096, 65536),
    WRITES_OF(4097, 65536),
    {
        .name = "contract/encrypted-tail",
        .about = "the last block of 16 bytes lands in a sector that was never erased",
        .catalogue = "F06",
        .device = {.flash_encryption = true,
                   .apps = {{FACTORY, {.version = "1.0.0"}}, {OTA_0, {.version = "1.1.0"}}}},
        .firmware = "contract:writes_a_tail_under_encryption",
        .advice = "pad the image to a multiple of 16 bytes, as esptool does",
        .expect = {.result = ESP_ERR_OTA_VALIDATE_FAILED,
                   .failed_in = "esp_ota_end",
                   .state = STATE_K1,
                   .programs_unerased = true,
                   .hazard = "encrypted-tail-unerased"},
        .documented = DOCUMENTED(.result = ESP_ERR_OTA_VALIDATE_FAILED, .failed_in = "esp_ota_end",
                                 .state = STATE_K1),
    },
    {
        .name = "contract/encrypted-tail-fails",
        .about = "the flash fails when the last block of 16 bytes is due: esp_ota_end says so with "
                 "a code of its own",
        .catalogue = "F06 F03",
        .device = {.flash_encryption = true, .flash_fails_at = 4},
        .firmware = "contract:writes_a_tail_under_encryption",
        .expect = {.result = ESP_ERR_INVALID_STATE,
                   .failed_in = "esp_ota_end",
                   .state = STATE_K1,
                   .hazard = "encrypted-tail-unerased"},
        .documented = DOCUMENTED(.result = ESP_ERR_INVALID_STATE, .failed_in = "esp_ota_end",
                                 .state = STATE_K1),
    },
    {
        .name = "contract/odd-size-under-encryption",
        .about = "esp_ota_write_with_offset of 24 bytes with flash encryption",
        .source = "aws/amazon-freertos#3215",
        .catalogue = "F07",
        .device = {.flash_encryption = true},
        .firmware = "contract:writes_at_odd_offsets",
        .expect = {.result = ESP_ERR_INVALID_ARG,
                   .failed_in = "esp_ota_write_with_offset",
                   .state = STATE_K1},
    },
    {
        .name = "contract/random-access-without-erase",
        .about = "esp_ota_write_with_offset into a slot that is erased as it is written: an assert",
        .source = "espressif/esp-idf#13127",
        .catalogue = "F07",
        .firmware = "contract:writes_anywhere_without_erase",
        .expect = {.state = STATE_K1, .no_update = true, .crash = true},
    },
    {
        .name = "contract/writes-backwards",
        .about = "esp_ota_write_with_offset from the last sector to the first, into an erased slot",
        .source = "espressif/esp-idf#13127",
        .catalogue = "F07",
        .image = {.size = 16384},
        DOES("writes_backwards"),
        .expect = {.erases_once = true},
    },
    {
        .name = "contract/two-updates-of-one-slot",
        .shows = "concurrent-updates",
        .about = "a second esp_ota_begin while the first is open: the first is unharmed",
        .source = "espressif/esp-idf#18127",
        .catalogue = "F09",
        .firmware = "contract:begins_the_same_slot_twice",
        .expect = {.result = ESP_ERR_OTA_ALREADY_IN_PROGRESS,
                   .failed_in = "esp_ota_begin",
                   .state = STATE_K1},
    },
    {
        .name = "contract/update-of-anothers-final-partition",
        .about = "an update stages in ota_0 what is for ota_1: nobody else may write ota_1",
        .source = "espressif/esp-idf#18127",
        .catalogue = "F09",
        .firmware = "contract:begins_the_final_partition_of_another",
        .expect = {.result = ESP_ERR_OTA_ALREADY_IN_PROGRESS,
                   .failed_in = "esp_ota_begin",
                   .state = STATE_K0},
    },
    {
        .name = "contract/stages-a-bootloader",
        .about = "a bootloader is verified as one, by a place for it that is put back: it needs no "
                 "room for a description",
        .catalogue = "C07",
        .image = {.flaws = APP_IMAGE_FLAW_SHORT_FIRST_SEGMENT},
        DOES("stages_a_bootloader"),
        .expect = {.no_update = true, .state = STATE_K1},
    },
    {
        .name = "contract/downloads-a-bootloader",
        .about = "the same over HTTPS, for a chip that is newer than the bootloader's highest "
                 "revision, which counts for apps only",
        .catalogue = "C07",
        .device = {.chip_revision = 2},
        .image = {.flaws = APP_IMAGE_FLAW_SHORT_FIRST_SEGMENT, .max_chip_revision = 1},
        DOES("downloads_a_bootloader"),
        .expect = {.no_update = true,
                   .state = STATE_K1,
                   .events = {START, CONNECTED, VERIFY_CHIP_ID, VERIFY_CHIP_REVISION,
                              WRITE_FLASH_TO(IMAGE_SIZE), FINISH}},
    },
    {
        .name = "contract/bootloader-protected-again",
        .about =
            "an update of the bootloader is given up: nobody may erase the bootloader any more",
        .catalogue = "F10",
        .firmware = "contract:erases_the_bootloader_after_an_abort",
        .expect = {.no_update = true, .crash = true, .state = STATE_K0, .flash_untouched = true},
    },
    {
        .name = "contract/looks-at-the-bootloader",
        .about =
            "the bootloader's description is asked for, twice: it has none here, and the table "
            "no partition that was not there",
        .catalogue = "C06",
        .firmware = "contract:looks_at_the_bootloader",
        .expect = {.no_update = true, .state = STATE_K0, .flash_untouched = true},
    },
    {
        .name = "contract/restarts-without-abort",
        .about = "an update is given up without abort, and another begun: the slot is still taken",
        .source = "esphome/esphome PR#15720",
        .catalogue = "F10",
        DOES("restarts_an_update_without_abort"),
        .expect = {.result = ESP_ERR_OTA_ALREADY_IN_PROGRESS,
                   .failed_in = "esp_https_ota_perform",
                   .state = STATE_K1},
    },
    {
        .name = "contract/restarts-after-abort",
        .about = "fifty updates are aborted half way, the next one succeeds",
        .source = "ruuvi.gateway_esp.c PR#1291",
        .catalogue = "F10",
        DOES("restarts_an_update_after_abort"),
        .expect = {.state = STATE_K2, .any_events = true},
    },
    {
        .name = "contract/writes-after-the-end",
        .about = "esp_ota_write on a handle that was aborted",
        .source = "espressif/esp-idf#9434",
        .catalogue = "F11",
        .firmware = "contract:writes_after_the_end",
        .expect = {.result = ESP_ERR_INVALID_ARG,
                   .failed_in = "esp_ota_write",
                   .state = STATE_K1,
                   .flash_untouched = true},
    },
    {
        .name = "contract/writes-to-a-handle-of-before",
        .about = "esp_ota_write on a handle that was aborted, while another update is open",
        .source = "espressif/esp-idf#9434",
        .catalogue = "F11",
        .firmware = "contract:writes_to_a_handle_of_before",
        .expect = {.result = ESP_ERR_INVALID_ARG,
                   .failed_in = "esp_ota_write",
                   .state = STATE_K1,
                   .flash_untouched = true},
    },
    {
        .name = "contract/ends-without-data",
        .about = "esp_ota_end with nothing written releases the handle",
        .catalogue = "F12",
        .firmware = "contract:ends_without_data",
        .expect = {.result = ESP_ERR_INVALID_ARG, .failed_in = "esp_ota_end", .state = STATE_K1},
    },
    END_OF_SCENARIOS,
};
