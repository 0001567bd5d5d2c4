#include "fault_flow.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "baseline.h"
#include "trace_query.h"

#define BODY_SAMPLES 24 /* besides the boundaries */
#define TLS_RECORD   16384
#define READ_SIZE    1024

/* Kinds of a family, and the word for each. */
static const struct {
    enum fault_family family;
    enum run_fault_kind kind;
    const char *word;
} kinds[] = {
    {FAULT_MEMORY, RUN_FAULT_MEMORY, "null"},  {FAULT_FLASH, RUN_FAULT_FLASH_ERROR, "error"},
    {FAULT_FLASH, RUN_FAULT_FLASH_ROT, "rot"}, {FAULT_NETWORK, RUN_FAULT_FIN, "fin"},
    {FAULT_NETWORK, RUN_FAULT_RST, "rst"},     {FAULT_NETWORK, RUN_FAULT_SILENCE, "silence"},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

void fault_text(const struct run_fault *fault, char text[48])
{
    const char *word = "?";
    for (size_t i = 0; i < KINDS; i++) {
        word = kinds[i].kind == fault->kind ? kinds[i].word : word;
    }
    if (fault->request > 0) {
        snprintf(text, 48, "%u+%" PRIu64 "/%s", fault->request, fault->at, word);
    } else {
        snprintf(text, 48, "%" PRIu64 "/%s", fault->at, word);
    }
}

bool fault_parse(enum fault_family family, const char *text, struct run_fault *fault,
                 struct error *err)
{
    char *end;
    const char *at = text;
    memset(fault, 0, sizeof *fault);
    if (family == FAULT_NETWORK) {
        fault->request = (unsigned)strtoul(text, &end, 10);
        at = fault->request > 0 && *end == '+' ? end + 1 : "";
    }
    fault->at = strtoull(at, &end, 10);
    for (size_t i = 0; i < KINDS && *at >= '0' && *at <= '9' && *end == '/'; i++) {
        if (kinds[i].family == family && strcmp(kinds[i].word, end + 1) == 0) {
            fault->kind = kinds[i].kind;
            return true;
        }
    }
    return error_set(err, "\"%s\" is no place of a fault: it is like %s", text,
                     family == FAULT_NETWORK  ? "2+100/rst (the second request, after 100 bytes)"
                     : family == FAULT_MEMORY ? "17/null"
                                              : "17/error or 17/rot");
}

static json_t *program_ops(const json_t *trace)
{
    json_t *ops = json_array();
    size_t i;
    json_t *record;
    json_array_foreach(trace, i, record)
    {
        if (trace_is(record, "flash") && trace_text_is(record, "op", "program")) {
            json_array_append(ops, json_object_get(record, "n"));
        }
        if (trace_is(record, "end")) {
            break; /* faults are in the first boot */
        }
    }
    return ops;
}

static json_int_t last_op(const json_t *trace)
{
    json_int_t last = -1;
    size_t i;
    json_t *record;
    json_array_foreach(trace, i, record)
    {
        if (trace_is(record, "flash")) {
            last = json_integer_value(json_object_get(record, "n"));
        }
        if (trace_is(record, "end")) {
            break;
        }
    }
    return last;
}

static json_t *answers_of(const json_t *requests)
{
    json_t *answers = json_array();
    size_t i;
    json_t *request;
    json_array_foreach(requests, i, request)
    {
        json_t *answer = json_object_get(request, "answer");
        if (answer != NULL) {
            json_array_append_new(answers,
                                  json_pack("[O, O]", json_object_get(request, "n"), answer));
        }
    }
    return answers;
}

bool fault_flow_record(const struct scenario *scenario, struct server *server,
                       const struct sweep_options *sweep, json_t **report, struct error *err)
{
    struct run_result result;
    const struct run_options options = {
        .release = sweep->release, .strict = sweep->strict, .fault = {.kind = RUN_FAULT_MEASURE}};
    run_scenario(scenario, server, &options, &result);
    *report = json_object();
    bool ran = baseline_judge(scenario, &result, *report, err);
    if (ran && result.passed) {
        const json_t *heap = trace_find(result.trace, "heap_end");
        json_t *boots = trace_all(result.trace, "boot", "version");
        json_object_set_new(*report, "ops", json_integer(last_op(result.trace) + 1));
        json_object_set_new(*report, "programs", program_ops(result.trace));
        json_object_set_new(*report, "answers", answers_of(result.requests));
        json_object_set(*report, "allocations", json_object_get(heap, "allocations"));
        json_object_set(*report, "blocks", json_object_get(heap, "blocks"));
        json_object_set_new(*report, "boots", boots);
    }
    run_result_free(&result);
    return ran;
}

static bool add(struct fault_flow *flow, struct run_fault fault)
{
    if ((flow->count & (flow->count + 1)) == 0) { /* one less than a power of two: full */
        struct run_fault *grown =
            realloc(flow->faults, ((flow->count + 1) * 2) * sizeof *flow->faults);
        if (grown == NULL) {
            return false;
        }
        flow->faults = grown;
    }
    flow->faults[flow->count++] = fault;
    return true;
}

static bool add_counted(struct fault_flow *flow, enum run_fault_kind kind, json_int_t count)
{
    bool ok = true;
    for (json_int_t i = 0; i < count && ok; i++) {
        ok = add(flow, (struct run_fault){.kind = kind, .at = (uint64_t)i});
    }
    return ok;
}

static uint64_t random_below(uint64_t *state, uint64_t limit)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return (z ^ z >> 31) % limit;
}

