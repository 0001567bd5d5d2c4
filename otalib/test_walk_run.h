/* What the parts of a running walk share. */
#pragma once

#include "boot.h"
#include "test_native.h"
#include "test_walk.h"

#define MAX_UPDATES  3
#define SECTOR_BYTES FLASH_SECTOR_SIZE

/** An open update, as the walk's own book says. */
struct update {
    esp_ota_handle_t handle;
    int staging, final; /* places */
    bool copies;        /* to the final place, in the end */
    unsigned image;     /* what is written, from world_images */
    size_t written;     /* bytes of it */
    size_t erased;      /* bytes that were erased before; ERASED_AHEAD: as the writes go on */
    bool resumed;
    bool wrote_at; /* by esp_ota_write_with_offset */
    bool excused;  /* it may program what was not erased */
    bool unsure;   /* what it wrote need not be the image */
};
#define ERASED_AHEAD SIZE_MAX

/** How far an interrupted update got: where esp_ota_resume goes on. */
struct progress {
    bool known;
    unsigned image;
    size_t written;
    size_t erased; /* as in struct update */
};

struct run {
    const struct walk *walk;
    struct world world;
    FILE *log;
    unsigned unsaid; /* number of the step, until it has a line in the log */
    struct walk_counts *counts;
    char *broken;
    size_t broken_size;
    jmp_buf stop;      /* a rule is broken */
    jmp_buf boot_over; /* power is lost, or esp_restart was called */

    struct boot boot;
    int running; /* place, PLACE_NONE: nothing boots */
    struct update updates[MAX_UPDATES];
    unsigned update_count;
    struct progress progress[MAX_SLOTS];
    bool leaked[MAX_SLOTS - PLACE_DATA]; /* an esp_ota_begin failed and left the place blocked */

    bool outside;            /* flash was changed by others than the device's own software */
    bool power_is_lost;      /* why the boot is over */
    bool bootloader_was_cut; /* power was lost in it since the reset */
    bool cut_armed;
    enum flash_cut_mode cut_mode;
    bool error_armed;
    uint64_t error_at;
    uint64_t violations; /* of the NOR rule, so far */
    bool may_violate;    /* the call under way is excused */

    struct world_choice before; /* what would boot, as the step began */
    /* What the step may change about that: apps at these places come or go... */
    int touched[2];
    /* ...or another app is selected, this one (PLACE_NONE: none)... */
    int selected;
    /* ...or, for a reason that is named where this is set, any app may boot. */
    bool open;
    /* The step erases an entry that the next boot depends on before it writes it anew: a power cut
     * may lose it, and then another app boots (native OTA page, "The known windows"). */
    bool in_place;

    struct { /* an app that booted on trial and has done nothing about it since */
        bool is_on;
        int place, image;
        int entry; /* of otadata */
    } trial;
};

/** Ends the walk: this rule is broken. */
_Noreturn void walk_broken(struct run *run, const char *rule, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define walk_rule(run, condition, rule, ...)                                                       \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            walk_broken(run, rule, __VA_ARGS__);                                                   \
        }                                                                                          \
    } while (0)

/** A line of the log. */
void walk_say(struct run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));

static inline void walk_did(struct run *run, enum walk_event event)
{
    run->counts->event[event]++;
}

/** The partition as the API names it; NULL if the table has no such place. */
const esp_partition_t *walk_partition(const struct run *run, int place);

/** The place of such a partition; PLACE_NONE for NULL. */
int walk_place_of(const esp_partition_t *partition);

/** A place that the table has: an app's, by `choice`. */
int walk_pick_app(const struct run *run, uint32_t choice);

/** The step changes the bytes there. */
void walk_touch(struct run *run, int place);

/** The same, and an update of the place can't know of it. */
void walk_disturb(struct run *run, int place);

/** The armed flash error has struck since it was armed. */
bool walk_error_struck(const struct run *run);

/** Resets the device: the bootloader runs, and its choice is judged and started. */
void walk_reset(struct run *run);

typedef void walk_act(struct run *run, const struct walk_step *step);

/* Updates (test_walk_update.c). */
walk_act walk_begin, walk_resume, walk_write, walk_write_all, walk_write_at, walk_set_final,
    walk_end, walk_abort, walk_update;
/** Writes the image to the next slot, verifies and selects it; true if all of that succeeded. */
bool walk_update_to(struct run *run, unsigned image, size_t chunk, int *slot);

/* Selecting, confirming, giving up (test_walk_select.c). */
walk_act walk_set_boot, walk_set_boot_unchecked, walk_mark_valid, walk_mark_invalid,
    walk_mark_invalid_and_reboot, walk_erase_last_boot_app, walk_invalidate_inactive, walk_getters;
/** esp_ota_set_boot_partition, judged. */
esp_err_t walk_select(struct run *run, int place, bool checked);
/** The step may make otadata forget the app that it does not select, but for the running one.
 * Returns its place, PLACE_NONE if there is none. */
int walk_may_forget(struct run *run);

/* What happens to the device (test_walk_fault.c). */
walk_act walk_do_reset, walk_power_cut, walk_flash_error, walk_damage_otadata, walk_damage_app,
    walk_flash_app;
