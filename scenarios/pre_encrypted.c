/* Pre-encrypted updates (component esp_encrypted_img), on good and bad days: catalogue family P.
 * The file is 512 bytes of header, then the image in AES-256-GCM. Where nothing else is said, the
 * application is the example (fixtures/firmware/examples/pre_encrypted.c). */
#include "scenario.h"

#include "encrypted_image_flaw.h"
#include "esp_https_ota.h"
#include "esp_ota_ops.h"

#define RSA(...)  .firmware = "example-pre_encrypted", .pre_encrypted = FOR_KEY("rsa_a", __VA_ARGS__)
#define RSA_PARTS .firmware = "example-pre_encrypted-partial", .pre_encrypted = FOR_KEY("rsa_a")
#define HMAC_A    .device = {.hmac_key = "hmac_a"}
#define ECIES(...)                                                                                 \
    HMAC_A, .firmware = "example-pre_encrypted-ecies",                                             \
            .pre_encrypted = FOR_KEY("hmac_a", __VA_ARGS__)
#define ECIES_PARTS                                                                                \
    HMAC_A, .firmware = "example-pre_encrypted-ecies-partial", .pre_encrypted = FOR_KEY("hmac_a")

/* The fixture, which can try again and again. */
#define UPDATER .firmware = "updater-decrypt", .pre_encrypted = FOR_KEY("rsa_a")

/* DECRYPT_CB and WRITE_FLASH take turns, so the list would be as long as the image. */
#define UPDATED .any_events = true, .boots = {{OTA_0, "2.0.0"}}

/* Ranges of 16384: the header is not counted as image, and later ranges are shifted by it. */
#define IN_RANGES                                                                                  \
    .requests = {HEAD("/fw.bin"),                                                                  \
                 GET("/fw.bin", .range = "bytes=0-16383"),                                         \
                 GET("/fw.bin", .range = "bytes=16384-32767"),                                     \
                 GET("/fw.bin", .range = "bytes=32768-49151"),                                     \
                 GET("/fw.bin", .range = "bytes=49152-65535"),                                     \
                 GET("/fw.bin", .range = "bytes=65536-")}

/* What perform returns when the callback has no output yet: its own state, by number. */
#define OWN_STATE_IN_PROGRESS 2

/* 8 bytes of a cipher block come, and then nothing for longer than a read waits. */
#define HALF_A_BLOCK .stall_after = 2056, .stall_ms = 8000