static bool add_cuts(struct fault_flow *flow, unsigned request, uint64_t at)
{
    bool ok = true;
    for (size_t i = 0; i < KINDS && ok; i++) {
        if (kinds[i].family == FAULT_NETWORK) {
            ok = add(flow, (struct run_fault){.kind = kinds[i].kind, .at = at, .request = request});
        }
    }
    return ok;
}

/* Where the framing of a body changes: at each record of TLS, around the device's first reads, and
 * at each chunk of the row. */
static bool is_boundary(const struct fault_flow *flow, uint64_t at, uint64_t length)
{
    unsigned chunk = 0;
    for (size_t i = 0; i < SCENARIO_MAX_RESPONSES && flow->scenario->server[i].status != 0; i++) {
        chunk = flow->scenario->server[i].chunked > 0 ? flow->scenario->server[i].chunked : chunk;
    }
    return at % TLS_RECORD == 0 || at == READ_SIZE || at == READ_SIZE - 1 || at == READ_SIZE + 1 ||
           at + 1 == length || at == 1 || (chunk > 0 && at % chunk < 16 && length / chunk <= 64);
}

static bool add_answer(struct fault_flow *flow, unsigned request, uint64_t header, uint64_t body,
                       uint64_t seed)
{
    bool ok = true;
    for (uint64_t at = 0; at <= header && ok; at++) {
        ok = add_cuts(flow, request, at);
    }
    uint64_t state = seed + request;
    for (uint64_t at = 1; at < body && ok; at++) {
        if (is_boundary(flow, at, body) || random_below(&state, body) < BODY_SAMPLES) {
            ok = add_cuts(flow, request, header + at);
        }
    }
    return ok;
}

static bool add_network(struct fault_flow *flow, const json_t *answers, uint64_t seed)
{
    bool ok = true;
    size_t i;
    json_t *entry;
    json_array_foreach(answers, i, entry)
    {
        const json_t *answer = json_array_get(entry, 1);
        ok = ok && add_answer(flow, (unsigned)json_integer_value(json_array_get(entry, 0)),
                              (uint64_t)json_integer_value(json_array_get(answer, 0)),
                              (uint64_t)json_integer_value(json_array_get(answer, 1)), seed);
    }
    return ok;
}

static bool add_rot(struct fault_flow *flow, const json_t *programs)
{
    bool ok = true;
    size_t i;
    json_t *op;
    json_array_foreach(programs, i, op)
    {
        ok = ok && add(flow, (struct run_fault){.kind = RUN_FAULT_FLASH_ROT,
                                                .at = (uint64_t)json_integer_value(op)});
    }
    return ok;
}

bool fault_flow_open(const struct scenario *scenario, enum fault_family family, uint64_t seed,
                     const json_t *report, struct fault_flow *flow, struct error *err)
{
    memset(flow, 0, sizeof *flow);
    flow->scenario = scenario;
    flow->blocks = json_integer_value(json_object_get(report, "blocks"));
    const json_t *boots = json_object_get(report, "boots");
    const char *first = json_string_value(json_array_get(boots, 0));
    const char *last = json_string_value(json_array_get(boots, json_array_size(boots) - 1));
    snprintf(flow->first_version, sizeof flow->first_version, "%s", first != NULL ? first : "");
    snprintf(flow->last_version, sizeof flow->last_version, "%s", last != NULL ? last : "");
    bool ok = true;
    switch (family) {
    case FAULT_MEMORY:
        ok = add_counted(flow, RUN_FAULT_MEMORY,
                         json_integer_value(json_object_get(report, "allocations")));
        break;
    case FAULT_FLASH:
        ok = add_counted(flow, RUN_FAULT_FLASH_ERROR,
                         json_integer_value(json_object_get(report, "ops"))) &&
             add_rot(flow, json_object_get(report, "programs"));
        break;
    case FAULT_NETWORK:
        ok = add_network(flow, json_object_get(report, "answers"), seed);
        break;
    }
    return ok || error_set(err, "%s: out of memory", scenario->name);
}

void fault_flow_close(struct fault_flow *flow)
{
    free(flow->faults);
    memset(flow, 0, sizeof *flow);
}
