/* The verdict: evidence against expectation, field by field. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot.h"
#include "event_names.h"
#include "firmware.h"
#include "otadata.h"
#include "run.h"
#include "scenario_device.h"
#include "scenario_set.h"
#include "text.h"
#include "trace_file.h"

#define ERR_HTTPS_OTA_IN_PROGRESS 0x9001

static const char *string_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static bool equal(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* The calls whose failure is the update's failure. */
static bool is_one_of(const char *function, const char *const names[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (equal(function, names[i])) {
            return true;
        }
    }
    return false;
}

static bool is_update_call(const char *function)
{
    static const char *const calls[] = {
        "esp_https_ota",
        "esp_https_ota_begin",
        "esp_https_ota_get_img_desc",
        "esp_https_ota_perform",
        "esp_https_ota_finish",
        "esp_ota_begin",
        "esp_ota_resume",
        "esp_ota_write",
        "esp_ota_write_with_offset",
        "esp_ota_end",
        "esp_ota_set_boot_partition",
        "esp_http_client_open",
    };
    return is_one_of(function, calls, sizeof calls / sizeof calls[0]);
}

static bool begins_attempt(const char *function)
{
    static const char *const calls[] = {"esp_https_ota", "esp_https_ota_begin", "esp_ota_begin",
                                        "esp_ota_resume"};
    return is_one_of(function, calls, sizeof calls / sizeof calls[0]);
}

const json_t *run_update_call(const json_t *trace)
{
    const json_t *last = NULL, *first_failure = NULL;
    bool failed = false;
    for (size_t i = 0; i < json_array_size(trace); i++) {
        const json_t *record = json_array_get(trace, i);
        const char *function = string_of(record, "fn");
        if (!equal(string_of(record, "kind"), "call") || !is_update_call(function) ||
            (failed && !begins_attempt(function))) {
            continue;
        }
        json_int_t result = json_integer_value(json_object_get(record, "ret"));
        last = record;
        failed = result != ESP_OK && result != ERR_HTTPS_OTA_IN_PROGRESS;
        if (failed && first_failure == NULL) {
            first_failure = record;
        }
    }
    return failed ? first_failure : last;
}

static char *error_text(esp_err_t code)
{
    /* A negated code has no name of its own, but says more by the code's than by a number. */
    if (code < ESP_FAIL) {
        return text_format("-%s (%d)", esp_err_to_name(-code), code);
    }
    return text_format("%s (0x%x)", esp_err_to_name(code), (unsigned)code);
}

/* Whether the update is to be installed and selected. */
static bool wants_update(const struct scenario_expect *expect)
{
    if (expect->state != STATE_AS_RESULT) {
        return expect->state == STATE_K2;
    }
    return expect->result == ESP_OK && !expect->no_update;
}

static void judge_result(const struct run_evidence *evidence, struct run_result *result)
{
    const struct scenario_expect *expect = &evidence->scenario->expect;
    const json_t *call = run_update_call(result->trace);
    if (call == NULL && expect->no_update) {
        return;
    }
    if (call == NULL) {
        const json_t *end = trace_first(result->trace, "end");
        run_mismatch(result, "result", error_text(expect->result),
                     text_format("the update never returned (boot ended: %s %s)",
                                 end != NULL ? string_of(end, "how") : "?",
                                 string_of(end, "detail") != NULL ? string_of(end, "detail") : ""));
        return;
    }
    esp_err_t actual = (esp_err_t)json_integer_value(json_object_get(call, "ret"));
    if (actual != expect->result) {
        char *code = error_text(actual);
        run_mismatch(result, "result", error_text(expect->result),
                     text_format("%s from %s", code, string_of(call, "fn")));
        free(code);
    }
}

