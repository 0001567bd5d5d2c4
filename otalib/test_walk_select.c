/* Selecting an app, confirming it, giving it up. */
#include <string.h>

#include "test_walk_run.h"

static bool strict(const struct run *run)
{
    return run->walk->setup.strict;
}

static bool rollback(const struct run *run)
{
    return run->world.bootloader.rollback;
}

static bool anti_rollback(const struct run *run)
{
    return run->world.bootloader.anti_rollback;
}

static bool entry_is_valid(const struct otadata_entry *entry)
{
    return entry->seq != 0xFFFFFFFFu && entry->state != OTADATA_INVALID &&
           entry->state != OTADATA_ABORTED && entry->crc == otadata_crc(entry->seq);
}

/* The entry that counts for the library, which unlike the bootloader asks no secure version. */
static int active_entry(const struct otadata *otadata)
{
    bool first = entry_is_valid(&otadata->entry[0]), second = entry_is_valid(&otadata->entry[1]);
    if (first && second) {
        return otadata->entry[0].seq >= otadata->entry[1].seq ? 0 : 1;
    }
    return first ? 0 : second ? 1 : -1;
}

static bool same_entry(const struct otadata *a, const struct otadata *b, int index)
{
    return memcmp(&a->entry[index], &b->entry[index], sizeof a->entry[index]) == 0;
}

/* An app that can't boot is selected all the same: what stands in for it boots. */
static void open_if_broken(struct run *run, int selected)
{
    run->open = run->open || (selected != PLACE_NONE && !world_may_boot(&run->world, selected));
}

static uint32_t chip_version(const struct run *run)
{
    return efuse_secure_version(&run->world.device->efuse);
}

/* The sequence can't be carried on to that slot: the next number for it is the erased value, or
 * beyond it. */
static bool sequence_runs_out(const struct run *run, const struct otadata *was, int place)
{
    int active = active_entry(was);
    if (active < 0) {
        return false;
    }
    uint64_t seq = was->entry[active].seq;
    while ((seq + (uint64_t)run->world.slots - 1) % (uint64_t)run->world.slots != (uint64_t)place) {
        seq++;
    }
    return seq >= 0xFFFFFFFFu;
}

static void judge_selected_slot(struct run *run, const struct otadata *was, int place)
{
    struct otadata is;
    int active = active_entry(was);
    bool again = active >= 0 && world_slot_named(&run->world, &was->entry[active]) == place;
    world_read_otadata(&run->world, &is);
    if (sequence_runs_out(run, was, place)) {
        walk_did(run, WALK_DID_SEQ_WRAPPED);
        if (!strict(run)) {
            /* Quirk seq-wraps: the entry is written and reads as erased. What it was is gone, also
             * if the device would have booted by it. */
            run->open = run->open || run->in_place;
            return;
        }
    } else if (active >= 0) {
        walk_rule(run, same_entry(was, &is, again ? active ^ 1 : active), "other entry",
                  "selecting %s wrote otadata entry %d too", world_place_name(place),
                  again ? active ^ 1 : active);
    }
    int now = active_entry(&is);
    walk_rule(run, now >= 0 && world_slot_named(&run->world, &is.entry[now]) == place, "selected",
              "%s was selected, and otadata does not name it", world_place_name(place));
    walk_rule(run, walk_place_of(esp_ota_get_boot_partition()) == place, "selected",
              "esp_ota_get_boot_partition names another than %s", world_place_name(place));
    struct world_choice next;
    world_choose(&run->world, &next);
    walk_rule(run, next.boots == place || !world_may_boot(&run->world, place), "selected",
              "%s was selected, and %s will boot", world_place_name(place),
              world_place_name(next.boots));
}

static esp_err_t expected_of_select(const struct run *run, int place, bool checked)
{
    const struct world *world = &run->world;
    int image = world_app_at(world, place);
    if (checked && image < 0) {
        return ESP_ERR_OTA_VALIDATE_FAILED;
    }
    bool too_old = anti_rollback(run) && image >= 0 && !world_may_boot(world, place);
    return too_old ? ESP_ERR_OTA_SMALL_SEC_VER : ESP_OK;
}

