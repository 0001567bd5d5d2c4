/* Whole updates on good days, over all the boots that belong to them: the default flows of a sweep,
 * which puts a fault at every place of them. */
#include "scenario.h"

/* A new version on trial, and what it does in its first boot. */
#define ON_TRIAL(behaviour)                                                                        \
    .firmware = "updater-rollback", .firmware_of = {{"2.0.0", "behaviours-rollback:" behaviour}},  \
    .server = {IMAGE()}, .update = {.restart = true}

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
    {
        .name = "flow/rollback-confirmed",
        .about = "with rollback: the new version confirms itself, and stays",
        ON_TRIAL("confirms"),
        .expect = {.boots = {{OTA_0, "2.0.0"}, {OTA_0, "2.0.0"}}},
    },
    {
        .name = "flow/rollback-unconfirmed",
        .about = "with rollback: the new version never confirms, the old one is back",
        ON_TRIAL("app_main"),
        .expect = {.boots = {{OTA_0, "2.0.0"}, {FACTORY, "1.0.0"}}},
    },
    {
        .name = "flow/rollback-marked-invalid",
        .about = "with rollback: the new version marks itself invalid, the old one is back",
        ON_TRIAL("rejects_itself"),
        .expect = {.boots = {{OTA_0, "2.0.0"}, {FACTORY, "1.0.0"}}},
    },
    {
        .name = "flow/anti-rollback",
        .about = "the new version confirms itself and raises the secure version",
        .device = {.partitions = "nofactory",
                   .secure_version = 1,
                   .apps = {{OTA_0, {.version = "1.5.0", .secure_version = 1}}},
                   .otadata = {ENTRY(1, OTADATA_VALID)}},
        .image = {.secure_version = 2},
        .firmware = "updater-anti_rollback",
        .firmware_of = {{"2.0.0", "behaviours-anti_rollback:confirms"}},
        .server = {IMAGE()},
        .update = {.restart = true},
        .expect = {.secure_version = 2, .boots = {{OTA_1, "2.0.0"}, {OTA_1, "2.0.0"}}},
    },
    {
        .name = "flow/three-slots",
        .about = "ota_1 to ota_2, of three",
        .device = {.partitions = "three",
                   .apps = {{OTA_0, {.version = "1.4.0"}}, {OTA_1, {.version = "1.5.0"}}},
                   .otadata = {ENTRY(1, OTADATA_UNDEFINED), ENTRY(2, OTADATA_UNDEFINED)}},
        .server = {IMAGE()},
        .expect = {.boots = {{"ota_2", "2.0.0"}}},
    },
    {
        .name = "flow/confirmed-without-rollback",
        .about =
            "without rollback the new version confirms itself all the same, and so rewrites its "
            "entry of otadata in place",
        .firmware_of = {{"2.0.0", "behaviours:confirms"}},
        .server = {IMAGE()},
        .update = {.restart = true},
        .expect = {.boots = {{OTA_0, "2.0.0"}, {OTA_0, "2.0.0"}}},
    },
    {
        .name = "flow/flash-encryption",
        .about = "ota_1 to ota_0 on a chip that encrypts its flash",
        .device = {.flash_encryption = true,
                   .apps = {{FACTORY, {.version = "1.0.0"}},
                            {OTA_0, {.version = "1.4.0"}},
                            {OTA_1, {.version = "1.5.0"}}},
                   .otadata = {ENTRY(1, OTADATA_UNDEFINED), ENTRY(2, OTADATA_UNDEFINED)}},
        .server = {IMAGE()},
        .expect = {.result = ESP_OK, .boots = {{OTA_0, "2.0.0"}}},
    },
    {
        .name = "flow/flash-encryption-rollback",
        .about = "with flash encryption and rollback: the new version confirms itself, and stays",
        .device = {.flash_encryption = true},
        ON_TRIAL("confirms"),
        .expect = {.boots = {{OTA_0, "2.0.0"}, {OTA_0, "2.0.0"}}},
    },
    {
        .name = "flow/signed",
        .about = "a signed update on a chip with secure boot",
        .device = {.secure_boot = {"rsa_a"},
                   .apps = {{FACTORY, {.version = "1.0.0"}, SIGNED_BY("rsa_a")}}},
        .firmware = "updater-secure_boot",
        .signing = SIGNED_BY("rsa_a"),
        .server = {IMAGE()},
        .expect = {.result = ESP_OK, .boots = {{OTA_0, "2.0.0"}}},
    },
    END_OF_SCENARIOS,
};
