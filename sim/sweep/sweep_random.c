/* Walks at random, each a scenario of its own, in batches: what a batch found is told in the order
 * of its walks, so that the same seed gives the same results whatever the host's speed. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pool.h"
#include "run.h"
#include "sweep.h"
#include "trace_query.h"
#include "walk.h"
#include "walk_window.h"

#define BATCH     2500 /* each starts the server and the workers anew */
#define TIMED     250  /* where the time is limited */
#define WALK_NAME "walk"

struct random_sweep {
    const struct sweep_options *options;
    const struct sweep_listener *listener;
    uint64_t seed, first; /* number of the batch's first walk */
    uint64_t step;        /* numbers from one walk to the next: so many shards there are */
    json_t *reports[BATCH];
    uint64_t done, walks, boots, updates;
    unsigned findings, windows;
    struct error err;
};

static json_t *run_walk(const struct random_sweep *sweep, const struct scenario *row,
                        struct server *server, struct run_result *result)
{
    const struct run_options options = {
        .release = sweep->options->release, .strict = sweep->options->strict, .brief_trace = true};
    run_scenario(row, server, &options, result);
    return result->trace;
}

/* What a first boot leaves in use that calls the same things and meets no fault. Known once for
 * each such application; a worker keeps what it has learnt. */
static int64_t heap_baseline(const struct random_sweep *sweep, const struct scenario *row,
                             struct server *server)
{
    static int64_t known[2][4][2]; /* plus one; 0: not known yet */
    bool rollback = strstr(row->firmware, "rollback") != NULL;
    int64_t *blocks = &known[rollback][row->update.api][row->update.url == NULL];
    if (*blocks == 0) {
        struct walk none = {.count = 0};
        struct scenario clean;
        struct run_result result;
        walk_scenario(&none, row->name, &clean);
        clean.firmware = row->firmware;
        clean.update.api = row->update.api;
        clean.update.url = row->update.url;
        const json_t *trace = run_walk(sweep, &clean, server, &result);
        const json_t *heap = trace_find(trace, "heap_end");
        *blocks = heap != NULL ? json_integer_value(json_object_get(heap, "blocks")) + 1 : 0;
        run_result_free(&result);
    }
    return *blocks - 1;
}

static uint64_t count_records(const json_t *trace, const char *kind)
{
    uint64_t count = 0;
    size_t i;
    json_t *record;
    json_array_foreach(trace, i, record)
    {
        count += trace_is(record, kind);
    }
    return count;
}

/* What the judge of a trace cannot know: what was being written when power failed. */
static void name_windows(const struct random_sweep *sweep, const struct scenario *row,
                         const json_t *trace, struct server *server, const json_t *findings)
{
    size_t i;
    json_t *finding;
    json_array_foreach(findings, i, finding)
    {
        if (json_object_get(finding, "window") != NULL) {
            continue;
        }
        const char *window = walk_window(row, trace, finding, server, sweep->options);
        if (window != NULL) {
            json_object_set_new(finding, "window", json_string(window));
        }
    }
}

/* Runs the walk: what it breaks, and its trace. NULL with err set if the harness failed. */
static json_t *examine(const struct random_sweep *sweep, const struct walk *walk,
                       struct server *server, json_t **trace, struct error *err)
{
    struct scenario row;
    struct run_result result;
    json_t *findings = NULL;
    walk_scenario(walk, WALK_NAME, &row);
    int64_t blocks = heap_baseline(sweep, &row, server);
    *trace = json_incref((json_t *)run_walk(sweep, &row, server, &result));
    if (*trace == NULL) {
        *err = result.error;
    } else {
        findings = walk_judge(&row, *trace, blocks);
        name_windows(sweep, &row, *trace, server, findings);
    }
    run_result_free(&result);
    return findings;
}

/* The first of that class, or of any; one that is no known window before one that is. */
static json_t *pick(const json_t *findings, const char *class)
{
    json_t *picked = NULL;
    size_t i;
    json_t *finding;
    json_array_foreach(findings, i, finding)
    {
        bool fits = class == NULL || trace_text_is(finding, "class", class);
        bool window = json_object_get(finding, "window") != NULL;
        if (fits && !window) {
            return finding;
        }
        picked = fits && class == NULL && picked == NULL ? finding : picked;
    }
    return picked;
}

