/* Comparison of a replay with its recording, in the words of recordings. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "esp_err.h"
#include "replay.h"
#include "replay_ports.h"

static bool is_kind(const json_t *record, const char *kind)
{
    return strcmp(replay_string(record, "kind"), kind) == 0;
}

/* The recording's own text, with its variables put in. */
static json_t *with_ports(const json_t *value)
{
    const char *text = json_string_value(value);
    char out[2048];
    size_t used = 0;
    if (text == NULL) {
        return json_deep_copy(value);
    }
    while (*text != '\0' && used + 8 < sizeof out) {
        size_t i = 0;
        while (replay_ports[i].variable != NULL &&
               strncmp(text, replay_ports[i].variable, strlen(replay_ports[i].variable)) != 0) {
            i++;
        }
        if (replay_ports[i].variable != NULL) {
            used += (size_t)snprintf(out + used, 8, "%u", replay_ports[i].port);
            text += strlen(replay_ports[i].variable);
        } else {
            out[used++] = *text++;
        }
    }
    return json_stringn(out, used);
}

/* What the replayer said of call `index`, or NULL. */
static const json_t *outcome_of(const json_t *trace, size_t index)
{
    for (size_t i = 0; i < json_array_size(trace); i++) {
        const json_t *record = json_array_get(trace, i);
        if (is_kind(record, "replay") &&
            (size_t)json_integer_value(json_object_get(record, "call")) == index) {
            return record;
        }
    }
    return NULL;
}

static void compare_ret(struct replay_result *result, const char *where, const json_t *call,
                        const json_t *outcome)
{
    const json_t *expected = json_object_get(call, "ret");
    const json_t *actual = json_object_get(outcome, "ret");
    const char *hex = json_string_value(json_object_get(call, "hex"));
    if (expected == NULL && hex == NULL) {
        return;
    }
    if (hex == NULL) {
        replay_same(result, where, expected, actual);
        return;
    }
    json_int_t code = strtoll(hex, NULL, 0);
    if (!json_is_integer(actual) || json_integer_value(actual) != code) {
        const char *name =
            json_is_integer(actual) ? esp_err_to_name((esp_err_t)json_integer_value(actual)) : "";
        char field[320];
        snprintf(field, sizeof field, "%.150s (%.60s, actually %.60s)", where,
                 replay_string(call, "ret"), name);
        replay_differs(result, field, json_integer(code), json_deep_copy(actual));
    }
}

static void compare_call(struct replay_result *result, const json_t *trace, size_t index,
                         const json_t *call)
{
    static const char *const fields[] = {
        "part",    "state",        "handle",         "calls", "reached",
        "version", "project_name", "secure_version", "times",
    };
    const json_t *outcome = outcome_of(trace, index);
    char where[160];
    snprintf(where, sizeof where, "calls[%zu] %s", index, replay_string(call, "fn"));
    if (outcome == NULL) {
        replay_differs(result, where, json_string("it returns"), json_string("it did not"));
        return;
    }
    if (json_object_get(outcome, "unknown") != NULL) {
        replay_differs(result, where, json_string("a call that the replayer knows"), NULL);
        return;
    }
    compare_ret(result, where, call, outcome);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        const json_t *expected = json_object_get(call, fields[i]);
        if (expected != NULL) {
            char field[200];
            snprintf(field, sizeof field, "%s.%s", where, fields[i]);
            replay_same(result, field, expected, json_object_get(outcome, fields[i]));
        }
    }
}

/* The n-th record of a kind, or NULL. */
static const json_t *nth_of_kind(const json_t *trace, const char *kind, size_t n)
{
    for (size_t i = 0; i < json_array_size(trace); i++) {
        const json_t *record = json_array_get(trace, i);
        if (is_kind(record, kind) && n-- == 0) {
            return record;
        }
    }
    return NULL;
}

static json_t *tried_of(const json_t *bootloader)
{
    json_t *tried = json_array();
    const json_t *attempts = json_object_get(bootloader, "tried");
    for (size_t i = 0; i < json_array_size(attempts); i++) {
        const json_t *attempt = json_array_get(attempts, i);
        json_array_append_new(tried, json_pack("{s:s, s:s}", "part", replay_string(attempt, "part"),
                                               "err", replay_string(attempt, "err")));
    }
    return tried;
}

