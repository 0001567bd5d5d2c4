#include "scenario.h"

#include <string.h>

#include "scenario_set.h"

void scenario_each(bool (*visit)(const struct scenario *scenario, void *context), void *context)
{
    const struct scenario_set *set = scenario_set_current();
    const struct scenario *const *tables = set != NULL ? set->tables : scenario_tables;
    for (const struct scenario *const *table = tables; *table != NULL; table++) {
        for (const struct scenario *row = *table; row->name != NULL; row++) {
            if (!visit(row, context)) {
                return;
            }
        }
    }
}

struct search {
    const char *name;
    const struct scenario *found;
};

static bool compare_name(const struct scenario *scenario, void *context)
{
    struct search *search = context;
    if (strcmp(scenario->name, search->name) == 0) {
        search->found = scenario;
    }
    return search->found == NULL;
}

const struct scenario *scenario_find(const char *name)
{
    struct search search = {.name = name};
    scenario_each(compare_name, &search);
    return search.found;
}

size_t scenario_family_length(const struct scenario *scenario)
{
    return strcspn(scenario->name, "/");
}
