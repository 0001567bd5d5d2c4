#include "release_runs.h"

#include <stdlib.h>
#include <string.h>

#include "release.h"
#include "run_many.h"

static void take_outcome(const struct scenario_outcome *outcome, void *context)
{
    verdicts_take(context, outcome);
}

bool release_runs_make(struct release_runs *runs, const struct scenario *const *scenarios,
                       size_t count, unsigned jobs, const struct run_options *options,
                       struct error *err)
{
    runs->verdicts = calloc(runs->count, sizeof *runs->verdicts);
    if (runs->verdicts == NULL) {
        return error_set(err, "out of memory");
    }
    bool ok = true;
    for (size_t i = 0; ok && i < runs->count; i++) {
        struct run_options its = *options;
        its.release = runs->releases[i];
        runs->verdicts[i] = verdicts_create(scenarios, count);
        ok = run_many(scenarios, count, jobs, &its, take_outcome, &runs->verdicts[i], err);
    }
    return ok;
}

void release_runs_free(struct release_runs *runs)
{
    for (size_t i = 0; runs->verdicts != NULL && i < runs->count; i++) {
        verdicts_free(&runs->verdicts[i]);
    }
    free(runs->verdicts);
    runs->verdicts = NULL;
}

const char *release_runs_cell(const struct verdict *row)
{
    bool hazard = json_array_size(row->quirks) > 0;
    if (!row->ended) {
        return "-";
    }
    if (row->skipped) {
        return "skip";
    }
    if (row->passed) {
        return hazard ? "hazard" : "ok";
    }
    return hazard ? "FAIL hazard" : "FAIL";
}

static bool all_alike(const struct release_runs *runs, size_t row)
{
    for (size_t i = 1; i < runs->count; i++) {
        if (strcmp(release_runs_cell(&runs->verdicts[i].rows[row]),
                   release_runs_cell(&runs->verdicts[0].rows[row])) != 0) {
            return false;
        }
    }
    return true;
}

size_t release_runs_table(struct text *out, const struct release_runs *runs, bool only_different)
{
    size_t lines = 0, count = runs->count > 0 ? runs->verdicts[0].count : 0;
    int width = 8;
    for (size_t row = 0; row < count; row++) {
        int length = (int)strlen(runs->verdicts[0].rows[row].scenario->name);
        width = length > width ? length : width;
    }
    for (size_t row = 0; row < count; row++) {
        if (only_different && all_alike(runs, row)) {
            continue;
        }
        if (lines++ == 0) {
            text_add(out, "%-*s", width, "");
            for (size_t i = 0; i < runs->count; i++) {
                char name[RELEASE_TEXT_LENGTH];
                text_add(out, "  %-11s", release_text(runs->releases[i], name));
            }
            text_add(out, "\n");
        }
        text_add(out, "%-*s", width, runs->verdicts[0].rows[row].scenario->name);
        for (size_t i = 0; i < runs->count; i++) {
            text_add(out, "  %-11s", release_runs_cell(&runs->verdicts[i].rows[row]));
        }
        text_add(out, "\n");
    }
    return lines;
}

static json_t *verdict_json(const struct verdict *row)
{
    return json_pack("{s:s, s:b, s:b, s:b, s:O?, s:s?}", "cell", release_runs_cell(row), "ended",
                     row->ended, "passed", row->passed, "skipped", row->skipped, "hazards",
                     row->quirks, "text", row->text);
}

json_t *release_runs_json(const struct release_runs *runs)
{
    json_t *releases = json_array(), *scenarios = json_array();
    for (size_t i = 0; i < runs->count; i++) {
        char name[RELEASE_TEXT_LENGTH];
        json_array_append_new(releases, json_string(release_text(runs->releases[i], name)));
    }
    for (size_t row = 0; runs->count > 0 && row < runs->verdicts[0].count; row++) {
        json_t *verdicts = json_object();
        for (size_t i = 0; i < runs->count; i++) {
            json_object_set_new(verdicts, json_string_value(json_array_get(releases, i)),
                                verdict_json(&runs->verdicts[i].rows[row]));
        }
        json_array_append_new(scenarios, json_pack("{s:s, s:o}", "name",
                                                   runs->verdicts[0].rows[row].scenario->name,
                                                   "verdicts", verdicts));
    }
    return json_pack("{s:o, s:o}", "releases", releases, "scenarios", scenarios);
}

size_t release_runs_recorded(uint32_t *releases, size_t capacity)
{
    size_t count = 0;
    for (size_t i = 0; i < release_count() && count < capacity; i++) {
        if (release_recorded_at(i)) {
            releases[count++] = release_at(i);
        }
    }
    return count;
}
