#include "replay_flow.h"

#include <stdio.h>
#include <string.h>

#include "replay_report.h"
#include "trace_file.h"

static bool is_kind(const json_t *record, const char *kind)
{
    return strcmp(replay_string(record, "kind"), kind) == 0;
}

static bool is_reboot(const json_t *step)
{
    return json_is_string(step) && strcmp(json_string_value(step), "REBOOT") == 0;
}

bool flow_read(const json_t *steps, struct flow *out, struct error *err)
{
    size_t length = json_array_size(steps), step = 0;
    int reboots = 0;
    memset(out, 0, sizeof *out);
    while (step < length) {
        bool reboot = is_reboot(json_array_get(steps, step));
        if (!reboot && step > 0) {
            return error_set(err, "steps[%zu]: is not \"REBOOT\", which must stand between apps",
                             step);
        }
        if (out->count == FLOW_MAX_BOOTS) {
            return error_set(err, "steps[%zu]: more than %d boots", step, FLOW_MAX_BOOTS);
        }
        struct flow_boot *boot = &out->boots[out->count++];
        if (reboot) {
            boot->reboot = ++reboots;
            boot->boot_step = step++;
        }
        const json_t *actions = json_array_get(steps, step);
        if (json_is_array(actions)) {
            boot->app_step = step++;
            boot->actions = actions;
        } else if (!reboot) {
            return error_set(err, "steps[0]: neither a list of actions nor \"REBOOT\"");
        }
    }
    return length > 0 || error_set(err, "a flow needs \"steps\"");
}

bool flow_does(const struct flow *flow, const char *action)
{
    for (size_t i = 0; i < flow->count; i++) {
        const json_t *actions = flow->boots[i].actions;
        for (size_t k = 0; k < json_array_size(actions); k++) {
            const char *text = json_string_value(json_array_get(actions, k));
            if (text != NULL && strcmp(text, action) == 0) {
                return true;
            }
        }
    }
    return false;
}

json_t *flow_trace(const json_t *trace)
{
    json_t *boots = json_array(), *boot = json_array();
    for (size_t i = 0; i < json_array_size(trace); i++) {
        json_t *record = json_array_get(trace, i);
        json_array_append(boot, record);
        if (is_kind(record, "end")) {
            json_array_append_new(boots, boot);
            boot = json_array();
        }
    }
    json_decref(boot);
    return boots;
}

json_t *flow_ops(const struct flow *flow, const json_t *boots, size_t count)
{
    json_t *ops = json_array();
    for (size_t i = 0; i < count; i++) {
        const struct flow_boot *boot = &flow->boots[i];
        const json_t *trace = json_array_get(boots, i);
        char phase[40];
        snprintf(phase, sizeof phase, "boot%d", boot->reboot);
        for (size_t k = 0; k < json_array_size(trace); k++) {
            const json_t *record = json_array_get(trace, k);
            if (is_kind(record, "boot")) {
                snprintf(phase, sizeof phase, "app(step %zu)", boot->app_step);
            } else if (is_kind(record, "flash")) {
                json_array_append_new(
                    ops, json_pack("{s:O, s:O, s:O, s:O, s:s}", "i", json_object_get(record, "n"),
                                   "kind", json_object_get(record, "op"), "at",
                                   json_object_get(record, "at"), "len",
                                   json_object_get(record, "len"), "phase", phase));
            }
        }
    }
    return ops;
}

/* What a record of the trace is in a list of calls; NULL if it is none. */
static json_t *call_of(const json_t *record)
{
    if (is_kind(record, "replay-step")) {
        return json_copy(json_object_get(record, "text"));
    }
    if (is_kind(record, "bootloader")) {
        const char *booted = json_string_value(json_object_get(record, "booted"));
        return json_sprintf("REBOOT -> %s", booted != NULL ? booted : "None");
    }
    if (is_kind(record, "end") && strcmp(replay_string(record, "how"), "restart") == 0) {
        return json_string("(device called esp_restart) -> None");
    }
    return NULL;
}

json_t *flow_calls(const json_t *boots, size_t first, size_t count)
{
    json_t *calls = json_array();
    for (size_t i = first; i < first + count; i++) {
        const json_t *trace = json_array_get(boots, i);
        for (size_t k = 0; k < json_array_size(trace); k++) {
            json_t *call = call_of(json_array_get(trace, k));
            if (call != NULL) {
                json_array_append_new(calls, call);
            }
        }
    }
    return calls;
}

json_t *flow_place(const struct flow *flow, const json_t *boots, size_t index)
{
    const struct flow_boot *boot = &flow->boots[index];
    bool in_app = trace_first(json_array_get(boots, index), "boot") != NULL;
    return in_app ? json_sprintf("app (step %zu)", boot->app_step)
                  : json_sprintf("bootloader (step %zu)", boot->boot_step);
}
