#include "baseline.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"

#define SHOWN_LENGTH 200

/* "a\n> b" as "a, > b"; a long list is cut off. */
static void add_line(struct text *out, const char *lines)
{
    const char *separator = "";
    size_t left = SHOWN_LENGTH;
    while (*lines != '\0' && left > 0) {
        lines += strspn(lines, " \n");
        size_t length = strcspn(lines, "\n");
        length = length < left ? length : left;
        text_add(out, "%s%.*s", separator, (int)length, lines);
        separator = ", ";
        lines += length;
        left -= length;
    }
    text_add(out, "%s", *lines != '\0' ? " ..." : "");
}

bool baseline_judge(const struct scenario *scenario, const struct run_result *result,
                    json_t *report, struct error *err)
{
    if (result->skipped || result->error.text[0] != '\0') {
        return error_set(err, "%s: %s", scenario->name, result->error.text);
    }
    if (result->passed) {
        return true;
    }
    struct text text = {0};
    const struct mismatch *mismatch = &result->mismatch[0];
    text_add(&text, "it does not pass without a fault: %s: expected ", mismatch->field);
    add_line(&text, mismatch->expected);
    text_add(&text, "; actual ");
    add_line(&text, mismatch->actual);
    char *fails = text_take(&text);
    json_object_set_new(report, "fails", json_string(fails));
    free(fails);
    return true;
}

bool baseline_stands(const json_t *report)
{
    return json_object_get(report, "fails") == NULL;
}

bool baseline_is_all(const struct sweep_options *options)
{
    return options->point != NULL && strcmp(options->point, BASELINE_POINT) == 0;
}

unsigned baseline_tell(const char *sweep, const struct scenario *scenario, const json_t *report,
                       const struct sweep_options *options, const struct sweep_listener *listener)
{
    if (options->shard > 0) {
        return 0;
    }
    char *id = text_format("%s:%s@%s", sweep, scenario->name, BASELINE_POINT);
    json_t *record = json_pack("{s:s, s:s, s:{s:s, s:s, s:n, s:O, s:s}}", "sweep", sweep,
                               "scenario", scenario->name, "finding", "at", BASELINE_POINT, "class",
                               sweep_class_name(SWEEP_BASELINE), "window", "text",
                               json_object_get(report, "fails"), "id", id);
    listener->record(record, listener->context);
    json_decref(record);
    free(id);
    return 1;
}