/* Actual events with runs of WRITE_FLASH compressed. Returns how many; at most `limit`. */
static size_t compress_events(const json_t *trace, struct expected_event *out, size_t limit)
{
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(trace) && count < limit; i++) {
        const json_t *record = json_array_get(trace, i);
        if (!equal(string_of(record, "kind"), "event") ||
            !equal(string_of(record, "base"), "ESP_HTTPS_OTA_EVENT")) {
            continue;
        }
        const json_t *data = json_object_get(record, "data");
        struct expected_event event = {
            .event = event_from_full_name(string_of(record, "name")),
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

static const struct expected_event good_events[] = {
    START,
    CONNECTED,
    VERIFY_CHIP_ID,
    VERIFY_CHIP_REVISION,
    WRITE_FLASH_TO(IMAGE_SIZE),
    UPDATE_BOOT_PARTITION,
    FINISH,
};

/* Releases without an event cannot post it: a row holds for them all. */
static size_t leave_out_missing(const struct expected_event *events, size_t count,
                                const struct firmware *firmware, struct expected_event *out)
{
    size_t left = 0;
    for (size_t i = 0; i < count; i++) {
        if (firmware == NULL || firmware_has_event(firmware, event_full_name(events[i].event))) {
            out[left++] = events[i];
        }
    }
    return left;
}

static void judge_event_list(const struct expected_event *events, size_t event_count,
                             const struct run_evidence *evidence, struct run_result *result)
{
    struct expected_event expected[SCENARIO_MAX_EVENTS];
    size_t expected_count = leave_out_missing(events, event_count, evidence->firmware, expected);
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

static void judge_events(const struct run_evidence *evidence, struct run_result *result)
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
    } else if (!wants_update(&scenario->expect)) {
        judge_no_switch(result);
    } else if (scenario->update.api == UPDATE_ONE_SHOT && runs_fixture_firmware(scenario)) {
        judge_event_list(good_events, sizeof good_events / sizeof good_events[0], evidence, result);
    }
}

/* A connection that did not come to a request has a name in its place. */
static const char *method_of(const json_t *request)
{
    static const struct expected_request failed = NO_HANDSHAKE;
    bool has_failed = json_is_true(json_object_get(request, "tls_handshake_failed"));
    return has_failed ? failed.method : string_of(request, "method");
}

static bool request_matches(const struct expected_request *expected, const json_t *actual)
{
    return equal(expected->method, method_of(actual)) &&
           equal(expected->path, string_of(actual, "path")) &&
           equal(expected->range, string_of(actual, "range")) &&
           (expected->alpn == NULL || equal(expected->alpn, string_of(actual, "alpn"))) &&
           (expected->host == NULL || equal(expected->host, string_of(actual, "host"))) &&
           (expected->user_agent == NULL ||
            equal(expected->user_agent, string_of(actual, "user_agent"))) &&
           (expected->authorization == NULL ||
            (expected->authorization[0] == '\0'
                 ? string_of(actual, "authorization") == NULL
                 : equal(expected->authorization, string_of(actual, "authorization")))) &&
           (expected->status == 0 ||
            expected->status == json_integer_value(json_object_get(actual, "status"))) &&
           (expected->connection == 0 ||
            expected->connection == json_integer_value(json_object_get(actual, "conn")));
}

static void add_field(struct text *text, const char *name, const char *value)
{
    if (value != NULL) {
        text_add(text, " %s=%s", name, value);
    }
}

static char *expected_requests_text(const struct expected_request *requests, size_t count,
                                    size_t departs)
{
    struct text text = {0};
    for (size_t i = 0; i < count; i++) {
        const struct expected_request *row = &requests[i];
        text_add(&text, "%s%s%s %s", i > 0 ? "\n" : "", i == departs ? "> " : "  ", row->method,
                 row->path != NULL ? row->path : "");
        add_field(&text, "range", row->range);
        add_field(&text, "host", row->host);
        add_field(&text, "alpn", row->alpn);
        add_field(&text, "user_agent", row->user_agent);
        add_field(&text, "authorization", row->authorization);
        if (row->status != 0) {
            text_add(&text, " status=%d", row->status);
        }
        if (row->connection != 0) {
            text_add(&text, " connection=%d", row->connection);
        }
    }
    if (departs >= count) {
        text_add(&text, "%s> (end)", count > 0 ? "\n" : "");
    }
    return text_take(&text);
}

static char *actual_requests_text(const json_t *requests, size_t departs)
{
    struct text text = {0};
    size_t count = json_array_size(requests);
    for (size_t i = 0; i < count; i++) {
        const json_t *row = json_array_get(requests, i);
        const char *path = string_of(row, "path");
        text_add(&text, "%s%s%s %s", i > 0 ? "\n" : "", i == departs ? "> " : "  ", method_of(row),
                 path != NULL ? path : "");
        add_field(&text, "range", string_of(row, "range"));
        add_field(&text, "host", string_of(row, "host"));
        add_field(&text, "alpn", string_of(row, "alpn"));
        add_field(&text, "authorization", string_of(row, "authorization"));
        text_add(&text, " status=%d connection=%d",
                 (int)json_integer_value(json_object_get(row, "status")),
                 (int)json_integer_value(json_object_get(row, "conn")));
    }
    if (departs >= count) {
        text_add(&text, "%s> (end)", count > 0 ? "\n" : "");
    }
    return text_take(&text);
}

static void judge_requests(const struct run_evidence *evidence, struct run_result *result)
{
    const struct scenario_expect *expect = &evidence->scenario->expect;
    size_t count = 0;
    while (count < SCENARIO_MAX_REQUESTS && expect->requests[count].method != NULL) {
        count++;
    }
    bool nobody_looked = evidence->scenario->listeners.external;
    if (nobody_looked || (count == 0 && !expect->no_requests)) {
        return;
    }
    size_t actual = json_array_size(result->requests);
    size_t same = 0;
    while (same < count && same < actual &&
           request_matches(&expect->requests[same], json_array_get(result->requests, same))) {
        same++;
    }
    if (same != count || same != actual) {
        run_mismatch(result, "requests", expected_requests_text(expect->requests, count, same),
                     actual_requests_text(result->requests, same));
    }
}

/* As "ota_0 2.0.0 after panic, ends idle", with those parts only that are compared. */
static void add_boot(struct text *text, const struct expected_boot *boot)
{
    text_add(text, "%s%s %s", text->length > 0 ? "\n" : "", boot->partition,
             boot->version != NULL ? boot->version : "");
    if (boot->reset != NULL) {
        text_add(text, " after %s", boot->reset);
    }
    if (boot->end != NULL) {
        text_add(text, "%s ends %s", boot->reset != NULL ? "," : "", boot->end);
    }
}

/* The i-th boot after the first that is expected; partition NULL: none is. */
static struct expected_boot expected_boot(const struct expected_boot *boots, size_t count,
                                          size_t more, size_t i)
{
    if (i < count) {
        return boots[i];
    }
    if (i >= count + more) {
        return (struct expected_boot){0};
    }
    /* What reset it is, only the last row knows, and only of its own boot. */
    struct expected_boot again = boots[count - 1];
    again.reset = NULL;
    return again;
}

/* How the boot whose record is at `index` ended. */
static const char *end_of_boot(const json_t *trace, size_t index)
{
    for (size_t i = index; i < json_array_size(trace); i++) {
        const json_t *record = json_array_get(trace, i);
        if (equal(string_of(record, "kind"), "end")) {
            return string_of(record, "how");
        }
    }
    return "?";
}

static void compare_boots(const struct expected_boot *boots, size_t count, size_t more,
                          struct run_result *result)
{
    struct text wanted = {0}, actual = {0};
    size_t seen = 0;
    for (size_t i = 0; i < count + more; i++) {
        struct expected_boot boot = expected_boot(boots, count, more, i);
        add_boot(&wanted, &boot);
    }
    for (size_t i = 0; i < json_array_size(result->trace); i++) {
        const json_t *record = json_array_get(result->trace, i);
        bool boot = equal(string_of(record, "kind"), "boot") &&
                    json_integer_value(json_object_get(record, "n")) > 0;
        bool dead = equal(string_of(record, "kind"), "end") &&
                    equal(string_of(record, "how"), boot_end_name(BOOT_END_NO_APP));
        if (boot) {
            struct expected_boot row = expected_boot(boots, count, more, seen++);
            row.partition = string_of(record, "running");
            row.version = string_of(record, "version");
            row.reset = row.reset != NULL ? string_of(record, "reset") : NULL;
            row.end = row.end != NULL ? end_of_boot(result->trace, i) : NULL;
            add_boot(&actual, &row);
        } else if (dead && equal(expected_boot(boots, count, more, seen).partition, NO_APP)) {
            struct expected_boot row = expected_boot(boots, count, more, seen++);
            add_boot(&actual, &row);
        } else if (dead) {
            text_add(&actual, "%sno app: %s", actual.length > 0 ? "\n" : "",
                     string_of(record, "detail"));
        }
    }
    char *wanted_text = text_take(&wanted), *actual_text = text_take(&actual);
    if (strcmp(wanted_text, actual_text) != 0) {
        run_mismatch(result, "boots", wanted_text, actual_text);
    } else {
        free(wanted_text);
        free(actual_text);
    }
}

static void judge_boots(const struct run_evidence *evidence, struct run_result *result)
{
    const struct scenario_expect *expect = &evidence->scenario->expect;
    size_t count = 0;
    while (count < SCENARIO_MAX_BOOTS && expect->boots[count].partition != NULL) {
        count++;
    }
    if (count > 0) {
        compare_boots(expect->boots, count, expect->more_boots, result);
        return;
    }
    char version[33];
    scenario_image_version(evidence->image, evidence->image_length, version);
    bool updated = wants_update(expect) && evidence->update_slot != NULL;
    const struct partition *slot = updated ? evidence->update_slot : evidence->first_slot;
    struct expected_boot usual = {
        .partition = slot != NULL ? slot->label : "(none)",
        .version = updated ? version : evidence->first_version,
    };
    compare_boots(&usual, 1, expect->more_boots, result);
}

static void judge_slot(const struct run_evidence *evidence, struct run_result *result)
{
    const struct scenario_expect *expect = &evidence->scenario->expect;
    const struct partition *slot = evidence->update_slot;
    if (!wants_update(expect) || expect->slot_differs || slot == NULL) {
        return;
    }
    if (evidence->image_length > slot->size) {
        run_mismatch(result, "slot", text_format("the image in %s", slot->label),
                     text_format("%zu bytes do not fit it", evidence->image_length));
        return;
    }
    const uint8_t *there =
        flash_view(evidence->device->flash, slot->offset, (uint32_t)evidence->image_length);
    for (size_t i = 0; i < evidence->image_length; i++) {
        if (there[i] != evidence->image[i]) {
            run_mismatch(result, "slot",
                         text_format("%s is the image, byte for byte (0x%02x at 0x%zx)",
                                     slot->label, evidence->image[i], i),
                         text_format("0x%02x at 0x%zx", there[i], i));
            return;
        }
    }
}

/* With nothing selected and no factory app, a bootloader with rollback writes down what it starts.
 */
static bool bootloader_noted_first(const struct run_evidence *evidence)
{
    const struct partition *first = evidence->first_slot;
    const struct otadata *after = evidence->otadata_after;
    int active = otadata_active(after);
    return active == 0 && after->entry[0].state == OTADATA_VALID && first != NULL &&
           first->subtype >= PARTITION_APP_OTA_0 &&
           after->entry[0].seq == (uint32_t)(first->subtype - PARTITION_APP_OTA_0) + 1;
}

static void judge_otadata_erased(const struct otadata *after, struct run_result *result)
{
    char text[2][64];
    const char *first = otadata_entry_text(&after->entry[0], text[0]);
    const char *second = otadata_entry_text(&after->entry[1], text[1]);
    if (strcmp(first, "erased") != 0 || strcmp(second, "erased") != 0) {
        run_mismatch(result, "otadata", text_format("both entries are erased"),
                     text_format("%s; %s", first, second));
    }
}

static void judge_otadata(const struct run_evidence *evidence, struct run_result *result)
{
    const struct scenario_expect *expect = &evidence->scenario->expect;
    if (wants_update(expect) || expect->reselects) {
        return;
    }
    const struct otadata *before = evidence->otadata_before, *after = evidence->otadata_after;
    if (expect->erases_otadata) {
        judge_otadata_erased(after, result);
        return;
    }
    int was = otadata_active(before), is = otadata_active(after);
    if (was < 0 && bootloader_noted_first(evidence)) {
        return;
    }
    if (was != is || (was >= 0 && before->entry[was].seq != after->entry[is].seq)) {
        char before_text[64] = "no active entry", after_text[64] = "no active entry";
        run_mismatch(result, "otadata",
                     text_format("a failed update leaves the selection: %s",
                                 was < 0 ? before_text
                                         : otadata_entry_text(&before->entry[was], before_text)),
                     text_format("%s", is < 0 ? after_text
                                              : otadata_entry_text(&after->entry[is], after_text)));
    }
}

static void judge_flash_rules(const struct run_evidence *evidence, struct run_result *result)
{
    struct flash_counters counters = flash_counters(evidence->device->flash);
    bool wanted = evidence->scenario->expect.programs_unerased;
    if (wanted && counters.nor_violations == 0) {
        run_mismatch(result, "flash", text_format("something is programmed without an erase"),
                     text_format("all was erased before"));
    } else if (!wanted && counters.nor_violations != 0) {
        run_mismatch(
            result, RUN_FIELD_UNERASED, text_format("nothing is programmed without an erase"),
            text_format("%" PRIu64 " bytes needed a 0 to become 1", counters.nor_violations));
    }
}

static void judge_hazard(const struct run_evidence *evidence, struct run_result *result)
{
    const char *hazard = evidence->scenario->expect.hazard;
    if (hazard == NULL || evidence->strict) {
        return; /* as documented, there is none to meet */
    }
    struct text met = {0};
    for (size_t i = 0; i < json_array_size(result->quirks); i++) {
        const char *name = json_string_value(json_array_get(result->quirks, i));
        if (equal(name, hazard)) {
            free(text_take(&met));
            return;
        }
        text_add(&met, "%s%s", i > 0 ? ", " : "", name);
    }
    run_mismatch(result, "hazard", text_format("%s is met", hazard), text_take(&met));
}

static void judge_ends(const struct run_evidence *evidence, struct run_result *result)
{
    bool crashed = false;
    for (size_t i = 0; i < json_array_size(result->trace); i++) {
        const json_t *record = json_array_get(result->trace, i);
        const char *how = equal(string_of(record, "kind"), "end") ? string_of(record, "how") : NULL;
        if (!equal(how, boot_end_name(BOOT_END_PANIC)) &&
            !equal(how, boot_end_name(BOOT_END_WATCHDOG)) &&
            !equal(how, boot_end_name(BOOT_END_HANG))) {
            continue;
        }
        crashed = true;
        if (!evidence->scenario->expect.crash) {
            const char *detail = string_of(record, "detail");
            run_mismatch(result, "end", text_format("no boot crashes or hangs"),
                         text_format("%s: %s", how, detail != NULL ? detail : ""));
            return;
        }
    }
    if (evidence->scenario->expect.crash && !crashed) {
        run_mismatch(result, "end", text_format("a boot crashes or hangs"),
                     text_format("none did"));
    }
}

void run_judge(const struct run_evidence *evidence, struct run_result *result)
{
    judge_result(evidence, result);
    judge_events(evidence, result);
    judge_requests(evidence, result);
    judge_boots(evidence, result);
    judge_slot(evidence, result);
    judge_otadata(evidence, result);
    judge_flash_rules(evidence, result);
    judge_hazard(evidence, result);
    judge_ends(evidence, result);
    run_judge_figures(evidence, result);
}
