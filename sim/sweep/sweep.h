/* Sweeps: a scenario again and again, with one fault at every place where it can be. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "error.h"

struct scenario;

/** What a fault led to. Each finding is one of these. */
enum sweep_class {
    SWEEP_BRICK,        /* nothing boots */
    SWEEP_LOST_UPDATE,  /* a confirmed version no longer boots */
    SWEEP_DOWNGRADE,    /* an older version boots, and nobody has decided that */
    SWEEP_WRONG_IMAGE,  /* what boots was never installed, or does not verify */
    SWEEP_UNCONFIRMED,  /* an unconfirmed image outlives a second reset */
    SWEEP_UNERASED,     /* a program of bytes that were not erased */
    SWEEP_RETRY,        /* the update that follows does not succeed */
    SWEEP_CRASH,        /* a boot ends in a panic */
    SWEEP_HANG,         /* a boot does not end */
    SWEEP_LEAK,         /* memory is not given back */
    SWEEP_UNDOCUMENTED, /* a return code that the API's documentation does not have */
    SWEEP_BASELINE,     /* the scenario does not pass without a fault: it was not swept */
    SWEEP_CLASSES,
};

/** "brick", "lost update", ... */
const char *sweep_class_name(enum sweep_class class);

struct sweep_options {
    unsigned jobs;
    unsigned shard, shards; /* do the shard-th of `shards` parts, from 0; shards 0: everything */
    uint64_t seed;
    unsigned retries;  /* at most so many retries a scenario besides those of distinct states */
    bool every_retry;  /* after every cut the update is tried again: slow */
    bool no_memo;      /* hash images each time: slow, and must find the same */
    uint32_t release;  /* run_options.release */
    bool strict;       /* hazards are off */
    const char *point; /* only this place ("812/half"), with a story; "none": without a fault;
                          NULL: all */
    uint64_t walks;    /* random: so many; 0: as many as `seconds` have room for */
    unsigned seconds;  /* random: of the wall clock */
    const char *keep_flash; /* with point: the flash as the cut left it goes there; NULL: no */
};

/** Takes a record of the sweep's results: {"sweep", "scenario", "finding": {...}} or {"sweep",
 * "scenario", "summary": {...}}; of a power sweep also {"sweep", "scenario", "way": {"id", "class",
 * "steps"}}, the shortest way to that class of findings. Borrowed. */
typedef void sweep_record(const json_t *record, void *context);

/** Progress: so many places of so many are done. */
typedef void sweep_progress(uint64_t done, uint64_t total, void *context);

struct sweep_listener {
    sweep_record *record;
    sweep_progress *progress; /* NULL: not interested */
    void *context;
};

/** A sweep over the scenarios. One that does not even pass without a fault is a finding, and is
 * left out. False with err set if the harness failed. */
typedef bool sweep_function(const struct scenario *const *scenarios, size_t count,
                            const struct sweep_options *options,
                            const struct sweep_listener *listener, struct error *err);

/** Cuts power at every operation on the flash, in every way (tear.h). */
sweep_function sweep_power;

/** Has each allocation of the firmware's first boot fail once. */
sweep_function sweep_memory;

/** Has each operation on the flash of the first boot return an error once; and flips a bit of what
 * each program has written. */
sweep_function sweep_flash;

/** Ends or stalls the connection after each byte of each response's header, and at boundaries and
 * a sample of the body. */
sweep_function sweep_network;

/** Walks at random (walk.h). No scenarios are needed. */
sweep_function sweep_random;
