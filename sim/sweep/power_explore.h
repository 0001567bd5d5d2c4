/* Cutting power along a flow, with the bootloader in process: what boots after each cut, and
 * whether it may. */
#pragma once

#include "power_flow.h"
#include "sweep.h"
#include "tear.h"

#define POWER_MAX_DEPTH 2

/** A place where power fails: in the flow, then perhaps again in the bootloader that follows. */
struct power_point {
    unsigned depth; /* how many cuts; at least 1 */
    struct {
        uint64_t op; /* index in the flow's journal, or of the operation in the boot that follows */
        enum tear tear;
    } cut[POWER_MAX_DEPTH];
};

/** "812/half" or "812/before,1/bits". */
void power_point_text(const struct power_point *point, char text[64]);
bool power_point_parse(const char *text, struct power_point *point, struct error *err);

/** What a device that lost power there is like, as far as a retry of the update can see. */
struct power_state {
    struct power_point point;
    uint64_t key; /* states with the same key are alike */
    bool pending; /* the app that boots is not confirmed */
    bool known;   /* such a state was seen before */
};

struct power_explorer;

struct power_listener {
    void (*finding)(const struct power_point *point, enum sweep_class class, const char *window,
                    const char *text, void *context);
    void (*state)(const struct power_state *state, void *context);
    void *context;
};

/** NULL when memory is short. The flow must outlive it. */
struct power_explorer *power_explorer_create(const struct power_flow *flow,
                                             const struct sweep_options *options,
                                             const struct power_listener *listener);
void power_explorer_destroy(struct power_explorer *explorer);

/** Explores all cuts at the journal's operations from `from` to before `to`. Returns how many
 * states after a cut went through the bootloader. */
uint64_t power_explore(struct power_explorer *explorer, uint64_t from, uint64_t to);

/** Explores that one state. False if the flow has no such point. */
bool power_explore_point(struct power_explorer *explorer, const struct power_point *point);

/** Puts the device into the state after one point: its flash (the explorer's, until the next call)
 * and efuses. False if the flow has no such point. */
bool power_explorer_reach(struct power_explorer *explorer, const struct power_point *point,
                          const struct flash **flash, struct efuse *efuse);

/** The operation in which the point's n-th cut is, of a point that was reached last. */
const struct journal_op *power_explorer_op(const struct power_explorer *explorer,
                                           const struct power_point *point, unsigned cut);

/** Switches the device on with that flash, which must be a snapshot of the explorer's. */
bool power_explorer_boot(struct power_explorer *explorer, struct flash *flash,
                         const struct efuse *efuse, struct bootloader_report *report);
