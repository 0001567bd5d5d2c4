/* The release is updated to, for real: over TLS, on the simulated device. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain.h"
#include "flows.h"
#include "release.h"
#include "release_words.h"
#include "run_many.h"
#include "sweep.h"
#include "text.h"
#include "variant.h"

#define SHOWN_FINDINGS 5

static const char *join_hazards(const json_t *quirks, char *buf, size_t size)
{
    size_t length = 0;
    buf[0] = '\0';
    for (size_t i = 0; i < json_array_size(quirks) && length < size; i++) {
        length += (size_t)snprintf(buf + length, size - length, "%s%s", i > 0 ? ", " : "",
                                   json_string_value(json_array_get(quirks, i)));
    }
    return buf;
}

static void note_met(const json_t *quirks, bool met[QUIRK_COUNT])
{
    for (size_t i = 0; i < json_array_size(quirks); i++) {
        const char *name = json_string_value(json_array_get(quirks, i));
        enum quirk_id id = name != NULL ? quirk_named(name) : QUIRK_COUNT;
        if (id != QUIRK_COUNT) {
            met[id] = true;
        }
    }
}

static void take_outcome(const struct scenario_outcome *outcome, void *context)
{
    struct gate_flows *flows = context;
    for (size_t i = 0; i < flows->count; i++) {
        struct gate_flow *flow = &flows->flows[i];
        if (outcome->scenario == &flow->scenario) {
            flow->ran = true;
            flow->passed = outcome->passed && !outcome->skipped;
            flow->text = text_format("%s", outcome->text);
            join_hazards(outcome->quirks, flow->hazards, sizeof flow->hazards);
            note_met(outcome->quirks, flows->met);
        }
    }
}

/* A negated code says more by the code's name than by a number. */
static void add_code(struct text *out, esp_err_t code)
{
    text_add(out, "%s%s", code < ESP_FAIL ? "-" : "",
             esp_err_to_name(code < ESP_FAIL ? -code : code));
}

/* "5.1.7 returns ESP_FAIL here; since 5.5 it is ESP_ERR_HTTP_CONNECT (one-shot-hides-begin)", or
 * "5.1.7 does so; since 5.5.5 and master it is refused (downgrade-followed)" */
static char *otherwise_text(const struct gate *gate, const struct gate_flow *flow)
{
    const struct quirk_info *row = quirk_info(quirk_named(flow->otherwise->row));
    bool same = flow->otherwise->outcome == flow->day->outcome;
    struct text text = {0};
    char name[RELEASE_TEXT_LENGTH];
    text_add(&text, "%s %s", release_text(gate->release, name), same ? "returns " : "does so");
    if (same) {
        add_code(&text, flow->otherwise->result);
        text_add(&text, " here");
    }
    text_add(&text, "; since ");
    release_names(&text, row->until);
    text_add(&text, " it is ");
    if (same) {
        add_code(&text, flow->day->result);
    } else {
        text_add(&text, "%s", gate_outcome_text(flow->day->outcome));
    }
    text_add(&text, " (%s)", row->name);
    return text_take(&text);
}

static void show_otherwise(struct gate *gate, const struct gate_flow *flow)
{
    bool same = flow->otherwise->outcome == flow->day->outcome;
    char *text = otherwise_text(gate, flow);
    findings_add(&gate->findings, same ? FINDING_OK : FINDING_WARN, same ? NULL : text, "%s%s%s",
                 flow->scenario.about, flow->hazards[0] != '\0' ? "  hazard: " : "", flow->hazards);
    if (same) {
        findings_detail(text);
    }
    free(text);
}

static void add_hazard(struct text *out, const struct quirk_info *row)
{
    struct text span = {0};
    release_span(&span, row);
    char *releases = text_take(&span);
    explain_hazard(out, row, 2);
    explain_words(out, 4, "releases", releases);
    free(releases);
}

static void show_hazards(const struct gate *gate, const struct gate_flows *flows)
{
    char name[RELEASE_TEXT_LENGTH];
    struct text text = {0};
    unsigned met = 0, known = 0;
    for (int id = 0; id < QUIRK_COUNT; id++) {
        const struct quirk_info *row = quirk_info((enum quirk_id)id);
        known +=
            row->kind == QUIRK_KIND_HAZARD && quirk_in_release((enum quirk_id)id, gate->release);
        met += flows->met[id];
        if (flows->met[id]) {
            add_hazard(&text, row);
        }
    }
    char *lines = text_take(&text);
    findings_section("hazards that were met");
    printf("%s  %u of the %u that ESP-IDF %s has; otasim hazards --release %s lists them all\n",
           lines, met, known, release_text(gate->release, name), name);
    free(lines);
}

static void show_flow(struct gate *gate, const struct gate_flow *flow)
{
    if (!flow->ran) {
        findings_add(&gate->findings, FINDING_SKIP, NULL, "%s", flow->scenario.about);
    } else if (flow->passed && flow->otherwise != NULL) {
        show_otherwise(gate, flow);
    } else if (flow->passed) {
        findings_add(&gate->findings, FINDING_OK, NULL, "%s%s%s", flow->scenario.about,
                     flow->hazards[0] != '\0' ? "  hazard: " : "", flow->hazards);
    } else {
        findings_add(&gate->findings, FINDING_FAIL, NULL, "%s: not so", flow->scenario.about);
        findings_detail(flow->text);
    }
}

