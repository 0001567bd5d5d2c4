/* The boots that a serial log tells of. */
#pragma once

#include "ota_facts.h"

struct log_boot {
    const struct serial_entry *entry; /* the first line that tells of it */
    bool has_reset, has_app, has_version, no_app;
    enum ota_reset reset;             /* with has_reset */
    bool after_panic, after_brownout; /* said before the reset */
    uint32_t app;                     /* offset; with has_app */
    const struct serial_entry *app_entry;
    struct serial_text version; /* of the app; with has_version */
    size_t first_fact;          /* those from here on were said in it */
};

struct log_boots {
    struct log_boot *boots;
    size_t count;
    size_t activity; /* the first fact of an update; the number of facts if there is none */
    size_t later; /* the boot after the one in which that is, or after the first if there is none */
};

/** Finds them; the facts must stay. False with err set if there is no memory. */
bool log_boots_find(const struct ota_facts *facts, struct log_boots *out, struct error *err);

void log_boots_free(struct log_boots *boots);
