#include "run_many.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "pool.h"

struct many {
    const struct scenario *const *scenarios;
    const struct run_options *options;
    void (*done)(const struct scenario_outcome *outcome, void *context);
    void *context;
};

static int milliseconds_since(const struct timespec *start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int)((now.tv_sec - start->tv_sec) * 1000 + (now.tv_nsec - start->tv_nsec) / 1000000);
}

static json_t *run_one(size_t index, struct server *server, void *context)
{
    const struct many *many = context;
    struct timespec start;
    clock_gettime(CLOCK_MONOTONIC, &start);
    struct run_result result;
    run_scenario(many->scenarios[index], server, many->options, &result);
    char *text = run_result_text(&result);
    json_t *report = json_pack("{s:b, s:b, s:i, s:s, s:s?, s:O?}", "passed", result.passed,
                               "skipped", result.skipped, "ms", milliseconds_since(&start), "text",
                               text, "ota_library", result.ota_library, "quirks", result.quirks);
    free(text);
    run_result_free(&result);
    return report;
}

static void take_report(size_t index, const json_t *report, const char *why, void *context)
{
    const struct many *many = context;
    const char *text = json_string_value(json_object_get(report, "text"));
    char line[256];
    snprintf(line, sizeof line, "  %s\n", why != NULL ? why : "no report came");
    const struct scenario_outcome outcome = {
        .scenario = many->scenarios[index],
        .passed = json_is_true(json_object_get(report, "passed")),
        .skipped = json_is_true(json_object_get(report, "skipped")),
        .milliseconds = (unsigned)json_integer_value(json_object_get(report, "ms")),
        .text = text != NULL ? text : line,
        .ota_library = json_string_value(json_object_get(report, "ota_library")),
        .quirks = json_object_get(report, "quirks"),
    };
    many->done(&outcome, many->context);
}

bool run_many(const struct scenario *const *scenarios, size_t count, unsigned jobs,
              const struct run_options *options,
              void (*done)(const struct scenario_outcome *outcome, void *context), void *context,
              struct error *err)
{
    struct many many = {
        .scenarios = scenarios, .options = options, .done = done, .context = context};
    const struct pool_job job = {
        .count = count, .jobs = jobs, .work = run_one, .done = take_report, .context = &many};
    return pool_run(&job, err);
}
