/* A release before it is shipped: the image, the one that is in the field, the partition table, and
 * what is found about them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app_image.h"
#include "finding.h"
#include "firmware_module.h"
#include "partition_table.h"
#include "scenario_device.h"
#include "sdkconfig.h"
#include "signature.h"

struct gate_image {
    const char *title;              /* "NEW" or "OLD", as findings call it */
    const char *name;               /* as on the command line; NULL: there is none */
    char path[SCENARIO_IMAGE_PATH]; /* absolute */
    uint8_t *bytes;
    uint32_t length;
    struct app_image_info info; /* of one that verifies */
    char version[33];           /* printable */
    bool is_signed;             /* Secure Boot V2, rightly */
    enum signature_scheme scheme;
};

#define GATE_TAKEN_OVER    8
#define GATE_MAX_LAID_OVER 24

struct gate {
    struct gate_image new, old;
    const struct chip *chip; /* NULL: the image's */
    bool revision_given;
    uint16_t revision;      /* major * 100 + minor */
    const char *partitions; /* as on the command line; NULL: "std" is assumed */
    char table_path[SCENARIO_IMAGE_PATH];
    struct partition_table table;
    struct sdkconfig config;
    struct firmware_option laid_over[GATE_MAX_LAID_OVER]; /* of it, over that of each firmware */
    char taken_over[GATE_TAKEN_OVER][64];                 /* backs their values */
    uint32_t release; /* of ESP-IDF, of the app that updates and of the bootloader */
    bool release_given;
    unsigned jobs;
    bool no_sweep;
    bool blocked;    /* no update can succeed: none is tried */
    bool unfinished; /* the machine is not fit for it: there is no verdict */
    struct findings findings;
};

/** What the images are, and whether they fit the chip, the table and each other. Sets `blocked`. */
void gate_check_image(struct gate *gate);
void gate_check_table(struct gate *gate);
void gate_check_old(struct gate *gate);

/** Whether what they were built with is what they are judged by: notes, and what to do. */
void gate_check_release(struct gate *gate);

/** How large the flash chip must be for the table, at least 4 MB. */
uint32_t gate_flash_size(const struct gate *gate);

/** The sdkconfig wants signed apps; */
bool gate_wants_signature(const struct gate *gate);
/** signed by that scheme; */
enum signature_scheme gate_wanted_scheme(const struct gate *gate);
/** and wants the bootloader to look at it too (Secure Boot V2). */
bool gate_boots_securely(const struct gate *gate);

/** The n-th OTA slot, or NULL. */
const struct partition *gate_ota_slot(const struct gate *gate, unsigned n);

/** Really updates, on good and on bad days, and with power failing at every place. */
void gate_try(struct gate *gate);