/* Leaves out one word after the other while the same is still found, until none can go. */
static void shrink(const struct random_sweep *sweep, struct server *server, const char *class,
                   struct walk *walk)
{
    struct error err;
    for (size_t i = 0; i < walk->count;) {
        struct walk shorter = *walk;
        shorter.count--;
        memmove(&shorter.words[i], &shorter.words[i + 1],
                (shorter.count - i) * sizeof shorter.words[0]);
        json_t *trace = NULL;
        json_t *findings = examine(sweep, &shorter, server, &trace, &err);
        bool still = pick(findings, class) != NULL;
        json_decref(findings);
        json_decref(trace);
        if (still) {
            *walk = shorter;
            i = 0;
        } else {
            i++;
        }
    }
}

/* The shortest walk that finds the same, as a row that fails for its sake. */
static char *shortest_row(const struct random_sweep *sweep, struct server *server,
                          const char *class, const char *name, struct walk *walk)
{
    struct error err;
    struct scenario row;
    json_t *trace = NULL;
    char about[512], *text = NULL;
    shrink(sweep, server, class, walk);
    json_t *findings = examine(sweep, walk, server, &trace, &err);
    const json_t *finding = pick(findings, class);
    if (finding != NULL) {
        walk_scenario(walk, name, &row);
        walk_expect(&row, trace, finding);
        snprintf(about, sizeof about, "%s: %s", class,
                 json_string_value(json_object_get(finding, "text")));
        text = walk_row(&row, about);
    }
    json_decref(findings);
    json_decref(trace);
    return text;
}

/* A known window is named; whatever else is found is made as short as it can be. */
static json_t *explain(const struct random_sweep *sweep, struct server *server,
                       const json_t *finding, uint64_t number, struct walk walk)
{
    const char *class = json_string_value(json_object_get(finding, "class"));
    char name[64], id[80];
    snprintf(name, sizeof name, "walk/%" PRIu64 "-%" PRIu64, sweep->seed, number);
    snprintf(id, sizeof id, "random:walk@%" PRIu64 "/%" PRIu64, sweep->seed, number);
    char *row = json_object_get(finding, "window") == NULL
                    ? shortest_row(sweep, server, class, name, &walk)
                    : NULL;
    char *words = walk_text(&walk);
    json_t *explained = json_pack("{s:s, s:s, s:O*, s:O, s:s*, s:s*}", "id", id, "class", class,
                                  "window", json_object_get(finding, "window"), "text",
                                  json_object_get(finding, "text"), "words", words, "row", row);
    free(words);
    free(row);
    return explained;
}

static json_t *work(size_t index, struct server *server, void *context)
{
    const struct random_sweep *sweep = context;
    struct error err = {""};
    struct walk walk;
    json_t *trace = NULL, *end = NULL;
    uint64_t number = sweep->first + index * sweep->step;
    walk_draw(sweep->seed, number, &walk);
    json_t *findings = examine(sweep, &walk, server, &trace, &err);
    const json_t *finding = pick(findings, NULL);
    if (trace != NULL) {
        end = json_pack("{s:I, s:s?}", "boots", (json_int_t)count_records(trace, "boot"), "version",
                        trace_last(trace, "boot", "version"));
    }
    json_t *explained = finding != NULL ? explain(sweep, server, finding, number, walk) : NULL;
    char *words = walk_text(&walk);
    json_decref(findings);
    json_decref(trace);
    json_t *report =
        json_pack("{s:s, s:I, s:s?, s:o*, s:o*}", "error", err.text, "n", (json_int_t)number,
                  "words", words, "end", end, "finding", explained);
    free(words);
    return report;
}

static void progress(struct random_sweep *sweep)
{
    uint64_t total = sweep->options->walks / sweep->step;
    if (sweep->listener->progress != NULL && total > 0) {
        sweep->listener->progress(sweep->done, total > sweep->done ? total : sweep->done,
                                  sweep->listener->context);
    }
}

