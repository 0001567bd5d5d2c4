/* Servers that take their time. It passes on the device's clock only. */
#include "scenario.h"

#include "esp_http_client.h"
#include "esp_https_ota.h"

#define KEPT_DOWNLOADING                                                                           \
    {                                                                                              \
        START, CONNECTED, VERIFY_CHIP_ID, VERIFY_CHIP_REVISION, WRITE_FLASH, ABORT                 \
    }

SCENARIOS(timing) = {
    {
        .name = "timing/stalls-for-ever",
        .about = "perform returns after each timeout: the application gives up after three",
        .catalogue = "N06",
        .update = {.api = UPDATE_STEPS, .patience = 3, .timeout_ms = 2000},
        .server = {IMAGE(.stall_after = 32768)},
        .expect = {.result = ESP_ERR_HTTPS_OTA_IN_PROGRESS,
                   .events = KEPT_DOWNLOADING,
                   .requests = {GET("/fw.bin")},
                   .lasts_ms = 6000},
    },
    END_OF_SCENARIOS,
};
