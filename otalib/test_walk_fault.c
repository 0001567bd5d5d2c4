/* What happens to the device from outside: resets, failing power and flash, damage. */
#include <string.h>

#include "esp_flash_err.h"
#include "test_walk_run.h"

#define OTADATA_AT 0xd000u

void walk_do_reset(struct run *run, const struct walk_step *step)
{
    (void)step;
    walk_say(run, "reset");
    walk_reset(run);
}

static void power_lost(void *context)
{
    struct run *run = context;
    run->power_is_lost = true;
    longjmp(run->boot_over, 1);
}

/* Mostly soon: the interesting operations are few. */
static uint64_t operations_ahead(uint32_t number)
{
    return number % 4 == 0 ? number / 4 % 24 : number / 4 % 4;
}

void walk_power_cut(struct run *run, const struct walk_step *step)
{
    static const enum flash_cut_mode modes[] = {FLASH_CUT_BEFORE, FLASH_CUT_TORN, FLASH_CUT_AFTER};
    static const char *const names[] = {"before", "within", "after"};
    uint64_t ahead = operations_ahead(step->a);
    unsigned mode = step->b % 3;
    run->cut_armed = true;
    run->cut_mode = modes[mode];
    walk_say(run, "power will fail %s flash operation %llu from here", names[mode],
             (unsigned long long)ahead + 1);
    flash_arm_power_cut(run->world.device->flash, flash_op_count(run->world.device->flash) + ahead,
                        modes[mode], power_lost, run);
}

/* Only while an app runs: the bootloader does not notice a failing write, on the device neither, so
 * that what it should have noted is anybody's guess. */
void walk_flash_error(struct run *run, const struct walk_step *step)
{
    uint64_t ahead = operations_ahead(step->a);
    run->error_armed = true;
    run->error_at = flash_op_count(run->world.device->flash) + ahead;
    walk_say(run, "flash operation %llu from here will fail", (unsigned long long)ahead + 1);
    flash_arm_error(run->world.device->flash, run->error_at, ESP_ERR_FLASH_OP_FAIL);
}

static void load(struct run *run, uint32_t address, const void *bytes, size_t length)
{
    flash_load(run->world.device->flash, address, bytes, (uint32_t)length);
    run->outside = true;
    run->open = true;
    run->trial.is_on = false;
}

static struct otadata_entry damaged_entry(const struct otadata_entry *was,
                                          const struct walk_step *step)
{
    static const uint32_t states[] = {
        OTADATA_NEW,
        OTADATA_PENDING_VERIFY,
        OTADATA_VALID,
        OTADATA_INVALID,
        OTADATA_ABORTED,
        OTADATA_UNDEFINED,
        7,
    };
    static const uint32_t seqs[] = {0, 1, 2, 3, 5, 0xFFFFFFFC, 0xFFFFFFFE, 0xFFFFFFFF};
    struct otadata_entry entry = *was;
    switch (step->b % 5) {
    case 0:
        memset(&entry, 0xFF, sizeof entry);
        break;
    case 1:
        memset(&entry, 0, sizeof entry);
        break;
    case 2:
        entry.crc ^= 1u << (step->c % 32);
        break;
    case 3:
        entry.state = states[step->c % 7];
        break;
    default:
        entry.seq = seqs[step->c % 8];
        entry.state = states[step->c / 8 % 7];
        entry.crc = otadata_crc(entry.seq);
        break;
    }
    return entry;
}

void walk_damage_otadata(struct run *run, const struct walk_step *step)
{
    struct otadata otadata;
    char text[64];
    uint32_t index = step->a % 2;
    world_read_otadata(&run->world, &otadata);
    struct otadata_entry entry = damaged_entry(&otadata.entry[index], step);
    walk_say(run, "from outside: otadata entry %u becomes %s", (unsigned)index,
             otadata_entry_text(&entry, text));
    load(run, OTADATA_AT + index * SECTOR_BYTES, &entry, sizeof entry);
}

/* The descriptor is spared: what a chip makes of a secure version that no image has is its own
 * story, and has its own tests. */
void walk_damage_app(struct run *run, const struct walk_step *step)
{
    static const struct {
        const char *what;
        uint32_t offset, length;
        uint8_t value;
    } kinds[] = {
        {"zeros over its header", 0, 16, 0x00},
        {"its first sector erased", 0, SECTOR_BYTES, 0xFF},
        {"zeros in its code", 512, 64, 0x00},
        {"erased bytes in its code", 900, 4, 0xFF},
    };
    int place = walk_pick_app(run, step->a);
    unsigned kind = step->b % 4;
    uint8_t bytes[SECTOR_BYTES];
    memset(bytes, kinds[kind].value, sizeof bytes);
    walk_say(run, "from outside: %s gets %s", world_place_name(place), kinds[kind].what);
    walk_disturb(run, place);
    load(run, world_partition(&run->world, place)->offset + kinds[kind].offset, bytes,
         kinds[kind].length);
}

void walk_flash_app(struct run *run, const struct walk_step *step)
{
    int place = walk_pick_app(run, step->a);
    const struct world_image *image = &world_images[step->b % (world_retry_image + 3)];
    walk_say(run, "from outside: %s gets the image %s", world_place_name(place), image->name);
    walk_disturb(run, place);
    load(run, world_partition(&run->world, place)->offset, image->bytes, image->length);
}