/* Selecting a slot erases the entry by which the device would boot now, so that a power cut may
 * lose it: if that names the slot already; if the running app is on trial, and it is the entry to
 * roll back to; or if the bootloader passes over the one that the library takes to count, for an
 * app that is damaged or too old (anti-rollback). */
static bool loses_entry(const struct run *run, const struct otadata *otadata, int active, int place)
{
    struct world_choice now;
    world_choose(&run->world, &now);
    bool again = world_slot_named(&run->world, &otadata->entry[active]) == place;
    return now.entry == (again ? active : active ^ 1);
}

esp_err_t walk_select(struct run *run, int place, bool checked)
{
    struct otadata was;
    world_read_otadata(&run->world, &was);
    int active = active_entry(&was);
    esp_err_t expected = expected_of_select(run, place, checked);
    if (place == run->running && anti_rollback(run) && !world_may_boot(&run->world, place)) {
        /* It would erase the running app: the chip's protection ends such a boot. */
        return ESP_FAIL;
    }
    run->trial.is_on = false;
    run->selected = place;
    run->in_place = active >= 0 && place >= 0 && loses_entry(run, &was, active, place);
    /* Selecting factory erases two sectors: in between the entry that is left selects its app. */
    run->open = run->open || place == PLACE_FACTORY;
    open_if_broken(run, place);
    bool may_erase = expected == ESP_ERR_OTA_SMALL_SEC_VER || (!checked && anti_rollback(run));
    if (may_erase) {
        walk_disturb(run, place);
    }
    esp_err_t err = checked ? esp_ota_set_boot_partition(walk_partition(run, place))
                            : esp_ota_set_boot_partition_skip_validate(walk_partition(run, place));
    walk_say(run, "esp_ota_set_boot_partition%s(%s) = %s", checked ? "" : "_skip_validate",
             world_place_name(place), esp_err_to_name(err));
    if (checked || !anti_rollback(run)) {
        walk_rule(run, err == expected || walk_error_struck(run), "result",
                  "selecting %s returned %s, not %s", world_place_name(place), esp_err_to_name(err),
                  esp_err_to_name(expected));
    }
    if (err == ESP_OK && place >= 0) {
        judge_selected_slot(run, &was, place);
    } else if (err == ESP_OK) {
        struct world_choice next;
        world_choose(&run->world, &next);
        walk_rule(run, next.selected == PLACE_FACTORY, "selected",
                  "factory was selected, and otadata selects %s", world_place_name(next.selected));
    } else if (err == ESP_ERR_OTA_SMALL_SEC_VER) {
        walk_did(run, WALK_DID_TOO_OLD);
        walk_rule(run, world_app_at(&run->world, place) < 0, "too old",
                  "%s is too old and was left in its slot", world_place_name(place));
    }
    return err;
}

void walk_set_boot(struct run *run, const struct walk_step *step)
{
    walk_select(run, walk_pick_app(run, step->a), true);
}

void walk_set_boot_unchecked(struct run *run, const struct walk_step *step)
{
    walk_select(run, walk_pick_app(run, step->a), false);
}

static void judge_mark_valid(struct run *run, const struct otadata *was, int active)
{
    struct otadata is;
    world_read_otadata(&run->world, &is);
    walk_rule(run, active >= 0, "confirmed", "no entry counts, and it was confirmed");
    walk_rule(run,
              is.entry[active].state == OTADATA_VALID &&
                  is.entry[active].seq == was->entry[active].seq &&
                  is.entry[active].crc == was->entry[active].crc,
              "confirmed", "otadata entry %d is not confirmed in place", active);
    walk_rule(run, same_entry(was, &is, active ^ 1), "other entry",
              "confirming wrote otadata entry %d too", active ^ 1);
    int image = world_app_at(&run->world, run->running);
    walk_rule(run,
              !anti_rollback(run) || image < 0 ||
                  chip_version(run) >= world_images[image].secure_version,
              "confirmed", "the chip's secure version is %u still", (unsigned)chip_version(run));
    walk_did(run, WALK_DID_CONFIRMED);
}

/* Which entry a confirmation is for: the selected one, or as documented the running app's. */
static int entry_to_confirm(const struct run *run, const struct otadata *otadata, int active)
{
    if (active < 0 || !strict(run)) {
        return active;
    }
    for (int i = 0; i < 2; i++) {
        const struct otadata_entry *entry = &otadata->entry[active ^ i];
        if (entry_is_valid(entry) && world_slot_named(&run->world, entry) == run->running) {
            return active ^ i;
        }
    }
    return -1;
}