/* Nothing that can be done to the image would help. */
static bool stop(struct gate *gate, const char *what, const struct error *err)
{
    fflush(stdout);
    fprintf(stderr, "otasim gate: %s: %s\n", what, err->text);
    gate->unfinished = true;
    return false;
}

static bool run_flows(struct gate *gate, struct gate_flows *flows)
{
    const struct scenario *scenarios[GATE_MAX_FLOWS];
    for (size_t i = 0; i < flows->count; i++) {
        scenarios[i] = &flows->flows[i].scenario;
    }
    const struct run_options options = {.release = gate->release, .brief_trace = true};
    struct error err;
    return run_many(scenarios, flows->count, gate->jobs, &options, take_outcome, flows, &err) ||
           stop(gate, "the updates could not be run", &err);
}

/* What a device has that no file of the build tells, and what nothing here can try. */
static void show_limits(struct gate *gate)
{
    const char *why = gate_why_unconfirmed(gate);
    if (why != NULL) {
        findings_add(&gate->findings, FINDING_SKIP, "give the release in the field with --from",
                     "%s", why);
    }
    gate_show_untried(gate);
}

static void show_flows(struct gate *gate, struct gate_flows *flows)
{
    for (size_t i = 0; i < flows->count; i++) {
        if (i == flows->good) {
            findings_section("bad days");
        }
        show_flow(gate, &flows->flows[i]);
    }
    show_hazards(gate, flows);
}

struct sweep_watch {
    json_t *findings, *summary;
};

static void take_record(const json_t *record, void *context)
{
    struct sweep_watch *watch = context;
    json_t *finding = json_object_get(record, "finding");
    if (finding != NULL && !json_is_string(json_object_get(finding, "window"))) {
        json_array_append(watch->findings, finding);
    }
    if (json_object_get(record, "summary") != NULL) {
        json_decref(watch->summary);
        watch->summary = json_incref(json_object_get(record, "summary"));
    }
}

static const char *text_of(const json_t *object, const char *field)
{
    const char *text = json_string_value(json_object_get(object, field));
    return text != NULL ? text : "";
}

static void show_sweep(struct gate *gate, const struct sweep_watch *watch)
{
    size_t count = json_array_size(watch->findings);
    for (size_t i = 0; i < count && i < SHOWN_FINDINGS; i++) {
        const json_t *finding = json_array_get(watch->findings, i);
        findings_add(
            &gate->findings, FINDING_FAIL,
            "see otasim sweep --help; the id names the flash operation and how it was torn",
            "%s at %s: %s", text_of(finding, "class"), text_of(finding, "at"),
            text_of(finding, "text"));
    }
    if (count > SHOWN_FINDINGS) {
        findings_add(&gate->findings, FINDING_FAIL, NULL, "... and %zu more such places",
                     count - SHOWN_FINDINGS);
    }
    if (count == 0) {
        findings_add(
            &gate->findings, FINDING_OK, NULL,
            "power fails at each of %lld flash operations, %lld ways in all: something good boots, "
            "and the update succeeds afterwards",
            (long long)json_integer_value(json_object_get(watch->summary, "operations")),
            (long long)json_integer_value(json_object_get(watch->summary, "states")));
    }
}

static void sweep(struct gate *gate, const struct scenario *update)
{
    struct sweep_watch watch = {.findings = json_array()};
    const struct sweep_options options = {
        .jobs = gate->jobs, .seed = 1, .retries = 8, .release = gate->release};
    const struct sweep_listener listener = {.record = take_record, .context = &watch};
    struct error err = {""};
    findings_section("power");
    if (sweep_power(&update, 1, &options, &listener, &err)) {
        show_sweep(gate, &watch);
    } else {
        stop(gate, "the sweep could not be made", &err);
    }
    json_decref(watch.findings);
    json_decref(watch.summary);
}

/* With rollback the one that confirms is the whole story. */
static const struct gate_flow *whole_update(const struct gate_flows *flows)
{
    for (size_t i = 0; i < flows->good; i++) {
        if (strcmp(flows->flows[i].scenario.name, "gate/confirmed") == 0) {
            return &flows->flows[i];
        }
    }
    return &flows->flows[0];
}

static void try_power(struct gate *gate, const struct gate_flows *flows)
{
    const struct gate_flow *update = whole_update(flows);
    if (gate->no_sweep || !update->passed) {
        findings_section("power");
        findings_add(&gate->findings, FINDING_SKIP, NULL,
                     gate->no_sweep ? "no sweep was asked for" : "the update itself fails");
    } else {
        sweep(gate, &update->scenario);
    }
}

void gate_try(struct gate *gate)
{
    findings_section("updates over TLS");
    if (gate->blocked) {
        findings_add(&gate->findings, FINDING_SKIP, NULL,
                     "no update was tried: it can't succeed with what was found above");
        return;
    }
    struct error err = {"out of memory"};
    struct gate_flows *flows = calloc(1, sizeof *flows);
    if (flows == NULL || !gate_flows_make(gate, flows, &err)) {
        stop(gate, "the updates could not be made", &err);
        free(flows);
        return;
    }
    if (run_flows(gate, flows)) {
        show_limits(gate);
        show_flows(gate, flows);
        try_power(gate, flows);
    }
    for (size_t i = 0; i < flows->count; i++) {
        free(flows->flows[i].text);
    }
    free(flows);
}
