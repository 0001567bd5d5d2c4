#include <stdio.h>
#include <string.h>

#include "documented.h"
#include "sweep.h"
#include "trace_query.h"
#include "walk.h"

#define UPDATE_VERSION "2.0.0"

/* What is known while the records go by. Texts are the trace's. */
struct state {
    const struct scenario *scenario;
    bool rollback;
    const char *version;                  /* that runs */
    const char *slot;                     /* and where */
    const char *good_version, *good_slot; /* what ran last that is not on trial; NULL: not known */
    const char *trial;                    /* the slot whose update nobody has confirmed */
    bool fresh, fresh_before; /* an update may have been selected in this boot, or call */
    json_int_t boot;
    json_t *findings;
};

/* Where the finding is about what boots, that is said too, with what should have booted. */
static void find(struct state *state, enum sweep_class class, const char *window, const char *text)
{
    bool boots = class <= SWEEP_UNCONFIRMED && state->good_slot != NULL;
    json_array_append_new(state->findings,
                          json_pack("{s:s, s:s, s:s*, s:I, s:s*, s:s*}", "class",
                                    sweep_class_name(class), "text", text, "window", window, "boot",
                                    state->boot, "partition", boots ? state->good_slot : NULL,
                                    "version", boots ? state->good_version : NULL));
}

static bool is(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static bool is_installed(const struct scenario *scenario, const char *version)
{
    bool known = is(version, UPDATE_VERSION);
    for (size_t i = 0; i < SCENARIO_MAX_APPS && !known; i++) {
        known = is(scenario->device.apps[i].image.version, version);
    }
    return known;
}

/* What boots is what ran last, unless a call has selected something else; and that gets one boot
 * to confirm itself. A version says too little here: two slots may hold the same. */
static void judge_boot(struct state *state, const json_t *record)
{
    const char *version = json_string_value(json_object_get(record, "version"));
    const char *slot = json_string_value(json_object_get(record, "running"));
    bool back = state->good_slot == NULL || is(slot, state->good_slot);
    char text[256];
    state->boot = json_integer_value(json_object_get(record, "n"));
    if (version == NULL || slot == NULL) {
        find(state, SWEEP_WRONG_IMAGE, NULL, "an unknown app boots");
        return;
    }
    if (!is_installed(state->scenario, version)) {
        snprintf(text, sizeof text, "%s boots, which was never installed", version);
        find(state, SWEEP_WRONG_IMAGE, NULL, text);
    } else if (is(slot, state->trial) && !state->fresh) {
        snprintf(text, sizeof text, "nobody confirmed %s in %s, and it boots again", version, slot);
        find(state, SWEEP_UNCONFIRMED, NULL, text);
    } else if (!back && !(state->fresh && is(version, UPDATE_VERSION))) {
        bool older = is(state->good_version, UPDATE_VERSION) || !is(version, UPDATE_VERSION);
        snprintf(text, sizeof text, "%s boots from %s, although %s ran from %s", version, slot,
                 state->good_version, state->good_slot);
        find(state, older ? SWEEP_DOWNGRADE : SWEEP_LOST_UPDATE, NULL, text);
    }
    bool on_trial = state->rollback && is(version, UPDATE_VERSION) && !back;
    state->trial = on_trial ? slot : NULL;
    state->slot = slot;
    state->version = version;
    if (!on_trial) {
        state->good_slot = slot;
        state->good_version = version;
    }
    state->fresh = false;
}

static bool selects(const char *function)
{
    return is(function, "esp_ota_set_boot_partition") || is(function, "esp_https_ota_finish") ||
           is(function, "esp_https_ota");
}

/* Power may fail before such a call returns: then either may boot. */
static void judge_enter(struct state *state, const json_t *record)
{
    const char *function = json_string_value(json_object_get(record, "fn"));
    if (selects(function)) {
        state->fresh_before = state->fresh;
        state->fresh = true;
    } else if (is(function, "esp_ota_mark_app_invalid_rollback_and_reboot")) {
        state->good_slot = is(state->slot, state->good_slot) ? NULL : state->good_slot;
    }
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
        find(state, SWEEP_UNDOCUMENTED, NULL, text);
    }
    if (good && is(function, "esp_ota_mark_app_valid_cancel_rollback")) {
        state->trial = NULL;
        state->good_slot = state->slot;
        state->good_version = state->version;
    } else if (!good && selects(function)) {
        state->fresh = state->fresh_before;
    }
}

/* An update that is here to crash may; and one that takes itself back. */
static void judge_end(struct state *state, const json_t *record)
{
    bool crash = trace_text_is(record, "how", "panic");
    bool hang = trace_text_is(record, "how", "watchdog") || trace_text_is(record, "how", "hang");
    bool own = is(state->version, UPDATE_VERSION) &&
               is(state->scenario->firmware_of[0].version, UPDATE_VERSION);
    const char *detail = json_string_value(json_object_get(record, "detail"));
    if ((crash || hang) && !own) {
        find(state, crash ? SWEEP_CRASH : SWEEP_HANG, NULL,
             detail != NULL ? detail : "no word on why");
    }
    /* However well it booted before: from now on it never does. */
    if (trace_text_is(record, "how", "no-app")) {
        state->boot++;
        find(state, SWEEP_BRICK, NULL, detail != NULL ? detail : "nothing boots");
    }
}

/* A begin that fails leaves its session open (catalogue I16): a block each time. */
static const char *known_leak(const json_t *trace, int64_t more)
{
    int64_t times = 0;
    size_t i;
    json_t *record;
    json_array_foreach(trace, i, record)
    {
        if (trace_is(record, "end")) {
            break;
        }
        times += trace_is(record, "quirk") && trace_text_is(record, "name", "failed-begin-leaks");
    }
    return more <= times ? "failed-begin-leaks" : NULL;
}

static void judge_heap(const json_t *trace, int64_t blocks, struct state *state)
{
    const json_t *heap = trace_find(trace, "heap_end");
    const json_t *end = trace_find(trace, "end");
    bool ended = trace_text_is(end, "how", "idle") || trace_text_is(end, "how", "restart");
    int64_t left = json_integer_value(json_object_get(heap, "blocks"));
    if (heap != NULL && ended && blocks >= 0 && left > blocks) {
        char text[128];
        snprintf(text, sizeof text, "%lld blocks of the heap are left, without a fault %lld",
                 (long long)left, (long long)blocks);
        find(state, SWEEP_LEAK, known_leak(trace, left - blocks), text);
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
        } else if (trace_is(record, "enter")) {
            judge_enter(&state, record);
        } else if (trace_is(record, "call")) {
            judge_call(&state, record);
        } else if (trace_is(record, "end")) {
            judge_end(&state, record);
        }
    }
    judge_heap(trace, blocks, &state);
    return state.findings;
}