void walk_mark_valid(struct run *run, const struct walk_step *step)
{
    (void)step;
    struct otadata was;
    world_read_otadata(&run->world, &was);
    int active = active_entry(&was), target = entry_to_confirm(run, &was, active);
    uint32_t chip = chip_version(run);
    esp_err_t expected = target < 0 ? ESP_FAIL : ESP_OK;
    run->trial.is_on = false;
    run->in_place = true;
    run->selected = active >= 0 ? world_slot_named(&run->world, &was.entry[active]) : PLACE_NONE;
    open_if_broken(run, run->selected);
    esp_err_t err = esp_ota_mark_app_valid_cancel_rollback();
    walk_say(run, "esp_ota_mark_app_valid_cancel_rollback() = %s", esp_err_to_name(err));
    /* With anti-rollback an app that was damaged while it runs may have no secure version. */
    bool readable = !anti_rollback(run) || world_app_at(&run->world, run->running) >= 0;
    walk_rule(run, err == expected || walk_error_struck(run) || !readable, "result",
              "confirming returned %s, not %s", esp_err_to_name(err), esp_err_to_name(expected));
    if (err == ESP_OK) {
        judge_mark_valid(run, &was, target);
    }
    if (chip_version(run) != chip) {
        /* What was selected may have become too old: the running app, whose version it is, need
         * not be the selected one. */
        run->open = true;
        walk_did(run, WALK_DID_EFUSE_RAISED);
    }
}

/* Where a rollback would go; PLACE_NONE if nowhere (native OTA page, "Rollback"). */
static int rollback_target(const struct run *run, const struct otadata *otadata, int active)
{
    const struct otadata_entry *other = &otadata->entry[active ^ 1];
    if (entry_is_valid(other)) {
        int slot = world_slot_named(&run->world, other);
        return world_may_boot(&run->world, slot) ? slot : PLACE_NONE;
    }
    return !anti_rollback(run) && world_app_at(&run->world, PLACE_FACTORY) >= 0 ? PLACE_FACTORY
                                                                                : PLACE_NONE;
}

static esp_err_t give_up(struct run *run, const char *name, esp_err_t (*call)(void))
{
    struct otadata was;
    world_read_otadata(&run->world, &was);
    int active = active_entry(&was);
    int target = active >= 0 ? rollback_target(run, &was, active) : PLACE_NONE;
    esp_err_t expected = active < 0             ? ESP_FAIL
                         : target == PLACE_NONE ? ESP_ERR_OTA_ROLLBACK_FAILED
                                                : ESP_OK;
    run->trial.is_on = false;
    run->in_place = true;
    run->selected = target;
    /* After a switch it is the app just selected that is given up, and the running one, if it is on
     * trial itself, ends with this boot (as in catalogue O11, the other way round). */
    bool other_on_trial =
        active >= 0 && was.entry[active ^ 1].state == OTADATA_PENDING_VERIFY && rollback(run);
    run->open = run->open || other_on_trial;
    walk_rule(run, esp_ota_check_rollback_is_possible() == (target != PLACE_NONE), "rollback",
              "esp_ota_check_rollback_is_possible does not see that %s can be gone back to",
              world_place_name(target));
    if (expected == ESP_OK) {
        walk_did(run, WALK_DID_GIVEN_UP);
    }
    walk_say(run, "%s() ...", name);
    esp_err_t err = call();
    walk_say(run, "... = %s", esp_err_to_name(err));
    walk_rule(run, err == expected || walk_error_struck(run), "result", "%s returned %s, not %s",
              name, esp_err_to_name(err), esp_err_to_name(expected));
    if (err == ESP_OK && !other_on_trial) {
        struct world_choice next;
        world_choose(&run->world, &next);
        walk_rule(run, next.boots == target, "rollback", "%s should be gone back to, but %s boots",
                  world_place_name(target), world_place_name(next.boots));
    }
    return err;
}

