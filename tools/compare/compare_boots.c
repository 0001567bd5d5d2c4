/* Which app boots, after what reset, and whether one crashes. */
#include <inttypes.h>
#include <string.h>

#include "compare_parts.h"
#include "expected.h"
#include "text.h"

/* A slot, as far as it is the same on two devices with different tables. */
enum role { ROLE_UNKNOWN, ROLE_FIRST, ROLE_UPDATE, ROLE_OTHER };

/* Where the board's partitions are. */
static bool find_on_board(const struct comparing *comparing, uint32_t offset, struct partition *out)
{
    bool in_log = false;
    for (size_t i = 0; i < comparing->facts->count; i++) {
        const struct ota_fact *fact = &comparing->facts->facts[i];
        in_log = in_log || fact->kind == OTA_FACT_SLOT;
        if (fact->kind == OTA_FACT_SLOT && fact->value == offset) {
            *out = (struct partition){.subtype = (uint8_t)fact->data, .offset = offset};
            size_t length = fact->text.length < sizeof out->label - 1 ? fact->text.length
                                                                      : sizeof out->label - 1;
            memcpy(out->label, fact->text.bytes, length);
            return true;
        }
    }
    const struct partition_table *table =
        comparing->board->table != NULL ? comparing->board->table : &comparing->table;
    for (size_t i = 0; !in_log && i < table->count; i++) {
        if (table->entries[i].type == PARTITION_TYPE_APP && table->entries[i].offset == offset) {
            *out = table->entries[i];
            return true;
        }
    }
    return false;
}

static const struct log_boot *first_boot(const struct comparing *comparing)
{
    const struct log_boots *boots = comparing->boots;
    return boots->later > 0 && boots->boots[boots->later - 1].has_app
               ? &boots->boots[boots->later - 1]
               : NULL;
}

/* Whether the board began in the same slot: then slots are compared by their names. */
static bool begins_alike(const struct comparing *comparing)
{
    const struct log_boot *first = first_boot(comparing);
    struct partition slot;
    return first == NULL || (find_on_board(comparing, first->app, &slot) &&
                             slot.subtype == comparing->first_slot.subtype);
}

static const struct ota_fact *find_target(const struct comparing *comparing)
{
    for (size_t i = comparing->begin; i < comparing->end; i++) {
        if (comparing->facts->facts[i].kind == OTA_FACT_TARGET) {
            return &comparing->facts->facts[i];
        }
    }
    return NULL;
}

static enum role role_on_board(const struct comparing *comparing, uint32_t app)
{
    const struct log_boot *first = first_boot(comparing);
    const struct ota_fact *target = find_target(comparing);
    if (first != NULL && first->app == app) {
        return ROLE_FIRST;
    }
    if (target != NULL) {
        return target->value == app ? ROLE_UPDATE : ROLE_OTHER;
    }
    return first != NULL ? ROLE_UPDATE : ROLE_UNKNOWN;
}

static enum role role_in_scenario(const struct comparing *comparing, const char *label)
{
    if (strcmp(label, comparing->first_slot.label) == 0) {
        return ROLE_FIRST;
    }
    return strcmp(label, comparing->update_slot.label) == 0 ? ROLE_UPDATE : ROLE_OTHER;
}

static const char *role_text(enum role role)
{
    static const char *const texts[] = {"an app", "the app that ran before", "the update",
                                        "a third app"};
    return texts[role];
}

static bool app_matches(const struct comparing *comparing, const struct expected_boot *expected,
                        const struct log_boot *boot)
{
    bool none = strcmp(expected->partition, NO_APP) == 0;
    if (none || boot->no_app) {
        return none && boot->no_app;
    }
    if (!begins_alike(comparing)) {
        enum role role = role_on_board(comparing, boot->app);
        return role == ROLE_UNKNOWN || role == role_in_scenario(comparing, expected->partition);
    }
    const struct partition *wanted =
        partition_table_find_label(&comparing->table, expected->partition);
    struct partition slot;
    return wanted != NULL && find_on_board(comparing, boot->app, &slot) &&
           slot.subtype == wanted->subtype;
}

static char *expected_text(const struct comparing *comparing, const struct expected_boot *expected)
{
    if (strcmp(expected->partition, NO_APP) == 0 || begins_alike(comparing)) {
        return text_format("%s", expected->partition);
    }
    return text_format("%s", role_text(role_in_scenario(comparing, expected->partition)));
}

static char *logged_text(const struct comparing *comparing, const struct log_boot *boot)
{
    if (boot->no_app) {
        return text_format("%s", NO_APP);
    }
    struct partition slot = {0};
    bool known = find_on_board(comparing, boot->app, &slot);
    const char *label = known ? slot.label : "no partition that is known";
    if (begins_alike(comparing)) {
        return text_format("%s, at 0x%" PRIx32, label, boot->app);
    }
    return text_format("%s (%s, at 0x%" PRIx32 ")", role_text(role_on_board(comparing, boot->app)),
                       label, boot->app);
}

