/* Sweeps whose fault is something that fails once while the device lives on: each is a run of its
 * own, and another one without a fault from what it left. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "baseline.h"
#include "documented.h"
#include "fault_flow.h"
#include "pool.h"
#include "scenario_device.h"
#include "sweep.h"
#include "trace_query.h"

struct fault_sweep {
    enum fault_family family;
    const struct sweep_options *options;
    const struct sweep_listener *listener;
    const struct scenario *const *scenarios;
    size_t count;
    struct flow_run {
        struct fault_flow flow;
        json_t *report;
        unsigned runs, findings, windows;
    } * flows;
    struct {
        size_t flow;
        const struct run_fault *fault;
    } * items;
    size_t item_count;
    uint64_t done;
    struct error err;
};

static const char *const family_names[] = {
    [FAULT_MEMORY] = "memory", [FAULT_FLASH] = "flash", [FAULT_NETWORK] = "network"};

static void add_known(json_t *findings, const struct run_fault *fault, enum sweep_class class,
                      const char *window, const char *text)
{
    char at[48];
    fault_text(fault, at);
    json_array_append_new(findings,
                          json_pack("{s:s, s:s, s:s?, s:s}", "at", at, "class",
                                    sweep_class_name(class), "window", window, "text", text));
}

static void add_finding(json_t *findings, const struct run_fault *fault, enum sweep_class class,
                        const char *text)
{
    add_known(findings, fault, class, NULL, text);
}

static bool begins(const char *text, const char *with)
{
    return text != NULL && strncmp(text, with, strlen(with)) == 0;
}

/* A timeout is no failure to esp_https_ota_perform and esp_https_ota_get_img_desc, and
 * esp_https_ota tries again without a limit (esp_https_ota page): a server that falls silent in the
 * middle of the image holds whoever calls them until they return for ever. */
static const char *known_hang(const struct run_fault *fault, const json_t *trace, size_t end)
{
    /* A step is told when it returns: the one that does not follows one of these. */
    static const char *const waiting[][2] = {{"enter", "esp_https_ota"},
                                             {"call", "esp_https_ota_get_image_len_read"},
                                             {"call", "esp_https_ota_begin"},
                                             {"call", "esp_https_ota_get_img_desc"},
                                             {"call", "esp_https_ota_perform"}};
    const json_t *last = NULL;
    for (size_t i = end; i > 0 && last == NULL; i--) {
        const json_t *record = json_array_get(trace, i - 1);
        bool call = trace_is(record, "call");
        last = call || trace_text_is(record, "fn", "esp_https_ota") ? record : NULL;
    }
    for (size_t i = 0; i < sizeof waiting / sizeof waiting[0]; i++) {
        if (fault->kind == RUN_FAULT_SILENCE && trace_is(last, waiting[i][0]) &&
            trace_text_is(last, "fn", waiting[i][1])) {
            return "esp_https_ota waits for ever";
        }
    }
    return NULL;
}

/* An application that checks with ESP_ERROR_CHECK whether it has what it needs to start has asked
 * for the panic; so does what connects the examples to the network. The next boot must do better.
 */
static const char *known_crash(const char *detail)
{
    bool asked = begins(detail, "ESP_ERROR_CHECK failed") ||
                 (begins(detail, "assert failed") && strstr(detail, "protocol_examples_common.c"));
    return asked ? "the application restarts by ESP_ERROR_CHECK" : NULL;
}

static void judge_ends(const struct fault_flow *flow, const struct run_fault *fault,
                       const json_t *trace, const char *when, json_t *findings)
{
    size_t i;
    json_t *record;
    json_array_foreach(trace, i, record)
    {
        bool crash = trace_is(record, "end") && trace_text_is(record, "how", "panic");
        bool hang = trace_is(record, "end") && trace_text_is(record, "how", "watchdog");
        if ((!crash && !hang) || flow->scenario->expect.crash) {
            continue;
        }
        char text[512];
        const char *detail = json_string_value(json_object_get(record, "detail"));
        snprintf(text, sizeof text, "%s%s", when, detail != NULL ? detail : "no word on why");
        add_known(findings, fault, crash ? SWEEP_CRASH : SWEEP_HANG,
                  hang ? known_hang(fault, trace, i) : known_crash(detail), text);
    }
}

