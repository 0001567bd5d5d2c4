#include "compare_log.h"

#include <stdlib.h>
#include <string.h>

#include "bootloader.h"
#include "compare_parts.h"
#include "firmware.h"
#include "run.h"
#include "scenario_device.h"
#include "scenario_set.h"
#include "text.h"

void comparing_add(const struct comparing *comparing, enum comparison_verdict verdict,
                   const char *field, const struct serial_entry *entry, char *expected,
                   char *logged)
{
    struct comparisons *out = comparing->out;
    if (out->count == COMPARISONS_MAX) {
        free(expected);
        free(logged);
        return;
    }
    out->list[out->count++] = (struct comparison){verdict, field, entry, expected, logged};
}

/* What the scenario's device boots first, and where its update would land. */
static bool find_slots(struct comparing *comparing, struct error *err)
{
    const struct scenario *scenario = comparing->scenario;
    struct device *device = scenario_device_create(scenario, &comparing->table, err);
    if (device == NULL) {
        return false;
    }
    struct error unused;
    const struct firmware *firmware = firmware_load(scenario_firmware(scenario), &unused);
    struct bootloader_config config = {0};
    if (firmware != NULL) {
        config = firmware_bootloader(firmware);
        firmware_read_buttons(firmware, scenario->device.pins_low, scenario->device.pins_high,
                              &config);
    }
    struct bootloader_report report;
    if (bootloader_run(device, &config, &report)) {
        comparing->first_slot = report.app;
        const struct partition *next = run_next_slot(&comparing->table, &report.app);
        if (next != NULL) {
            comparing->update_slot = *next;
        }
    }
    device_destroy(device);
    return true;
}

static size_t count_starts(const struct expected_event *events)
{
    size_t starts = 0;
    for (size_t i = 0; i < SCENARIO_MAX_EVENTS && events[i].event != EVENT_END; i++) {
        starts += events[i].event == EVENT_START;
    }
    return starts;
}

/* One attempt ends at the next reset: what a board does after it, the scenario's need not do. */
static void find_update(struct comparing *comparing)
{
    const struct log_boots *boots = comparing->boots;
    comparing->several =
        count_starts(comparing->expect->events) > 1 || comparing->scenario->update.repeat > 1;
    comparing->begin = boots->activity;
    comparing->end = comparing->facts->count;
    if (!comparing->several && boots->later < boots->count) {
        comparing->end = boots->boots[boots->later].first_fact;
    }
}

static void say_what_no_log_tells(const struct comparing *comparing)
{
    comparing_add(comparing, COMPARISON_NOT_SAID, "the rest", NULL,
                  text_format("requests, flash, otadata, memory"),
                  text_format("no serial log tells them; otasim serve prints the requests"));
}

static void find_release(struct comparing *comparing)
{
    for (size_t i = 0; i < comparing->facts->count; i++) {
        if (comparing->facts->facts[i].kind == OTA_FACT_RELEASE) {
            comparing->out->release = comparing->facts->facts[i].text;
        }
    }
}

static bool compare_facts(struct comparing *comparing, struct error *err)
{
    if (!find_slots(comparing, err)) {
        return false;
    }
    find_update(comparing);
    find_release(comparing);
    comparing->out->boots = comparing->boots->count;
    comparing->out->facts = comparing->facts->count;
    compare_result(comparing);
    compare_tls_error(comparing);
    compare_events(comparing);
    compare_boots(comparing);
    compare_crashes(comparing);
    say_what_no_log_tells(comparing);
    return true;
}

bool compare_log(const struct scenario *scenario, bool strict, const struct serial_log *log,
                 const struct comparison_board *board, struct comparisons *out, struct error *err)
{
    struct ota_facts facts = {0};
    struct log_boots boots = {0};
    *out = (struct comparisons){0};
    struct comparing comparing = {
        .scenario = scenario,
        .expect = strict && scenario->documented != NULL ? scenario->documented : &scenario->expect,
        .board = board,
        .facts = &facts,
        .boots = &boots,
        .out = out,
    };
    bool ok = ota_facts_find(log, &facts, err) && log_boots_find(&facts, &boots, err) &&
              compare_facts(&comparing, err);
    log_boots_free(&boots);
    ota_facts_free(&facts);
    if (!ok) {
        comparisons_free(out);
    }
    return ok;
}

void comparisons_free(struct comparisons *comparisons)
{
    for (size_t i = 0; i < comparisons->count; i++) {
        free(comparisons->list[i].expected);
        free(comparisons->list[i].logged);
    }
    *comparisons = (struct comparisons){0};
}

size_t comparisons_with(const struct comparisons *comparisons, enum comparison_verdict verdict)
{
    size_t count = 0;
    for (size_t i = 0; i < comparisons->count; i++) {
        count += comparisons->list[i].verdict == verdict;
    }
    return count;
}
