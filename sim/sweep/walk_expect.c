#include <string.h>

#include "run.h"
#include "trace_query.h"
#include "walk.h"

static const char *text_of(const json_t *object, const char *field)
{
    return json_string_value(json_object_get(object, field));
}

static bool ends_badly(const json_t *trace)
{
    size_t i;
    json_t *record;
    json_array_foreach(trace, i, record)
    {
        if (trace_is(record, "end") &&
            (trace_text_is(record, "how", "panic") || trace_text_is(record, "how", "watchdog"))) {
            return true;
        }
    }
    return false;
}

void walk_expect(struct scenario *row, const json_t *trace, const json_t *finding)
{
    struct scenario_expect *expect = &row->expect;
    const char *should = text_of(finding, "partition");
    json_int_t at = json_integer_value(json_object_get(finding, "boot"));
    bool own = trace_text_is(finding, "class", "crash") || trace_text_is(finding, "class", "hang");
    const json_t *call = run_update_call(trace);
    expect->result = (esp_err_t)json_integer_value(json_object_get(call, "ret"));
    expect->no_update = call == NULL;
    expect->crash = !own && ends_badly(trace);
    size_t count = 0, i;
    json_t *record;
    json_array_foreach(trace, i, record)
    {
        json_int_t n = json_integer_value(json_object_get(record, "n"));
        if (trace_is(record, "boot") && n > 0 && count < SCENARIO_MAX_BOOTS &&
            (should == NULL || n < at)) {
            expect->boots[count++] = (struct expected_boot){.partition = text_of(record, "running"),
                                                            .version = text_of(record, "version")};
        }
    }
    if (should != NULL && count < SCENARIO_MAX_BOOTS) {
        expect->boots[count++] =
            (struct expected_boot){.partition = should, .version = text_of(finding, "version")};
    }
    expect->more_boots = count > 0 ? 0 : expect->more_boots;
}
