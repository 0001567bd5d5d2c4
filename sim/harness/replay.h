/* Replays recorded runs of a real OTA library (fixtures/vectors/README.md has the format): sets up
 * the device, the images and the server of a record, makes its calls, compares everything that the
 * record says. */
#pragma once

#include <jansson.h>

#include "replay_report.h"
#include "server.h"

/** What a record is replayed with. */
struct replay_source {
    const json_t *baseline; /* the record of the same flow without a power cut; NULL where there is
                               none, and needed for the record of a cut only */
    const char *images_dir; /* holds the images that records name by their SHA-256 */
    uint32_t release;       /* of ESP-IDF that it was recorded on; 0: master */
};

/** Replays one record. The text must be released with free(text_take(...)). */
void replay_record(const json_t *record, const struct replay_source *source, struct server *server,
                   struct replay_result *result);

/** What was recorded and what happened now, for the comparison. */
struct replay_evidence {
    const json_t *record;
    json_t *trace;                 /* array of records; "boot_n" tells which boot */
    json_t *requests;              /* array, as the server saw them */
    json_t *otadata_after, *slots; /* before the final reboot, as recordings write them */
    json_t *flash_ops;
    json_t *final_boot; /* of the reboot at the end */
    unsigned secure_version;
};

/** Compares; adds what differs to the result. */
void replay_compare(const struct replay_evidence *evidence, struct replay_result *result);

/** Compares a run of the bootloader, the n-th of the trace counted from 0: what it selected, tried
 * and booted. `where` names it in a difference. */
void replay_compare_boot(struct replay_result *result, const json_t *trace, size_t n,
                         const char *where, const json_t *expected);
