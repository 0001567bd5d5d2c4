#include "timeline.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "event_names.h"

static const char *string_of(const json_t *record, const char *key)
{
    const char *value = json_string_value(json_object_get(record, key));
    return value != NULL ? value : "";
}

static long long integer_of(const json_t *record, const char *key)
{
    return json_integer_value(json_object_get(record, key));
}

static void begin_line(FILE *out, const json_t *record, const char *what)
{
    long long us = integer_of(record, "t");
    fprintf(out, "%6lld.%03lld s  %-10s ", us / 1000000, us / 1000 % 1000, what);
}

static void print_run(FILE *out, const json_t *record)
{
    fprintf(out, "%s, run by %s with the OTA library %s\n", string_of(record, "scenario"),
            string_of(record, "firmware"), string_of(record, "ota_library"));
}

static void print_bootloader(FILE *out, const json_t *record)
{
    begin_line(out, record, "bootloader");
    fprintf(out, "%s\n", string_of(record, "reason"));
    const json_t *tried = json_object_get(record, "tried");
    for (size_t i = 0; i < json_array_size(tried); i++) {
        const json_t *attempt = json_array_get(tried, i);
        begin_line(out, record, "");
        fprintf(out, "tries %s: %s%s%s\n", string_of(attempt, "part"), string_of(attempt, "err"),
                string_of(attempt, "why")[0] != '\0' ? ": " : "", string_of(attempt, "why"));
    }
}

static void print_boot(FILE *out, const json_t *record)
{
    fputc('\n', out);
    begin_line(out, record, "boot");
    fprintf(out, "#%lld after %s: running %s, %s %s\n", integer_of(record, "n"),
            string_of(record, "reset"), string_of(record, "running"), string_of(record, "project"),
            string_of(record, "version"));
}

static void print_call(FILE *out, const json_t *record)
{
    const json_t *ret = json_object_get(record, "ret");
    begin_line(out, record, "call");
    fprintf(out, "%s -> ", string_of(record, "fn"));
    if (json_object_get(record, "err") != NULL) {
        fprintf(out, "%s\n", string_of(record, "err"));
    } else if (json_is_boolean(ret)) {
        fprintf(out, "%s\n", json_is_true(ret) ? "true" : "false");
    } else if (json_is_integer(ret)) {
        fprintf(out, "%lld\n", (long long)json_integer_value(ret));
    } else {
        fprintf(out, "%s\n", json_is_string(ret) ? json_string_value(ret) : "NULL");
    }
}

static void print_event(FILE *out, const json_t *record)
{
    const json_t *data = json_object_get(record, "data");
    const char *full_name = json_string_value(json_object_get(record, "name"));
    const char *ota_name = event_name(event_from_full_name(full_name));
    begin_line(out, record, "event");
    if (full_name != NULL) {
        fprintf(out, "%s", ota_name != NULL ? ota_name : full_name);
    } else {
        fprintf(out, "%s %lld", string_of(record, "base"), integer_of(record, "id"));
    }
    if (json_is_integer(data)) {
        fprintf(out, " %lld", (long long)json_integer_value(data));
    }
    fputc('\n', out);
}

static void print_http(FILE *out, const json_t *record)
{
    begin_line(out, record, "http");
    fprintf(out, "%s", string_of(record, "what"));
    static const char *const fields[] = {"method", "url", "status", "reason", "length", "location"};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        const json_t *value = json_object_get(record, fields[i]);
        if (json_is_string(value)) {
            fprintf(out, " %s", json_string_value(value));
        } else if (json_is_integer(value)) {
            fprintf(out, " %lld", (long long)json_integer_value(value));
        }
    }
    fputc('\n', out);
}

static void print_flash(FILE *out, const json_t *record, size_t run, const json_t *last)
{
    begin_line(out, record, "flash");
    fprintf(out, "%s %s", string_of(record, "op"), string_of(record, "at"));
    if (run > 1) {
        fprintf(out, " .. %s (%zu operations)", string_of(last, "at"), run);
    } else {
        fprintf(out, " %lld bytes", integer_of(record, "len"));
    }
    fputc('\n', out);
}

static void print_otadata(FILE *out, const json_t *record)
{
    begin_line(out, record, "otadata");
    fprintf(out, "entry %lld: %s -> %s\n", integer_of(record, "entry"), string_of(record, "was"),
            string_of(record, "is"));
}

/* As the device's serial port has it: its milliseconds count from the start of the boot. */
static void print_log(FILE *out, const json_t *record)
{
    begin_line(out, record, "log");
    fprintf(out, "%s (%lld) %s: %s\n", string_of(record, "level"), integer_of(record, "ms"),
            string_of(record, "tag"), string_of(record, "text"));
}

