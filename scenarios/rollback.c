/* What new apps do in their first boots, and which app runs afterwards: catalogue family O. An app
 * that was updated to is on trial until it confirms, if the bootloader has rollback; any reset
 * before that brings the old one back. */
#include "scenario.h"

#include "esp_ota_ops.h"

/* Version 1.0.0 updates and restarts; 2.0.0 is what the row is about. */
#define TRIAL(story, behaviour)                                                                    \
    .about = story, .firmware = "updater-rollback",                                                \
    .firmware_of = {{"2.0.0", "behaviours-rollback:" behaviour}}, .server = {IMAGE()},             \
    .update = {.restart = true}
/* The same without CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE. */
#define NO_TRIAL(story, behaviour)                                                                 \
    .about = story, .firmware_of = {{"2.0.0", "behaviours:" behaviour}}, .server = {IMAGE()},      \
    .update = {.restart = true}

#define OLD_AGAIN_AFTER(how)                                                                       \
    {                                                                                              \
        FACTORY, "1.0.0", .reset = (how)                                                           \
    }

/* A crash in the first boot after the update: back to the old app, which stays. */
#define CRASH(what, story, behaviour)                                                              \
    {                                                                                              \
        .name = "rollback/" what, .catalogue = "O08", TRIAL(story, behaviour),                     \
        .source = "espressif/esp-idf#15552",                                                       \
        .expect = {.crash = true,                                                                  \
                   .boots = {{OTA_0, "2.0.0", .reset = "software", .end = "panic"},                \
                             OLD_AGAIN_AFTER("panic")},                                            \
                   .more_boots = 2},                                                               \
    }

