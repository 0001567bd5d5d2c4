#include "timeline_lanes.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event_names.h"
#include "fields.h"
#include "flash.h"

static bool is(const json_t *record, const char *key, const char *value)
{
    return strcmp(field_text(record, key), value) == 0;
}

struct moment {
    struct timeline_lanes *lanes;
    const json_t *record;
    size_t index; /* in the trace */
    size_t boot;
    long long us;
    double x;
};

static double x_at(const struct moment *moment, long long us)
{
    return axis_x(moment->lanes->axis, moment->boot, us);
}

static double seconds(long long us)
{
    return (double)us / 1e6;
}

/* Where the next record after this one is, in the same boot, that has this text in that field;
 * SIZE_MAX: nowhere. */
static size_t find_after(const struct moment *moment, const char *kind, const char *key,
                         const char *value)
{
    const struct timeline_lanes *lanes = moment->lanes;
    size_t count = json_array_size(lanes->trace);
    for (size_t i = moment->index + 1; i < count && lanes->axis->boot_of[i] == moment->boot; i++) {
        const json_t *record = json_array_get(lanes->trace, i);
        if (is(record, "kind", kind) && is(record, key, value)) {
            return i;
        }
    }
    return SIZE_MAX;
}

static bool call_failed(const json_t *call)
{
    const char *err = field_text(call, "err");
    return err[0] != '\0' && strcmp(err, "ESP_OK") != 0 &&
           strcmp(err, "ESP_ERR_HTTPS_OTA_IN_PROGRESS") != 0;
}

static void add_call(const struct moment *moment)
{
    const char *function = field_text(moment->record, "fn");
    if (strcmp(function, "esp_https_ota_get_image_len_read") == 0) {
        return; /* asked for the progress display, for each piece */
    }
    struct lane *lane = &moment->lanes->lanes[LANE_CALLS];
    const json_t *call =
        json_array_get(moment->lanes->trace, find_after(moment, "call", "fn", function));
    if (call == NULL) {
        lane_add(lane, moment->x, x_at(moment, moment->lanes->axis->boots[moment->boot].end_us),
                 "bad", text_format("%s: no return", function),
                 text_format("%s has not returned when the boot ended", function));
        return;
    }
    bool failed = call_failed(call);
    const char *err = field_text(call, "err");
    lane_add(lane, moment->x, x_at(moment, field_number(call, "t")), failed ? "bad" : "call",
             failed ? text_format("%s: %s", function, err) : text_format("%s", function),
             text_format("%s%s%s, %.3f to %.3f s", function, err[0] != '\0' ? " returned " : "",
                         err, seconds(moment->us), seconds(field_number(call, "t"))));
}

/* The part of a URL that differs from one scenario to the next. */
static const char *path_of(const char *url)
{
    const char *host = strstr(url, "://");
    const char *path = host != NULL ? strchr(host + 3, '/') : NULL;
    return path != NULL ? path : url;
}

static const char *look_of_status(long long status)
{
    return status == 0 || status >= 400 ? "bad" : status >= 300 ? "detour" : "net";
}

static void add_request(const struct moment *moment)
{
    const char *url = field_text(moment->record, "url");
    size_t answered = find_after(moment, "http", "what", "response");
    /* A response that comes after the next request is that one's. */
    bool lost = find_after(moment, "http", "what", "request") < answered;
    const json_t *response = lost ? NULL : json_array_get(moment->lanes->trace, answered);
    long long status = response != NULL ? field_number(response, "status") : 0;
    long long end = response != NULL ? field_number(response, "t") : moment->us;
    char answer[32] = "no response";
    if (response != NULL) {
        snprintf(answer, sizeof answer, "%lld", status);
    }
    lane_add(
        &moment->lanes->lanes[LANE_NETWORK], moment->x, x_at(moment, end), look_of_status(status),
        text_format("%s %.36s%s: %s", field_text(moment->record, "method"), path_of(url),
                    strlen(path_of(url)) > 36 ? "..." : "", answer),
        text_format("%s %s, answered with %s, %.3f to %.3f s", field_text(moment->record, "method"),
                    url, answer, seconds(moment->us), seconds(end)));
}

static void add_http(const struct moment *moment)
{
    if (is(moment->record, "what", "request")) {
        add_request(moment);
    }
}

static void add_tls(const struct moment *moment)
{
    long long code = field_number(moment->record, "code");
    if (code != 0) {
        lane_add(&moment->lanes->lanes[LANE_NETWORK], moment->x, moment->x, "bad",
                 text_format("TLS -0x%04llx", -code),
                 text_format("TLS %s: -0x%04llx %s %s, %.3f s", field_text(moment->record, "what"),
                             -code, field_text(moment->record, "text"),
                             field_text(moment->record, "why"), seconds(moment->us)));
    }
}

static bool is_write(const json_t *record)
{
    return is(record, "kind", "event") &&
           event_from_full_name(field_text(record, "name")) == EVENT_WRITE_FLASH;
}

/* A decrypting build says so before each piece that it writes: once is enough, where pieces are as
 * many as here and nothing comes between. */
static bool is_one_piece_more(const struct moment *moment)
{
    const struct lane *lane = &moment->lanes->lanes[LANE_EVENTS];
    if (lane->count == 0 || strcmp(lane->bars[lane->count - 1].look, "write") != 0) {
        return false;
    }
    for (size_t i = moment->index + 1; i < json_array_size(moment->lanes->trace); i++) {
        const json_t *record = json_array_get(moment->lanes->trace, i);
        if (is(record, "kind", "event")) {
            return is_write(record);
        }
    }
    return false;
}