static void take(size_t index, const json_t *report, const char *why, void *context)
{
    struct random_sweep *sweep = context;
    const char *error = report != NULL ? json_string_value(json_object_get(report, "error")) : why;
    if (error[0] != '\0') {
        uint64_t number = sweep->first + index * sweep->step;
        error_set(&sweep->err, "walk %" PRIu64 "/%" PRIu64 ": %s", sweep->seed, number, error);
    } else {
        sweep->reports[index] = json_deep_copy(report);
    }
    sweep->done++;
    progress(sweep);
}

static void tell(struct random_sweep *sweep, const char *field, json_t *value)
{
    json_t *record =
        json_pack("{s:s, s:s, s:o}", "sweep", "random", "scenario", WALK_NAME, field, value);
    sweep->listener->record(record, sweep->listener->context);
    json_decref(record);
}

static void tell_report(struct random_sweep *sweep, json_t *report)
{
    const json_t *end = json_object_get(report, "end");
    json_t *finding = json_object_get(report, "finding");
    const char *version = json_string_value(json_object_get(end, "version"));
    sweep->walks++;
    sweep->boots += (uint64_t)json_integer_value(json_object_get(end, "boots"));
    sweep->updates += version != NULL && strcmp(version, "2.0.0") == 0;
    if (finding != NULL) {
        bool window = json_object_get(finding, "window") != NULL;
        sweep->windows += window;
        sweep->findings += !window;
        tell(sweep, "finding", json_incref(finding));
        json_object_del(report, "finding");
    }
    json_object_del(report, "error");
    tell(sweep, "walk", report);
}

static bool run_batch(struct random_sweep *sweep, size_t count, struct error *err)
{
    const struct pool_job job = {
        .count = count, .jobs = sweep->options->jobs, .work = work, .done = take, .context = sweep};
    bool ok = pool_run(&job, err) &&
              (sweep->err.text[0] == '\0' || error_set(err, "%s", sweep->err.text));
    for (size_t i = 0; i < count; i++) {
        if (sweep->reports[i] != NULL) {
            tell_report(sweep, sweep->reports[i]);
            sweep->reports[i] = NULL;
        }
    }
    sweep->first += count * sweep->step;
    return ok;
}

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The next batch's size; 0: it is done. */
static size_t next_batch(const struct random_sweep *sweep, double began)
{
    const struct sweep_options *options = sweep->options;
    if (options->walks == 0) {
        return now_s() - began < options->seconds ? TIMED : 0;
    }
    if (sweep->first >= options->walks ||
        (options->seconds > 0 && now_s() - began >= options->seconds)) {
        return 0;
    }
    uint64_t left = (options->walks - sweep->first + sweep->step - 1) / sweep->step;
    return left < BATCH ? (size_t)left : BATCH;
}

/* "SEED/NUMBER" */
static bool parse_point(const char *text, struct random_sweep *sweep, struct error *err)
{
    int length = 0;
    if (sscanf(text, "%" SCNu64 "/%" SCNu64 "%n", &sweep->seed, &sweep->first, &length) != 2 ||
        text[length] != '\0') {
        return error_set(err, "\"%s\" is no walk: it is like 1/812 (seed and number)", text);
    }
    return true;
}

bool sweep_random(const struct scenario *const *scenarios, size_t count,
                  const struct sweep_options *options, const struct sweep_listener *listener,
                  struct error *err)
{
    (void)scenarios;
    (void)count;
    struct random_sweep sweep = {
        .options = options,
        .listener = listener,
        .seed = options->seed,
        .first = options->shards > 0 ? options->shard : 0,
        .step = options->shards > 0 ? options->shards : 1,
    };
    bool ok = true;
    if (options->point != NULL) {
        ok = parse_point(options->point, &sweep, err) && run_batch(&sweep, 1, err);
    } else {
        double began = now_s();
        for (size_t size; ok && (size = next_batch(&sweep, began)) > 0;) {
            ok = run_batch(&sweep, size, err);
        }
    }
    tell(&sweep, "summary",
         json_pack("{s:I, s:I, s:I, s:i, s:i}", "walks", (json_int_t)sweep.walks, "boots",
                   (json_int_t)sweep.boots, "updated", (json_int_t)sweep.updates, "findings",
                   (int)sweep.findings, "windows", (int)sweep.windows));
    return ok;
}
