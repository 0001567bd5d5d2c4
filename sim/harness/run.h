/* Runs one scenario: prepares the device and the server, starts the boots, records, judges. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "scenario.h"
#include "server.h"

/** A device that a run goes on with, instead of the row's. */
struct run_start {
    const struct flash *flash; /* of the same size */
    struct efuse efuse;
    bool
        confirm; /* the app that boots is not confirmed yet: it confirms itself before it updates */
};

enum run_fault_kind {
    RUN_FAULT_NONE,
    RUN_FAULT_MEMORY,      /* allocation number `at` of the first boot fails */
    RUN_FAULT_FLASH_ERROR, /* operation number `at` on the flash returns ESP_ERR_FLASH_OP_FAIL */
    RUN_FAULT_FLASH_ROT,   /* a bit that operation number `at` has written reads wrong afterwards */
    RUN_FAULT_FIN,         /* request number `request` (from 1) is answered with `at` bytes, then */
    RUN_FAULT_RST,         /* the connection is closed or reset, */
    RUN_FAULT_SILENCE,     /* or nothing more comes */
    RUN_FAULT_MEASURE,     /* none, but the log says how long each answer is ("answer") */
};

/** Something that fails once. Numbers count from 0, but for requests. */
struct run_fault {
    enum run_fault_kind kind;
    uint64_t at;
    unsigned request;
};

struct firmware;

/** Receives the device as a run leaves it. */
struct run_end {
    struct flash *flash; /* a snapshot of the same size, to be made like it */
    struct efuse efuse;
};

struct run_options {
    uint32_t release;       /* of ESP-IDF that the libraries behave like; 0: each module's own */
    bool strict;            /* hazards are off */
    bool brief_trace;       /* nobody reads the trace but the verdict (trace_file_read_brief) */
    bool verbose;           /* the firmware's log goes to stdout, as to a serial port */
    const char *keep_flash; /* write the flash there afterwards; NULL: no */
    const char *url;        /* update from this real server instead of the scripted one; NULL: no */
    const char *ca_file;    /* PEM file with the root to trust; NULL: the test root */
    int journal_fd;         /* receives a record of each flash operation; 0: none */
    const struct run_start *start; /* NULL: the device of the row */
    struct run_end *end;           /* NULL: nobody wants to know */
    struct run_fault fault;
};

/** The field of a mismatch that says: bytes were programmed that were not erased. */
#define RUN_FIELD_UNERASED "flash rules"

struct mismatch {
    const char *field;
    char *expected, *actual; /* several lines where a list departs */
};

struct run_result {
    bool passed;
    struct error error; /* the harness itself failed; text is "" if it did not */
    bool skipped;       /* a file that the row needs is not here; error.text says which */
    size_t mismatches;
    struct mismatch mismatch[SCENARIO_MAX_MISMATCHES];
    json_t *trace;           /* array of records */
    json_t *requests;        /* array, as the server saw them */
    const char *ota_library; /* what was judged: the library of the firmware that runs first */
    json_t *quirks;          /* array of the names that were met */
};

/** Runs the scenario. The result must be released with run_result_free. Returns result->passed. */
bool run_scenario(const struct scenario *scenario, struct server *server,
                  const struct run_options *options, struct run_result *result);

void run_result_free(struct run_result *result);

/** What is known after the boots, for the verdict. */
struct run_evidence {
    const struct scenario *scenario;
    const struct firmware *firmware; /* that runs first; NULL: one that has all events */
    uint32_t release;                /* whose behaviour the libraries had; 0: master's */
    bool strict;                     /* hazards were off */
    const struct partition_table *table;
    struct device *device;
    const uint8_t *image;
    size_t image_length;
    const struct partition *update_slot; /* where a good update lands; NULL if there is none */
    const char *first_version;           /* of the app that boots first */
    const struct partition *first_slot;
    const struct otadata *otadata_before;
    const struct otadata *otadata_after; /* after the first boot: before any later one writes */
};

/** The call that says what the update came to: the first that failed; the last one if none did, or
 * if it was tried again and the last attempt had none that failed. NULL if none returned. */
const json_t *run_update_call(const json_t *trace);

/** The OTA slot where an update of the running app lands: the next one, wrapping; from factory the
 * lowest. NULL: there is none. */
const struct partition *run_next_slot(const struct partition_table *table,
                                      const struct partition *running);

/** Compares the evidence with the scenario's expectations: fills result->mismatch. */
void run_judge(const struct run_evidence *evidence, struct run_result *result);

/** Adds a mismatch; expected and actual are malloc'ed and become the result's. */
void run_mismatch(struct run_result *result, const char *field, char *expected, char *actual);
