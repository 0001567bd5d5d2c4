/* A power sweep, as its passes know it (sweep_power.c, power_retry.c, power_ways.c). */
#pragma once

#include "pool.h"
#include "power_explore.h"
#include "temp_file.h"

struct flow_sweep {
    struct power_flow flow;
    struct temp_file journal;
    json_t *report;    /* of the recording */
    uint64_t from, to; /* the operations of this shard */
    json_t *states;    /* to retry: [point, key, pending] */
    uint64_t cuts, retries, distinct;
    unsigned findings, windows;
    struct {
        bool found;
        struct power_point point;
    } shortest[SWEEP_CLASSES]; /* of the findings that are in no window */
};

struct power_sweep {
    const struct sweep_options *options;
    const struct sweep_listener *listener;
    struct flow_sweep *flows;
    size_t count;
    const struct scenario *const *scenarios;
    struct error err;
    uint64_t done, total;
    /* the pass that is running: item -> flow */
    struct {
        size_t flow;
        uint64_t from, to;
        const json_t *state;
    } * items;
    size_t item_count;
};

/** Reports items done to the listener. */
void power_sweep_progress(struct power_sweep *sweep, uint64_t done);

/** {"at", "class", "window", "text"}: a new reference. */
json_t *power_finding(const struct power_point *point, enum sweep_class class, const char *window,
                      const char *text);

/** Counts the finding and tells the listener. */
void power_sweep_report(struct power_sweep *sweep, struct flow_sweep *flow, json_t *finding);

/** Takes in what a worker reports of an item: counts and tells its findings. The item's flow; NULL
 * if the worker failed, which the sweep's error then says. */
struct flow_sweep *power_sweep_take(struct power_sweep *sweep, size_t index, const json_t *report,
                                    const char *why);

/** Spreads a pass over worker processes. */
bool power_sweep_pass(struct power_sweep *sweep, size_t count,
                      json_t *(*work)(size_t, struct server *, void *),
                      void (*done)(size_t, const json_t *, const char *, void *),
                      struct error *err);

/** Makes room for the items of a pass. */
bool power_sweep_add_items(struct power_sweep *sweep, size_t count, struct error *err);

/** Tries the update again from the states that the cuts have left. */
bool power_sweep_retry(struct power_sweep *sweep, struct error *err);

/** Tells the listener the shortest way to each class of findings, and the way to a point that was
 * asked for. */
bool power_sweep_tell_ways(struct power_sweep *sweep, struct error *err);
