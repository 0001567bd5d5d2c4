/* The verdict on events: those of the update, in order. */
#include <inttypes.h>
#include <string.h>

#include "event_names.h"
#include "expected.h"
#include "firmware.h"
#include "judge.h"
#include "otasim_quirk.h"
#include "release.h"
#include "scenario_set.h"
#include "text.h"

/* Actual events with runs of WRITE_FLASH compressed. Returns how many; at most `limit`. */
static size_t compress_events(const json_t *trace, struct expected_event *out, size_t limit)
{
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(trace) && count < limit; i++) {
        const json_t *record = json_array_get(trace, i);
        if (!judge_equal(judge_text(record, "kind"), "event") ||
            !judge_equal(judge_text(record, "base"), "ESP_HTTPS_OTA_EVENT")) {
            continue;
        }
        const json_t *data = json_object_get(record, "data");
        struct expected_event event = {
            .event = event_from_full_name(judge_text(record, "name")),
            .has_data = json_is_integer(data),
            .data = json_integer_value(data),
        };
        bool continues = event.event == EVENT_WRITE_FLASH && count > 0 &&
                         out[count - 1].event == EVENT_WRITE_FLASH;
        if (!continues) {
            count++;
        }
        out[count - 1] = event;
    }
    return count;
}

static bool event_matches(const struct expected_event *expected,
                          const struct expected_event *actual, size_t image_length)
{
    int64_t data = expected->data == EXPECT_IMAGE_SIZE ? (int64_t)image_length : expected->data;
    return expected->event == actual->event &&
           (!expected->has_data || (actual->has_data && actual->data == data));
}

static char *events_text(const struct expected_event *events, size_t count, size_t departs,
                         size_t image_length)
{
    struct text text = {0};
    for (size_t i = 0; i < count; i++) {
        const char *name = event_name(events[i].event);
        text_add(&text, "%s%s%s", i > 0 ? "\n" : "", i == departs ? "> " : "  ",
                 name != NULL ? name : "(unknown event)");
        if (events[i].has_data) {
            text_add(&text, " %" PRId64,
                     events[i].data == EXPECT_IMAGE_SIZE ? (int64_t)image_length : events[i].data);
        }
    }
    if (departs >= count) {
        text_add(&text, "%s> (end)", count > 0 ? "\n" : "");
    }
    return text_take(&text);
}

/* Whether the module's headers have the event, and the library that it runs with posts it. */
static bool is_posted(enum scenario_event event, const struct run_evidence *evidence)
{
    uint32_t release = evidence->release != 0 ? evidence->release : release_master();
    bool checks_revision_late =
        !evidence->strict && quirk_in_release(QUIRK_CHIP_REVISION_LATE, release);
    if (quirk_in_release(QUIRK_NO_EVENTS, release) ||
        (event == EVENT_VERIFY_CHIP_REVISION && checks_revision_late)) {
        return false;
    }
    return evidence->firmware == NULL ||
           firmware_has_event(evidence->firmware, event_full_name(event));
}

/* Releases without an event cannot post it: a row holds for them all. */
static size_t leave_out_missing(const struct expected_event *events, size_t count,
                                const struct run_evidence *evidence, struct expected_event *out)
{
    size_t left = 0;
    for (size_t i = 0; i < count; i++) {
        if (is_posted(events[i].event, evidence)) {
            out[left++] = events[i];
        }
    }
    return left;
}

static void judge_event_list(const struct expected_event *events, size_t event_count,
                             const struct run_evidence *evidence, struct run_result *result)
{
    struct expected_event expected[SCENARIO_MAX_EVENTS];
    size_t expected_count = leave_out_missing(events, event_count, evidence, expected);
    struct expected_event actual[256];
    size_t actual_count = compress_events(result->trace, actual, 256);
    size_t same = 0;
    while (same < expected_count && same < actual_count &&
           event_matches(&expected[same], &actual[same], evidence->image_length)) {
        same++;
    }
    if (same == expected_count && same == actual_count) {
        return;
    }
    run_mismatch(result, "events",
                 events_text(expected, expected_count, same, evidence->image_length),
                 events_text(actual, actual_count, same, evidence->image_length));
}

static void judge_no_switch(struct run_result *result)
{
    struct expected_event actual[256];
    size_t count = compress_events(result->trace, actual, 256);
    for (size_t i = 0; i < count; i++) {
        if (actual[i].event == EVENT_UPDATE_BOOT_PARTITION) {
            run_mismatch(result, "events", text_format("no UPDATE_BOOT_PARTITION after a failure"),
                         events_text(actual, count, i, 0));
            return;
        }
    }
}

/* Only of the fixture firmware is it known which calls it makes. */
static bool runs_fixture_firmware(const struct scenario *scenario)
{
    return strncmp(scenario_firmware(scenario), "updater", 7) == 0;
}

void judge_events(const struct run_evidence *evidence, struct run_result *result)
{
    const struct scenario *scenario = evidence->scenario;
    size_t count = 0;
    while (count < SCENARIO_MAX_EVENTS && scenario->expect.events[count].event != EVENT_END) {
        count++;
    }
    if (count > 0) {
        judge_event_list(scenario->expect.events, count, evidence, result);
    } else if (scenario->expect.any_events) {
        return;
    } else if (!expected_update(&scenario->expect)) {
        judge_no_switch(result);
    } else if (scenario->update.api == UPDATE_ONE_SHOT && runs_fixture_firmware(scenario)) {
        const struct expected_event *good = expected_good_events(&count);
        judge_event_list(good, count, evidence, result);
    }
}
