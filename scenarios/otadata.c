/* Which app boots, and what otadata says of it: catalogue family O, beside rollback.c. */
#include "scenario.h"

#include "esp_ota_ops.h"

#define THREE_APPS                                                                                 \
    {                                                                                              \
        {FACTORY, {.version = "1.0.0"}}, {OTA_0, {.version = "1.1.0"}},                            \
        {                                                                                          \
            OTA_1,                                                                                 \
            {                                                                                      \
                .version = "1.2.0"                                                                 \
            }                                                                                      \
        }                                                                                          \
    }

/* Both slots were updated once, ota_1 last: it is selected. */
#define OTA_1_SELECTED                                                                             \
    .apps = THREE_APPS, .otadata = {ENTRY(1, OTADATA_VALID), ENTRY(2, OTADATA_VALID)}

/* Nothing is updated: what matters is which app each of the boots runs. */
#define NO_UPDATE(...)                                                                             \
    .update = {.api = UPDATE_NOTHING}, .firmware_of = {{ANY_VERSION, "updater"}},                  \
    .expect = {.no_update = true, .more_boots = 2, __VA_ARGS__}
#define ONLY_BOOTS(slot, version) NO_UPDATE(.boots = {{slot, version}})

/* The bootloader of this module erases otadata while pin 4 is low. */
#define FACTORY_RESET_BUTTON                                                                       \
    .firmware = "updater-boot_pins",                                                               \
    NO_UPDATE(.erases_otadata = true, .boots = {{FACTORY, "1.0.0"}})

#define BROKEN(flaw, text)                                                                         \
    {                                                                                              \
        .version = (text), .flaws = APP_IMAGE_FLAW_##flaw                                          \
    }

