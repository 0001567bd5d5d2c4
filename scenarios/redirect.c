/* Redirects and URLs: catalogue family R. */
#include "scenario.h"

#include "esp_http_client.h"

#define MOVED "/moved.bin"

/* Each status that means "go there". */
#define FOLLOWED(code)                                                                             \
    {                                                                                              \
        .name = "redirect/status-" #code,                                                          \
        .about = "a " #code " to another path of the same server is followed",                     \
        .source = "espressif/esp-idf#3218", .catalogue = "R03",                                    \
        .server = {REDIRECT(code, "https://localhost:8443" MOVED), IMAGE()},                       \
        .expect = {.requests = {GET("/fw.bin", .status = code), GET(MOVED, .status = 200)}},       \
    }

SCENARIOS(redirect) = {
    {
        .name = "redirect/found-then-image",
        .about = "a 302 is followed and its body is not taken for firmware",
        .source = "espressif/esp-idf#3218",
        .catalogue = "R04",
        .server = {REDIRECT(302, "https://localhost:8443" MOVED,
                            .body = TEXT("<html><body>This file has moved.</body></html>")),
                   IMAGE()},
        .expect =
            {
                .result = ESP_OK,
                .events = {START, CONNECTED, VERIFY_CHIP_ID, VERIFY_CHIP_REVISION,
                           WRITE_FLASH_TO(IMAGE_SIZE), UPDATE_BOOT_PARTITION_IS(0x10), FINISH},
                .requests = {GET("/fw.bin"), GET(MOVED)},
                .boots = {{OTA_0, "2.0.0"}},
            },
    },
    FOLLOWED(301),
    FOLLOWED(302),
    FOLLOWED(303),
    FOLLOWED(307),
    FOLLOWED(308),
    {
        .name = "redirect/two-hops",
        .about = "the second Location replaces the first",
        .source = "espressif/esp-idf#8873",
        .catalogue = "R05",
        .server = {REDIRECT(302, "https://localhost:8443/a/first.bin"),
                   REDIRECT(307, "https://localhost:8443/second.bin"), IMAGE()},
        .expect = {.requests = {GET("/fw.bin"), GET("/a/first.bin"), GET("/second.bin")}},
    },
    {
        .name = "redirect/without-location",
        .about = "a 302 that does not say where to",
        .catalogue = "R13",
        .server = {RESPONSE(302)},
        .expect = {.result = ESP_ERR_INVALID_ARG, .events = {START}, .requests = {GET("/fw.bin")}},
    },
    {
        .name = "redirect/downgrade-to-http",
        .about = "from https to http is refused, and nothing is fetched in clear",
        .catalogue = "R09",
        .server = {REDIRECT(302, "http://localhost:8070" MOVED), IMAGE()},
        .expect = {.result = ESP_ERR_HTTP_REDIRECT_DOWNGRADE,
                   .events = {START},
                   .requests = {GET("/fw.bin")}},
    },
    {
        .name = "redirect/relative-location-on-https",
        .about = "a relative Location on an https origin is refused as if it were a downgrade",
        .source = "espressif/esp-idf#14562",
        .catalogue = "R07",
        .server = {REDIRECT(302, MOVED), IMAGE()},
        .expect = {.result = ESP_ERR_HTTP_REDIRECT_DOWNGRADE,
                   .events = {START},
                   .requests = {GET("/fw.bin")},
                   .hazard = "redirect-relative-is-downgrade"},
    },
    {
        .name = "redirect/final-403",
        .about = "the redirect is followed to a server that refuses the signed URL",
        .source = "arduino-libraries/Arduino_ESP32_OTA#37",
        .catalogue = "R17",
        .server = {REDIRECT(302, "https://localhost:8443/cdn.bin?sig=expired"),
                   RESPONSE(403, .body = TEXT("expired"))},
        .expect = {.result = ESP_FAIL,
                   .events = {START},
                   .requests = {GET("/fw.bin"), GET("/cdn.bin?sig=expired", .status = 403)}},
    },
    END_OF_SCENARIOS,
};
