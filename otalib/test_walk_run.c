/* A walk, step by step and boot by boot, and the rules for what may boot.
 *
 * What boots is known beforehand: world_choose tells it from the bytes in flash. Beyond that:
 *
 * - "alive": while nobody but the device's own software has written to flash, an app boots, but for
 *   raised_for_a_broken_app().
 * - "trial": with rollback on, an app on trial (its entry went from NEW to PENDING_VERIFY as it was
 *   booted) that did nothing about it is given up by the next reset: its entry becomes ABORTED. It
 *   boots again only if the other entry names its slot too, or as a stand-in: nothing that the
 *   bootloader tries before it verifies. It tries the slot of the other entry and those below it
 *   down to ota_0, then factory, then those above; if the other entry does not count either,
 *   factory and then the slots from ota_0 up. So an app on trial in ota_0 does come back, although
 *   another one verifies, if it is the first slot of a device without factory and the update made
 *   otadata forget the app before it (esp_ota_begin does), or if the other entry's app is broken.
 *   It can even come to be confirmed: see is_forgotten().
 * - "undisturbed": a step leaves the next boot as it is, but for the apps whose slots it writes and
 *   the one that it selects; a power cut in the step too. */
#include "test_walk_run.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "esp_system.h"

void walk_broken(struct run *run, const char *rule, const char *format, ...)
{
    va_list arguments;
    int used = snprintf(run->broken, run->broken_size, "%s: ", rule);
    va_start(arguments, format);
    vsnprintf(run->broken + used, run->broken_size - (size_t)used, format, arguments);
    va_end(arguments);
    longjmp(run->stop, 1);
}

void walk_say(struct run *run, const char *format, ...)
{
    if (run->log == NULL) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    if (run->unsaid != 0) {
        fprintf(run->log, "%4u  ", run->unsaid);
    } else {
        fputs("      ", run->log);
    }
    run->unsaid = 0;
    vfprintf(run->log, format, arguments);
    fputc('\n', run->log);
    fflush(run->log); /* what is seen last matters if the program crashes */
    va_end(arguments);
}

const esp_partition_t *walk_partition(const struct run *run, int place)
{
    const struct partition *partition = world_partition(&run->world, place);
    return partition == NULL
               ? NULL
               : esp_partition_find_first((esp_partition_type_t)partition->type,
                                          (esp_partition_subtype_t)partition->subtype, NULL);
}

int walk_place_of(const esp_partition_t *partition)
{
    return partition == NULL ? PLACE_NONE
                             : world_place_of(&(struct partition){
                                   .type = (uint8_t)partition->type,
                                   .subtype = (uint8_t)partition->subtype,
                               });
}

int walk_pick_app(const struct run *run, uint32_t choice)
{
    bool has_factory = world_partition(&run->world, PLACE_FACTORY) != NULL;
    uint32_t places = (uint32_t)run->world.slots + has_factory;
    return (int)(choice % places) - has_factory;
}

void walk_touch(struct run *run, int place)
{
    if (run->touched[0] == place || run->touched[1] == place) {
        return;
    }
    if (run->touched[0] == PLACE_NONE) {
        run->touched[0] = place;
    } else if (run->touched[1] == PLACE_NONE) {
        run->touched[1] = place;
    } else {
        run->open = true;
    }
}

void walk_disturb(struct run *run, int place)
{
    walk_touch(run, place);
    for (unsigned i = 0; i < run->update_count; i++) {
        struct update *update = &run->updates[i];
        if (update->staging == place) {
            update->unsure = update->excused = true;
        }
    }
    if (place >= 0) {
        run->progress[place].known = false;
    }
}

bool walk_error_struck(const struct run *run)
{
    return run->error_armed && flash_op_count(run->world.device->flash) > run->error_at;
}

static void disarm_cut(struct run *run)
{
    run->cut_armed = false;
    flash_arm_power_cut(run->world.device->flash, 0, FLASH_CUT_NONE, NULL, NULL);
}