static void judge_codes(const struct run_fault *fault, const json_t *trace, json_t *findings)
{
    size_t i;
    json_t *record;
    json_array_foreach(trace, i, record)
    {
        const char *function = json_string_value(json_object_get(record, "fn"));
        const json_t *code = json_object_get(record, "ret");
        if (trace_is(record, "call") && function != NULL && json_is_integer(code) &&
            !documented_code(function, json_integer_value(code))) {
            char text[256];
            snprintf(text, sizeof text, "%s returns %s (%lld), which is not documented", function,
                     json_string_value(json_object_get(record, "err")),
                     (long long)json_integer_value(code));
            add_finding(findings, fault, SWEEP_UNDOCUMENTED, text);
        }
    }
}

static void judge_heap(const struct fault_flow *flow, const struct run_fault *fault,
                       const json_t *trace, json_t *findings)
{
    const json_t *heap = trace_find(trace, "heap_end");
    const json_t *end = trace_find(trace, "end");
    if (trace_text_is(end, "how", "watchdog") || trace_text_is(end, "how", "panic")) {
        return; /* it had no time to give anything back */
    }
    json_int_t blocks = json_integer_value(json_object_get(heap, "blocks"));
    if (heap != NULL && blocks > flow->blocks) {
        char text[128];
        snprintf(text, sizeof text, "%lld blocks of the heap are left, without the fault %lld",
                 (long long)blocks, (long long)flow->blocks);
        add_finding(findings, fault, SWEEP_LEAK, text);
    }
}

/* The update took place, or it did not: nothing else boots. */
static void judge_boots(const struct fault_flow *flow, const struct run_fault *fault,
                        const json_t *trace, json_t *findings)
{
    const char *booted = trace_last(trace, "bootloader", "booted");
    const char *version = trace_last(trace, "boot", "version");
    char text[512];
    if (booted == NULL) {
        const char *reason = trace_last(trace, "bootloader", "reason");
        snprintf(text, sizeof text, "%s", reason != NULL ? reason : "nothing boots");
        add_finding(findings, fault, SWEEP_BRICK, text);
    } else if (version == NULL || (strcmp(version, flow->first_version) != 0 &&
                                   strcmp(version, flow->last_version) != 0)) {
        snprintf(text, sizeof text, "%s %s boots: neither %s nor %s", booted,
                 version != NULL ? version : "", flow->first_version, flow->last_version);
        add_finding(findings, fault, SWEEP_WRONG_IMAGE, text);
    }
}

/* NVS keeps the states of a page's entries in words that it programs anew with each entry: where
 * such a word has lost a bit, it programs a 1 over the 0, which harms nothing. */
static const char *known_unerased(const struct run_fault *fault, const json_t *trace)
{
    size_t i;
    json_t *record;
    json_array_foreach(trace, i, record)
    {
        if (trace_is(record, "flash") &&
            json_integer_value(json_object_get(record, "n")) == (json_int_t)fault->at) {
            const char *at = json_string_value(json_object_get(record, "at"));
            bool nvs = fault->kind == RUN_FAULT_FLASH_ROT && begins(at, "nvs+");
            return nvs ? "NVS programs its bitmap anew" : NULL;
        }
    }
    return NULL;
}

/* An erase that fails is no leave to program what is not erased. */
static void judge_flash(const struct run_fault *fault, const struct run_result *result,
                        json_t *findings)
{
    for (size_t i = 0; i < result->mismatches; i++) {
        const struct mismatch *mismatch = &result->mismatch[i];
        if (strcmp(mismatch->field, RUN_FIELD_UNERASED) == 0) {
            add_known(findings, fault, SWEEP_UNERASED, known_unerased(fault, result->trace),
                      mismatch->actual);
        }
    }
}

static void judge_retry(const struct fault_flow *flow, const struct run_fault *fault,
                        const json_t *trace, json_t *findings)
{
    const char *version = trace_last(trace, "boot", "version");
    judge_ends(flow, fault, trace, "in the retry: ", findings);
    if (version == NULL || strcmp(version, flow->last_version) != 0) {
        char text[128];
        snprintf(text, sizeof text, "after the retry %s boots, not %s",
                 version != NULL ? version : "nothing", flow->last_version);
        add_finding(findings, fault, SWEEP_RETRY, text);
    }
}

/* Runs on from what the fault left; a device that is on trial confirms itself first. */
static bool retry(const struct fault_sweep *sweep, const struct fault_flow *flow,
                  struct server *server, const struct run_fault *fault, const struct run_end *end,
                  bool pending, json_t *findings, struct error *err)
{
    struct run_result result;
    const struct run_start start = {.flash = end->flash, .efuse = end->efuse, .confirm = pending};
    const struct run_options options = {.release = sweep->options->release,
                                        .strict = sweep->options->strict,
                                        .brief_trace = true,
                                        .start = &start};
    run_scenario(flow->scenario, server, &options, &result);
    bool ran = result.trace != NULL;
    if (ran) {
        judge_retry(flow, fault, result.trace, findings);
    } else {
        *err = result.error;
    }
    run_result_free(&result);
    return ran;
}

