#include "verdicts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"

static void *checked(void *memory)
{
    if (memory == NULL) {
        fputs("otasim: out of memory\n", stderr);
        exit(EXIT_FAILED);
    }
    return memory;
}

struct verdicts verdicts_create(const struct scenario *const *scenarios, size_t count)
{
    struct verdicts verdicts = {.count = count};
    verdicts.rows = checked(calloc(count + 1, sizeof *verdicts.rows));
    for (size_t i = 0; i < count; i++) {
        verdicts.rows[i].scenario = scenarios[i];
    }
    return verdicts;
}

void verdicts_free(struct verdicts *verdicts)
{
    for (size_t i = 0; i < verdicts->count; i++) {
        free(verdicts->rows[i].text);
        free(verdicts->rows[i].ota_library);
        json_decref(verdicts->rows[i].quirks);
    }
    free(verdicts->rows);
    memset(verdicts, 0, sizeof *verdicts);
}

void verdicts_take(struct verdicts *verdicts, const struct scenario_outcome *outcome)
{
    for (size_t i = 0; i < verdicts->count; i++) {
        struct verdict *row = &verdicts->rows[i];
        if (row->scenario != outcome->scenario || row->ended) {
            continue;
        }
        row->ended = true;
        row->passed = outcome->passed;
        row->skipped = outcome->skipped;
        row->milliseconds = outcome->milliseconds;
        row->text = checked(strdup(outcome->text != NULL ? outcome->text : ""));
        if (outcome->ota_library != NULL) {
            row->ota_library = checked(strdup(outcome->ota_library));
        }
        row->quirks = outcome->quirks != NULL ? json_deep_copy(outcome->quirks) : json_array();
        return;
    }
}

struct verdict_counts verdicts_count(const struct verdicts *verdicts)
{
    struct verdict_counts counts = {0};
    for (size_t i = 0; i < verdicts->count; i++) {
        const struct verdict *row = &verdicts->rows[i];
        size_t *which = !row->ended    ? &counts.missing
                        : row->skipped ? &counts.skipped
                        : row->passed  ? &counts.passed
                                       : &counts.failed;
        *which += 1;
        counts.hazards += json_array_size(row->quirks) > 0;
    }
    return counts;
}

static bool holds(const json_t *names, const char *name)
{
    for (size_t i = 0; i < json_array_size(names); i++) {
        if (strcmp(json_string_value(json_array_get(names, i)), name) == 0) {
            return true;
        }
    }
    return false;
}

json_t *verdicts_libraries(const struct verdicts *verdicts)
{
    json_t *names = json_array();
    for (size_t i = 0; i < verdicts->count; i++) {
        const char *name = verdicts->rows[i].ota_library;
        if (name != NULL && !holds(names, name)) {
            json_array_append_new(names, json_string(name));
        }
    }
    return names;
}

int verdicts_status(const struct verdict_counts *counts)
{
    if (counts->failed > 0 || counts->missing > 0) {
        return EXIT_FAILED;
    }
    return counts->passed == 0 && counts->skipped > 0 ? EXIT_SKIPPED : EXIT_OK;
}