static void disarm_error(struct run *run)
{
    if (walk_error_struck(run)) {
        walk_did(run, WALK_DID_FLASH_ERROR);
    }
    run->error_armed = false;
    flash_arm_error(run->world.device->flash, 0, ESP_OK);
}

/* Every program needs an erase before it, but for those that test_walk_update.c excuses. */
static void judge_programs(struct run *run)
{
    uint64_t violations = flash_counters(run->world.device->flash).nor_violations;
    if (violations == run->violations) {
        return;
    }
    walk_rule(run, run->may_violate, "erase first",
              "%" PRIu64 " bytes were programmed that were not erased",
              violations - run->violations);
    walk_did(run, WALK_DID_UNERASED);
    run->violations = violations;
}

static void judge_otadata(struct run *run, const struct otadata *expected)
{
    struct otadata is;
    char text[2][64];
    world_read_otadata(&run->world, &is);
    for (int i = 0; i < 2; i++) {
        const struct otadata_entry *entry = &is.entry[i], *wanted = &expected->entry[i];
        walk_rule(run,
                  entry->seq == wanted->seq && entry->state == wanted->state &&
                      entry->crc == wanted->crc,
                  "otadata", "the bootloader left entry %d as %s, not %s", i,
                  otadata_entry_text(entry, text[0]), otadata_entry_text(wanted, text[1]));
    }
}

/* The app on trial boots once more: is it only standing in? */
static void judge_stand_in(struct run *run)
{
    struct otadata otadata;
    world_read_otadata(&run->world, &otadata);
    const struct otadata_entry *other = &otadata.entry[run->trial.entry ^ 1];
    int first = world_entry_counts(&run->world, other) ? world_slot_named(&run->world, other)
                                                       : PLACE_FACTORY;
    int place = first;
    for (bool tried = true; tried && place != run->trial.place;) {
        walk_rule(run, !world_may_boot(&run->world, place), "trial",
                  "%s was not confirmed and boots again, although %s would come before it",
                  world_place_name(run->trial.place), world_place_name(place));
        tried = world_next_tried(&run->world, first, &place);
    }
    walk_did(run, WALK_DID_TRIAL_STANDS_IN);
}

/* The bootloader lost power as it rewrote the entry, and what is left confirms the app: otadata is
 * blank, so that what boots is noted as VALID, or the entry has seq 0, which only damage brings
 * about. The CRC of that is the erased value: as soon as seq is written, the entry counts, and it
 * has no state yet. */
static bool is_forgotten(const struct run *run, const struct world_choice *choice)
{
    return run->bootloader_was_cut &&
           (choice->initial || choice->after.entry[run->trial.entry].seq == 0);
}

static void judge_trial(struct run *run, const struct world_choice *choice, int booted)
{
    if (!run->trial.is_on) {
        return;
    }
    uint32_t state = choice->after.entry[run->trial.entry].state;
    bool is_over =
        state != OTADATA_NEW && state != OTADATA_PENDING_VERIFY && state != OTADATA_VALID;
    bool forgotten = is_forgotten(run, choice);
    walk_rule(run, is_over || forgotten, "trial",
              "%s was not confirmed, and its entry is not ABORTED",
              world_place_name(run->trial.place));
    walk_did(run, forgotten ? WALK_DID_TRIAL_FORGOTTEN : WALK_DID_TRIAL_ENDED);
    if (!forgotten && booted == run->trial.place &&
        world_app_at(&run->world, booted) == run->trial.image) {
        judge_stand_in(run);
    }
    run->trial.is_on = false;
}

static void begin_trial(struct run *run, const struct world_choice *choice, int booted)
{
    if (!choice->on_trial || booted != choice->selected) {
        return;
    }
    walk_did(run, WALK_DID_TRIAL);
    run->trial.is_on = true;
    run->trial.place = booted;
    run->trial.image = world_app_at(&run->world, booted);
    run->trial.entry = choice->after.entry[0].state == OTADATA_PENDING_VERIFY ? 0 : 1;
}