static bool is_pending(const json_t *trace)
{
    json_t *all = trace_all(trace, "bootloader", "otadata");
    const json_t *last = json_array_get(all, json_array_size(all) - 1);
    bool pending = false;
    size_t i;
    json_t *entry;
    json_array_foreach(last, i, entry)
    {
        const char *text = json_string_value(entry);
        pending = pending || (text != NULL && strstr(text, "PENDING_VERIFY") != NULL);
    }
    json_decref(all);
    return pending;
}

static bool run_fault(const struct fault_sweep *sweep, const struct fault_flow *flow,
                      struct server *server, const struct run_fault *fault, json_t *findings,
                      struct error *err)
{
    struct partition_table table;
    struct device *device = scenario_device_create(flow->scenario, &table, err);
    struct run_end end = {.flash = device != NULL ? flash_snapshot(device->flash) : NULL};
    device_destroy(device);
    if (end.flash == NULL) {
        return error_set(err, "%s: out of memory", flow->scenario->name);
    }
    struct run_result result;
    const struct run_options options = {.release = sweep->options->release,
                                        .strict = sweep->options->strict,
                                        /* known_unerased reads it */
                                        .brief_trace = fault->kind != RUN_FAULT_FLASH_ROT,
                                        .fault = *fault,
                                        .end = &end};
    run_scenario(flow->scenario, server, &options, &result);
    bool ran = result.trace != NULL;
    if (ran) {
        judge_ends(flow, fault, result.trace, "", findings);
        judge_codes(fault, result.trace, findings);
        judge_heap(flow, fault, result.trace, findings);
        judge_boots(flow, fault, result.trace, findings);
        judge_flash(fault, &result, findings);
        ran = retry(sweep, flow, server, fault, &end, is_pending(result.trace), findings, err);
    } else {
        *err = result.error;
    }
    run_result_free(&result);
    flash_destroy(end.flash);
    return ran;
}

static json_t *record_one(size_t index, struct server *server, void *context)
{
    const struct fault_sweep *sweep = context;
    struct error err = {""};
    json_t *report = NULL;
    fault_flow_record(sweep->scenarios[index], server, sweep->options, &report, &err);
    json_object_set_new(report, "error", json_string(err.text));
    return report;
}

static void take_recording(size_t index, const json_t *report, const char *why, void *context)
{
    struct fault_sweep *sweep = context;
    const char *error = report != NULL ? json_string_value(json_object_get(report, "error")) : why;
    if (error[0] != '\0') {
        error_set(&sweep->err, "%s", error);
        return;
    }
    sweep->flows[index].report = json_deep_copy(report);
}

static json_t *run_item(size_t index, struct server *server, void *context)
{
    const struct fault_sweep *sweep = context;
    struct error err = {""};
    json_t *findings = json_array();
    run_fault(sweep, &sweep->flows[sweep->items[index].flow].flow, server,
              sweep->items[index].fault, findings, &err);
    return json_pack("{s:o, s:s}", "findings", findings, "error", err.text);
}

static void take_item(size_t index, const json_t *report, const char *why, void *context)
{
    struct fault_sweep *sweep = context;
    struct flow_run *run = &sweep->flows[sweep->items[index].flow];
    const char *name = run->flow.scenario->name;
    const char *family = family_names[sweep->family];
    const char *error = report != NULL ? json_string_value(json_object_get(report, "error")) : why;
    if (error[0] != '\0') {
        error_set(&sweep->err, "%s: %s", name, error);
    }
    size_t i;
    json_t *finding;
    json_array_foreach(json_object_get(report, "findings"), i, finding)
    {
        char id[256];
        snprintf(id, sizeof id, "%s:%s@%s", family, name,
                 json_string_value(json_object_get(finding, "at")));
        json_object_set_new(finding, "id", json_string(id));
        json_t *record =
            json_pack("{s:s, s:s, s:O}", "sweep", family, "scenario", name, "finding", finding);
        sweep->listener->record(record, sweep->listener->context);
        json_decref(record);
        if (json_is_string(json_object_get(finding, "window"))) {
            run->windows++;
        } else {
            run->findings++;
        }
    }
    run->runs++;
    if (sweep->listener->progress != NULL) {
        sweep->listener->progress(++sweep->done, sweep->item_count, sweep->listener->context);
    }
}

