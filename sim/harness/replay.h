/* Replays recorded runs of a real OTA library (fixtures/vectors/README.md has the format): sets up
 * the device, the images and the server of a record, makes its calls, compares everything that the
 * record says. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "error.h"
#include "server.h"
#include "text.h"

struct replay_result {
    bool skipped;
    size_t differences;
    struct text text; /* a line each: field, expected, actual; or why it was skipped */
};

/** Replays one record. images_dir holds the images that records name by their SHA-256. The text
 * must be released with free(text_take(...)). */
void replay_record(const json_t *record, const char *images_dir, struct server *server,
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

/** Adds one difference. expected and actual are consumed and may be NULL for "nothing". */
void replay_differs(struct replay_result *result, const char *field, json_t *expected,
                    json_t *actual);
