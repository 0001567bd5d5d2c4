/* The third pass of a power sweep: whatever a cut has left, the update must succeed from there. */
#include <stdio.h>
#include <string.h>

#include "power_sweep.h"
#include "run.h"
#include "scenario.h"
#include "trace_query.h"

/* A retry is good if the device ends up with the version that it would have had without a cut, and
 * no boot crashed or hung on the way that did not do so then. */
static void judge_retry(const struct flow_sweep *flow, const struct power_point *point,
                        const struct run_result *result, json_t *findings)
{
    char text[512];
    const char *booted = trace_last(result->trace, "bootloader", "booted");
    const char *version = trace_last(result->trace, "boot", "version");
    size_t i;
    json_t *record;
    json_array_foreach(result->trace, i, record)
    {
        const char *how = json_string_value(json_object_get(record, "how"));
        const char *detail = json_string_value(json_object_get(record, "detail"));
        bool crash = how != NULL && strcmp(how, "panic") == 0;
        bool hang = how != NULL && strcmp(how, "watchdog") == 0;
        if ((crash || hang) && !flow->flow.scenario->expect.crash) {
            snprintf(text, sizeof text, "the retry ends in a %s: %s", how,
                     detail != NULL ? detail : "");
            json_array_append_new(
                findings, power_finding(point, crash ? SWEEP_CRASH : SWEEP_HANG, NULL, text));
        }
    }
    if (booted == NULL || version == NULL || strcmp(version, flow->flow.last_version) != 0) {
        snprintf(text, sizeof text, "after the retry %s %s boots, not %s",
                 booted != NULL ? booted : "nothing", version != NULL ? version : "",
                 flow->flow.last_version);
        json_array_append_new(findings, power_finding(point, SWEEP_RETRY, NULL, text));
    }
}

static void ignore_finding(const struct power_point *point, enum sweep_class class,
                           const char *window, const char *text, void *context)
{
    (void)point, (void)class, (void)window, (void)text, (void)context;
}

static void ignore_state(const struct power_state *state, void *context)
{
    (void)state, (void)context;
}

static const struct power_listener nobody = {.finding = ignore_finding, .state = ignore_state};

static json_t *retry_state(size_t index, struct server *server, void *context)
{
    struct power_sweep *sweep = context;
    struct flow_sweep *flow = &sweep->flows[sweep->items[index].flow];
    const json_t *state = sweep->items[index].state;
    struct power_point point;
    struct error err = {""};
    json_t *findings = json_array();
    struct power_explorer *explorer = power_explorer_create(&flow->flow, sweep->options, &nobody);
    struct run_start start = {.confirm = json_is_true(json_object_get(state, "pending"))};
    if (explorer == NULL ||
        !power_point_parse(json_string_value(json_object_get(state, "at")), &point, &err) ||
        !power_explorer_reach(explorer, &point, &start.flash, &start.efuse)) {
        error_set(&err, "%s: out of memory", flow->flow.scenario->name);
    } else {
        struct run_result result;
        const struct run_options options = {.release = sweep->options->release,
                                            .strict = sweep->options->strict,
                                            .brief_trace = true,
                                            .start = &start};
        run_scenario(flow->flow.scenario, server, &options, &result);
        if (result.trace == NULL) {
            err = result.error;
        } else {
            judge_retry(flow, &point, &result, findings);
        }
        run_result_free(&result);
    }
    power_explorer_destroy(explorer);
    return json_pack("{s:o, s:s}", "findings", findings, "error", err.text);
}

static void state_retried(size_t index, const json_t *report, const char *why, void *context)
{
    struct power_sweep *sweep = context;
    struct flow_sweep *flow = power_sweep_take(sweep, index, report, why);
    if (flow == NULL) {
        return;
    }
    flow->retries++;
    power_sweep_progress(sweep, 1);
}

bool power_sweep_retry(struct power_sweep *sweep, struct error *err)
{
    size_t count = 0;
    for (size_t i = 0; i < sweep->count; i++) {
        count += json_array_size(sweep->flows[i].states);
    }
    if (!power_sweep_add_items(sweep, count, err)) {
        return false;
    }
    for (size_t i = 0; i < sweep->count; i++) {
        size_t n;
        json_t *state;
        json_array_foreach(sweep->flows[i].states, n, state)
        {
            sweep->items[sweep->item_count].flow = i;
            sweep->items[sweep->item_count++].state = state;
        }
    }
    sweep->total += count;
    return power_sweep_pass(sweep, sweep->item_count, retry_state, state_retried, err);
}
