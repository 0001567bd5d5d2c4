/* The default flows of a sweep that pre-encrypted images add: a fault at every place of an update
 * whose bytes are right only once its tag has been checked. */
#include "scenario.h"

SCENARIOS(flow_pre_encrypted) = {
    {
        .name = "flow/pre-encrypted",
        .about = "an image for the device's RSA key",
        .firmware = "example-pre_encrypted",
        .pre_encrypted = FOR_KEY("rsa_a"),
        .server = {IMAGE()},
        .expect = {.any_events = true, .boots = {{OTA_0, "2.0.0"}}},
    },
    {
        .name = "flow/pre-encrypted-in-ranges",
        .about = "in ranges, for the P-256 key that derives from an HMAC key in efuse",
        .device = {.hmac_key = "hmac_a"},
        .firmware = "example-pre_encrypted-ecies-partial",
        .pre_encrypted = FOR_KEY("hmac_a"),
        .server = {IMAGE(.range = "honor")},
        .expect = {.any_events = true, .boots = {{OTA_0, "2.0.0"}}},
    },
    END_OF_SCENARIOS,
};
