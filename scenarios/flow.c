/* Whole updates on good days, over all the boots that belong to them: the default flows of a sweep,
 * which puts a fault at every place of them. */
#include "scenario.h"

SCENARIOS(flow) = {
    {
        .name = "flow/first-update",
        .about = "factory to ota_0, by esp_https_ota",
        .server = {IMAGE()},
        .expect = {.result = ESP_OK, .boots = {{OTA_0, "2.0.0"}}},
    },
    {
        .name = "flow/first-update-native",
        .about = "factory to ota_0, by esp_ota_begin, write and end",
        .update = {.api = UPDATE_NATIVE},
        .server = {IMAGE()},
        .expect = {.result = ESP_OK, .boots = {{OTA_0, "2.0.0"}}},
    },
    {
        .name = "flow/a-to-b",
        .about = "ota_0 to ota_1",
        .device = {.apps = {{FACTORY, {.version = "1.0.0"}}, {OTA_0, {.version = "1.5.0"}}},
                   .otadata = {ENTRY(1, OTADATA_UNDEFINED)}},
        .server = {IMAGE()},
        .expect = {.result = ESP_OK, .boots = {{OTA_1, "2.0.0"}}},
    },
    {
        .name = "flow/b-to-a",
        .about = "ota_1 to ota_0, over an older version",
        .device = {.apps = {{FACTORY, {.version = "1.0.0"}},
                            {OTA_0, {.version = "1.4.0"}},
                            {OTA_1, {.version = "1.5.0"}}},
                   .otadata = {ENTRY(1, OTADATA_UNDEFINED), ENTRY(2, OTADATA_UNDEFINED)}},
        .server = {IMAGE()},
        .expect = {.result = ESP_OK, .boots = {{OTA_0, "2.0.0"}}},
    },
    {
        .name = "flow/no-factory",
        .about = "ota_0 to ota_1 on a device without a factory app",
        .device = {.partitions = "nofactory",
                   .apps = {{OTA_0, {.version = "1.5.0"}}},
                   .otadata = {ENTRY(1, OTADATA_UNDEFINED)}},
        .server = {IMAGE()},
        .expect = {.result = ESP_OK, .boots = {{OTA_1, "2.0.0"}}},
    },
    {
        .name = "flow/one-megabyte",
        .about = "an image of a usual size",
        .image = {.size = 1048576},
        .server = {IMAGE()},
        .expect = {.result = ESP_OK, .boots = {{OTA_0, "2.0.0"}}},
    },
    END_OF_SCENARIOS,
};
