/* A set of scenarios that was built apart from this program, by otasim_add_scenarios() in
 * somebody's project: a loadable module with tables, and where the firmwares that they name are. */
#pragma once

#include <stdbool.h>

#include "error.h"
#include "scenario.h"

/** Tells a set that was compiled with other headers than this program. */
#define SCENARIO_SET_LAYOUT ((unsigned)(sizeof(struct scenario) + sizeof(struct scenario_set)))

struct scenario_set {
    unsigned layout;
    const struct scenario *const *tables; /* NULL-terminated */
    const char *firmware;                 /* runs where a row names none */
    const char *partitions;   /* CSV file where a row names none; NULL: the firmware's */
    const char *firmware_dir; /* its firmware modules */
    const char *certs_dir;    /* the test certificates of its build */
};

/** What the module exports. */
extern const struct scenario_set otasim_scenario_set;

/** Loads a set; from then on its scenarios are those of this program. */
bool scenario_set_load(const char *path, struct error *err);

/** The loaded set and its file; NULL if there is none. */
const struct scenario_set *scenario_set_current(void);
const char *scenario_set_path(void);

/** The firmware that runs first: the row's, else the set's, else the fixture "updater". */
const char *scenario_firmware(const struct scenario *scenario);