SCENARIOS(otadata) = {
    {
        .name = "otadata/active-entry-corrupt",
        .about = "the newer entry has a wrong CRC: the other one's app boots",
        .source = "IDF test Switching between factory, OTA0, OTA1, corrupt ota_sec2, OTA0",
        .catalogue = "O02",
        .device = {.apps = THREE_APPS,
                   .otadata = {ENTRY(1, OTADATA_VALID), ENTRY(2, OTADATA_VALID, .bad_crc = true)}},
        ONLY_BOOTS(OTA_0, "1.1.0"),
    },
    {
        .name = "otadata/only-entry-corrupt",
        .about = "the only entry has a wrong CRC: factory boots",
        .source = "IDF test corrupt ota_sec1, factory",
        .catalogue = "O02",
        .device = {.apps = THREE_APPS, .otadata = {ENTRY(1, OTADATA_VALID, .bad_crc = true)}},
        ONLY_BOOTS(FACTORY, "1.0.0"),
    },
    {
        .name = "otadata/both-corrupt-no-factory",
        .about = "both entries are bad and there is no factory app: ota_0, and a new entry",
        .source = "espressif/esp-idf#898",
        .catalogue = "O03",
        .device = {.partitions = "nofactory",
                   .apps = {{OTA_0, {.version = "1.1.0"}}, {OTA_1, {.version = "1.2.0"}}},
                   .otadata = {ENTRY(1, OTADATA_VALID, .bad_crc = true),
                               ENTRY(2, OTADATA_VALID, .bad_crc = true)}},
        ONLY_BOOTS(OTA_0, "1.1.0"),
    },
    {
        .name = "otadata/plaintext-under-encryption",
        .about = "otadata was flashed as plain text to a chip that decrypts it: noise, so factory",
        .source = "espressif/esp-idf#253",
        .catalogue = "O25",
        .device = {.flash_encryption = true,
                   .apps = THREE_APPS,
                   .otadata = {ENTRY(1, OTADATA_VALID, .plaintext = true),
                               ENTRY(2, OTADATA_VALID, .plaintext = true)}},
        ONLY_BOOTS(FACTORY, "1.0.0"),
    },
    {
        .name = "otadata/encrypted",
        .about = "the same otadata, encrypted for the chip: it counts",
        .catalogue = "O25",
        .device = {.flash_encryption = true, OTA_1_SELECTED},
        ONLY_BOOTS(OTA_1, "1.2.0"),
    },
    {
        .name = "otadata/erased-under-encryption",
        .about = "otadata was erased on a chip that encrypts: that is noise to it, not blank, so "
                 "ota_0 boots and nothing is written down",
        .catalogue = "O25",
        .device = {.flash_encryption = true,
                   .partitions = "nofactory",
                   .apps = {{OTA_0, {.version = "1.1.0"}}, {OTA_1, {.version = "1.2.0"}}},
                   .otadata = {{.plaintext = true}, {.plaintext = true}}},
        ONLY_BOOTS(OTA_0, "1.1.0"),
    },
    {
        .name = "otadata/factory-reset-under-encryption",
        .about = "the button of the factory reset on a chip that encrypts: otadata becomes noise, "
                 "and the factory app runs",
        .catalogue = "O25 O32",
        .device = {.flash_encryption = true, OTA_1_SELECTED, .pins_low = PIN(4)},
        FACTORY_RESET_BUTTON,
    },
    {
        .name = "otadata/factory-reset-button",
        .about = "the button of the factory reset is held: otadata is erased, and the factory app "
                 "runs",
        .source = "IDF test sets pin_factory_reset, factory",
        .catalogue = "O32",
        .device = {OTA_1_SELECTED, .pins_low = PIN(4)},
        FACTORY_RESET_BUTTON,
    },
    {
        .name = "otadata/test-app-button",
        .about = "the button of the test app is held: it runs, and otadata stays as it is",
        .source = "IDF test Switching between factory, test, factory",
        .catalogue = "O32",
        .device = {.partitions = "stdx",
                   .apps = {{FACTORY, {.version = "1.0.0"}},
                            {OTA_0, {.version = "1.1.0"}},
                            {"test", {.version = "0.1.0"}}},
                   .otadata = {ENTRY(1, OTADATA_VALID)},
                   .pins_low = PIN(18)},
        .firmware = "updater-boot_pins",
        ONLY_BOOTS("test", "0.1.0"),
    },
    {
        .name = "otadata/test-app-button-without-a-test-app",
        .about =
            "the button of the test app is held where the table has none: otadata says what boots",
        .catalogue = "O32",
        .device = {.apps = {{FACTORY, {.version = "1.0.0"}}, {OTA_0, {.version = "1.1.0"}}},
                   .otadata = {ENTRY(1, OTADATA_VALID)},
                   .pins_low = PIN(18)},
        .firmware = "updater-boot_pins",
        ONLY_BOOTS(OTA_0, "1.1.0"),
    },
    {
        .name = "otadata/confirms-after-switching",
        .about = "mark-valid after the update and before the reboot confirms the new app, untested",
        .source = "esphome/esphome PR#17699",
        .catalogue = "O11",
        .device = {OTA_1_SELECTED},
        .firmware = "contract-rollback:confirms_after_switching",
        .firmware_of = {{"2.0.0", "behaviours-rollback:app_main"}},
        .server = {IMAGE()},
        .advice = "confirm first, update later: never call mark-valid between set-boot and reboot",
        .expect = {.state = STATE_K2,
                   .any_events = true,
                   .boots = {{OTA_0, "2.0.0"}},
                   .more_boots = 3,
                   .hazard = "confirm-after-switch"},
        .documented = DOCUMENTED(.state = STATE_K2, .any_events = true,
                                 .boots = {{OTA_0, "2.0.0"}, {OTA_1, "1.2.0"}}),
    },
    {
        .name = "otadata/rollback-impossible",
        .about = "mark-invalid with no other app that verifies: refused, and no reboot",
        .source = "Slider0007/AI-on-the-edge-device PR#390",
        .catalogue = "O13",
        .device = {.partitions = "nofactory",
                   .apps = {{OTA_0, {.version = "1.1.0"}}},
                   .otadata = {ENTRY(1, OTADATA_VALID)}},
        .firmware = "contract-rollback:rejects_itself_in_vain",
        .expect = {.no_update = true, .state = STATE_K0, .boots = {{OTA_0, "1.1.0"}}},
    },
    {
        .name = "otadata/begin-forgets-the-slot",
        .shows = "overwritten-slot-stays-valid",
        .about = "esp_ota_begin in a rollback build erases the entry of the slot's old app",
        .source = "espressif/esp-idf#14808",
        .catalogue = "O14",
        .device = {OTA_1_SELECTED},
        .firmware = "contract-rollback:begins_and_looks_at_the_slot",
        .expect = {.state = STATE_K1, .boots = {{OTA_1, "1.2.0"}}, .more_boots = 1},
    },
    {
        .name = "otadata/three-slots-forget-the-third",
        .about = "slots 0 to 2, 1 runs, the other entry names 0: an update of 2 forgets 0",
        .catalogue = "O15",
        .device = {.partitions = "three",
                   .apps = {{OTA_0, {.version = "1.0.0"}},
                            {OTA_1, {.version = "1.1.0"}},
                            {"ota_2", {.version = "1.2.0"}}},
                   .otadata = {ENTRY(4, OTADATA_VALID), ENTRY(5, OTADATA_VALID)}},
        .firmware = "updater-rollback",
        .server = {IMAGE(.cut_after = 32768)},
        .expect = {.result = ESP_FAIL,
                   .state = STATE_K1,
                   .boots = {{OTA_1, "1.1.0"}},
                   .forgets_entry = true,
                   .hazard = "begin-forgets-any-slot"},
        .documented = DOCUMENTED(.result = ESP_FAIL, .state = STATE_K1, .boots = {{OTA_1, "1.1.0"}},
                                 .keeps_entry = true),
    },
    {
        .name = "otadata/two-updates-no-reboot",
        .about = "two complete updates in one boot: the running app's entry survives",
        .source = "espressif/esp-idf#14688",
        .catalogue = "O16",
        .device = {.apps = THREE_APPS, .otadata = {ENTRY(1, OTADATA_VALID)}},
        .firmware = "contract-rollback:updates_twice",
        .firmware_of = {{"2.0.0", "behaviours-rollback:app_main"}},
        .server = {IMAGE()},
        .expect = {.state = STATE_K2,
                   .any_events = true,
                   .boots = {{OTA_1, "2.0.0"}, {OTA_0, "1.1.0"}},
                   .more_boots = 1},
    },
    {
        .name = "otadata/update-after-fallback",
        .about = "the selected app is broken, factory runs and updates: boot and running differ",
        .source = "ruuvi.gateway_esp.c#1280",
        .catalogue = "O17",
        .device = {.apps = {{FACTORY, {.version = "1.0.0"}}, {OTA_0, BROKEN(BIT_FLIP, "1.1.0")}},
                   .otadata = {ENTRY(1, OTADATA_VALID)}},
        .firmware = "contract:sees_the_mismatch_and_updates",
        .server = {IMAGE()},
        .expect =
            {.state = STATE_K2, .any_events = true, .boots = {{OTA_0, "2.0.0"}}, .more_boots = 1},
    },
    {
        .name = "otadata/update-after-fallback-to-a-slot",
        .about = "ota_1 is selected and broken, ota_0 runs: the update goes to ota_1, not over the "
                 "app that runs",
        .source = "tronbyt/firmware-esp32#97",
        .catalogue = "O17",
        .device = {.apps = {{FACTORY, {.version = "1.0.0"}},
                            {OTA_0, {.version = "1.1.0"}},
                            {OTA_1, BROKEN(BIT_FLIP, "1.2.0")}},
                   .otadata = {ENTRY(1, OTADATA_VALID), ENTRY(2, OTADATA_VALID)}},
        .server = {IMAGE()},
        .expect = {.boots = {{OTA_1, "2.0.0"}}, .more_boots = 1},
    },
    {
        .name = "otadata/update-of-the-selected-slot-is-on-trial",
        .about = "ota_1 is selected, confirmed and broken, ota_0 runs: the new app in ota_1 is on "
                 "trial all the same, and goes when nobody confirms it",
        .catalogue = "O17",
        .device = {.apps = {{FACTORY, {.version = "1.0.0"}},
                            {OTA_0, {.version = "1.1.0"}},
                            {OTA_1, BROKEN(BIT_FLIP, "1.2.0")}},
                   .otadata = {ENTRY(1, OTADATA_VALID), ENTRY(2, OTADATA_VALID)}},
        .firmware = "updater-rollback",
        .firmware_of = {{"2.0.0", "behaviours-rollback:app_main"}},
        .server = {IMAGE()},
        .expect = {.boots = {{OTA_1, "2.0.0"}, {OTA_0, "1.1.0", .reset = "power-on"}},
                   .more_boots = 1},
    },
    {
        .name = "otadata/update-after-fallback-of-three",
        .about = "slot 1 of three is selected, 0 and 1 are broken, 2 runs: the number that selects "
                 "slot 0 is not the next one",
        .catalogue = "O17 O19",
        .device = {.partitions = "three",
                   .apps = {{OTA_0, BROKEN(BIT_FLIP, "1.0.0")},
                            {OTA_1, BROKEN(BIT_FLIP, "1.1.0")},
                            {"ota_2", {.version = "1.2.0"}}},
                   .otadata = {ENTRY(4, OTADATA_UNDEFINED), ENTRY(5, OTADATA_UNDEFINED)}},
        .server = {IMAGE()},
        .expect = {.boots = {{OTA_0, "2.0.0"}}, .more_boots = 1},
    },
    {
        .name = "otadata/fallback-downwards-first",
        .about = "slot 1 of three is broken: slot 0 boots, not factory and not slot 2",
        .catalogue = "O18",
        .device = {.partitions = "three_factory",
                   .apps = {{FACTORY, {.version = "1.0.0"}},
                            {OTA_0, {.version = "1.1.0"}},
                            {OTA_1, BROKEN(BIT_FLIP, "1.2.0")},
                            {"ota_2", {.version = "1.3.0"}}},
                   .otadata = {ENTRY(2, OTADATA_VALID)}},
        ONLY_BOOTS(OTA_0, "1.1.0"),
    },
    {
        .name = "otadata/fallback-to-factory-before-upwards",
        .about = "slot 0 of three is broken: factory boots, not slot 1",
        .catalogue = "O18",
        .device = {.partitions = "three_factory",
                   .apps = {{FACTORY, {.version = "1.0.0"}},
                            {OTA_0, BROKEN(BIT_FLIP, "1.1.0")},
                            {OTA_1, {.version = "1.2.0"}}},
                   .otadata = {ENTRY(1, OTADATA_VALID)}},
        ONLY_BOOTS(FACTORY, "1.0.0"),
    },
    {
        .name = "otadata/many-updates",
        .about = "the 41st update of a device with two slots: slot = (seq - 1) mod 2",
        .source = "arduino-esp32#643",
        .catalogue = "O19",
        .device = {.apps = THREE_APPS,
                   .otadata = {ENTRY(39, OTADATA_UNDEFINED), ENTRY(40, OTADATA_UNDEFINED)}},
        .server = {IMAGE()},
        .expect = {.boots = {{OTA_0, "2.0.0"}}, .more_boots = 1},
    },
    {
        .name = "otadata/next-of-each-slot",
        .about = "esp_ota_get_next_update_partition of a partition that does not run",
        .device = {.partitions = "three_factory",
                   .apps = {{FACTORY, {.version = "1.0.0"}}, {OTA_0, {.version = "1.1.0"}}},
                   .otadata = {ENTRY(1, OTADATA_VALID)}},
        .firmware = "contract:goes_round_the_slots",
        .expect = {.no_update = true, .flash_untouched = true, .boots = {{OTA_0, "1.1.0"}}},
    },
    {
        .name = "otadata/sequence-wraps",
        .about = "the sequence is at its end: the next number reads as erased",
        .catalogue = "O20",
        .device = {.apps = THREE_APPS, .otadata = {ENTRY(0xFFFFFFFE, OTADATA_UNDEFINED)}},
        .server = {IMAGE()},
        .expect = {.state = STATE_K1,
                   .any_events = true,
                   .slot_differs = true,
                   .boots = {{OTA_1, "1.2.0"}},
                   .hazard = "seq-wraps"},
        .documented = DOCUMENTED(.state = STATE_K2, .boots = {{OTA_0, "2.0.0"}}),
    },
    {
        .name = "otadata/no-otadata-partition",
        .about = "a table without otadata: finish fails, and nothing is switched",
        .source = "espressif/esp-idf#12635",
        .catalogue = "O21",
        .device = {.partitions = "nootadata"},
        .server = {IMAGE()},
        .expect = {.result = ESP_ERR_NOT_FOUND, .state = STATE_K1, .any_events = true},
    },
    {
        .name = "otadata/serial-flash-after-update",
        .about = "factory is flashed anew over the cable: otadata still selects the update",
        .source = "esp-rs/espflash#119",
        .catalogue = "O22",
        .advice = "erase otadata when you flash over the cable (idf.py erase-otadata)",
        .device = {.apps = {{FACTORY, {.version = "3.0.0"}}, {OTA_0, {.version = "1.1.0"}}},
                   .otadata = {ENTRY(1, OTADATA_VALID)}},
        ONLY_BOOTS(OTA_0, "1.1.0"),
    },
    {
        .name = "otadata/table-lost-its-slots",
        .about = "otadata selects a slot that the new table does not have",
        .source = "espressif/esp-idf#2218",
        .catalogue = "O23",
        .device = {.partitions = "factoryonly", .apps = {{FACTORY, {.version = "1.0.0"}}}},
        ONLY_BOOTS(FACTORY, "1.0.0"),
    },
    {
        .name = "otadata/single-slot",
        .about = "factory and one slot, which runs: there is nowhere to update to",
        .source = "espressif/esp-idf#15819",
        .catalogue = "O24",
        .device = {.partitions = "one",
                   .apps = {{FACTORY, {.version = "1.0.0"}}, {OTA_0, {.version = "1.1.0"}}},
                   .otadata = {ENTRY(1, OTADATA_VALID)}},
        .server = {IMAGE()},
        .expect = {.result = ESP_ERR_OTA_PARTITION_CONFLICT, .state = STATE_K0, .any_events = true},
    },
    {
        .name = "otadata/reselects-itself",
        .about = "set_boot_partition(running): a confirmed app is unconfirmed again",
        .source = "tronbyt/firmware-esp32 PR#95",
        .catalogue = "O29",
        .device = {OTA_1_SELECTED},
        .firmware = "contract-rollback:selects_itself",
        .advice = "do not select the running app, or confirm again in the next boot",
        .expect = {.no_update = true,
                   .boots = {{OTA_1, "1.2.0"}, {OTA_0, "1.1.0"}},
                   .reselects = true,
                   .hazard = "reselect-unconfirms"},
        .documented = DOCUMENTED(.no_update = true, .reselects = true, .boots = {{OTA_1, "1.2.0"}},
                                 .more_boots = 2),
    },
    {
        .name = "otadata/bit-rot-after-confirmation",
        .about = "a confirmed app rots: the bootloader falls back, otadata is unchanged",
        .catalogue = "O30",
        .device = {.apps = {{FACTORY, {.version = "1.0.0"}},
                            {OTA_0, {.version = "1.1.0"}},
                            {OTA_1, BROKEN(BIT_FLIP, "1.2.0")}},
                   .otadata = {ENTRY(1, OTADATA_VALID), ENTRY(2, OTADATA_VALID)}},
        ONLY_BOOTS(OTA_0, "1.1.0"),
    },
    {
        .name = "otadata/first-entry",
        .about =
            "otadata is blank and ota_1 holds an older app: the first entry must name ota_0, which "
            "only there shows, because the bootloader falls back from an empty ota_1 to ota_0",
        .device = {.apps = {{FACTORY, {.version = "1.0.0"}}, {OTA_1, {.version = "1.2.0"}}}},
        .server = {IMAGE()},
        .expect = {.result = ESP_OK, .boots = {{OTA_0, "2.0.0"}}},
    },
    END_OF_SCENARIOS,
};