void replay_compare_boot(struct replay_result *result, const json_t *trace, size_t n,
                         const char *where, const json_t *expected)
{
    const json_t *bootloader = nth_of_kind(trace, "bootloader", n);
    char field[100];
    snprintf(field, sizeof field, "%s.boot", where);
    replay_same(result, field, json_object_get(expected, "boot"),
                json_object_get(bootloader, "booted"));
    snprintf(field, sizeof field, "%s.selected_index", where);
    replay_same(result, field, json_object_get(expected, "selected_index"),
                json_object_get(bootloader, "selected"));
    json_t *tried = tried_of(bootloader);
    snprintf(field, sizeof field, "%s.tried", where);
    replay_same(result, field, json_object_get(expected, "tried"), tried);
    json_decref(tried);
}

static bool is_marker(const char *function)
{
    return strcmp(function, "PROCESS_DIED") == 0 || strcmp(function, "EXTERNAL") == 0;
}

/* Where the recording crashed or hung, so must the replay. */
static void compare_end(struct replay_result *result, const json_t *trace, const char *function)
{
    bool crash = strcmp(function, "CRASH") == 0;
    for (size_t i = 0; i < json_array_size(trace); i++) {
        const json_t *record = json_array_get(trace, i);
        const char *how = is_kind(record, "end") ? replay_string(record, "how") : "";
        if (strcmp(how, crash ? "panic" : "watchdog") == 0) {
            return;
        }
    }
    replay_differs(result, function, json_string(crash ? "a panic" : "no return"),
                   json_string("the call returned"));
}

/* What repeated recordings did not agree on says nothing. */
static bool varies(const json_t *record, const char *field)
{
    return json_object_get(json_object_get(record, "varies_between_runs"), field) != NULL;
}

static void compare_reboot(const struct replay_evidence *evidence, struct replay_result *result,
                           size_t reboots, const char *where, const json_t *call)
{
    replay_compare_boot(result, evidence->trace, reboots, where, call);
    const json_t *bootloader = nth_of_kind(evidence->trace, "bootloader", reboots);
    replay_same(result, where, json_object_get(call, "otadata_after"),
                json_object_get(bootloader, "otadata"));
}

/* Returns how many of the calls are resets. */
static size_t compare_calls(const struct replay_evidence *evidence, struct replay_result *result)
{
    const json_t *calls = json_object_get(evidence->record, "calls");
    size_t reboots = 0;
    for (size_t i = 0; i < json_array_size(calls); i++) {
        const json_t *call = json_array_get(calls, i);
        const char *function = replay_string(call, "fn");
        char where[40];
        snprintf(where, sizeof where, "calls[%zu] REBOOT", i);
        if (strcmp(function, "REBOOT") == 0) {
            compare_reboot(evidence, result, reboots++, where, call);
        } else if (strcmp(function, "CRASH") == 0 || strcmp(function, "KILLED_BY_HARNESS") == 0) {
            compare_end(result, evidence->trace, function);
        } else if (strcmp(function, "(device called esp_restart)") == 0) {
            if (outcome_of(evidence->trace, i) != NULL) {
                replay_differs(result, function, json_string("no return"),
                               json_string("the call returned"));
            }
        } else if (!is_marker(function) && !varies(evidence->record, "calls")) {
            compare_call(result, evidence->trace, i, call);
        }
    }
    return reboots;
}

static void compare_final_boot(const struct replay_evidence *evidence, struct replay_result *result,
                               size_t reboots)
{
    const json_t *final = json_object_get(evidence->record, "after_reboot");
    if (json_is_object(final) && !varies(evidence->record, "after_reboot")) {
        replay_compare_boot(result, evidence->trace, reboots, "after_reboot", final);
        replay_same(result, "after_reboot.otadata", json_object_get(final, "otadata"),
                    evidence->final_boot);
    }
}

#define DECRYPT_CB  "ESP_HTTPS_OTA_DECRYPT_CB"
#define WRITE_FLASH "ESP_HTTPS_OTA_WRITE_FLASH"
#define PAIR        "ESP_HTTPS_OTA_DECRYPT_CB then ESP_HTTPS_OTA_WRITE_FLASH (pair)"