static void add_event(const struct moment *moment)
{
    const char *base = field_text(moment->record, "base");
    long long id = field_number(moment->record, "id");
    if (strcmp(base, "ESP_HTTP_CLIENT_EVENT") == 0) {
        return; /* the requests say it */
    }
    const char *full_name = field_text(moment->record, "name");
    enum scenario_event event = event_from_full_name(full_name);
    if (event == EVENT_DECRYPT_CB && is_one_piece_more(moment)) {
        return;
    }
    const char *name = event != EVENT_END ? event_name(event) : full_name;
    bool written = event == EVENT_WRITE_FLASH;
    char *label = name[0] != '\0' ? text_format("%s", name) : text_format("%s %lld", base, id);
    lane_add(&moment->lanes->lanes[LANE_EVENTS], moment->x, moment->x, written ? "write" : "event",
             label, text_format("event %s, %.3f s", label, seconds(moment->us)));
}

static void add_hazard(const struct moment *moment)
{
    const char *name = field_text(moment->record, "name");
    lane_add(&moment->lanes->lanes[LANE_HAZARDS], moment->x, moment->x, "hazard",
             text_format("%s", name), text_format("hazard %s, %.3f s", name, seconds(moment->us)));
}

static void add_otadata(const struct moment *moment)
{
    lane_add(&moment->lanes->lanes[LANE_OTADATA], moment->x, moment->x, "otadata",
             text_format("%lld: %s", field_number(moment->record, "entry"),
                         field_text(moment->record, "is")),
             text_format("otadata entry %lld: %s becomes %s, %.3f s",
                         field_number(moment->record, "entry"), field_text(moment->record, "was"),
                         field_text(moment->record, "is"), seconds(moment->us)));
}

/* The number of the partition's lanes, which are made when it is met first. */
static size_t partition_of(struct timeline_lanes *lanes, const char *at)
{
    const char *plus = strrchr(at, '+');
    char label[sizeof lanes->labels[0]];
    snprintf(label, sizeof label, "%.*s", plus != NULL ? (int)(plus - at) : 16,
             plus != NULL ? at : "no partition");
    for (size_t i = 0; i < lanes->partitions; i++) {
        if (strcmp(lanes->labels[i], label) == 0) {
            return i;
        }
    }
    if (lanes->partitions == TIMELINE_PARTITIONS) {
        return TIMELINE_PARTITIONS - 1;
    }
    size_t number = lanes->partitions++;
    snprintf(lanes->labels[number], sizeof lanes->labels[0], "%s", label);
    snprintf(lanes->names[number][0], sizeof lanes->names[0][0], "flash: %s, erased", label);
    snprintf(lanes->names[number][1], sizeof lanes->names[0][1], "flash: %s, programmed", label);
    lanes->lanes[LANE_ERASES + number].name = lanes->names[number][0];
    lanes->lanes[LANE_PROGRAMS + number].name = lanes->names[number][1];
    return number;
}

static void add_flash(const struct moment *moment)
{
    const char *at = field_text(moment->record, "at");
    bool erase = is(moment->record, "op", "erase");
    long long length = field_number(moment->record, "len");
    uint32_t bytes = length > 0 && length < UINT32_MAX ? (uint32_t)length : 0;
    long long us = erase ? flash_erase_time_us(bytes) : flash_program_time_us(bytes);
    size_t number = partition_of(moment->lanes, at);
    lane_add(&moment->lanes->lanes[(erase ? LANE_ERASES : LANE_PROGRAMS) + number], moment->x,
             x_at(moment, moment->us + us), erase ? "erase" : "program",
             text_format("%s", erase ? "erase" : "program"),
             text_format("%s of %lld bytes at %s, %.3f s", erase ? "erase" : "program", length, at,
                         seconds(moment->us)));
}

void timeline_lanes_fill(struct timeline_lanes *lanes, const json_t *trace, const struct axis *axis)
{
    static const struct {
        const char *kind;
        void (*add)(const struct moment *moment);
    } kinds[] = {
        {"enter", add_call},   {"http", add_http},       {"tls", add_tls},     {"event", add_event},
        {"quirk", add_hazard}, {"otadata", add_otadata}, {"flash", add_flash},
    };
    memset(lanes, 0, sizeof *lanes);
    lanes->trace = trace;
    lanes->axis = axis;
    lanes->lanes[LANE_CALLS].name = "calls of the OTA API";
    lanes->lanes[LANE_NETWORK].name = "requests";
    lanes->lanes[LANE_EVENTS].name = "events";
    lanes->lanes[LANE_HAZARDS].name = "hazards: what the device gets wrong";
    lanes->lanes[LANE_OTADATA].name = "otadata, entry: new content";
    for (size_t i = 0; i < json_array_size(trace); i++) {
        struct moment moment = {.lanes = lanes, .record = json_array_get(trace, i), .index = i};
        moment.boot = axis->boot_of[i];
        moment.us = field_number(moment.record, "t");
        moment.x = axis_x(axis, moment.boot, moment.us);
        for (size_t j = 0; j < sizeof kinds / sizeof kinds[0]; j++) {
            if (is(moment.record, "kind", kinds[j].kind)) {
                kinds[j].add(&moment);
            }
        }
    }
}

void timeline_lanes_free(struct timeline_lanes *lanes)
{
    for (size_t i = 0; i < TIMELINE_LANES; i++) {
        lane_free(&lanes->lanes[i]);
    }
}