/* The one way in which the device's own software can leave nothing that boots. For a confirmed
 * entry the bootloader raises the chip's secure version before it verifies the app (native OTA
 * page, "Bootloader" 2), so that a half-written image of a higher version shuts all others out. It
 * takes an update of the slot that otadata selects, and esp_ota_begin refuses that of the running
 * one only. Two ways lead there: an app that switches and then confirms (quirk
 * confirm-after-switch), and one that gives itself up and then, without a restart, updates the app
 * it goes back to. */
static bool raised_for_a_broken_app(const struct run *run, const struct world_choice *choice)
{
    return choice->secure_version > choice->secure_version_before &&
           world_app_at(&run->world, choice->selected) < 0;
}

static void judge_alive(struct run *run, const struct world_choice *choice, int booted)
{
    if (booted != PLACE_NONE || run->outside) {
        return;
    }
    walk_rule(run, raised_for_a_broken_app(run, choice), "alive",
              "nothing boots, and nobody but the device has written to flash");
    walk_did(run, WALK_DID_SHUT_OUT);
    run->outside = true; /* and it stays so */
}

static void judge_boot(struct run *run, const struct world_choice *choice,
                       const struct bootloader_report *report)
{
    int booted = report->booted ? world_place_of(&report->app) : PLACE_NONE;
    walk_say(run, "--- %s boots (%s)", world_place_name(booted), report->reason.text);
    walk_rule(run, booted == PLACE_NONE || world_may_boot(&run->world, booted), "verified",
              "%s boots, and its image does not verify or is too old", world_place_name(booted));
    walk_rule(run, booted == choice->boots, "choice", "%s boots, where %s should",
              world_place_name(booted), world_place_name(choice->boots));
    judge_alive(run, choice, booted);
    judge_otadata(run, &choice->after);
    walk_rule(run, efuse_secure_version(&run->world.device->efuse) == choice->secure_version,
              "secure version", "the chip's is %u, not %u",
              (unsigned)efuse_secure_version(&run->world.device->efuse),
              (unsigned)choice->secure_version);
    judge_trial(run, choice, booted);
    begin_trial(run, choice, booted);
    walk_did(run, booted == PLACE_NONE         ? WALK_DID_NO_BOOT
                  : booted == choice->selected ? WALK_DID_BOOT_SELECTED
                                               : WALK_DID_BOOT_FALLBACK);
    walk_did(run, WALK_DID_BOOT);
}

static void start_app(struct run *run, const struct bootloader_report *report)
{
    run->running = report->booted ? world_place_of(&report->app) : PLACE_NONE;
    run->boot = (struct boot){
        .device = run->world.device, .running = report->app, .strict = run->walk->setup.strict};
    esp_partition_unload_all();
    if (report->booted) {
        native_load(world_variant_names[run->walk->setup.variant]);
    }
}

static void count_cut(struct run *run)
{
    walk_did(run, run->cut_mode == FLASH_CUT_BEFORE ? WALK_DID_CUT_BEFORE
                  : run->cut_mode == FLASH_CUT_TORN ? WALK_DID_CUT_TORN
                                                    : WALK_DID_CUT_AFTER);
    disarm_cut(run);
}

/* True when it has come to its end; false if power was lost in it. */
static bool run_bootloader(struct run *run, struct bootloader_report *report)
{
    run->power_is_lost = false;
    if (setjmp(run->boot_over) == 0) {
        bootloader_run(run->world.device, &run->world.bootloader, report);
        return true;
    }
    walk_say(run, "--- power fails in the bootloader");
    run->bootloader_was_cut = true;
    walk_did(run, WALK_DID_CUT_IN_BOOTLOADER);
    count_cut(run);
    return false;
}

void walk_reset(struct run *run)
{
    static struct bootloader_report report;
    struct world_choice choice;
    native_unload();
    disarm_error(run);
    run->update_count = 0;
    run->may_violate = run->bootloader_was_cut = false;
    memset(run->leaked, 0, sizeof run->leaked);
    do {
        world_choose(&run->world, &choice);
    } while (!run_bootloader(run, &report));
    judge_programs(run);
    judge_boot(run, &choice, &report);
    start_app(run, &report);
    run->open = true; /* the boot was the step */
}