/* All events, each with the call during which it was posted. */
static json_t *events_of(const json_t *trace)
{
    json_t *events = json_array();
    json_int_t during = 0;
    for (size_t i = 0; i < json_array_size(trace); i++) {
        const json_t *record = json_array_get(trace, i);
        if (is_kind(record, "replay-enter")) {
            during = json_integer_value(json_object_get(record, "call"));
        } else if (is_kind(record, "event") &&
                   strcmp(replay_string(record, "base"), "ESP_HTTPS_OTA_EVENT") == 0) {
            const char *name = json_string_value(json_object_get(record, "name"));
            json_t *event =
                json_pack("{s:s, s:I}", "ev", name != NULL ? name : "(unknown)", "during", during);
            const json_t *data = json_object_get(record, "data");
            if (json_is_integer(data)) {
                json_object_set_new(event, "data", json_deep_copy(data));
                json_object_set_new(event, "len", json_deep_copy(json_object_get(record, "len")));
            }
            json_array_append_new(events, event);
        }
    }
    return events;
}

static bool event_is(const json_t *events, size_t index, const char *name)
{
    return index < json_array_size(events) &&
           strcmp(replay_string(json_array_get(events, index), "ev"), name) == 0;
}

static json_t *run_event(const char *name, const json_t *first, const json_t *last, size_t count,
                         const json_t *during)
{
    return json_pack("{s:s, s:I, s:O, s:O, s:O}", "ev", name, "count", (json_int_t)count, "first",
                     json_object_get(first, "data"), "last", json_object_get(last, "data"),
                     "during", json_object_get(during, "during"));
}

/* Runs of WRITE_FLASH, and of DECRYPT_CB and WRITE_FLASH in turn, are one entry in recordings. */
static json_t *merge_runs(const json_t *events)
{
    json_t *merged = json_array();
    for (size_t i = 0; i < json_array_size(events);) {
        size_t writes = 0, pairs = 0;
        const json_t *during = json_object_get(json_array_get(events, i), "during");
        while (event_is(events, i + writes, WRITE_FLASH) &&
               json_equal(during, json_object_get(json_array_get(events, i + writes), "during"))) {
            writes++;
        }
        while (event_is(events, i + 2 * pairs, DECRYPT_CB) &&
               event_is(events, i + 2 * pairs + 1, WRITE_FLASH)) {
            pairs++;
        }
        if (writes > 1) {
            json_array_append_new(merged, run_event(WRITE_FLASH, json_array_get(events, i),
                                                    json_array_get(events, i + writes - 1), writes,
                                                    json_array_get(events, i)));
            i += writes;
        } else if (pairs > 1) {
            json_array_append_new(merged, run_event(PAIR, json_array_get(events, i + 1),
                                                    json_array_get(events, i + 2 * pairs - 1),
                                                    pairs, json_array_get(events, i)));
            i += 2 * pairs;
        } else {
            json_array_append(merged, json_array_get(events, i++));
        }
    }
    return merged;
}

static void compare_events(const struct replay_evidence *evidence, struct replay_result *result)
{
    if (varies(evidence->record, "events")) {
        return;
    }
    json_t *all = events_of(evidence->trace);
    json_t *merged = merge_runs(all);
    const json_t *expected = json_object_get(evidence->record, "events");
    if (json_object_get(evidence->record, "unbounded") != NULL) {
        /* The recorder gave up at another point in time than the watchdog does. */
        while (json_array_size(merged) > json_array_size(expected)) {
            json_array_remove(merged, json_array_size(merged) - 1);
        }
    }
    replay_same_lists(result, "events", expected, merged);
    json_decref(all);
    json_decref(merged);
}

/* A recording names an Authorization only where one was sent: none must reach another host. */
static void compare_missing_credentials(struct replay_result *result, size_t index,
                                        const json_t *expected, const json_t *actual)
{
    const json_t *sent = json_object_get(actual, "authorization");
    if (json_is_string(sent) && json_object_get(expected, "authorization") == NULL) {
        char field[80];
        snprintf(field, sizeof field, "requests[%zu].authorization", index);
        replay_differs(result, field, json_null(), json_deep_copy(sent));
    }
}

/* Both sides with the fields of the recording only. */
static void compare_request(struct replay_result *result, size_t index, const json_t *expected,
                            const json_t *actual)
{
    const char *key;
    const json_t *value;
    json_object_foreach((json_t *)expected, key, value)
    {
        json_t *wanted = with_ports(value);
        const json_t *have = json_object_get(actual, key);
        bool same = json_equal(wanted, have) || (json_is_null(wanted) && have == NULL);
        if (!same) {
            char field[80];
            snprintf(field, sizeof field, "requests[%zu].%s", index, key);
            replay_differs(result, field, json_incref(wanted), json_deep_copy(have));
        }
        json_decref(wanted);
    }
}

