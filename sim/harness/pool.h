/* A pool of worker processes that share one scripted server. Nothing that an item does to its
 * process reaches the runner or another item. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "server.h"

struct pool_job {
    size_t count;  /* items, numbered from 0 */
    unsigned jobs; /* workers; at least 1 is used */
    /** Does one item, in a worker; gives its report (a new reference). */
    json_t *(*work)(size_t index, struct server *server, void *context);
    /** Takes a report, in the caller's process, in the order in which items end. report is NULL for
     * an item whose worker crashed; `why` then says how. */
    void (*done)(size_t index, const json_t *report, const char *why, void *context);
    void *context;
};

/** Runs all items. False with err set if they could not be: what the machine is short of
 * (host_fault.h) ends it at once, and the items that are left are not done. */
bool pool_run(const struct pool_job *job, struct error *err);