static walk_act *const acts[WALK_ACTIONS] = {
    [WALK_BEGIN] = walk_begin,
    [WALK_RESUME] = walk_resume,
    [WALK_WRITE] = walk_write,
    [WALK_WRITE_ALL] = walk_write_all,
    [WALK_WRITE_AT] = walk_write_at,
    [WALK_SET_FINAL] = walk_set_final,
    [WALK_END] = walk_end,
    [WALK_ABORT] = walk_abort,
    [WALK_UPDATE] = walk_update,
    [WALK_SET_BOOT] = walk_set_boot,
    [WALK_SET_BOOT_UNCHECKED] = walk_set_boot_unchecked,
    [WALK_MARK_VALID] = walk_mark_valid,
    [WALK_MARK_INVALID] = walk_mark_invalid,
    [WALK_MARK_INVALID_AND_REBOOT] = walk_mark_invalid_and_reboot,
    [WALK_ERASE_LAST_BOOT_APP] = walk_erase_last_boot_app,
    [WALK_INVALIDATE_INACTIVE] = walk_invalidate_inactive,
    [WALK_GETTERS] = walk_getters,
    [WALK_RESET] = walk_do_reset,
    [WALK_POWER_CUT] = walk_power_cut,
    [WALK_FLASH_ERROR] = walk_flash_error,
    [WALK_DAMAGE_OTADATA] = walk_damage_otadata,
    [WALK_DAMAGE_APP] = walk_damage_app,
    [WALK_FLASH_APP] = walk_flash_app,
};

static void begin_step(struct run *run)
{
    run->touched[0] = run->touched[1] = PLACE_NONE;
    run->selected = PLACE_NONE;
    run->open = run->in_place = run->may_violate = run->power_is_lost = false;
    world_choose(&run->world, &run->before);
}

static bool is_touched(const struct run *run, int place)
{
    return place == run->touched[0] || place == run->touched[1];
}

/* "The known windows" (native OTA page). */
static bool may_lose_entry(const struct run *run)
{
    return run->in_place && (run->power_is_lost || walk_error_struck(run));
}

static bool may_change(const struct run *run, const struct world_choice *now)
{
    const struct world_choice *before = &run->before;
    /* An app that is selected but can't boot decides what is tried in its stead. With anti-rollback
     * it is its descriptor that makes it selected: "an entry whose slot's secure_version is too low
     * does not count" (native OTA page, "Bootloader" 2). */
    bool selected_is_touched = (before->entry >= 0 && is_touched(run, before->selected)) ||
                               (now->entry >= 0 && is_touched(run, now->selected));
    return run->open || selected_is_touched || is_touched(run, before->boots) ||
           is_touched(run, now->boots) || now->boots == run->selected;
}

static void judge_step(struct run *run)
{
    struct world_choice now;
    judge_programs(run);
    world_choose(&run->world, &now);
    if (now.boots == run->before.boots || may_change(run, &now)) {
        return;
    }
    walk_rule(run, may_lose_entry(run), "undisturbed", "%s would have booted next, now it is %s",
              world_place_name(run->before.boots), world_place_name(now.boots));
    walk_did(run, WALK_DID_ENTRY_LOST);
}

static void end_boot(struct run *run, const struct walk_step *step)
{
    if (!run->power_is_lost) {
        walk_say(run, "--- esp_restart");
        return;
    }
    walk_say(run, "--- power fails (%s)", walk_action_names[step->action]);
    if (run->in_place) {
        walk_did(run, WALK_DID_CUT_IN_PLACE);
    } else if (run->selected != PLACE_NONE) {
        walk_did(run, WALK_DID_CUT_IN_SWITCH);
    }
    count_cut(run);
}

