/* A power sweep in passes, each spread over worker processes: run each scenario once and keep
 * what it did to the flash; cut along that; and try the update again from what the cuts left. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "baseline.h"
#include "files.h"
#include "power_story.h"
#include "power_sweep.h"
#include "run.h"
#include "scenario.h"
#include "scenario_device.h"
#include "trace_query.h"

#define PARTS_A_JOB 8

void power_sweep_progress(struct power_sweep *sweep, uint64_t done)
{
    sweep->done += done;
    if (sweep->listener->progress != NULL) {
        sweep->listener->progress(sweep->done, sweep->total, sweep->listener->context);
    }
}

json_t *power_finding(const struct power_point *point, enum sweep_class class, const char *window,
                      const char *text)
{
    char at[64];
    power_point_text(point, at);
    return json_pack("{s:s, s:s, s:s?, s:s}", "at", at, "class", sweep_class_name(class), "window",
                     window, "text", text);
}

static void keep_shortest(struct flow_sweep *flow, const json_t *finding)
{
    struct error err;
    struct power_point point;
    const char *class = json_string_value(json_object_get(finding, "class"));
    int known = 0;
    while (known < SWEEP_CLASSES && strcmp(sweep_class_name((enum sweep_class)known), class) != 0) {
        known++;
    }
    if (known == SWEEP_CLASSES ||
        !power_point_parse(json_string_value(json_object_get(finding, "at")), &point, &err)) {
        return;
    }
    if (!flow->shortest[known].found ||
        power_point_is_shorter(&flow->flow, &point, &flow->flow, &flow->shortest[known].point)) {
        flow->shortest[known].found = true;
        flow->shortest[known].point = point;
    }
}

void power_sweep_report(struct power_sweep *sweep, struct flow_sweep *flow, json_t *finding)
{
    const char *name = flow->flow.scenario->name;
    bool window = json_is_string(json_object_get(finding, "window"));
    char id[256];
    snprintf(id, sizeof id, "power:%s@%s", name, json_string_value(json_object_get(finding, "at")));
    json_object_set_new(finding, "id", json_string(id));
    if (window) {
        flow->windows++;
    } else {
        flow->findings++;
        keep_shortest(flow, finding);
    }
    json_t *record =
        json_pack("{s:s, s:s, s:O}", "sweep", "power", "scenario", name, "finding", finding);
    sweep->listener->record(record, sweep->listener->context);
    json_decref(record);
}

struct flow_sweep *power_sweep_take(struct power_sweep *sweep, size_t index, const json_t *report,
                                    const char *why)
{
    struct flow_sweep *flow = &sweep->flows[sweep->items[index].flow];
    const char *error = report != NULL ? json_string_value(json_object_get(report, "error")) : why;
    if (error == NULL || error[0] != '\0') {
        error_set(&sweep->err, "%s: %s", flow->flow.scenario->name, error);
        return NULL;
    }
    size_t i;
    json_t *finding;
    json_array_foreach(json_object_get(report, "findings"), i, finding)
    {
        power_sweep_report(sweep, flow, finding);
    }
    return flow;
}

/* First pass. */

static json_t *record_flow(size_t index, struct server *server, void *context)
{
    struct power_sweep *sweep = context;
    struct error err = {""};
    json_t *report = NULL;
    if (!power_flow_record(sweep->scenarios[index], server, sweep->options,
                           sweep->flows[index].journal.fd, &report, &err)) {
        json_object_set_new(report, "error", json_string(err.text));
    }
    return report;
}

static void flow_recorded(size_t index, const json_t *report, const char *why, void *context)
{
    struct power_sweep *sweep = context;
    const char *error = report != NULL ? json_string_value(json_object_get(report, "error")) : why;
    if (error != NULL) {
        error_set(&sweep->err, "%s", error);
        return;
    }
    sweep->flows[index].report = json_deep_copy(report);
}

