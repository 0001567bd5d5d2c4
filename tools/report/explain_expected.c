#include <string.h>
/* What must come of a scenario. */
#include <inttypes.h>

#include "event_names.h"
#include "explain_parts.h"

static void add_result(struct text *out, const struct scenario_expect *expect)
{
    if (expect->no_update) {
        text_add(out, "no call fails, but nothing is installed");
    } else if (expect->result < ESP_FAIL) {
        text_add(out, "-%s (%d)", esp_err_to_name(-expect->result), expect->result);
    } else {
        text_add(out, "%s", esp_err_to_name(expect->result));
    }
    if (expect->failed_in != NULL) {
        text_add(out, " from %s", expect->failed_in);
    }
}

static void add_events(struct text *out, const struct scenario_expect *expect)
{
    if (expect->events[0].event == EVENT_END) {
        return;
    }
    text_add(out, "\nevents:");
    for (size_t i = 0; i < SCENARIO_MAX_EVENTS && expect->events[i].event != EVENT_END; i++) {
        const struct expected_event *event = &expect->events[i];
        text_add(out, "%s %s", i > 0 ? "," : "", event_name(event->event));
        if (event->has_data && event->data == EXPECT_IMAGE_SIZE) {
            text_add(out, " (the image's size)");
        } else if (event->has_data) {
            text_add(out, " (%" PRId64 ")", event->data);
        }
    }
}

static void add_request(struct text *out, const struct expected_request *request)
{
    const char *path = request->path != NULL ? request->path : "";
    text_add(out, " %s%s%.80s%s", request->method, path[0] != '\0' ? " " : "", path,
             strlen(path) > 80 ? "..." : "");
    if (request->range != NULL) {
        text_add(out, " (Range: %s)", request->range);
    }
    if (request->status != 0) {
        text_add(out, " -> %d", request->status);
    }
}

static void add_requests(struct text *out, const struct scenario_expect *expect)
{
    if (expect->no_requests) {
        text_add(out, "\nrequests: none");
    }
    for (size_t i = 0; i < SCENARIO_MAX_REQUESTS && expect->requests[i].method != NULL; i++) {
        text_add(out, "%s", i == 0 ? "\nrequests:" : ",");
        add_request(out, &expect->requests[i]);
    }
}

static void add_boots(struct text *out, const struct scenario_expect *expect)
{
    for (size_t i = 0; i < SCENARIO_MAX_BOOTS && expect->boots[i].partition != NULL; i++) {
        const struct expected_boot *boot = &expect->boots[i];
        text_add(out, "%s %s %s", i == 0 ? "\nthen boots:" : ",", boot->partition,
                 boot->version != NULL ? boot->version : "");
        if (boot->reset != NULL) {
            text_add(out, " after %s", boot->reset);
        }
        if (boot->end != NULL) {
            text_add(out, " (ends: %s)", boot->end);
        }
    }
    if (expect->more_boots > 0) {
        text_add(out, ", and so in %u more", expect->more_boots);
    }
    if (expect->boots[0].partition == NULL) {
        bool updated = expect->result == ESP_OK && !expect->no_update;
        text_add(out, "\nthen boots: %s",
                 updated ? "the update" : "the app that ran before; otadata is untouched");
    }
}

static void add_expected(struct text *out, const struct scenario_expect *expect)
{
    add_result(out, expect);
    add_events(out, expect);
    add_requests(out, expect);
    add_boots(out, expect);
    explain_efuse(out, expect);
    if (expect->tls_error != 0) {
        text_add(out, "\nTLS error: -0x%04x", (unsigned)-expect->tls_error);
    }
    if (expect->lasts_ms != 0) {
        text_add(out, "\nit lasts %d ms of the device's clock", expect->lasts_ms);
    }
    if (expect->longest_call_ms != 0) {
        text_add(out, "\nthe longest call lasts %d ms of it", expect->longest_call_ms);
    }
    if (expect->downloads != 0) {
        text_add(out, "\n%" PRId64 " bytes of bodies cross the wire", expect->downloads);
    }
    text_add(out, "%s%s%s",
             expect->slot_untouched ? "\nnot one byte is written where the update would land" : "",
             expect->flash_untouched ? "\nnot one byte of flash is written" : "",
             expect->crash ? "\na boot crashes" : "");
}

void explain_expected(struct text *out, const struct scenario *scenario)
{
    add_expected(out, &scenario->expect);
}

void explain_documented(struct text *out, const struct scenario *scenario)
{
    if (scenario->documented != NULL) {
        add_expected(out, scenario->documented);
    }
}
