/* Secure versions in efuse: catalogue rows O26 and O27. The device runs 1.0.0 of secure version 1,
 * confirmed, on a chip of secure version 1; there is no factory app. */
#include "scenario.h"

#include "esp_ota_ops.h"

#define DEVICE                                                                                     \
    .device = {.partitions = "nofactory",                                                          \
               .secure_version = 1,                                                                \
               .apps = {{OTA_0, {.version = "1.0.0", .secure_version = 1}}},                       \
               .otadata = {ENTRY(1, OTADATA_VALID)}},                                              \
    .firmware = "updater-anti_rollback", .server = {IMAGE()}

/* 2.0.0 of a higher secure version is updated to, and does what the row is about. */
#define NEWER(version, behaviour)                                                                  \
    DEVICE, .image = {.secure_version = (version)}, .update = {.restart = true},                   \
            .firmware_of = {{"2.0.0", "behaviours-anti_rollback:" behaviour}}

SCENARIOS(anti_rollback) = {
    {
        .name = "anti_rollback/lower",
        .about = "an image of a secure version below the chip's is refused at the end",
        .catalogue = "O26",
        .source = "pytest_advanced_ota.py anti_rollback",
        DEVICE,
        .image = {.secure_version = 0},
        .expect = {.result = ESP_ERR_OTA_SMALL_SEC_VER},
    },
    {
        .name = "anti_rollback/lower-native",
        .about = "the same by esp_ota_set_boot_partition",
        .catalogue = "O26",
        DEVICE,
        .image = {.secure_version = 0},
        .update = {.api = UPDATE_NATIVE},
        .expect = {.result = ESP_ERR_OTA_SMALL_SEC_VER, .failed_in = "esp_ota_set_boot_partition"},
    },
    {
        .name = "anti_rollback/between-the-chip-and-the-running-app",
        .about = "an image of a lower secure version than the running app's is taken: the efuse is "
                 "what counts",
        .catalogue = "O26",
        .device = {.partitions = "nofactory",
                   .secure_version = 1,
                   .apps = {{OTA_0, {.version = "1.0.0", .secure_version = 3}}},
                   .otadata = {ENTRY(1, OTADATA_UNDEFINED)}},
        .firmware = "updater-anti_rollback",
        .server = {IMAGE()},
        .image = {.secure_version = 2},
    },
    {
        .name = "anti_rollback/same",
        .about = "an image of the chip's secure version is as good as a newer one",
        .catalogue = "O26",
        NEWER(1, "confirms"),
        .expect = {.boots = {{OTA_1, "2.0.0", .reset = "software", .end = "idle"}},
                   .more_boots = 1},
    },
    {
        .name = "anti_rollback/no-way-back-to-factory",
        .about =
            "an app that rejects itself with nothing but factory to go back to: refused, since "
            "nobody knows how old that is",
        .catalogue = "O26",
        .device = {.secure_version = 1,
                   .apps = {{FACTORY, {.version = "1.0.0", .secure_version = 1}},
                            {OTA_0, {.version = "1.1.0", .secure_version = 1}}},
                   .otadata = {ENTRY(1, OTADATA_VALID)}},
        .firmware = "behaviours-anti_rollback:rejects_itself",
        .expect = {.no_update = true,
                   .crash = true, /* by ESP_ERROR_CHECK */
                   .state = STATE_K0,
                   .boots = {{OTA_0, "1.1.0"}}},
    },
    {
        .name = "anti_rollback/raised-on-confirmation",
        .about = "the chip's secure version is raised when the new app confirms itself",
        .catalogue = "O27",
        NEWER(3, "confirms"),
        .expect = {.boots = {{OTA_1, "2.0.0", .reset = "software", .end = "idle"}},
                   .more_boots = 2,
                   .secure_version = 3},
    },
    {
        .name = "anti_rollback/never-while-pending",
        .about = "an app that does not confirm is rolled back, and the chip's version is as before",
        .catalogue = "O27",
        NEWER(3, "app_main"),
        .expect = {.boots = {{OTA_1, "2.0.0", .reset = "software", .end = "idle"},
                             {OTA_0, "1.0.0", .reset = "power-on"}},
                   .more_boots = 1},
    },
    {
        .name = "anti_rollback/crash-while-pending",
        .about = "so it is after a crash on trial",
        .catalogue = "O27",
        NEWER(3, "crashes"),
        .expect = {.crash = true,
                   .boots = {{OTA_1, "2.0.0", .reset = "software", .end = "panic"},
                             {OTA_0, "1.0.0", .reset = "panic"}},
                   .more_boots = 1},
    },
    {
        .name = "anti_rollback/power-cut-while-pending",
        .about = "and when power fails on trial",
        .catalogue = "O27",
        NEWER(3, "confirms"),
        .power = {.in_boot = 1, .after_ms = 1000},
        .expect = {.boots = {{OTA_1, "2.0.0", .reset = "software", .end = "power-cut"},
                             {OTA_0, "1.0.0", .reset = "power-on"}},
                   .more_boots = 1},
    },
    {
        .name = "anti_rollback/raised-to-the-last-bit",
        .about = "the efuses hold 16 secure versions: the last of them can be burnt",
        .catalogue = "O27",
        NEWER(16, "confirms"),
        .expect = {.secure_version = 16,
                   .boots = {{OTA_1, "2.0.0", .reset = "software", .end = "idle"}},
                   .more_boots = 1},
    },
    {
        .name = "anti_rollback/raised-by-the-bootloader",
        .about = "confirmed, but power failed before the efuse: the bootloader makes up for it",
        .catalogue = "O27",
        .device = {.partitions = "nofactory",
                   .secure_version = 1,
                   .apps = {{OTA_0, {.version = "1.0.0", .secure_version = 1}},
                            {OTA_1, {.version = "1.5.0", .secure_version = 4}}},
                   .otadata = {ENTRY(1, OTADATA_VALID), ENTRY(2, OTADATA_VALID)}},
        .firmware = "updater-anti_rollback",
        .update = {.api = UPDATE_NOTHING},
        .server = {IMAGE()},
        .expect = {.no_update = true, .boots = {{OTA_1, "1.5.0"}}, .secure_version = 4},
    },
    {
        .name = "anti_rollback/nothing-to-go-back-to",
        .about = "once the version is raised a damaged new app leaves nothing that may boot",
        .catalogue = "O27",
        .device = {.partitions = "nofactory",
                   .secure_version = 3,
                   .apps = {{OTA_0, {.version = "1.0.0", .secure_version = 1}},
                            {OTA_1,
                             {.version = "1.5.0",
                              .secure_version = 3,
                              .flaws = APP_IMAGE_FLAW_BIT_FLIP}}},
                   .otadata = {ENTRY(1, OTADATA_VALID), ENTRY(2, OTADATA_VALID)}},
        .firmware = "updater-anti_rollback",
        .update = {.api = UPDATE_NOTHING},
        .server = {IMAGE()},
        .expect = {.no_update = true, .boots = {{NO_APP}}},
    },
    {
        .name = "anti_rollback/beyond-the-field",
        .about =
            "a secure version above what the efuse field holds: the app is confirmed, but "
            "confirming says ESP_ERR_INVALID_ARG, and an app that checks that crashes for ever",
        .catalogue = "O27",
        NEWER(17, "confirms"),
        .expect = {.crash = true,
                   .boots = {{OTA_1, "2.0.0", .reset = "software", .end = "panic"},
                             {OTA_1, "2.0.0", .reset = "panic", .end = "panic"}},
                   .more_boots = 1},
    },
    END_OF_SCENARIOS,
};