static void compare_app(const struct comparing *comparing, const struct expected_boot *expected,
                        const struct log_boot *boot)
{
    if (!boot->has_app && !boot->no_app) {
        comparing_add(comparing, COMPARISON_NOT_SAID, "boot", boot->entry,
                      expected_text(comparing, expected),
                      text_format("the bootloader does not say what it loads (its log level?)"));
        return;
    }
    bool same = app_matches(comparing, expected, boot);
    comparing_add(comparing, same ? COMPARISON_AGREES : COMPARISON_DEPARTS, "boot",
                  boot->has_app ? boot->app_entry : boot->entry, expected_text(comparing, expected),
                  logged_text(comparing, boot));
}

static void compare_version(const struct comparing *comparing, const struct expected_boot *expected,
                            const struct log_boot *boot)
{
    const char *version = comparing->board->version;
    bool is_update = role_in_scenario(comparing, expected->partition) == ROLE_UPDATE;
    if (version == NULL || !is_update || !boot->has_version) {
        return;
    }
    bool same = boot->version.length == strlen(version) &&
                memcmp(boot->version.bytes, version, boot->version.length) == 0;
    comparing_add(comparing, same ? COMPARISON_AGREES : COMPARISON_DEPARTS, "version", boot->entry,
                  text_format("%s", version),
                  text_format("%.*s", (int)boot->version.length, boot->version.bytes));
}

static const char *reset_text(const struct log_boot *boot)
{
    static const char *const texts[] = {
        [OTA_RESET_OTHER] = "another reset",   [OTA_RESET_POWER_ON] = "power-on",
        [OTA_RESET_SOFTWARE] = "software",     [OTA_RESET_WATCHDOG] = "a watchdog",
        [OTA_RESET_DEEP_SLEEP] = "deep-sleep", [OTA_RESET_BROWNOUT] = "brownout",
    };
    return boot->after_panic ? "panic" : boot->after_brownout ? "brownout" : texts[boot->reset];
}

static bool reset_matches(const char *expected, const struct log_boot *boot)
{
    if (strstr(expected, "wdt") != NULL) {
        return boot->reset == OTA_RESET_WATCHDOG || boot->after_panic;
    }
    return strcmp(expected, reset_text(boot)) == 0;
}

static void compare_reset(const struct comparing *comparing, const struct expected_boot *expected,
                          const struct log_boot *boot)
{
    if (expected->reset == NULL) {
        return;
    }
    if (!boot->has_reset) {
        comparing_add(comparing, COMPARISON_NOT_SAID, "reset", boot->entry,
                      text_format("after %s", expected->reset),
                      text_format("the ROM's line (rst:0x...) is not in the log"));
        return;
    }
    comparing_add(comparing,
                  reset_matches(expected->reset, boot) ? COMPARISON_AGREES : COMPARISON_DEPARTS,
                  "reset", boot->entry, text_format("after %s", expected->reset),
                  text_format("after %s", reset_text(boot)));
}

/* The boots after the first that a row expects, with its default. */
static size_t expected_boots(const struct comparing *comparing,
                             struct expected_boot out[SCENARIO_MAX_BOOTS])
{
    const struct scenario_expect *expect = comparing->expect;
    size_t count = 0;
    while (count < SCENARIO_MAX_BOOTS && expect->boots[count].partition != NULL) {
        out[count] = expect->boots[count];
        count++;
    }
    bool updated = expected_update(expect) && comparing->update_slot.label[0] != '\0';
    const struct partition *slot = updated ? &comparing->update_slot : &comparing->first_slot;
    if (count == 0 && slot->label[0] != '\0') {
        out[count++] = (struct expected_boot){.partition = slot->label};
    }
    return count;
}

void compare_boots(const struct comparing *comparing)
{
    const struct log_boots *boots = comparing->boots;
    struct expected_boot expected[SCENARIO_MAX_BOOTS] = {0};
    size_t count = expected_boots(comparing, expected);
    /* A device that never boots has no first app. */
    size_t first = comparing->first_slot.label[0] != '\0' ? boots->later : 0;
    for (size_t i = 0; i < count; i++) {
        if (first + i >= boots->count) {
            comparing_add(comparing, COMPARISON_NOT_SAID, "boot", NULL,
                          expected_text(comparing, &expected[i]),
                          text_format("the log ends before it; reset the board and log on"));
            return;
        }
        const struct log_boot *boot = &boots->boots[first + i];
        compare_app(comparing, &expected[i], boot);
        compare_version(comparing, &expected[i], boot);
        compare_reset(comparing, &expected[i], boot);
    }
}

void compare_crashes(const struct comparing *comparing)
{
    const struct ota_fact *panic = NULL;
    for (size_t i = 0; i < comparing->facts->count && panic == NULL; i++) {
        const struct ota_fact *fact = &comparing->facts->facts[i];
        panic = fact->kind == OTA_FACT_PANIC ? fact : NULL;
    }
    if (comparing->expect->crash) {
        comparing_add(comparing, panic != NULL ? COMPARISON_AGREES : COMPARISON_NOT_SAID, "crash",
                      panic != NULL ? panic->entry : NULL, text_format("a boot crashes or hangs"),
                      text_format(panic != NULL ? "it does" : "no line of a panic handler"));
    } else if (panic != NULL) {
        comparing_add(comparing, COMPARISON_DEPARTS, "crash", panic->entry,
                      text_format("no boot crashes"), text_format("a crash"));
    }
}