static void print_backtrace(FILE *out, const json_t *record)
{
    const json_t *frames = json_object_get(record, "frames");
    for (size_t i = 0; i < json_array_size(frames); i++) {
        begin_line(out, record, i == 0 ? "backtrace" : "");
        fprintf(out, "%s\n", json_string_value(json_array_get(frames, i)));
    }
}

static void print_end(FILE *out, const json_t *record)
{
    begin_line(out, record, "end");
    fprintf(out, "%s%s%s\n", string_of(record, "how"),
            string_of(record, "detail")[0] != '\0' ? ": " : "", string_of(record, "detail"));
}

static void print_platform(FILE *out, const json_t *record)
{
    begin_line(out, record, "platform");
    fprintf(out, "%s", string_of(record, "call"));
    json_t *args = json_object_get(record, "args");
    const char *key;
    json_t *value;
    json_object_foreach(args, key, value)
    {
        char *text = json_dumps(value, JSON_ENCODE_ANY);
        fprintf(out, " %s=%s", key, text != NULL ? text : "");
        free(text);
    }
    fprintf(out, " -> %s\n", string_of(record, "err"));
}

/* Kinds that need no more than the text of one or two fields. */
static void print_plain(FILE *out, const json_t *record, const char *kind)
{
    static const char *const fields[] = {"name", "what", "code", "flags", "err", "text", "why"};
    begin_line(out, record, strcmp(kind, "quirk") == 0 ? "hazard" : kind);
    const char *space = "";
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        const json_t *value = json_object_get(record, fields[i]);
        if (json_is_string(value) && json_string_value(value)[0] != '\0') {
            fprintf(out, "%s%s", space, json_string_value(value));
        } else if (json_is_integer(value) && json_integer_value(value) < 0) {
            fprintf(out, "%s-0x%04llx", space, -(long long)json_integer_value(value));
        } else {
            continue;
        }
        space = " ";
    }
    if (json_object_get(record, "bytes") != NULL) {
        fprintf(out, " %lld bytes", integer_of(record, "bytes"));
    }
    fputc('\n', out);
}

static bool is_kind(const json_t *record, const char *kind)
{
    return strcmp(string_of(record, "kind"), kind) == 0;
}

/* What the client tells its event loop says little that the http records do not. */
static bool is_client_event(const json_t *record)
{
    return is_kind(record, "event") &&
           strcmp(string_of(record, "base"), "ESP_HTTP_CLIENT_EVENT") == 0;
}

static bool is_ota_event(const json_t *record, enum scenario_event event)
{
    return is_kind(record, "event") &&
           strcmp(string_of(record, "base"), "ESP_HTTPS_OTA_EVENT") == 0 &&
           event_from_full_name(string_of(record, "name")) == event;
}

static bool is_write_event(const json_t *record)
{
    return is_ota_event(record, EVENT_WRITE_FLASH);
}

static bool is_decrypt_event(const json_t *record)
{
    return is_ota_event(record, EVENT_DECRYPT_CB);
}

static bool is_progress_query(const json_t *record)
{
    return strcmp(string_of(record, "fn"), "esp_https_ota_get_image_len_read") == 0;
}

/* What an application calls for each piece that comes, as long as all goes well. */
static bool is_download_call(const json_t *record)
{
    const char *function = string_of(record, "fn");
    bool returned = is_kind(record, "call");
    if (!returned && !is_kind(record, "enter")) {
        return false;
    }
    if (is_progress_query(record)) {
        return true;
    }
    if (strcmp(function, "esp_https_ota_perform") == 0) {
        return !returned || strcmp(string_of(record, "err"), "ESP_ERR_HTTPS_OTA_IN_PROGRESS") == 0;
    }
    return strcmp(function, "esp_ota_write") == 0 && (!returned || integer_of(record, "ret") == 0);
}

/* A download is flash operations, DECRYPT_CB and WRITE_FLASH events and calls of perform, a hundred
 * times over. */
static bool is_download_step(const json_t *record)
{
    /* A change of otadata is never one step of many. */
    bool otadata = strncmp(string_of(record, "at"), "otadata+", 8) == 0;
    return (is_kind(record, "flash") && !otadata) || is_write_event(record) ||
           is_decrypt_event(record) || is_download_call(record);
}

struct run_of_steps {
    size_t erases, programs, calls, events, decrypts;
    const json_t *first_flash, *last_flash, *last_event, *last_call, *last_decrypt;
};

