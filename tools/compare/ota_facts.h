/* What a serial log says of an update: events, results, resets, boots. Each is a line that the
 * vendor's code is known to print (documentation, logs in public reports), an event by its name, or
 * what the vendor's example prints for one. */
#pragma once

#include "serial_log.h"

enum ota_fact_kind {
    OTA_FACT_EVENT,     /* value: enum scenario_event; data: what it carries */
    OTA_FACT_ERROR,     /* value: esp_err_t */
    OTA_FACT_TLS_ERROR, /* value: mbedTLS code, negative */
    OTA_FACT_OFFERED,   /* the application names the version that it is offered */
    OTA_FACT_DONE,      /* the application says that it is updated */
    OTA_FACT_FAILED,    /* or that it is not */
    OTA_FACT_TARGET,    /* value: offset of the partition that is written */
    OTA_FACT_RESET,     /* value: enum ota_reset */
    OTA_FACT_APP,       /* value: offset of the app that the bootloader has loaded */
    OTA_FACT_NO_APP,    /* the bootloader finds none */
    OTA_FACT_PANIC,
    OTA_FACT_BROWNOUT,
    OTA_FACT_SLOT,    /* value: offset; data: subtype of an app partition; text: its label */
    OTA_FACT_VERSION, /* text: of the app that starts */
    OTA_FACT_RELEASE, /* text: the ESP-IDF that it was built with */
};

/** What the ROM says of a reset, as far as it tells. */
enum ota_reset {
    OTA_RESET_OTHER,
    OTA_RESET_POWER_ON,
    OTA_RESET_SOFTWARE, /* a panic ends so too */
    OTA_RESET_WATCHDOG,
    OTA_RESET_DEEP_SLEEP,
    OTA_RESET_BROWNOUT,
};

struct ota_fact {
    enum ota_fact_kind kind;
    const struct serial_entry *entry;
    int64_t value;
    bool has_data;
    bool phrase; /* an event that is told in words, not by its name */
    uint32_t data;
    struct serial_text text;
};

struct ota_facts {
    struct ota_fact *facts; /* in the order of the log */
    size_t count;
};

/** All that is found in the log, which must stay while they are used. False with err set if there
 * is no memory. */
bool ota_facts_find(const struct serial_log *log, struct ota_facts *out, struct error *err);

void ota_facts_free(struct ota_facts *facts);

/** Whether the fact belongs to an update, rather than to a start or to something else. */
bool ota_fact_is_activity(const struct ota_fact *fact);