/* An app that does not run calls nothing; what comes from outside comes. */
static bool is_possible(const struct run *run, enum walk_action action)
{
    return run->running != PLACE_NONE || action >= WALK_RESET;
}

static void take_step(struct run *run, const struct walk_step *step)
{
    if (!is_possible(run, step->action)) {
        return;
    }
    run->unsaid = step->number;
    begin_step(run);
    if (setjmp(run->boot_over) == 0) {
        acts[step->action](run, step);
        judge_step(run);
        return;
    }
    end_boot(run, step);
    judge_step(run);
    walk_reset(run);
}

/* Confirms an app on trial. With anti-rollback the bootloader may have passed over the entry with
 * the higher number, for an app that is damaged or too old; the library confirms that one, and the
 * running app, still on trial, may not update. The next reset ends its trial. */
static void confirm(struct run *run)
{
    int entry = run->trial.entry;
    struct otadata otadata;
    walk_mark_valid(run, NULL);
    world_read_otadata(&run->world, &otadata);
    if (otadata.entry[entry].state != OTADATA_PENDING_VERIFY) {
        return;
    }
    walk_rule(run,
              run->world.bootloader.anti_rollback &&
                  otadata.entry[entry ^ 1].seq >= otadata.entry[entry].seq,
              "retry", "%s can't be confirmed", world_place_name(run->running));
    walk_did(run, WALK_DID_CONFIRMED_ANOTHER);
    walk_reset(run);
}

/* The update that must succeed whatever came before, as long as an app boots. */
static void retry(struct run *run)
{
    int slot;
    disarm_cut(run);
    walk_reset(run);
    begin_step(run);
    if (run->trial.is_on) {
        confirm(run);
    }
    if (run->running == PLACE_NONE) {
        return;
    }
    uint64_t wrapped = run->counts->event[WALK_DID_SEQ_WRAPPED];
    bool updated = walk_update_to(run, world_retry_image, 1000, &slot);
    judge_programs(run);
    walk_rule(run, updated, "retry", "the update of %s failed", world_place_name(slot));
    walk_reset(run);
    if (run->counts->event[WALK_DID_SEQ_WRAPPED] != wrapped && !run->walk->setup.strict) {
        return; /* quirk seq-wraps */
    }
    walk_rule(run,
              run->running == slot && world_app_at(&run->world, slot) == (int)world_retry_image,
              "retry", "%s was updated, and %s boots", world_place_name(slot),
              world_place_name(run->running));
    walk_did(run, WALK_DID_RETRIED);
}

/* The device restarts at once; nobody comes back from esp_restart. */
static struct run run;
static void restart(void)
{
    longjmp(run.boot_over, 1);
}

static void say_setup(const struct walk *walk)
{
    const struct walk_setup *setup = &walk->setup;
    walk_say(&run, "table %s, sdkconfig %s, %s%s, %s", world_table_names[setup->table],
             world_variant_names[setup->variant], setup->strict ? "strict" : "with quirks",
             setup->encrypted ? ", flash encryption" : "", world_start_names[setup->start]);
}

static void take_steps(const struct walk *walk)
{
    say_setup(walk);
    walk_reset(&run);
    for (size_t i = 0; i < walk->count; i++) {
        take_step(&run, &walk->steps[i]);
    }
    walk_say(&run, "the update that must succeed:");
    retry(&run);
}

bool walk_run(const struct walk *walk, FILE *log, struct walk_counts *counts, char *broken,
              size_t size)
{
    memset(&run, 0, sizeof run);
    run.walk = walk;
    run.log = log;
    run.counts = counts;
    run.broken = broken;
    run.broken_size = size;
    world_open(&run.world, &walk->setup);
    run.violations = flash_counters(run.world.device->flash).nor_violations;
    device_set_current(run.world.device);
    boot_set_current(&run.boot);
    esp_register_shutdown_handler(restart); /* the second time it is known already */
    bool kept = setjmp(run.stop) == 0;
    if (kept) {
        take_steps(walk);
    }
    disarm_cut(&run);
    disarm_error(&run);
    native_unload();
    return kept;
}
