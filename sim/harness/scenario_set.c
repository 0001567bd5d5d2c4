#include "scenario_set.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>

#include "scenario_check.h"

#define DEFAULT_FIRMWARE "updater"

static const struct scenario_set *current;
static char current_path[PATH_MAX];

static const struct scenario_set *find_set(void *module, const char *path, struct error *err)
{
    const struct scenario_set *set = dlsym(module, "otasim_scenario_set");
    if (set == NULL) {
        error_set(err, "%s: is no set of scenarios: build it with otasim_add_scenarios()", path);
    } else if (set->layout != SCENARIO_SET_LAYOUT) {
        error_set(err, "%s: was built for another version of otasim: build it anew", path);
        set = NULL;
    }
    struct error why;
    if (set != NULL && !scenario_check(set->tables, set->firmware, &why)) {
        error_set(err, "%s: %s", path, why.text);
        set = NULL;
    }
    return set;
}

bool scenario_set_load(const char *path, struct error *err)
{
    /* Without a slash dlopen would look among the system's libraries. */
    if (realpath(path, current_path) == NULL) {
        return error_set(err, "%s: there is no such file", path);
    }
    void *module = dlopen(current_path, RTLD_NOW | RTLD_LOCAL);
    if (module == NULL) {
        return error_set(err, "%s: %s", path, dlerror());
    }
    const struct scenario_set *set = find_set(module, path, err);
    if (set == NULL) {
        dlclose(module);
        return false;
    }
    current = set;
    return true;
}

const struct scenario_set *scenario_set_current(void)
{
    return current;
}

const char *scenario_set_path(void)
{
    return current != NULL ? current_path : NULL;
}

const char *scenario_firmware(const struct scenario *scenario)
{
    if (scenario->firmware != NULL) {
        return scenario->firmware;
    }
    return current != NULL ? current->firmware : DEFAULT_FIRMWARE;
}
