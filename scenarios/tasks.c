/* Applications of several tasks: the update is only one of them. */
#include "scenario.h"

#include "esp_http_client.h"
#include "esp_https_ota.h"

SCENARIOS(tasks) = {
    {
        .name = "tasks/update-with-progress",
        .about = "one task updates while another reports and a timer blinks",
        .firmware = "tasks",
        .server = {IMAGE()},
        .expect = {.boots = {{OTA_0, "2.0.0", .reset = "software"}}},
    },
    {
        .name = "tasks/supervisor-restarts",
        .about = "the server falls silent, and a task with a deadline restarts the device",
        .catalogue = "N06",
        .firmware = "tasks",
        .server = {IMAGE(.stall_after = 32768)},
        .expect = {.no_update = true,
                   .events = {START, CONNECTED, VERIFY_CHIP_ID, VERIFY_CHIP_REVISION, WRITE_FLASH},
                   .boots = {{FACTORY, "1.0.0", .reset = "software"}}},
    },
    {
        .name = "tasks/server-refuses",
        .about = "the update fails in its task, and the application restarts",
        .firmware = "tasks",
        .server = {RESPONSE(503)},
        .expect = {.result = ESP_FAIL,
                   .events = {START},
                   .boots = {{FACTORY, "1.0.0", .reset = "software"}}},
    },
    END_OF_SCENARIOS,
};