void walk_mark_invalid(struct run *run, const struct walk_step *step)
{
    (void)step;
    give_up(run, "esp_ota_mark_app_invalid_rollback", esp_ota_mark_app_invalid_rollback);
}

void walk_mark_invalid_and_reboot(struct run *run, const struct walk_step *step)
{
    (void)step;
    esp_err_t err = give_up(run, "esp_ota_mark_app_invalid_rollback_and_reboot",
                            esp_ota_mark_app_invalid_rollback_and_reboot);
    walk_rule(run, err != ESP_OK, "reboot", "it returned ESP_OK instead of restarting");
}

/* The slot that the entry which does not count names, if that is an app to be forgotten. */
static int forgettable(const struct run *run)
{
    struct otadata otadata;
    world_read_otadata(&run->world, &otadata);
    int active = active_entry(&otadata);
    if (active < 0) {
        return PLACE_NONE;
    }
    const struct otadata_entry *other = &otadata.entry[active ^ 1];
    if (other->seq == 0xFFFFFFFFu || other->crc != otadata_crc(other->seq) ||
        world_slot_named(&run->world, other) == run->running) {
        return PLACE_NONE;
    }
    return world_slot_named(&run->world, other);
}

int walk_may_forget(struct run *run)
{
    int place = forgettable(run);
    if (place != PLACE_NONE) {
        /* An app on trial can't be rolled back to it any more, or to what stands in for it. */
        walk_touch(run, place);
        open_if_broken(run, place);
    }
    return place;
}

static void forget(struct run *run, const char *name, esp_err_t (*call)(void), bool erases)
{
    int place = walk_may_forget(run);
    esp_err_t expected = place == PLACE_NONE ? ESP_FAIL : ESP_OK;
    if (erases && place != PLACE_NONE) {
        walk_disturb(run, place);
    }
    esp_err_t err = call();
    walk_say(run, "%s() = %s", name, esp_err_to_name(err));
    walk_rule(run, err == expected || walk_error_struck(run), "result", "%s returned %s, not %s",
              name, esp_err_to_name(err), esp_err_to_name(expected));
    walk_rule(run, err != ESP_OK || forgettable(run) == PLACE_NONE, "forgotten",
              "otadata names %s still", world_place_name(place));
    walk_rule(run, err != ESP_OK || !erases || world_app_at(&run->world, place) < 0, "forgotten",
              "the app in %s was not erased", world_place_name(place));
}

void walk_erase_last_boot_app(struct run *run, const struct walk_step *step)
{
    (void)step;
    forget(run, "esp_ota_erase_last_boot_app_partition", esp_ota_erase_last_boot_app_partition,
           true);
}

void walk_invalidate_inactive(struct run *run, const struct walk_step *step)
{
    (void)step;
    forget(run, "esp_ota_invalidate_inactive_ota_data_slot",
           esp_ota_invalidate_inactive_ota_data_slot, false);
}

void walk_getters(struct run *run, const struct walk_step *step)
{
    const esp_partition_t *any = walk_partition(run, walk_pick_app(run, step->a));
    uint64_t operations = flash_op_count(run->world.device->flash);
    int next = walk_place_of(esp_ota_get_next_update_partition(NULL));
    esp_ota_img_states_t state;
    esp_app_desc_t description;
    walk_say(run, "getters");
    walk_rule(run, walk_place_of(esp_ota_get_running_partition()) == run->running, "running",
              "esp_ota_get_running_partition does not name %s", world_place_name(run->running));
    walk_rule(run, next >= 0 && next != run->running, "next", "the next update would be for %s",
              world_place_name(next));
    walk_rule(run, esp_ota_get_app_partition_count() == run->world.slots, "slots",
              "esp_ota_get_app_partition_count is %d", esp_ota_get_app_partition_count());
    (void)esp_ota_get_boot_partition();
    (void)esp_ota_get_state_partition(any, &state);
    (void)esp_ota_get_partition_description(any, &description);
    const esp_partition_t *invalid = esp_ota_get_last_invalid_partition();
    walk_rule(run, invalid == NULL || world_app_at(&run->world, walk_place_of(invalid)) >= 0,
              "last invalid", "the image in %s does not verify", invalid->label);
    walk_rule(run, flash_op_count(run->world.device->flash) == operations, "getters",
              "a getter wrote to flash");
}