/* An operation on another partition than the run's is no step of the same thing. */
static bool is_elsewhere(const struct run_of_steps *run, const json_t *record)
{
    if (run->first_flash == NULL || !is_kind(record, "flash")) {
        return false;
    }
    const char *was = string_of(run->first_flash, "at"), *is = string_of(record, "at");
    size_t length = strcspn(was, "+");
    return length != strcspn(is, "+") || strncmp(was, is, length) != 0;
}

static void count_step(struct run_of_steps *run, const json_t *record)
{
    if (is_kind(record, "flash")) {
        bool erase = strcmp(string_of(record, "op"), "erase") == 0;
        run->erases += erase;
        run->programs += !erase;
        run->first_flash = run->first_flash != NULL ? run->first_flash : record;
        run->last_flash = record;
    } else if (is_write_event(record)) {
        run->events++;
        run->last_event = record;
    } else if (is_decrypt_event(record)) {
        run->decrypts++;
        run->last_decrypt = record;
    } else if (is_kind(record, "call") && !is_progress_query(record)) {
        run->calls++;
        run->last_call = record;
    }
}

static void print_steps(FILE *out, const struct run_of_steps *run)
{
    if (run->first_flash != NULL) {
        if (run->erases + run->programs == 1) {
            print_flash(out, run->first_flash, 1, run->first_flash);
        } else {
            begin_line(out, run->first_flash, "flash");
            fprintf(out, "%s .. %s: %zu erases, %zu programs\n", string_of(run->first_flash, "at"),
                    string_of(run->last_flash, "at"), run->erases, run->programs);
        }
    }
    if (run->last_decrypt != NULL) {
        begin_line(out, run->last_decrypt, "event");
        fprintf(out, "DECRYPT_CB x %zu\n", run->decrypts);
    }
    if (run->last_event != NULL) {
        begin_line(out, run->last_event, "event");
        fprintf(out, "WRITE_FLASH x %zu, to %lld bytes\n", run->events,
                integer_of(run->last_event, "data"));
    }
    if (run->last_call != NULL) {
        begin_line(out, run->last_call, "call");
        fprintf(out, "%s x %zu -> %s\n", string_of(run->last_call, "fn"), run->calls,
                string_of(run->last_call, "err"));
    }
}

static void print_record(FILE *out, const json_t *record)
{
    static const struct {
        const char *kind;
        void (*print)(FILE *out, const json_t *record);
    } printers[] = {
        {"run", print_run},   {"bootloader", print_bootloader}, {"boot", print_boot},
        {"call", print_call}, {"event", print_event},           {"platform", print_platform},
        {"http", print_http}, {"otadata", print_otadata},       {"log", print_log},
        {"end", print_end},   {"backtrace", print_backtrace},
    };
    const char *kind = string_of(record, "kind");
    for (size_t i = 0; i < sizeof printers / sizeof printers[0]; i++) {
        if (strcmp(kind, printers[i].kind) == 0) {
            printers[i].print(out, record);
            return;
        }
    }
    if (strcmp(kind, "flash") == 0) {
        print_flash(out, record, 1, record);
    } else if (strcmp(kind, "enter") != 0) {
        print_plain(out, record, kind);
    }
}

static void print_requests(FILE *out, const json_t *requests)
{
    fprintf(out, "\nrequests, as the server saw them\n");
    for (size_t i = 0; i < json_array_size(requests); i++) {
        const json_t *request = json_array_get(requests, i);
        fprintf(out, "  %lld. %s %s%s%s -> %lld (connection %lld)\n", integer_of(request, "n"),
                string_of(request, "method"), string_of(request, "path"),
                string_of(request, "range")[0] != '\0' ? ", range " : "",
                string_of(request, "range"), integer_of(request, "status"),
                integer_of(request, "conn"));
    }
}

void timeline_print(const json_t *trace, const json_t *requests, bool full, FILE *out)
{
    size_t count = json_array_size(trace);
    for (size_t i = 0; i < count;) {
        struct run_of_steps run = {0};
        size_t begin = i;
        while (!full && i < count &&
               (is_download_step(json_array_get(trace, i)) ||
                is_client_event(json_array_get(trace, i))) &&
               !is_elsewhere(&run, json_array_get(trace, i))) {
            count_step(&run, json_array_get(trace, i++));
        }
        if (i > begin) {
            print_steps(out, &run);
            continue;
        }
        print_record(out, json_array_get(trace, i++));
    }
    if (json_array_size(requests) > 0) {
        print_requests(out, requests);
    }
}
