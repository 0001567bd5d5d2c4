/* The boots of a flow, and what their trace says in the words of recordings. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "error.h"

#define FLOW_MAX_BOOTS 16

struct flow_boot {
    int reboot;            /* the REBOOT that begins it, counted from 1; 0: its app runs already */
    size_t boot_step;      /* index of that REBOOT in the steps */
    size_t app_step;       /* index of what the app does */
    const json_t *actions; /* that; NULL: nothing */
};

struct flow {
    struct flow_boot boots[FLOW_MAX_BOOTS];
    size_t count;
};

/** Reads a record's "steps": lists of actions, with "REBOOT" in between. */
bool flow_read(const json_t *steps, struct flow *out, struct error *err);

/** Some app of the flow does this. */
bool flow_does(const struct flow *flow, const char *action);

/** A trace cut into boots: a new array of arrays, in the order in which the boots ran. */
json_t *flow_trace(const json_t *trace);

/** The flash operations of the first `count` boots of the flow, as recordings list them. */
json_t *flow_ops(const struct flow *flow, const json_t *boots, size_t count);

/** The calls and reboots of the boots from `first` on, as recordings list them: each a text. */
json_t *flow_calls(const json_t *boots, size_t first, size_t count);

/** "app (step 0)", "bootloader (step 1)": where boot number `index` was when it ended. */
json_t *flow_place(const struct flow *flow, const json_t *boots, size_t index);
