/* What a run without a fault did to the flash: the thread along which a power sweep cuts. */
#pragma once

#include "bootloader.h"
#include <jansson.h>

#include "device.h"
#include "flash_journal.h"
#include "sweep.h"

struct scenario;
struct server;

#define POWER_FLOW_MAX_BOOTS 16

/** An app as it was installed: known by its bytes. */
struct power_app {
    char version[33];
    uint8_t digest[32];
};

struct power_flow {
    const struct scenario *scenario;
    struct device *device; /* as it was before the first boot; never booted itself */
    struct partition_table table;
    struct bootloader_config bootloader;
    struct flash_journal journal;
    struct power_app boots[POWER_FLOW_MAX_BOOTS]; /* what ran in each */
    size_t boot_count;
    struct power_app update; /* what is offered; version "" if it does not verify */
    char last_version[33];   /* of the app that boots in the end */
};

/** Runs the scenario, without a fault. The report says what the run did, or that it did not pass
 * (baseline.h). False with err set if the harness failed. */
bool power_flow_record(const struct scenario *scenario, struct server *server,
                       const struct sweep_options *sweep, int journal_fd, json_t **report,
                       struct error *err);

/** Makes the flow from what the run has left, with the bootloader of the release that is swept. */
bool power_flow_open(const struct scenario *scenario, const struct sweep_options *sweep,
                     int journal_fd, const json_t *report, struct power_flow *flow,
                     struct error *err);
void power_flow_close(struct power_flow *flow);