bool power_sweep_pass(struct power_sweep *sweep, size_t count,
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

static bool narrow_to_point(const struct power_sweep *sweep, struct flow_sweep *flow,
                            struct error *err)
{
    struct power_point point;
    if (!power_point_parse(sweep->options->point, &point, err)) {
        return false;
    }
    flow->from = point.cut[0].op;
    flow->to = flow->from + 1;
    return flow->from < flow->flow.journal.count ||
           error_set(err, "%s@%s: the flow has %zu operations on the flash, from 0",
                     flow->flow.scenario->name, sweep->options->point, flow->flow.journal.count);
}

static bool open_flow(struct power_sweep *sweep, size_t index, struct error *err)
{
    struct flow_sweep *flow = &sweep->flows[index];
    if (!power_flow_open(sweep->scenarios[index], sweep->options, flow->journal.fd, flow->report,
                         &flow->flow, err)) {
        return false;
    }
    if (baseline_is_all(sweep->options)) {
        return true;
    }
    uint64_t ops = flow->flow.journal.count;
    unsigned shards = sweep->options->shards > 0 ? sweep->options->shards : 1;
    flow->from = ops * sweep->options->shard / shards;
    flow->to = ops * (sweep->options->shard + 1) / shards;
    if (sweep->options->point != NULL && !narrow_to_point(sweep, flow, err)) {
        return false;
    }
    sweep->total += flow->to - flow->from;
    return true;
}

static bool record_flows(struct power_sweep *sweep, struct error *err)
{
    for (size_t i = 0; i < sweep->count; i++) {
        if (!temp_file_create(&sweep->flows[i].journal, "otasim-journal", err)) {
            return false;
        }
    }
    if (!power_sweep_pass(sweep, sweep->count, record_flow, flow_recorded, err)) {
        return false;
    }
    for (size_t i = 0; i < sweep->count; i++) {
        struct flow_sweep *flow = &sweep->flows[i];
        flow->states = json_array();
        if (!baseline_stands(flow->report)) {
            flow->flow.scenario = sweep->scenarios[i];
            flow->findings = baseline_tell("power", sweep->scenarios[i], flow->report,
                                           sweep->options, sweep->listener);
        } else if (!open_flow(sweep, i, err)) {
            return false;
        }
    }
    return true;
}

/* Second pass. In a worker the states that were seen are remembered, so that each distinct one is
 * reported once; the sample is drawn by the operation's number, so it does not depend on how the
 * work is spread. */

struct exploration {
    const struct power_sweep *sweep;
    json_t *findings;
    json_t *states;
    uint64_t *keys;
    size_t key_count, key_capacity;
    uint64_t sample_every; /* 0: no sample */
};

static void note_finding(const struct power_point *point, enum sweep_class class,
                         const char *window, const char *text, void *context)
{
    struct exploration *exploration = context;
    json_array_append_new(exploration->findings, power_finding(point, class, window, text));
}

static bool is_new(struct exploration *exploration, uint64_t key)
{
    for (size_t i = 0; i < exploration->key_count; i++) {
        if (exploration->keys[i] == key) {
            return false;
        }
    }
    if (exploration->key_count == exploration->key_capacity) {
        size_t capacity = exploration->key_capacity * 2 + 64;
        uint64_t *keys = realloc(exploration->keys, capacity * sizeof *keys);
        if (keys == NULL) {
            return true;
        }
        exploration->keys = keys;
        exploration->key_capacity = capacity;
    }
    exploration->keys[exploration->key_count++] = key;
    return true;
}

static bool in_sample(const struct exploration *exploration, const struct power_point *point)
{
    uint64_t every = exploration->sample_every;
    uint64_t place = point->cut[0].op * TEAR_COUNT + (uint64_t)point->cut[0].tear;
    return point->depth == 1 && every > 0 &&
           place % every == exploration->sweep->options->seed % every;
}

static void note_state(const struct power_state *state, void *context)
{
    struct exploration *exploration = context;
    bool fresh = is_new(exploration, state->key);
    bool sampled = in_sample(exploration, &state->point);
    if (!fresh && !sampled && !exploration->sweep->options->every_retry) {
        return;
    }
    char at[64], key[24];
    power_point_text(&state->point, at);
    snprintf(key, sizeof key, "%016" PRIx64, state->key);
    json_array_append_new(exploration->states,
                          json_pack("{s:s, s:s, s:b, s:b}", "at", at, "key", key, "pending",
                                    state->pending, "sampled", sampled && !fresh));
}

static uint64_t explore_point(const struct power_sweep *sweep, struct power_explorer *explorer,
                              struct error *err)
{
    struct power_point point;
    const struct flash *flash;
    struct efuse efuse;
    if (!power_point_parse(sweep->options->point, &point, err)) {
        return 0;
    }
    if (!power_explorer_reach(explorer, &point, &flash, &efuse)) {
        error_set(err, "%s: the boot after the first cut has no such operation",
                  sweep->options->point);
        return 0;
    }
    if (sweep->options->keep_flash != NULL &&
        !write_file(sweep->options->keep_flash, flash_view(flash, 0, flash_size(flash)),
                    flash_size(flash), err)) {
        return 0;
    }
    return power_explore_point(explorer, &point) ? 1 : 0;
}

static json_t *explore_part(size_t index, struct server *server, void *context)
{
    (void)server;
    struct power_sweep *sweep = context;
    struct flow_sweep *flow = &sweep->flows[sweep->items[index].flow];
    uint64_t places = flow->flow.journal.count * TEAR_COUNT;
    struct exploration exploration = {
        .sweep = sweep,
        .findings = json_array(),
        .states = json_array(),
        .sample_every = sweep->options->retries > 0 ? places / sweep->options->retries + 1 : 0,
    };
    const struct power_listener listener = {
        .finding = note_finding, .state = note_state, .context = &exploration};
    struct power_explorer *explorer = power_explorer_create(&flow->flow, sweep->options, &listener);
    uint64_t cuts = 0;
    struct error err = {""};
    if (explorer == NULL) {
        error_set(&err, "out of memory");
    } else if (sweep->options->point != NULL) {
        cuts = explore_point(sweep, explorer, &err);
    } else {
        cuts = power_explore(explorer, sweep->items[index].from, sweep->items[index].to);
    }
    json_t *report = json_pack("{s:o, s:o, s:I, s:s}", "findings", exploration.findings, "states",
                               exploration.states, "cuts", (json_int_t)cuts, "error", err.text);
    power_explorer_destroy(explorer);
    free(exploration.keys);
    return report;
}

static bool has_key(const json_t *states, const char *key)
{
    size_t i;
    json_t *state;
    json_array_foreach(states, i, state)
    {
        if (strcmp(json_string_value(json_object_get(state, "key")), key) == 0) {
            return true;
        }
    }
    return false;
}

static void part_explored(size_t index, const json_t *report, const char *why, void *context)
{
    struct power_sweep *sweep = context;
    struct flow_sweep *flow = power_sweep_take(sweep, index, report, why);
    if (flow == NULL) {
        return;
    }
    size_t i;
    json_t *value;
    json_array_foreach(json_object_get(report, "states"), i, value)
    {
        const char *key = json_string_value(json_object_get(value, "key"));
        bool fresh = !has_key(flow->states, key);
        if (fresh || json_is_true(json_object_get(value, "sampled")) ||
            sweep->options->every_retry) {
            flow->distinct += fresh;
            json_array_append(flow->states, value);
        }
    }
    flow->cuts += (uint64_t)json_integer_value(json_object_get(report, "cuts"));
    power_sweep_progress(sweep, sweep->items[index].to - sweep->items[index].from);
}

bool power_sweep_add_items(struct power_sweep *sweep, size_t count, struct error *err)
{
    free(sweep->items);
    sweep->items = calloc(count + 1, sizeof *sweep->items);
    sweep->item_count = 0;
    return sweep->items != NULL || error_set(err, "out of memory");
}

static bool explore_flows(struct power_sweep *sweep, struct error *err)
{
    size_t parts = (size_t)sweep->options->jobs * PARTS_A_JOB;
    if (!power_sweep_add_items(sweep, sweep->count * parts, err)) {
        return false;
    }
    for (size_t i = 0; i < sweep->count; i++) {
        const struct flow_sweep *flow = &sweep->flows[i];
        uint64_t length = flow->to - flow->from;
        for (size_t part = 0; part < parts; part++) {
            uint64_t from = flow->from + length * part / parts;
            uint64_t to = flow->from + length * (part + 1) / parts;
            if (from < to) {
                sweep->items[sweep->item_count].flow = i;
                sweep->items[sweep->item_count].from = from;
                sweep->items[sweep->item_count++].to = to;
            }
        }
    }
    return power_sweep_pass(sweep, sweep->item_count, explore_part, part_explored, err);
}

static void summarize(const struct power_sweep *sweep, const struct flow_sweep *flow)
{
    json_t *record =
        json_pack("{s:s, s:s, s:s?, s:{s:I, s:I, s:I, s:I, s:I, s:I}}", "sweep", "power",
                  "scenario", flow->flow.scenario->name, "ota_library",
                  scenario_ota_library(flow->flow.scenario), "summary", "operations",
                  (json_int_t)(flow->to - flow->from), "states", (json_int_t)flow->cuts, "distinct",
                  (json_int_t)flow->distinct, "retries", (json_int_t)flow->retries, "findings",
                  (json_int_t)flow->findings, "windows", (json_int_t)flow->windows);
    sweep->listener->record(record, sweep->listener->context);
    json_decref(record);
}

bool sweep_power(const struct scenario *const *scenarios, size_t count,
                 const struct sweep_options *options, const struct sweep_listener *listener,
                 struct error *err)
{
    struct power_sweep sweep = {
        .options = options, .listener = listener, .scenarios = scenarios, .count = count};
    sweep.flows = calloc(count + 1, sizeof *sweep.flows);
    if (sweep.flows == NULL) {
        return error_set(err, "out of memory");
    }
    for (size_t i = 0; i < count; i++) {
        sweep.flows[i].journal = (struct temp_file)TEMP_FILE_NONE;
    }
    bool ok = record_flows(&sweep, err) && explore_flows(&sweep, err) &&
              power_sweep_retry(&sweep, err) && power_sweep_tell_ways(&sweep, err);
    for (size_t i = 0; i < count; i++) {
        if (ok) {
            summarize(&sweep, &sweep.flows[i]);
        }
        power_flow_close(&sweep.flows[i].flow);
        json_decref(sweep.flows[i].report);
        json_decref(sweep.flows[i].states);
        temp_file_remove(&sweep.flows[i].journal);
    }
    free(sweep.items);
    free(sweep.flows);
    return ok;
}
