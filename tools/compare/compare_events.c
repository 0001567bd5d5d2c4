/* The events of the update, in their order. */
#include <inttypes.h>
#include <string.h>

#include "compare_parts.h"
#include "event_names.h"
#include "expected.h"
#include "scenario_set.h"
#include "text.h"

#define EVENTS_MAX 128

struct event_list {
    size_t count;
    struct {
        enum scenario_event event;
        bool has_data;
        int64_t data;
        const struct ota_fact *fact; /* NULL: expected */
    } events[EVENTS_MAX];
};

static bool same_text(struct serial_text a, struct serial_text b)
{
    return a.length == b.length && memcmp(a.bytes, b.bytes, a.length) == 0;
}

/* Words like "connected to server" are anybody's: they are events only of whoever says "OTA
 * started", and more than that. */
static const struct serial_entry *find_narrator(const struct comparing *comparing)
{
    const struct serial_entry *narrator = NULL;
    for (size_t i = comparing->begin; i < comparing->end; i++) {
        const struct ota_fact *fact = &comparing->facts->facts[i];
        if (fact->kind != OTA_FACT_EVENT || !fact->phrase) {
            continue;
        }
        if (narrator == NULL && fact->value == EVENT_START) {
            narrator = fact->entry;
        } else if (narrator != NULL && fact->value != EVENT_START &&
                   same_text(narrator->tag, fact->entry->tag)) {
            return narrator;
        }
    }
    return NULL;
}

/* Runs of WRITE_FLASH are one, as in a scenario; attempts beyond those expected are left out. */
static void read_events(const struct comparing *comparing, size_t attempts, struct event_list *out)
{
    const struct serial_entry *narrator = find_narrator(comparing);
    size_t starts = 0;
    for (size_t i = comparing->begin; i < comparing->end && out->count < EVENTS_MAX; i++) {
        const struct ota_fact *fact = &comparing->facts->facts[i];
        bool told =
            fact->kind == OTA_FACT_EVENT &&
            (!fact->phrase || (narrator != NULL && same_text(narrator->tag, fact->entry->tag)));
        if (!told) {
            continue;
        }
        enum scenario_event event = (enum scenario_event)fact->value;
        starts += event == EVENT_START;
        if (starts > attempts) {
            return;
        }
        bool repeats = out->count > 0 && out->events[out->count - 1].event == event &&
                       (event == EVENT_WRITE_FLASH || event == EVENT_DECRYPT_CB);
        out->count += !repeats;
        out->events[out->count - 1].event = event;
        out->events[out->count - 1].has_data = fact->has_data;
        out->events[out->count - 1].data = fact->data;
        out->events[out->count - 1].fact = fact;
    }
}

static bool has_event(const struct event_list *list, enum scenario_event event)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->events[i].event == event) {
            return true;
        }
    }
    return false;
}

/* What a board need not tell: WRITE_FLASH is printed at debug level, older releases have no
 * VERIFY_CHIP_REVISION, and whether the description is asked for is the application's choice. */
static bool is_optional(enum scenario_event event)
{
    return event == EVENT_WRITE_FLASH || event == EVENT_VERIFY_CHIP_REVISION ||
           event == EVENT_GET_IMG_DESC || event == EVENT_DECRYPT_CB;
}

static void leave_out(struct event_list *list, const struct event_list *other)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (!is_optional(list->events[i].event) || has_event(other, list->events[i].event)) {
            list->events[kept++] = list->events[i];
        }
    }
    list->count = kept;
}

static char *list_text(const struct event_list *list)
{
    struct text text = {0};
    for (size_t i = 0; i < list->count; i++) {
        text_add(&text, "%s%s", i > 0 ? ", " : "", event_name(list->events[i].event));
    }
    return text_take(&text);
}

static void add_expected(struct event_list *list, const struct expected_event *events, size_t count)
{
    for (size_t i = 0; i < count && list->count < EVENTS_MAX; i++) {
        list->events[list->count++].event = events[i].event;
    }
}

static void compare_lists(const struct comparing *comparing, struct event_list *expected,
                          size_t attempts)
{
    struct event_list logged = {0};
    read_events(comparing, attempts, &logged);
    if (logged.count == 0) {
        comparing_add(comparing, COMPARISON_NOT_SAID, "events", NULL, list_text(expected),
                      text_format("no line names one; print them in a handler of "
                                  "ESP_HTTPS_OTA_EVENT"));
        return;
    }
    leave_out(expected, &logged);
    leave_out(&logged, expected);
    size_t same = 0;
    while (same < expected->count && same < logged.count &&
           expected->events[same].event == logged.events[same].event) {
        same++;
    }
    if (same == expected->count && same == logged.count) {
        comparing_add(comparing, COMPARISON_AGREES, "events",
                      logged.count > 0 ? logged.events[logged.count - 1].fact->entry : NULL,
                      list_text(expected), list_text(&logged));
        return;
    }
    size_t at = same < logged.count ? same : logged.count - 1;
    const char *wanted = same < expected->count ? event_name(expected->events[same].event) : NULL;
    comparing_add(comparing, COMPARISON_DEPARTS, "events",
                  logged.count > 0 ? logged.events[at].fact->entry : NULL,
                  wanted != NULL ? text_format("%s as event %zu", wanted, same + 1)
                                 : text_format("no event after the %zu that agree", same),
                  same < logged.count ? text_format("%s", event_name(logged.events[same].event))
                                      : text_format("no further event"));
}

static void expect_no_switch(const struct comparing *comparing)
{
    struct event_list logged = {0};
    read_events(comparing, SIZE_MAX, &logged);
    for (size_t i = 0; i < logged.count; i++) {
        if (logged.events[i].event == EVENT_UPDATE_BOOT_PARTITION) {
            comparing_add(comparing, COMPARISON_DEPARTS, "events", logged.events[i].fact->entry,
                          text_format("no UPDATE_BOOT_PARTITION after a failure"),
                          text_format("UPDATE_BOOT_PARTITION"));
            return;
        }
    }
    if (logged.count > 0) {
        comparing_add(comparing, COMPARISON_AGREES, "events",
                      logged.events[logged.count - 1].fact->entry,
                      text_format("no UPDATE_BOOT_PARTITION after a failure"), text_format("none"));
    }
}

void compare_events(const struct comparing *comparing)
{
    const struct scenario_expect *expect = comparing->expect;
    struct event_list expected = {0};
    size_t count = 0, attempts = 0;
    while (count < SCENARIO_MAX_EVENTS && expect->events[count].event != EVENT_END) {
        attempts += expect->events[count++].event == EVENT_START;
    }
    if (count > 0) {
        add_expected(&expected, expect->events, count);
        compare_lists(comparing, &expected, attempts > 0 ? attempts : 1);
    } else if (!expect->any_events && !expected_update(expect)) {
        expect_no_switch(comparing);
    } else if (!expect->any_events && comparing->scenario->update.api == UPDATE_ONE_SHOT) {
        const struct expected_event *good = expected_good_events(&count);
        add_expected(&expected, good, count);
        compare_lists(comparing, &expected, 1);
    }
}
