/* The default flows of a sweep that need an example firmware: updates that go on where power
 * failed. */
#include "scenario.h"

SCENARIOS(flow_resume) = {
    {
        .name = "flow/resume",
        .about = "progress is kept in NVS, so that the boot after a cut asks for the rest only",
        .firmware = "example-resume",
        .firmware_of = {{ANY_VERSION, "example-resume"}},
        .server = {IMAGE(.range = "honor")},
        .expect = {.boots = {{OTA_0, "2.0.0"}}},
    },
    {
        .name = "flow/resume-native",
        .about = "the same by esp_ota_resume and esp_ota_write",
        .firmware = "example-native-resume",
        .firmware_of = {{ANY_VERSION, "example-native-resume"}},
        .server = {IMAGE(.range = "honor")},
        .expect = {.boots = {{OTA_0, "2.0.0"}}},
    },
    END_OF_SCENARIOS,
};
