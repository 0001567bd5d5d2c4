/* An update that goes on where an earlier one was cut off: catalogue family G. The first part is in
 * the slot, as an earlier boot left it. */
#include "scenario.h"

#define HALF 32768

/* The update's own image lies there: how much of it counts, the plan says. */
#define WITH_EARLIER_PART                                                                          \
    .device = {                                                                                    \
        .apps = {{FACTORY, {.version = "1.0.0"}}, {OTA_0, {.version = "2.0.0", .size = 65536}}}}
#define RESUMES_AT(bytes)                                                                          \
    .update = {.api = UPDATE_STEPS, .ota_resumption = true, .ota_image_bytes_written = (bytes)}

#define UPDATED                                                                                    \
    {                                                                                              \
        {                                                                                          \
            OTA_0, "2.0.0"                                                                         \
        }                                                                                          \
    }

SCENARIOS(resume) = {
    {
        .name = "resume/from-half",
        .about =
            "the rest is asked for and put behind what is there; the header was checked before",
        .source = "recording C-honored-4096",
        .catalogue = "G13",
        WITH_EARLIER_PART,
        .server = {IMAGE(.range = "honor")},
        RESUMES_AT(HALF),
        .expect = {.events = {START, CONNECTED, WRITE_FLASH_TO(IMAGE_SIZE),
                              UPDATE_BOOT_PARTITION_IS(0x10), FINISH},
                   .requests = {GET("/fw.bin", .range = "bytes=32768-", .status = 206)},
                   .boots = UPDATED},
    },
    {
        .name = "resume/less-than-a-header",
        .about = "1000 bytes are too few to go on from: the range begins at 0",
        .source = "recording C-honored-1000",
        .catalogue = "G17",
        WITH_EARLIER_PART,
        .server = {IMAGE(.range = "honor")},
        RESUMES_AT(1000),
        .expect = {.events = {START, CONNECTED, VERIFY_CHIP_ID, VERIFY_CHIP_REVISION,
                              WRITE_FLASH_TO(IMAGE_SIZE), UPDATE_BOOT_PARTITION_IS(0x10), FINISH},
                   .requests = {GET("/fw.bin", .range = "bytes=0-", .status = 206)},
                   .boots = UPDATED},
    },
    {
        .name = "resume/range-ignored",
        .about = "the server sends all of it: asked again without a range, from the start",
        .source = "recording C-ignored-200-4096",
        .catalogue = "G14",
        WITH_EARLIER_PART,
        .server = {IMAGE()},
        RESUMES_AT(HALF),
        .expect = {.events = {START, CONNECTED, VERIFY_CHIP_ID, VERIFY_CHIP_REVISION,
                              WRITE_FLASH_TO(IMAGE_SIZE), UPDATE_BOOT_PARTITION_IS(0x10), FINISH},
                   .requests = {GET("/fw.bin", .range = "bytes=32768-", .status = 200),
                                GET("/fw.bin", .status = 200)},
                   .boots = UPDATED},
    },
    END_OF_SCENARIOS,
};
