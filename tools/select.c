#include "select.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nearest.h"

struct walk {
    char *const *globs;
    size_t count;
    bool *matched; /* per glob */
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

static bool visit(const struct scenario *scenario, void *context)
{
    struct walk *walk = context;
    bool wanted = walk->count == 0;
    for (size_t i = 0; i < walk->count; i++) {
        if (fnmatch(walk->globs[i], scenario->name, 0) == 0) {
            walk->matched[i] = true;
            wanted = true;
        }
    }
    if (wanted) {
        append(walk, scenario);
    }
    return true;
}

static const char *scenario_name_at(size_t index, void *context)
{
    const struct selection *all = context;
    return index < all->count ? all->scenarios[index]->name : NULL;
}

static void complain(const char *glob)
{
    struct selection all = {0};
    select_scenarios(NULL, 0, &all);
    const char *nearest = nearest_name(glob, scenario_name_at, &all);
    fprintf(stderr, "otasim: no scenario matches \"%s\"", glob);
    if (nearest != NULL) {
        fprintf(stderr, "; did you mean \"%s\"?", nearest);
    }
    fputs("\n`otasim list` shows them all; a glob in quotes takes a family: 'redirect/*'\n",
          stderr);
    selection_free(&all);
}

bool select_scenarios(char *const *globs, size_t count, struct selection *selection)
{
    memset(selection, 0, sizeof *selection);
    bool *matched = calloc(count + 1, sizeof *matched);
    if (matched == NULL) {
        fputs("otasim: out of memory\n", stderr);
        return false;
    }
    struct walk walk = {.globs = globs, .count = count, .matched = matched, .selection = selection};
    scenario_each(visit, &walk);
    bool ok = true;
    for (size_t i = 0; i < count; i++) {
        if (!matched[i]) {
            complain(globs[i]);
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