static void compare_requests(const struct replay_evidence *evidence, struct replay_result *result)
{
    const json_t *expected = json_object_get(evidence->record, "requests");
    if (!json_is_array(expected) || varies(evidence->record, "requests")) {
        return;
    }
    size_t count = json_array_size(expected), other = json_array_size(evidence->requests);
    bool unbounded = json_object_get(evidence->record, "unbounded") != NULL;
    for (size_t i = 0; i < count && i < other; i++) {
        const json_t *request = json_array_get(expected, i);
        const char *status = replay_string(request, "status");
        if (strncmp(status, "(not answered: harness", 22) != 0) {
            compare_request(result, i, request, json_array_get(evidence->requests, i));
            compare_missing_credentials(result, i, request, json_array_get(evidence->requests, i));
        }
    }
    if (count != other && !(unbounded && other > count)) {
        replay_differs(result, "number of requests", json_integer((json_int_t)count),
                       json_integer((json_int_t)other));
    }
}

/* The recorder counted events in the process that crashed, and lost them with it. */
static bool died(const json_t *record)
{
    const json_t *calls = json_object_get(record, "calls");
    const json_t *last = json_array_get(calls, json_array_size(calls) - 1);
    return strcmp(replay_string(last, "fn"), "PROCESS_DIED") == 0;
}

/* Of an app that was in the slot before, only its size and version are recorded: how many bytes of
 * it a write without an erase hits is not known, only that it does. */
static void compare_flash_ops(const struct replay_evidence *evidence, struct replay_result *result)
{
    json_t *expected = json_deep_copy(json_object_get(evidence->record, "flash_ops"));
    json_t *actual = json_deep_copy(evidence->flash_ops);
    if (json_integer_value(json_object_get(expected, "nor_violations")) > 0 &&
        json_integer_value(json_object_get(actual, "nor_violations")) > 0) {
        json_object_del(expected, "nor_violations");
        json_object_del(actual, "nor_violations");
    }
    replay_same(result, "flash_ops", expected, actual);
    json_decref(expected);
    json_decref(actual);
}

static void compare_http_events(const struct replay_evidence *evidence,
                                struct replay_result *result)
{
    static const char prefix[] = "HTTP_EVENT_";
    const json_t *expected = json_object_get(evidence->record, "http_client_events");
    if (!json_is_object(expected) || varies(evidence->record, "http_client_events") ||
        json_object_get(evidence->record, "unbounded") != NULL || died(evidence->record)) {
        return;
    }
    json_t *counts = json_object();
    for (size_t i = 0; i < json_array_size(evidence->trace); i++) {
        const json_t *record = json_array_get(evidence->trace, i);
        const char *name = json_string_value(json_object_get(record, "name"));
        bool ours =
            is_kind(record, "event") && name != NULL && strncmp(name, prefix, strlen(prefix)) == 0;
        if (!ours || strcmp(name, "HTTP_EVENT_ON_DATA") == 0) {
            continue;
        }
        json_int_t count = json_integer_value(json_object_get(counts, name + strlen(prefix)));
        json_object_set_new(counts, name + strlen(prefix), json_integer(count + 1));
    }
    replay_same(result, "http_client_events", expected, counts);
    json_decref(counts);
}

void replay_compare(const struct replay_evidence *evidence, struct replay_result *result)
{
    const json_t *record = evidence->record;
    compare_final_boot(evidence, result, compare_calls(evidence, result));
    compare_events(evidence, result);
    compare_requests(evidence, result);
    compare_http_events(evidence, result);
    if (json_object_get(record, "unbounded") == NULL && !varies(record, "flash_ops")) {
        compare_flash_ops(evidence, result);
    }
    if (!varies(record, "otadata_after")) {
        replay_same(result, "otadata_after", json_object_get(record, "otadata_after"),
                    evidence->otadata_after);
    }
    const json_t *slots = json_object_get(record, "slots_holding_image");
    if (json_is_object(slots) && !varies(record, "slots_holding_image")) {
        replay_same(result, "slots_holding_image", slots, evidence->slots);
    }
    json_t *version = json_integer((json_int_t)evidence->secure_version);
    replay_same(result, "efuse_secure_version_after",
                json_object_get(record, "efuse_secure_version_after"), version);
    json_decref(version);
}
