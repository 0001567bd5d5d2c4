#include "select.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue.h"
#include "nearest.h"
#include "scenario_check.h"
#include "scenario_set.h"

enum { MAX_FAMILIES = 64, LONGEST_FAMILY = 32 };

struct walk {
    char *const *names;
    size_t count;
    bool *matched; /* per name */
    struct selection *selection;
    size_t capacity;
};

static void append(struct walk *walk, const struct scenario *scenario)
{
    struct selection *selection = walk->selection;
    if (selection->count == walk->capacity) {
        walk->capacity = walk->capacity == 0 ? 64 : walk->capacity * 2;
        const struct scenario **larger =
            realloc(selection->scenarios, walk->capacity * sizeof *larger);
        if (larger == NULL) {
            fputs("otasim: out of memory\n", stderr);
            exit(2);
        }
        selection->scenarios = larger;
    }
    selection->scenarios[selection->count++] = scenario;
}

static bool is_family(const char *name, const struct scenario *scenario)
{
    size_t length = scenario_family_length(scenario);
    return strlen(name) == length && memcmp(name, scenario->name, length) == 0;
}

static bool means(const char *name, const struct scenario *scenario)
{
    return fnmatch(name, scenario->name, 0) == 0 || is_family(name, scenario) ||
           catalogue_names(scenario->catalogue, name);
}

static bool visit(const struct scenario *scenario, void *context)
{
    struct walk *walk = context;
    bool wanted = walk->count == 0;
    for (size_t i = 0; i < walk->count; i++) {
        if (means(walk->names[i], scenario)) {
            walk->matched[i] = true;
            wanted = true;
        }
    }
    if (wanted) {
        append(walk, scenario);
    }
    return true;
}

/* What somebody may have meant. */
struct candidates {
    struct selection all;
    char families[MAX_FAMILIES][LONGEST_FAMILY];
    size_t family_count;
};

static void add_family(struct candidates *candidates, const struct scenario *scenario)
{
    size_t count = candidates->family_count, length = scenario_family_length(scenario);
    bool again = count > 0 && is_family(candidates->families[count - 1], scenario);
    if (!again && count < MAX_FAMILIES && length < LONGEST_FAMILY) {
        memcpy(candidates->families[count], scenario->name, length);
        candidates->family_count++;
    }
}

/* The names, then their families, then the ids. */
static const char *candidate_at(size_t index, void *context)
{
    const struct candidates *candidates = context;
    const struct selection *all = &candidates->all;
    if (index < all->count) {
        return all->scenarios[index]->name;
    }
    index -= all->count;
    if (index < candidates->family_count) {
        return candidates->families[index];
    }
    const struct catalogue_row *row = catalogue_row(index - candidates->family_count);
    return row != NULL ? row->id : NULL;
}

static void complain(const char *name)
{
    const struct catalogue_row *row = catalogue_find(name);
    if (row != NULL) {
        fprintf(stderr, "otasim: no scenario here replays %s, %s: %s\n", row->id, row->name,
                row->elsewhere != NULL ? row->elsewhere : "it is missing");
        return;
    }
    struct candidates candidates = {0};
    select_scenarios(NULL, 0, &candidates.all);
    for (size_t i = 0; i < candidates.all.count; i++) {
        add_family(&candidates, candidates.all.scenarios[i]);
    }
    const char *nearest = nearest_name(name, candidate_at, &candidates);
    fprintf(stderr, "otasim: no scenario matches \"%s\"", name);
    if (nearest != NULL) {
        fprintf(stderr, "; did you mean \"%s\"?", nearest);
    }
    fputs("\n`otasim list` shows them all; a family, a glob in quotes or a catalogue id takes some:"
          " redirect, 'redirect/status-*', R06\n",
          stderr);
    selection_free(&candidates.all);
}

/* Those of a set were looked at when it was loaded. */
static bool own_tables_are_right(void)
{
    struct error err;
    if (scenario_set_current() != NULL || scenario_check(scenario_tables, NULL, &err)) {
        return true;
    }
    fprintf(stderr, "otasim: %s\n", err.text);
    return false;
}

bool select_scenarios(char *const *names, size_t count, struct selection *selection)
{
    memset(selection, 0, sizeof *selection);
    if (!own_tables_are_right()) {
        return false;
    }
    bool *matched = calloc(count + 1, sizeof *matched);
    if (matched == NULL) {
        fputs("otasim: out of memory\n", stderr);
        return false;
    }
    struct walk walk = {.names = names, .count = count, .matched = matched, .selection = selection};
    scenario_each(visit, &walk);
    bool ok = true;
    for (size_t i = 0; i < count; i++) {
        if (!matched[i]) {
            complain(names[i]);
            ok = false;
        }
    }
    free(matched);
    if (!ok) {
        selection_free(selection);
    }
    return ok;
}

void selection_free(struct selection *selection)
{
    free(selection->scenarios);
    memset(selection, 0, sizeof *selection);
}

const struct scenario *select_scenario(const char *name, const char *command)
{
    enum { SHOWN = 8 };
    struct selection selection;
    char *const names[] = {(char *)name};
    if (!select_scenarios(names, 1, &selection)) {
        return NULL;
    }
    const struct scenario *only = selection.count == 1 ? selection.scenarios[0] : NULL;
    if (only == NULL) {
        fprintf(stderr, "otasim %s: \"%s\" means %zu scenarios; it takes one of them:\n", command,
                name, selection.count);
    }
    for (size_t i = 0; only == NULL && i < selection.count && i < SHOWN; i++) {
        fprintf(stderr, "  %s\n", selection.scenarios[i]->name);
    }
    if (only == NULL && selection.count > SHOWN) {
        fprintf(stderr, "  and %zu more\n", selection.count - SHOWN);
    }
    selection_free(&selection);
    return only;
}