SCENARIOS(rollback) = {
    {
        .name = "rollback/confirms",
        TRIAL("the new app confirms after its self-test, and survives ten resets", "confirms"),
        .catalogue = "O05",
        .source = "IDF test_switch_ota.c",
        .expect = {.boots = {{OTA_0, "2.0.0", .reset = "software", .end = "idle"}},
                   .more_boots = 10},
    },
    {
        .name = "rollback/never-confirms",
        TRIAL("the new app runs well but never confirms: the next reset takes the old one",
              "app_main"),
        .catalogue = "O04",
        .source = "NightDriverStrip#849",
        .expect = {.boots = {{OTA_0, "2.0.0", .reset = "software", .end = "idle"},
                             OLD_AGAIN_AFTER("power-on")},
                   .more_boots = 2},
    },
    {
        .name = "rollback/never-confirms-without-rollback",
        NO_TRIAL("without rollback nobody has to confirm", "app_main"),
        .catalogue = "O04",
        .expect = {.boots = {{OTA_0, "2.0.0", .reset = "software"}}, .more_boots = 3},
    },
    CRASH("null-in-event-handler", "an event handler writes through a null pointer", "crashes"),
    CRASH("abort", "the new app calls abort()", "aborts"),
    CRASH("failed-assert", "an assert of the new app fails", "fails_an_assert"),
    CRASH("failed-error-check", "an ESP_ERROR_CHECK of the new app fails", "fails_a_check"),
    CRASH("stack-overflow", "the new app recurses without end", "overflows_its_stack"),
    {
        .name = "rollback/crash-after-confirming",
        TRIAL("once confirmed, a crash is no reason to go back: it boots and crashes again",
              "crashes_after_confirming"),
        .catalogue = "O08",
        .source = "espressif/esp-idf#15552",
        .expect = {.crash = true,
                   .boots = {{OTA_0, "2.0.0", .reset = "software", .end = "panic"},
                             {OTA_0, "2.0.0", .reset = "panic", .end = "panic"}},
                   .more_boots = 2},
    },
    {
        .name = "rollback/crash-without-rollback",
        NO_TRIAL("without rollback an app that crashes boots for ever", "crashes"),
        .catalogue = "O08",
        .expect = {.crash = true,
                   .boots = {{OTA_0, "2.0.0", .reset = "software", .end = "panic"},
                             {OTA_0, "2.0.0", .reset = "panic", .end = "panic"}},
                   .more_boots = 2},
    },
    {
        .name = "rollback/restart-before-confirming",
        TRIAL("the new app restarts itself before it confirms", "restarts"),
        .catalogue = "O08",
        .expect = {.boots = {{OTA_0, "2.0.0", .reset = "software", .end = "restart"},
                             OLD_AGAIN_AFTER("software")}},
    },
    {
        .name = "rollback/restart-after-confirming",
        TRIAL("the new app confirms and restarts: it stays", "restarts_in_order"),
        .catalogue = "O12",
        .source = "espressif/esp-idf#7859",
        .expect = {.boots = {{OTA_0, "2.0.0", .reset = "software", .end = "restart"},
                             {OTA_0, "2.0.0", .reset = "software", .end = "restart"}}},
    },
    {
        .name = "rollback/hang-with-watchdog-reset",
        .about = "the new app hangs, the task watchdog resets (CONFIG_ESP_TASK_WDT_PANIC=y)",
        .catalogue = "O08",
        .firmware = "updater-rollback",
        .firmware_of = {{"2.0.0", "behaviours-rollback-watchdog:hangs"}},
        .server = {IMAGE()},
        .update = {.restart = true},
        .expect = {.crash = true,
                   .boots = {{OTA_0, "2.0.0", .reset = "software", .end = "watchdog"},
                             OLD_AGAIN_AFTER("task-wdt")},
                   .more_boots = 2},
    },
    {
        .name = "rollback/hang-with-default-watchdog",
        TRIAL("the task watchdog only complains by default: the new app hangs until somebody "
              "switches it off and on, and only then the old one is back",
              "hangs"),
        .catalogue = "O08",
        .expect = {.crash = true,
                   .boots = {{OTA_0, "2.0.0", .reset = "software", .end = "hang"},
                             OLD_AGAIN_AFTER("power-on")}},
    },
    {
        .name = "rollback/rejects-itself",
        TRIAL("the self-test fails: mark invalid, roll back and reboot", "rejects_itself"),
        .catalogue = "O13",
        .expect = {.boots = {{OTA_0, "2.0.0", .reset = "software", .end = "restart"},
                             OLD_AGAIN_AFTER("software")},
                   .more_boots = 2},
    },
    {
        .name = "rollback/both-on-trial",
        .about =
            "neither entry was confirmed: both apps are given up, and factory boots and updates",
        .catalogue = "O05",
        .device = {.apps = {{FACTORY, {.version = "1.0.0"}},
                            {OTA_0, {.version = "1.1.0"}},
                            {OTA_1, {.version = "1.2.0"}}},
                   .otadata = {ENTRY(1, OTADATA_PENDING_VERIFY), ENTRY(2, OTADATA_PENDING_VERIFY)}},
        .firmware = "updater-rollback",
        .server = {IMAGE()},
    },
    {
        .name = "rollback/update-while-pending",
        .about = "an unconfirmed app must not update: nothing is written, a reset rolls it back",
        .catalogue = "O10",
        .source = "esphome/esphome PR#13195",
        .device = {.apps = {{FACTORY, {.version = "1.0.0"}}, {OTA_0, {.version = "1.1.0"}}},
                   .otadata = {ENTRY(1, OTADATA_NEW)}},
        .firmware = "updater-rollback",
        .server = {IMAGE()},
        .expect = {.result = ESP_ERR_OTA_ROLLBACK_INVALID_STATE,
                   .boots = {{FACTORY, "1.0.0", .reset = "power-on"}}},
    },
    {
        .name = "rollback/update-after-confirming",
        .about = "the same once it has confirmed: the update goes through",
        .catalogue = "O10",
        .source = "esphome/esphome PR#13195",
        .device = {.apps = {{FACTORY, {.version = "1.0.0"}}, {OTA_0, {.version = "1.1.0"}}},
                   .otadata = {ENTRY(1, OTADATA_NEW)}},
        .firmware = "updater-rollback",
        .firmware_of = {{"2.0.0", "behaviours-rollback:app_main"}},
        .server = {IMAGE()},
        .update = {.confirm = true, .restart = true},
        .expect = {.boots = {{OTA_1, "2.0.0", .reset = "software"},
                             {OTA_0, "1.1.0", .reset = "power-on"}},
                   .more_boots = 2},
    },
    {
        .name = "rollback/erases-the-old-app",
        .about =
            "once confirmed, the new app erases the slot that nobody needs any more: all of it",
        .device = {.apps = {{FACTORY, {.version = "1.0.0"}},
                            {OTA_0, {.version = "1.1.0", .size = 1048576}}},
                   .otadata = {ENTRY(1, OTADATA_VALID)}},
        .firmware = "updater-rollback",
        .firmware_of = {{"2.0.0", "behaviours-rollback:erases_the_old_app"}},
        .server = {IMAGE()},
        .update = {.restart = true},
        .expect = {.boots = {{OTA_1, "2.0.0", .reset = "software", .end = "idle"}}},
    },
    {
        .name = "rollback/deep-sleep-before-confirming",
        TRIAL("a battery device sleeps before it confirms: the wake-up counts as a reset",
              "sleeps_before_confirming"),
        .catalogue = "O06",
        .source = "esphome/esphome PR#17699",
        .expect = {.boots = {{OTA_0, "2.0.0", .reset = "software", .end = "deep-sleep"},
                             OLD_AGAIN_AFTER("deep-sleep")},
                   .more_boots = 2},
    },
    {
        .name = "rollback/deep-sleep-without-rollback",
        NO_TRIAL("without rollback the app wakes up as itself", "sleeps_before_confirming"),
        .catalogue = "O06",
        .expect = {.boots = {{OTA_0, "2.0.0", .reset = "software", .end = "deep-sleep"},
                             {OTA_0, "2.0.0", .reset = "deep-sleep", .end = "idle"}}},
    },
    {
        .name = "rollback/sleeps-for-ever",
        TRIAL("a deep sleep without a wake-up source: nothing follows", "sleeps_for_ever"),
        .catalogue = "O06",
        .expect = {.boots = {{OTA_0, "2.0.0", .reset = "software", .end = "deep-sleep"}}},
    },
    {
        .name = "rollback/rtc-memory-over-deep-sleep",
        TRIAL("RTC_DATA_ATTR variables count over two sleeps", "counts_wakeups"),
        .expect = {.boots = {{OTA_0, "2.0.0", .reset = "software", .end = "deep-sleep"},
                             {OTA_0, "2.0.0", .reset = "deep-sleep", .end = "deep-sleep"},
                             {OTA_0, "2.0.0", .reset = "deep-sleep", .end = "idle"},
                             {OTA_0, "2.0.0", .reset = "power-on", .end = "deep-sleep"}}},
    },
    {
        .name = "rollback/rtc-memory-over-restart",
        TRIAL("RTC_NOINIT_ATTR survives a restart but no loss of power, RTC_DATA_ATTR neither",
              "keeps_a_note_over_restarts"),
        .expect = {.boots = {{OTA_0, "2.0.0", .reset = "software", .end = "restart"},
                             {OTA_0, "2.0.0", .reset = "software", .end = "idle"},
                             {OTA_0, "2.0.0", .reset = "power-on", .end = "idle"}}},
    },
    {
        .name = "rollback/power-cut-while-pending",
        TRIAL("power fails while the self-test runs", "confirms"),
        .catalogue = "O04",
        .power = {.in_boot = 1, .after_ms = 1000},
        .expect = {.boots = {{OTA_0, "2.0.0", .reset = "software", .end = "power-cut"},
                             OLD_AGAIN_AFTER("power-on")},
                   .more_boots = 2},
    },
    {
        .name = "rollback/brownout-while-pending",
        TRIAL("the new app draws too much: a brownout before it confirms", "confirms"),
        .catalogue = "O07",
        .source = "esphome/esphome PR#14113",
        .power = {.in_boot = 1, .after_ms = 1000, .brownout = true},
        .expect = {.boots = {{OTA_0, "2.0.0", .reset = "software", .end = "brownout"},
                             OLD_AGAIN_AFTER("brownout")},
                   .more_boots = 2},
    },
    {
        .name = "rollback/bootloader-without-rollback",
        .about = "an app with rollback under an old bootloader without: nothing rolls back",
        .catalogue = "O09",
        .source = "espressif/esp-idf#14042",
        .firmware_of = {{"1.0.0", "updater-rollback"}, {"2.0.0", "behaviours-rollback:crashes"}},
        .server = {IMAGE()},
        .update = {.restart = true},
        .expect = {.crash = true,
                   .boots = {{OTA_0, "2.0.0", .reset = "software", .end = "panic"},
                             {OTA_0, "2.0.0", .reset = "panic", .end = "panic"}},
                   .more_boots = 2},
    },
    END_OF_SCENARIOS,
};
