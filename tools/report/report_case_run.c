#include <string.h>

#include "flash_facts.h"
#include "report_case.h"
#include "scenario_device.h"
#include "trace.h"

static json_t *text_of(const char *bytes)
{
    return trace_text(bytes, strlen(bytes));
}

static json_t *mismatches_of(const struct run_result *result)
{
    json_t *list = json_array();
    for (size_t i = 0; i < result->mismatches; i++) {
        const struct mismatch *mismatch = &result->mismatch[i];
        json_array_append_new(list, json_pack("{s:s, s:o, s:o}", "field", mismatch->field,
                                              "expected", text_of(mismatch->expected), "actual",
                                              text_of(mismatch->actual)));
    }
    return list;
}

static json_t *facts_of(const struct run_result *result, json_t *flash)
{
    return json_pack("{s:b, s:b, s:o, s:o, s:O?, s:O?, s:O?, s:o}", "passed", result->passed,
                     "skipped", result->skipped, "error", text_of(result->error.text), "mismatches",
                     mismatches_of(result), "trace", result->trace, "requests", result->requests,
                     "quirks", result->quirks, "flash", flash);
}

json_t *report_case_run(const struct scenario *scenario, struct server *server,
                        const struct run_options *options)
{
    struct run_options with_end = *options;
    struct run_result result;
    struct partition_table table;
    struct error err;
    /* The same device as the run's own, which is gone when it ends. */
    struct device *before = scenario_device_create(scenario, &table, &err);
    struct run_end end = {.flash = before != NULL ? flash_snapshot(before->flash) : NULL};
    with_end.end = end.flash != NULL ? &end : NULL;
    run_scenario(scenario, server, &with_end, &result);
    json_t *flash = json_null();
    if (end.flash != NULL && !result.skipped) {
        flash = flash_facts(&table, before->flash, end.flash, result.trace);
    }
    json_t *facts = facts_of(&result, flash);
    run_result_free(&result);
    flash_destroy(end.flash);
    device_destroy(before);
    return facts;
}
