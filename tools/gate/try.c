/* The release is updated to, for real: over TLS, on the simulated device. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flows.h"
#include "run_many.h"
#include "sweep.h"
#include "text.h"

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
        }
    }
}

static void show_flow(struct gate *gate, const struct gate_flow *flow)
{
    if (!flow->ran) {
        findings_add(&gate->findings, FINDING_SKIP, NULL, "%s", flow->scenario.about);
    } else if (flow->passed) {
        findings_add(&gate->findings, FINDING_OK, NULL, "%s%s%s", flow->scenario.about,
                     flow->hazards[0] != '\0' ? "  hazard: " : "", flow->hazards);
    } else {
        findings_add(&gate->findings, FINDING_FAIL, NULL, "%s: not so", flow->scenario.about);
        findings_detail(flow->text);
    }
}

static bool run_flows(struct gate *gate, struct gate_flows *flows)
{
    const struct scenario *scenarios[GATE_MAX_FLOWS];
    for (size_t i = 0; i < flows->count; i++) {
        scenarios[i] = &flows->flows[i].scenario;
    }
    const struct run_options options = {.brief_trace = true};
    struct error err;
    if (run_many(scenarios, flows->count, gate->jobs, &options, take_outcome, flows, &err)) {
        return true;
    }
    findings_add(&gate->findings, FINDING_FAIL, "the harness failed, not the image",
                 "the updates could not be run: %s", err.text);
    return false;
}

/* What a device has that no file of the build tells. */
static void show_limits(struct gate *gate)
{
    if (sdkconfig_on(&gate->config, "CONFIG_SECURE_BOOT_V2_ENABLED")) {
        findings_add(&gate->findings, FINDING_SKIP,
                     "compare the key digest above with those that are burnt",
                     "secure boot: which keys the devices have in efuse is not known here");
    }
}

static void show_flows(struct gate *gate, struct gate_flows *flows)
{
    for (size_t i = 0; i < flows->count; i++) {
        if (i == flows->good) {
            findings_section("bad days");
        }
        show_flow(gate, &flows->flows[i]);
    }
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
    const struct sweep_options options = {.jobs = gate->jobs, .seed = 1, .retries = 8};
    const struct sweep_listener listener = {.record = take_record, .context = &watch};
    struct error err = {""};
    findings_section("power");
    if (sweep_power(&update, 1, &options, &listener, &err)) {
        show_sweep(gate, &watch);
    } else {
        findings_add(&gate->findings, FINDING_FAIL, NULL, "the sweep could not be made: %s",
                     err.text);
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

void gate_try(struct gate *gate)
{
    findings_section("updates over TLS");
    if (gate->blocked) {
        findings_add(&gate->findings, FINDING_SKIP, NULL,
                     "no update was tried: it can't succeed with what was found above");
        return;
    }
    struct gate_flows *flows = malloc(sizeof *flows);
    if (flows == NULL) {
        findings_add(&gate->findings, FINDING_FAIL, NULL, "out of memory");
        return;
    }
    gate_flows_make(gate, flows);
    if (run_flows(gate, flows)) {
        show_limits(gate);
        show_flows(gate, flows);
    }
    const struct gate_flow *update = whole_update(flows);
    if (gate->no_sweep || !update->passed) {
        findings_section("power");
        findings_add(&gate->findings, FINDING_SKIP, NULL,
                     gate->no_sweep ? "no sweep was asked for" : "the update itself fails");
    } else {
        sweep(gate, &update->scenario);
    }
    for (size_t i = 0; i < flows->count; i++) {
        free(flows->flows[i].text);
    }
    free(flows);
}
