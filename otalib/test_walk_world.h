/* The world of a walk: a small device with its apps, and an oracle that knows from the bytes in
 * flash what must boot. The oracle takes no decision from the bootloader's code: an image verifies
 * if it is, byte for byte, one that was built to, and the choice of app is told from the native OTA
 * page. Only the layout and the CRC of otadata are shared (test_otadata.c holds them to account).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bootloader.h"
#include "otadata.h"

/** An app's place: an OTA slot's number, or one of these. */
#define PLACE_FACTORY (-1)
#define PLACE_DATA    (-2) /* nvs: no app, but may be updated */
#define PLACE_NONE    (-99)

#define MAX_SLOTS 3

/** What a walk begins with. */
struct walk_setup {
    unsigned table;   /* index of world_table_names */
    unsigned variant; /* index of world_variant_names */
    unsigned start;   /* index of world_start_names */
    bool strict;      /* quirks are off */
    bool encrypted;   /* flash encryption is on */
};

enum { WORLD_TABLES = 3, WORLD_VARIANTS = 3, WORLD_STARTS = 4 };
extern const char *const world_table_names[WORLD_TABLES];
extern const char *const world_variant_names[WORLD_VARIANTS];
extern const char *const world_start_names[WORLD_STARTS];

struct world_image {
    const char *name; /* what is wrong with it, or its version */
    bool verifies;
    uint32_t secure_version;
    uint8_t *bytes;
    size_t length;
};

/** All images that a walk has to do with. The last one that verifies is for the retry: its secure
 * version is allowed wherever others are. */
extern struct world_image world_images[];
extern const unsigned world_image_count;
extern const unsigned world_retry_image;

struct world {
    struct walk_setup setup;
    struct device *device;
    struct partition_table table;
    struct bootloader_config bootloader;
    int slots; /* OTA slots */
};

/** Makes the images and the devices, once a process; false if memory is short. */
bool world_create(void);

/** Frees them. */
void world_destroy(void);

/** A device as the setup says, as if just made. It stays the module's: there is one at a time. */
void world_open(struct world *world, const struct walk_setup *setup);

/** NULL if the table has no such place. */
const struct partition *world_partition(const struct world *world, int place);

/** "ota_0", "factory", "nvs", "nothing". */
const char *world_place_name(int place);

/** The place of a partition of the table, PLACE_NONE if it is none. */
int world_place_of(const struct partition *partition);

/** The image that lies there and verifies (an index of world_images), -1 if none does. */
int world_app_at(const struct world *world, int place);

/** An app lies there that verifies, and its secure version is not too low for the chip. */
bool world_may_boot(const struct world *world, int place);

void world_read_otadata(const struct world *world, struct otadata *out);

/** The slot that an entry with a sequence number names. */
int world_slot_named(const struct world *world, const struct otadata_entry *entry);

/** The entry may select for the bootloader: it is not erased, not given up, its CRC is right and
 * the app that it names not too old for the chip. */
bool world_entry_counts(const struct world *world, const struct otadata_entry *entry);

/** What the bootloader must do with flash as it is. */
struct world_choice {
    int selected;         /* place that otadata selects; PLACE_FACTORY also if it selects none */
    int boots;            /* place that boots, PLACE_NONE if nothing does */
    int entry;            /* of otadata, that selects; -1: none does */
    bool on_trial;        /* otadata's entry for `selected` went from NEW to PENDING_VERIFY */
    bool initial;         /* otadata was blank, and says what booted as if it were confirmed */
    struct otadata after; /* otadata when the app starts */
    uint32_t secure_version_before; /* the chip's, when the bootloader starts */
    uint32_t secure_version;        /* the chip's, when the app starts */
};
void world_choose(const struct world *world, struct world_choice *out);

/** The next place in the order in which the bootloader tries them, beginning with `selected`:
 * downwards to slot 0 and factory, then up from the selected one. False after the last. */
bool world_next_tried(const struct world *world, int selected, int *place);
