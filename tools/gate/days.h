/* Bad days on which no application code decides what happens, and what each release of ESP-IDF
 * makes of them. */
#pragma once

#include "scenario.h"

/* What depends on the image in a response. */
enum gate_cut {
    WHOLE,
    HALF_SENT,      /* half of the body, then the end */
    ONE_BYTE_SHORT, /* the file on the server lacks the last byte of the image */
};

/* What is offered. */
enum gate_offer {
    THE_UPDATE,
    ANOTHER_CHIPS,      /* an image for another chip */
    NEWER_CHIPS,        /* one that needs the revision after the device's */
    NEWER_EFUSE_BLOCKS, /* the same of the efuse block revision, where the chip has one. Without a
                           signature: not where one is wanted. */
};

enum gate_outcome {
    DAY_UNKNOWN,
    DAY_REFUSED,
    DAY_UPDATED,
    DAY_ENDLESS, /* the update never returns */
};

/** What some releases make of a day, by the row of the behaviour table that says so. */
struct gate_otherwise {
    const char *row;  /* its name; NULL ends the list */
    const char *with; /* and this one too; NULL: by itself */
    enum gate_outcome outcome;
    esp_err_t result;
};

struct gate_day {
    const char *name, *story;
    struct scenario_response server[2];
    enum gate_cut cut;
    enum gate_offer offer;
    const char *certificate; /* NULL: the right one */
    enum gate_outcome outcome;
    esp_err_t result;
    struct gate_otherwise otherwise[3]; /* the first that a release has counts */
};

extern const struct gate_day gate_days[];
extern const size_t gate_day_count;

/** "refused", "updated", ... */
const char *gate_outcome_text(enum gate_outcome outcome);

/** What that release makes of the day, if it is not what the newest one does; else NULL. */
const struct gate_otherwise *gate_day_in(const struct gate_day *day, uint32_t release);
