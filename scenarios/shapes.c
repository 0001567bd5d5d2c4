/* Applications that are compiled for a release of ESP-IDF, with the API in its shape
 * (CONFIG_OTASIM_IDF_VERSION). Events are expected by name: one that a release lacks is left out.
 */
#include "scenario.h"

#define UPDATED                                                                                    \
    {                                                                                              \
        {                                                                                          \
            OTA_0, "2.0.0"                                                                         \
        }                                                                                          \
    }

/* In ranges of 32 KB, with its description read first. */
#define IN_RANGES                                                                                  \
    .server = {RESPONSE(200, .method = "HEAD", .body = "image"),                                   \
               IMAGE(.method = "GET", .range = "honor")},                                          \
    .expect = {.boots = UPDATED,                                                                   \
               .events = {START, CONNECTED, GET_IMG_DESC, VERIFY_CHIP_ID, VERIFY_CHIP_REVISION,    \
                          WRITE_FLASH_TO(IMAGE_SIZE), UPDATE_BOOT_PARTITION, FINISH}}

SCENARIOS(shapes) = {
    {
        .name = "shapes/4.4",
        .about = "esp_https_ota with the HTTP client's configuration; no events",
        .firmware = "shape-4.4",
        .server = {IMAGE()},
        .expect = {.requests = {GET("/fw.bin")},
                   .boots = UPDATED,
                   .hazard = "length-counted-twice"},
    },
    {
        .name = "shapes/5.1",
        .about = "in steps and ranges; eight events, without the chip revision",
        .firmware = "shape-5.1",
        IN_RANGES,
    },
    {
        .name = "shapes/5.3",
        .about = "the same, with a buffer of chosen capabilities",
        .firmware = "shape-5.3",
        IN_RANGES,
    },
    {
        .name = "shapes/5.5",
        .about = "the same, and the chip revision is an event",
        .firmware = "shape-5.5",
        IN_RANGES,
    },
    {
        .name = "shapes/master",
        .about = "partitions, address family and ALPN in the configuration",
        .firmware = "shape-master",
        .listeners = {.alpn = {"http/1.1"}},
        .server = {IMAGE()},
        .expect = {.requests = {GET("/fw.bin", .alpn = "http/1.1")},
                   .events = {START, CONNECTED, VERIFY_CHIP_ID, VERIFY_CHIP_REVISION,
                              WRITE_FLASH_TO(IMAGE_SIZE), UPDATE_BOOT_PARTITION, FINISH},
                   .boots = UPDATED},
    },
    {
        .name = "shapes/updater-4.4",
        .about = "the usual update, judged as on any release",
        .firmware = "updater-4.4",
        .server = {IMAGE()},
        .expect = {.hazard = "length-counted-twice"},
    },
    {
        .name = "shapes/updater-5.1",
        .about = "the usual update, judged as on any release",
        .firmware = "updater-5.1",
        .server = {IMAGE()},
    },
    {
        .name = "shapes/updater-5.3",
        .about = "the usual update, judged as on any release",
        .firmware = "updater-5.3",
        .server = {IMAGE()},
    },
    {
        .name = "shapes/updater-5.5",
        .about = "the usual update, judged as on any release",
        .firmware = "updater-5.5",
        .server = {IMAGE()},
    },
    {
        .name = "shapes/beyond-the-release",
        .about = "5.3 cannot resume: the firmware says so instead of doing something else",
        .firmware = "updater-5.3",
        .update = {.ota_resumption = true},
        .server = {IMAGE()},
        .expect = {.no_update = true, .no_requests = true, .slot_untouched = true},
    },
    END_OF_SCENARIOS,
};