static bool run_pass(struct fault_sweep *sweep, size_t count,
                     json_t *(*work)(size_t, struct server *, void *),
                     void (*done)(size_t, const json_t *, const char *, void *), struct error *err)
{
    const struct pool_job job = {
        .count = count, .jobs = sweep->options->jobs, .work = work, .done = done, .context = sweep};
    if (count > 0 && !pool_run(&job, err)) {
        return false;
    }
    return sweep->err.text[0] == '\0' || error_set(err, "%s", sweep->err.text);
}

/* With a point, the only fault of the only flow is that one. */
static bool open_flow(struct fault_sweep *sweep, size_t index, struct error *err)
{
    struct flow_run *run = &sweep->flows[index];
    if (!fault_flow_open(sweep->scenarios[index], sweep->family, sweep->options->seed, run->report,
                         &run->flow, err)) {
        return false;
    }
    if (baseline_is_all(sweep->options)) {
        run->flow.count = 0;
    }
    if (sweep->options->point == NULL || run->flow.count == 0) {
        return true;
    }
    run->flow.count = 1;
    return fault_parse(sweep->family, sweep->options->point, run->flow.faults, err);
}

static bool plan(struct fault_sweep *sweep, struct error *err)
{
    size_t count = 0;
    for (size_t i = 0; i < sweep->count; i++) {
        struct flow_run *run = &sweep->flows[i];
        if (!baseline_stands(run->report)) {
            run->flow.scenario = sweep->scenarios[i];
            run->findings = baseline_tell(family_names[sweep->family], sweep->scenarios[i],
                                          run->report, sweep->options, sweep->listener);
        } else if (!open_flow(sweep, i, err)) {
            return false;
        }
        count += run->flow.count;
    }
    sweep->items = calloc(count + 1, sizeof *sweep->items);
    if (sweep->items == NULL) {
        return error_set(err, "out of memory");
    }
    unsigned shards = sweep->options->shards > 0 ? sweep->options->shards : 1;
    for (size_t i = 0; i < sweep->count; i++) {
        for (size_t n = 0; n < sweep->flows[i].flow.count; n++) {
            if (n % shards == sweep->options->shard) {
                sweep->items[sweep->item_count].flow = i;
                sweep->items[sweep->item_count++].fault = &sweep->flows[i].flow.faults[n];
            }
        }
    }
    return true;
}

static void summarize(const struct fault_sweep *sweep, const struct flow_run *run)
{
    json_t *record =
        json_pack("{s:s, s:s, s:s?, s:{s:i, s:i, s:i}}", "sweep", family_names[sweep->family],
                  "scenario", run->flow.scenario->name, "ota_library",
                  scenario_ota_library(run->flow.scenario), "summary", "faults", (int)run->runs,
                  "findings", (int)run->findings, "windows", (int)run->windows);
    sweep->listener->record(record, sweep->listener->context);
    json_decref(record);
}

static bool sweep_faults(enum fault_family family, const struct scenario *const *scenarios,
                         size_t count, const struct sweep_options *options,
                         const struct sweep_listener *listener, struct error *err)
{
    struct fault_sweep sweep = {.family = family,
                                .options = options,
                                .listener = listener,
                                .scenarios = scenarios,
                                .count = count,
                                .flows = calloc(count + 1, sizeof *sweep.flows)};
    if (sweep.flows == NULL) {
        return error_set(err, "out of memory");
    }
    bool ok = run_pass(&sweep, count, record_one, take_recording, err) && plan(&sweep, err) &&
              run_pass(&sweep, sweep.item_count, run_item, take_item, err);
    for (size_t i = 0; i < count; i++) {
        if (ok) {
            summarize(&sweep, &sweep.flows[i]);
        }
        fault_flow_close(&sweep.flows[i].flow);
        json_decref(sweep.flows[i].report);
    }
    free(sweep.items);
    free(sweep.flows);
    return ok;
}

bool sweep_memory(const struct scenario *const *scenarios, size_t count,
                  const struct sweep_options *options, const struct sweep_listener *listener,
                  struct error *err)
{
    return sweep_faults(FAULT_MEMORY, scenarios, count, options, listener, err);
}

bool sweep_flash(const struct scenario *const *scenarios, size_t count,
                 const struct sweep_options *options, const struct sweep_listener *listener,
                 struct error *err)
{
    return sweep_faults(FAULT_FLASH, scenarios, count, options, listener, err);
}

bool sweep_network(const struct scenario *const *scenarios, size_t count,
                   const struct sweep_options *options, const struct sweep_listener *listener,
                   struct error *err)
{
    return sweep_faults(FAULT_NETWORK, scenarios, count, options, listener, err);
}
