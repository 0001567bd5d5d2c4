#include <stdio.h>
#include <string.h>

#include "documented.h"
#include "sweep.h"
#include "trace_query.h"
#include "walk.h"

#define UPDATE_VERSION "2.0.0"

static void find(json_t *findings, enum sweep_class class, const char *text)
{
    json_array_append_new(findings,
                          json_pack("{s:s, s:s}", "class", sweep_class_name(class), "text", text));
}

/* A begin that fails leaves its session open (catalogue I16). */
static bool leaks_by_quirk(const json_t *trace)
{
    const char *quirk = trace_last(trace, "quirk", "name");
    return quirk != NULL && strcmp(quirk, "failed-begin-leaks") == 0;
}

/* What is known while the records go by. */
struct state {
    const struct scenario *scenario;
    bool rollback;
    const char *first, *running; /* versions: of the first boot, and of this one */
    bool on_trial;               /* the running update has not been confirmed */
    bool settled;                /* an update was confirmed, and nobody has taken that back */
    bool fresh;                  /* otadata was set in this boot */
    json_t *findings;
};

static bool is_update(const char *version)
{
    return version != NULL && strcmp(version, UPDATE_VERSION) == 0;
}

static void judge_boot(struct state *state, const json_t *record)
{
    const char *version = json_string_value(json_object_get(record, "version"));
    char text[256];
    if (state->first == NULL) {
        state->first = version;
    }
    bool known = is_update(version);
    for (size_t i = 0; i < SCENARIO_MAX_APPS && version != NULL && !known; i++) {
        const char *installed = state->scenario->device.apps[i].image.version;
        known = installed != NULL && strcmp(installed, version) == 0;
    }
    if (!known) {
        snprintf(text, sizeof text, "%s boots, which was never installed",
                 version != NULL ? version : "an unknown app");
        find(state->findings, SWEEP_WRONG_IMAGE, text);
    } else if (!is_update(version) && strcmp(version, state->first) != 0) {
        snprintf(text, sizeof text, "%s boots, although %s ran", version, state->first);
        find(state->findings, SWEEP_DOWNGRADE, text);
    } else if (state->settled && !is_update(version)) {
        snprintf(text, sizeof text, "%s was confirmed, and %s boots", UPDATE_VERSION, version);
        find(state->findings, SWEEP_LOST_UPDATE, text);
    } else if (state->rollback && state->on_trial && is_update(version) && !state->fresh) {
        find(state->findings, SWEEP_UNCONFIRMED, "nobody confirmed it, and it boots again");
    }
    state->running = version;
    state->on_trial = state->rollback && is_update(version) && !state->settled;
    state->settled = state->settled || (!state->rollback && is_update(version));
    state->fresh = false;
}

static void judge_call(struct state *state, const json_t *record)
{
    const char *function = json_string_value(json_object_get(record, "fn"));
    const json_t *code = json_object_get(record, "ret");
    if (function == NULL || !json_is_integer(code)) {
        return;
    }
    bool good = json_integer_value(code) == 0;
    if (!documented_code(function, json_integer_value(code))) {
        char text[256];
        const char *name = json_string_value(json_object_get(record, "err"));
        snprintf(text, sizeof text, "%s returns %s (%lld), which is not documented", function,
                 name != NULL ? name : "", (long long)json_integer_value(code));
        find(state->findings, SWEEP_UNDOCUMENTED, text);
    }
    if (good && strcmp(function, "esp_ota_mark_app_valid_cancel_rollback") == 0) {
        state->settled = state->settled || is_update(state->running);
        state->on_trial = false;
    } else if (good && (strcmp(function, "esp_ota_set_boot_partition") == 0 ||
                        strcmp(function, "esp_https_ota_finish") == 0 ||
                        strcmp(function, "esp_https_ota") == 0)) {
        state->fresh = true;
        state->settled = false;
    }
}

/* An update that is here to crash may; and one that takes itself back. */
static void judge_end(struct state *state, const json_t *record)
{
    /* Power may have failed before the bootloader noted the trial; the power sweep tells the two
     * apart. */
    state->on_trial = state->on_trial && !trace_text_is(record, "how", "power-cut");
    bool crash = trace_text_is(record, "how", "panic");
    bool hang = trace_text_is(record, "how", "watchdog") || trace_text_is(record, "how", "hang");
    bool own = is_update(state->running) && state->scenario->firmware_of[0].version != NULL &&
               is_update(state->scenario->firmware_of[0].version);
    if ((crash || hang) && !own) {
        const char *detail = json_string_value(json_object_get(record, "detail"));
        find(state->findings, crash ? SWEEP_CRASH : SWEEP_HANG,
             detail != NULL ? detail : "no word on why");
    }
}

static void judge_heap(const json_t *trace, int64_t blocks, json_t *findings)
{
    const json_t *heap = trace_find(trace, "heap_end");
    const json_t *end = trace_find(trace, "end");
    bool ended = trace_text_is(end, "how", "idle") || trace_text_is(end, "how", "restart");
    int64_t left = json_integer_value(json_object_get(heap, "blocks"));
    if (heap != NULL && ended && blocks >= 0 && left > blocks && !leaks_by_quirk(trace)) {
        char text[128];
        snprintf(text, sizeof text, "%lld blocks of the heap are left, without a fault %lld",
                 (long long)left, (long long)blocks);
        find(findings, SWEEP_LEAK, text);
    }
}

json_t *walk_judge(const struct scenario *scenario, const json_t *trace, int64_t blocks)
{
    struct state state = {.scenario = scenario, .findings = json_array()};
    state.rollback = strstr(scenario->firmware, "rollback") != NULL;
    size_t i;
    json_t *record;
    json_array_foreach(trace, i, record)
    {
        if (trace_is(record, "boot")) {
            judge_boot(&state, record);
        } else if (trace_is(record, "call")) {
            judge_call(&state, record);
        } else if (trace_is(record, "end")) {
            judge_end(&state, record);
        } else if (trace_is(record, "enter") &&
                   trace_text_is(record, "fn", "esp_ota_mark_app_invalid_rollback_and_reboot")) {
            state.settled = false;
        }
    }
    if (trace_last(trace, "bootloader", "booted") == NULL) {
        const char *reason = trace_last(trace, "bootloader", "reason");
        find(state.findings, SWEEP_BRICK, reason != NULL ? reason : "nothing boots");
    }
    judge_heap(trace, blocks, state.findings);
    return state.findings;
}
