/* The default flow of a sweep that needs an example firmware: an update that goes on where power
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
    END_OF_SCENARIOS,
};