SCENARIOS(pre_encrypted) = {
    {
        .name = "pre_encrypted/rsa",
        .about = "an image for the device's RSA-3072 key",
        RSA(),
        .server = {IMAGE()},
        .expect = {UPDATED, .requests = {GET("/fw.bin")}},
    },
    {
        .name = "pre_encrypted/ecies",
        .about = "an image for the P-256 key that derives from an HMAC key in efuse",
        ECIES(),
        .server = {IMAGE()},
        .expect = {UPDATED, .requests = {GET("/fw.bin")}},
    },
    {
        .name = "pre_encrypted/same-version-at-every-start",
        .about = "the new version finds itself on the server: the attempt of its first boot fails",
        .catalogue = "P02",
        .firmware = "example-pre_encrypted",
        .firmware_of = {{ANY_VERSION, "example-pre_encrypted"}},
        .pre_encrypted = FOR_KEY("rsa_a"),
        .server = {IMAGE()},
        .expect = {.result = ESP_FAIL,
                   .state = STATE_K2,
                   UPDATED,
                   .requests = {GET("/fw.bin"), GET("/fw.bin")}},
    },
    {
        .name = "pre_encrypted/odd-length",
        .about = "the image ends within a cipher block",
        .image = {.size = 50000},
        ECIES(),
        .server = {IMAGE()},
        .expect = {UPDATED},
    },
    {
        .name = "pre_encrypted/chunked",
        .about = "in chunks, which end where they like",
        RSA(),
        .server = {IMAGE(.chunked = 777)},
        .expect = {UPDATED},
    },
    {
        .name = "pre_encrypted/yields-nothing",
        .about = "a read brings less than a cipher block, and nothing comes out: the application "
                 "takes what perform returns for an error",
        .catalogue = "P01",
        .why = "esp_encrypted_img gives out whole blocks of 16 bytes, and perform returns the "
               "number of its own state, 2, if there are none",
        .advice = "go on after 2 as after ESP_ERR_HTTPS_OTA_IN_PROGRESS",
        RSA(),
        .server = {IMAGE(HALF_A_BLOCK)},
        .expect = {.result = OWN_STATE_IN_PROGRESS, .hazard = "decrypt-nothing-fails"},
        .documented = DOCUMENTED(.result = ESP_OK, UPDATED),
    },
    {
        .name = "pre_encrypted/refuses-version",
        .about = "the callback finds the version that runs: nothing is written",
        .catalogue = "P02",
        ECIES(),
        .image = {.version = "1.0.0"},
        .server = {IMAGE()},
        .expect = {.result = ESP_FAIL, .slot_untouched = true},
    },
    {
        .name = "pre_encrypted/refuses-version-again-and-again",
        .about = "the same thirty times over: no byte of the heap is lost",
        .source = "espressif/esp-idf#9489, idf-extra-components#475",
        .catalogue = "P02",
        UPDATER,
        .image = {.version = "1.0.0"},
        .server = {IMAGE()},
        .update = {.api = UPDATE_STEPS,
                   .decryption = UPDATE_PRE_ENCRYPTED_OTHER_VERSIONS,
                   .repeat = 30},
        .expect = {.result = ESP_FAIL, .slot_untouched = true},
    },
    {
        .name = "pre_encrypted/stream-cut",
        .about = "the connection closes at 63 %",
        .source = "idf-extra-components#117, connectedhomeip PR#28778",
        .catalogue = "P03",
        RSA(),
        .server = {IMAGE(.cut_after = 41610)},
        .expect = {.result = ESP_FAIL},
    },
    {
        .name = "pre_encrypted/stream-cut-at-a-chunk",
        .about =
            "63 % in chunks, and the end of the chunks: to HTTP all is there, and only the end "
            "of the decryption tells that it is not",
        .source = "idf-extra-components#117",
        .catalogue = "P03",
        .advice =
            "call esp_encrypted_img_decrypt_end() before esp_https_ota_finish(), and abort if "
            "it fails",
        ECIES(),
        .server = {IMAGE(.body = "image_head:41610", .chunked = 4096)},
        .expect = {.result = ESP_FAIL},
    },
    {
        .name = "pre_encrypted/rsa-in-ranges",
        .about =
            "in ranges of 16 KB: the header is not counted, and later ranges are shifted by it",
        .source = "idf-extra-components PR#233",
        .catalogue = "P04",
        RSA_PARTS,
        .server = {IMAGE(.range = "honor")},
        .expect = {UPDATED, IN_RANGES},
    },
    {
        .name = "pre_encrypted/ecies-in-ranges",
        .about = "the same for a key on P-256",
        .source = "idf-extra-components PR#233",
        .catalogue = "P04",
        ECIES_PARTS,
        .server = {IMAGE(.range = "honor")},
        .expect = {UPDATED, IN_RANGES},
    },
    {
        .name = "pre_encrypted/short-reads",
        .about = "reads that time out with less than the buffer holds, and not at whole blocks",
        .source = "espressif/esp-idf#12596",
        .catalogue = "P05",
        RSA(),
        .server = {IMAGE(.drip = {1000, 6000})},
        .expect = {UPDATED},
    },
    {
        .name = "pre_encrypted/no-callback-without-a-key",
        .about = "an updater whose decryption cannot start has no callback to give: begin refuses",
        .catalogue = "P06",
        .device = {.heap_size = 1024},
        UPDATER,
        .server = {IMAGE()},
        .update = {.api = UPDATE_STEPS, .decryption = UPDATE_PRE_ENCRYPTED},
        .expect = {.result = ESP_ERR_INVALID_ARG,
                   .state = STATE_K0,
                   .events = {START},
                   .no_requests = true,
                   .hazard = "no-callback-keeps-handle"},
        .documented = DOCUMENTED(.result = ESP_ERR_INVALID_ARG, .state = STATE_K0,
                                 .events = {START}, .no_requests = true),
    },
    {
        .name = "pre_encrypted/description-unsupported",
        .about = "the description cannot be read from a pre-encrypted image",
        .catalogue = "P07",
        .advice = "look at the version in the decrypt callback, as the example does",
        UPDATER,
        .server = {IMAGE()},
        .update = {.api = UPDATE_STEPS, .get_img_desc = true, .decryption = UPDATE_PRE_ENCRYPTED},
        .expect = {.result = ESP_ERR_NOT_SUPPORTED,
                   .state = STATE_K0,
                   .slot_untouched = true,
                   .events = {START, CONNECTED, GET_IMG_DESC, ABORT}},
    },
    {
        .name = "pre_encrypted/bad-tag",
        .about = "the tag was tampered with, which shows when the whole image is in the slot: the "
                 "application aborts",
        .catalogue = "P08",
        RSA(.flaws = ENCRYPTED_IMAGE_FLAW_TAG),
        .server = {IMAGE()},
        .expect = {.result = ESP_FAIL},
    },
    {
        .name = "pre_encrypted/bad-tag-in-ranges",
        .about = "the same in ranges, for a key on P-256",
        .catalogue = "P08",
        HMAC_A,
        .firmware = "example-pre_encrypted-ecies-partial",
        .pre_encrypted = FOR_KEY("hmac_a", .flaws = ENCRYPTED_IMAGE_FLAW_TAG),
        .server = {IMAGE(.range = "honor")},
        .expect = {.result = ESP_FAIL},
    },
    {
        .name = "pre_encrypted/bit-flip",
        .about = "one bit of the image was flipped: the tag is wrong before anything is verified",
        .catalogue = "P08",
        ECIES(.flaws = ENCRYPTED_IMAGE_FLAW_BIT_FLIP),
        .server = {IMAGE()},
        .expect = {.result = ESP_FAIL},
    },
    {
        .name = "pre_encrypted/cut",
        .about = "the file on the server lacks its last block",
        .catalogue = "P03",
        RSA(.flaws = ENCRYPTED_IMAGE_FLAW_CUT),
        .server = {IMAGE()},
        .expect = {.result = ESP_FAIL},
    },
    {
        .name = "pre_encrypted/surplus",
        .about =
            "three bytes follow the image: all of it was right, and the end fails nevertheless",
        .source = "idf-extra-components#117",
        .why = "esp_encrypted_img takes as many bytes as its header says, and no others",
        RSA(.flaws = ENCRYPTED_IMAGE_FLAW_SURPLUS),
        .server = {IMAGE()},
        .expect = {.result = ESP_FAIL},
    },
    {
        .name = "pre_encrypted/size-too-large",
        .about = "the header promises a block more than there is",
        ECIES(.flaws = ENCRYPTED_IMAGE_FLAW_SIZE),
        .server = {IMAGE()},
        .expect = {.result = ESP_FAIL},
    },
    {
        .name = "pre_encrypted/header-only",
        .about = "nothing follows the header: less than the library reads at first",
        RSA(.flaws = ENCRYPTED_IMAGE_FLAW_HEADER_ONLY),
        .server = {IMAGE()},
        .expect = {.result = ESP_FAIL, .slot_untouched = true},
    },
    {
        .name = "pre_encrypted/bad-magic",
        .about = "the file does not begin as such a file does",
        RSA(.flaws = ENCRYPTED_IMAGE_FLAW_MAGIC),
        .server = {IMAGE()},
        .expect = {.result = ESP_FAIL, .slot_untouched = true},
    },
    {
        .name = "pre_encrypted/not-encrypted",
        .about = "the server has the plain image",
        .firmware = "example-pre_encrypted",
        .server = {IMAGE()},
        .expect = {.result = ESP_FAIL, .slot_untouched = true},
    },
    {
        .name = "pre_encrypted/not-encrypted-ecies",
        .about = "the same, to a device with a key on P-256",
        HMAC_A,
        .firmware = "example-pre_encrypted-ecies",
        .server = {IMAGE()},
        .expect = {.result = ESP_FAIL, .slot_untouched = true},
    },
    {
        .name = "pre_encrypted/to-a-device-that-does-not-decrypt",
        .about = "a pre-encrypted file is no image to a firmware without the callback",
        .firmware = "example-simple",
        .pre_encrypted = FOR_KEY("rsa_a"),
        .server = {IMAGE()},
        .expect = {.result = ESP_ERR_INVALID_VERSION, .slot_untouched = true},
    },
    {
        .name = "pre_encrypted/other-rsa-key",
        .about = "the image is for another RSA key: nothing is written",
        .firmware = "example-pre_encrypted",
        .pre_encrypted = FOR_KEY("rsa_b"),
        .server = {IMAGE()},
        .expect = {.result = ESP_FAIL, .slot_untouched = true},
    },
    {
        .name = "pre_encrypted/other-device",
        .about = "the image is for a device with another HMAC key: noise comes out, which is no "
                 "image of the chip",
        .why = "with ECIES the AES key is agreed on, and nothing but the tag tells that it is "
               "another one",
        HMAC_A,
        .firmware = "example-pre_encrypted-ecies",
        .pre_encrypted = FOR_KEY("hmac_b"),
        .server = {IMAGE()},
        .expect = {.result = ESP_ERR_INVALID_VERSION, .slot_untouched = true},
    },
    {
        .name = "pre_encrypted/other-scheme",
        .about = "an image for an RSA key, to a device with a key on P-256",
        HMAC_A,
        .firmware = "example-pre_encrypted-ecies",
        .pre_encrypted = FOR_KEY("rsa_a"),
        .server = {IMAGE()},
        .expect = {.result = ESP_FAIL, .slot_untouched = true},
    },
    {
        .name = "pre_encrypted/no-hmac-key",
        .about = "nobody has burnt the HMAC key: the decryption does not even start",
        .firmware = "example-pre_encrypted-ecies",
        .pre_encrypted = FOR_KEY("hmac_a"),
        .server = {IMAGE()},
        .expect = {.no_update = true, .no_requests = true},
    },
    END_OF_SCENARIOS,
};
