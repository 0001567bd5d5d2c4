#include "power_explore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "otadata.h"
#include "otadata_window.h"
#include "version_order.h"

#define MAX_BOOT_OPS   8
#define MAX_BOOT_BYTES 64 /* a bootloader programs entries of 32 bytes */

/* What one boot of the bootloader did to the flash. */
struct boot_ops {
    struct journal_op ops[MAX_BOOT_OPS];
    uint8_t bytes[MAX_BOOT_OPS][MAX_BOOT_BYTES];
    size_t count;
};

struct level {
    struct flash *cut;  /* as the cut left it */
    struct flash *boot; /* the same, booted */
    struct boot_ops ops;
};

struct power_explorer {
    const struct power_flow *flow;
    const struct sweep_options *options;
    struct power_listener listener;
    struct flash *before; /* the first state of all */
    struct flash *after;  /* and the last, nothing cut */
    struct flash *now;    /* all operations up to `at` were done */
    uint64_t at;
    struct level levels[POWER_MAX_DEPTH];
    struct image_memo *memo;
    const struct partition *otadata;
    uint64_t states;
    struct otadata_window followed; /* up to `at` */
    /* What holds along the operation that is being cut. */
    struct otadata_window window;
    const struct power_app *running; /* in whose boot power fails */
    bool on_trial;                   /* it may give way to those before it */
    struct power_point point;
    unsigned deepest; /* cuts in a row */
};

static struct device device_with(const struct power_explorer *explorer, struct flash *flash,
                                 const struct efuse *efuse)
{
    struct device device = *explorer->flow->device;
    device.flash = flash;
    device.efuse = *efuse;
    device.reset_reason = DEVICE_RESET_POWERON;
    device.has_last_app = false;
    device.image_memo = explorer->memo;
    return device;
}

static void note_op(void *context, const struct flash_op *op)
{
    struct boot_ops *ops = context;
    if (ops->count == MAX_BOOT_OPS || op->length > FLASH_SECTOR_SIZE ||
        (op->kind == FLASH_PROGRAM && op->length > MAX_BOOT_BYTES)) {
        return;
    }
    struct journal_op *noted = &ops->ops[ops->count];
    *noted = (struct journal_op){.kind = op->kind, .address = op->address, .length = op->length};
    if (op->kind == FLASH_PROGRAM) {
        memcpy(ops->bytes[ops->count], op->data, op->length);
        noted->data = ops->bytes[ops->count];
    }
    ops->count++;
}

static void apply(struct flash *flash, const struct journal_op *op)
{
    if (op->kind == FLASH_ERASE) {
        (void)flash_erase(flash, op->address, op->length);
    } else {
        (void)flash_program(flash, op->address, op->data, op->length);
    }
}

static int active_entry(const struct power_explorer *explorer, struct flash *flash,
                        struct otadata *otadata)
{
    if (explorer->otadata == NULL ||
        otadata_read(flash, explorer->otadata->offset, otadata) != ESP_OK) {
        return -1;
    }
    return otadata_active(otadata);
}

static bool same_app(const struct power_app *app, const struct app_image_info *image)
{
    return memcmp(app->digest, image->digest, sizeof app->digest) == 0;
}

static void find(struct power_explorer *explorer, enum sweep_class class, const char *window,
                 const char *text)
{
    explorer->listener.finding(&explorer->point, class, window, text, explorer->listener.context);
}

static bool ran_before(const struct power_explorer *explorer, const struct app_image_info *image)
{
    const struct power_flow *flow = explorer->flow;
    for (size_t i = 0; i < flow->boot_count; i++) {
        if (same_app(&flow->boots[i], image)) {
            return true;
        }
    }
    return false;
}

static bool verifies(const struct power_explorer *explorer, struct flash *flash,
                     const struct partition *slot, const struct efuse *efuse)
{
    struct app_image_info info;
    struct signature_policy policy;
    const struct chip *chip = explorer->flow->device->chip;
    bool is_signed = bootloader_signature_policy(&explorer->flow->bootloader, chip, efuse, &policy);
    const struct app_image_rules rules = {.kind = APP_IMAGE_APP,
                                          .chip = chip,
                                          .efuse = efuse,
                                          .lenience = explorer->flow->bootloader.lenience,
                                          .signature = is_signed ? &policy : NULL};
    return image_memo_verify(explorer->memo, flash, slot, &rules, &info, NULL) == ESP_OK;
}

/* What boots must be what ran when power failed, or the update; an app that was still on trial may
 * give way to those before it. */
static void judge_app(struct power_explorer *explorer, struct flash *flash,
                      const struct bootloader_report *report, const struct efuse *efuse,
                      const char *window)
{
    struct error why;
    const struct power_app *running = explorer->running;
    const char *version = report->image.descriptor.version;
    if (!verifies(explorer, flash, &report->app, efuse)) {
        error_set(&why, "%s boots, but its image does not verify", report->app.label);
        find(explorer, SWEEP_WRONG_IMAGE, NULL, why.text);
    } else if (same_app(running, &report->image) ||
               same_app(&explorer->flow->update, &report->image) ||
               (explorer->on_trial && ran_before(explorer, &report->image))) {
        return;
    } else {
        bool older = version_compare(version, running->version) < 0;
        error_set(&why, "%s %s boots where %s ran: %s", report->app.label, version,
                  running->version, report->reason.text);
        find(explorer, older ? SWEEP_DOWNGRADE : SWEEP_LOST_UPDATE, window, why.text);
    }
}

/* An app is on trial. */
static bool is_pending(struct power_explorer *explorer, struct flash *flash)
{
    struct otadata otadata;
    int active = active_entry(explorer, flash, &otadata);
    return explorer->flow->bootloader.rollback && active >= 0 &&
           otadata.entry[active].state == OTADATA_PENDING_VERIFY;
}

/* Nobody confirmed what booted, so with rollback on it must not boot again, if anything else does;
 * what is not on trial must boot again. */
static void judge_second_boot(struct power_explorer *explorer,
                              const struct bootloader_report *first, bool on_trial,
                              const struct bootloader_report *second)
{
    struct error why;
    bool again = second->booted && second->app.offset == first->app.offset;
    if (!second->booted) {
        error_set(&why, "after a second reset: %s", second->reason.text);
        find(explorer, SWEEP_BRICK, NULL, why.text);
    } else if (on_trial && again && second->attempts == 1) {
        error_set(&why, "%s was never confirmed, and boots again: %s", second->app.label,
                  second->reason.text);
        find(explorer, SWEEP_UNCONFIRMED, NULL, why.text);
    } else if (!on_trial && !again) {
        error_set(&why, "%s boots, and after a second reset %s: %s", first->app.label,
                  second->app.label, second->reason.text);
        find(explorer, SWEEP_LOST_UPDATE, NULL, why.text);
    }
}

static uint64_t mix(uint64_t key, uint64_t word)
{
    key = (key ^ word) * 0x9E3779B97F4A7C15u;
    return key ^ key >> 32;
}

/* A slot as it was, as it will be, or half-way: where in between does not matter to a retry. */
static unsigned slot_kind(const struct power_explorer *explorer, const struct flash *flash,
                          const struct partition *slot)
{
    uint64_t version = flash_version(flash, slot->offset, slot->size);
    return version == flash_version(explorer->before, slot->offset, slot->size)  ? 0
           : version == flash_version(explorer->after, slot->offset, slot->size) ? 1
                                                                                 : 2;
}

static uint64_t state_key(const struct power_explorer *explorer, struct flash *flash,
                          const struct bootloader_report *report, const struct efuse *efuse)
{
    const struct partition_table *table = &explorer->flow->table;
    uint64_t key = mix(1, report->app.offset);
    key = mix(key, efuse->secure_version_bits);
    for (size_t i = 0; i < table->count; i++) {
        const struct partition *entry = &table->entries[i];
        if (entry->type == PARTITION_TYPE_APP) {
            key = mix(key, slot_kind(explorer, flash, entry));
        } else if (entry == explorer->otadata) {
            struct otadata otadata;
            otadata_read(flash, entry->offset, &otadata);
            for (int n = 0; n < 2; n++) {
                key = mix(key, (uint64_t)otadata.entry[n].seq << 32 | otadata.entry[n].state);
                key = mix(key, otadata_entry_valid(&otadata.entry[n]));
            }
        } else {
            key = mix(key, flash_version(flash, entry->offset, entry->size));
        }
    }
    return key;
}

static void examine(struct power_explorer *explorer, unsigned depth, const struct efuse *efuse);

/* Power fails at operation `at` of the boot that levels[depth] has seen: levels[depth + 1].cut. The
 * window is that of this cut, or still that of the first. */
static void cut_boot(struct power_explorer *explorer, unsigned depth, uint64_t at, enum tear tear)
{
    const struct level *level = &explorer->levels[depth];
    const struct boot_ops *boot = &level->ops;
    struct flash *next = explorer->levels[depth + 1].cut;
    struct otadata_window window = {.open = false};
    bool inside = false;
    flash_snapshot_refresh(next, level->cut);
    for (uint64_t i = 0; i <= at; i++) {
        inside =
            otadata_window_follow(&window, &explorer->flow->table, next, boot->ops, boot->count, i);
        if (i < at) {
            apply(next, &boot->ops[i]);
        }
    }
    explorer->window = inside ? window : explorer->window;
    tear_apply(next, &boot->ops[at], tear, explorer->options->seed + at);
}

/* Power fails once more, in the bootloader. */
static void cut_again(struct power_explorer *explorer, unsigned depth, const struct efuse *efuse)
{
    const struct level *level = &explorer->levels[depth];
    const struct otadata_window window = explorer->window;
    for (uint64_t i = 0; i < level->ops.count; i++) {
        for (int tear = 0; tear < TEAR_COUNT; tear++) {
            cut_boot(explorer, depth, i, (enum tear)tear);
            explorer->point.cut[depth + 1].op = i;
            explorer->point.cut[depth + 1].tear = (enum tear)tear;
            explorer->point.depth = depth + 2;
            examine(explorer, depth + 1, efuse);
            explorer->window = window;
        }
    }
    explorer->point.depth = depth + 1;
}

/* What the bootloader makes of levels[depth].cut: levels[depth].boot, and what it did. */
static bool boot_level(struct power_explorer *explorer, unsigned depth, struct device *device,
                       struct bootloader_report *report)
{
    struct level *level = &explorer->levels[depth];
    level->ops.count = 0;
    flash_observe(level->boot, note_op, &level->ops);
    bool booted = bootloader_run(device, &explorer->flow->bootloader, report);
    flash_observe(level->boot, NULL, NULL);
    return booted;
}

/* The device is switched on in the state levels[depth].cut, and once more. */
static void examine(struct power_explorer *explorer, unsigned depth, const struct efuse *efuse)
{
    struct level *level = &explorer->levels[depth];
    bool was_on_trial = explorer->on_trial;
    flash_snapshot_refresh(level->boot, level->cut);
    struct device device = device_with(explorer, level->boot, efuse);
    struct bootloader_report first, second;
    if (explorer->options->no_memo) {
        image_memo_forget(explorer->memo);
    }
    explorer->on_trial = was_on_trial || is_pending(explorer, level->cut);
    bool booted = boot_level(explorer, depth, &device, &first);
    explorer->states++;
    if (!booted) {
        find(explorer, SWEEP_BRICK, NULL, first.reason.text);
    } else {
        bool on_trial = is_pending(explorer, level->boot);
        bool explained = otadata_window_explains(&explorer->window, &explorer->flow->table,
                                                 level->cut, first.selected_index);
        struct power_state state = {
            .point = explorer->point,
            .key = state_key(explorer, level->boot, &first, &device.efuse),
            .pending = on_trial,
        };
        judge_app(explorer, level->boot, &first, efuse, explained ? OTADATA_WINDOW : NULL);
        bootloader_run(&device, &explorer->flow->bootloader, &second);
        judge_second_boot(explorer, &first, on_trial, &second);
        explorer->listener.state(&state, explorer->listener.context);
    }
    if (depth + 1 < explorer->deepest) {
        cut_again(explorer, depth, efuse);
    }
    explorer->on_trial = was_on_trial;
}

/* Everything up to that operation was done. */
static void advance_to(struct power_explorer *explorer, uint64_t op)
{
    const struct flash_journal *journal = &explorer->flow->journal;
    if (op < explorer->at) {
        flash_snapshot_refresh(explorer->now, explorer->before);
        explorer->at = 0;
        explorer->followed = (struct otadata_window){.open = false};
    }
    while (explorer->at < op && explorer->at < journal->count) {
        otadata_window_follow(&explorer->followed, &explorer->flow->table, explorer->now,
                              journal->ops, journal->count, explorer->at);
        apply(explorer->now, &journal->ops[explorer->at++]);
    }
}

static void look_around(struct power_explorer *explorer, uint64_t at)
{
    const struct power_flow *flow = explorer->flow;
    uint32_t boot = flow->journal.ops[at].boot;
    explorer->window = explorer->followed;
    otadata_window_follow(&explorer->window, &flow->table, explorer->now, flow->journal.ops,
                          flow->journal.count, at);
    explorer->running = &flow->boots[boot < flow->boot_count ? boot : flow->boot_count - 1];
    explorer->on_trial = is_pending(explorer, explorer->now) ||
                         (flow->bootloader.rollback && explorer->window.open &&
                          explorer->window.was == OTADATA_PENDING_VERIFY);
}

static uint64_t seed_of(const struct power_explorer *explorer, uint64_t op, enum tear tear)
{
    return explorer->options->seed ^ (op * TEAR_COUNT + (uint64_t)tear);
}

uint64_t power_explore(struct power_explorer *explorer, uint64_t from, uint64_t to)
{
    const struct flash_journal *journal = &explorer->flow->journal;
    uint64_t states = explorer->states;
    for (uint64_t i = from; i < to && i < journal->count; i++) {
        const struct journal_op *op = &journal->ops[i];
        advance_to(explorer, i);
        look_around(explorer, i);
        explorer->point = (struct power_point){.depth = 1, .cut = {{.op = i}}};
        if (op->nor_violations > 0) {
            find(explorer, SWEEP_UNERASED, NULL, "the flow itself programs without an erase");
        }
        for (int tear = 0; tear < TEAR_COUNT; tear++) {
            flash_snapshot_refresh(explorer->levels[0].cut, explorer->now);
            tear_apply(explorer->levels[0].cut, op, (enum tear)tear,
                       seed_of(explorer, i, (enum tear)tear));
            explorer->point.cut[0].tear = (enum tear)tear;
            examine(explorer, 0, &op->efuse);
        }
    }
    return explorer->states - states;
}

bool power_explorer_reach(struct power_explorer *explorer, const struct power_point *point,
                          const struct flash **flash, struct efuse *efuse)
{
    const struct flash_journal *journal = &explorer->flow->journal;
    uint64_t at = point->cut[0].op;
    if (at >= journal->count) {
        return false;
    }
    advance_to(explorer, at);
    look_around(explorer, at);
    struct level *level = &explorer->levels[0];
    flash_snapshot_refresh(level->cut, explorer->now);
    tear_apply(level->cut, &journal->ops[at], point->cut[0].tear,
               seed_of(explorer, at, point->cut[0].tear));
    *flash = level->cut;
    *efuse = journal->ops[at].efuse;
    if (point->depth == 1) {
        return true;
    }
    flash_snapshot_refresh(level->boot, level->cut);
    struct device device = device_with(explorer, level->boot, efuse);
    struct bootloader_report report;
    boot_level(explorer, 0, &device, &report);
    explorer->on_trial = explorer->on_trial || is_pending(explorer, level->cut);
    uint64_t second = point->cut[1].op;
    if (second >= level->ops.count) {
        return false;
    }
    cut_boot(explorer, 0, second, point->cut[1].tear);
    *flash = explorer->levels[1].cut;
    return true;
}

const struct journal_op *power_explorer_op(const struct power_explorer *explorer,
                                           const struct power_point *point, unsigned cut)
{
    uint64_t op = point->cut[cut].op;
    return cut == 0 ? &explorer->flow->journal.ops[op] : &explorer->levels[cut - 1].ops.ops[op];
}

bool power_explorer_boot(struct power_explorer *explorer, struct flash *flash,
                         const struct efuse *efuse, struct bootloader_report *report)
{
    struct device device = device_with(explorer, flash, efuse);
    return bootloader_run(&device, &explorer->flow->bootloader, report);
}

bool power_explore_point(struct power_explorer *explorer, const struct power_point *point)
{
    const struct flash *flash;
    struct efuse efuse;
    if (!power_explorer_reach(explorer, point, &flash, &efuse)) {
        return false;
    }
    explorer->point = *point;
    /* One state only: what follows it has points of its own. */
    unsigned depth = point->depth - 1;
    explorer->deepest = point->depth;
    examine(explorer, depth, &efuse);
    explorer->deepest = POWER_MAX_DEPTH;
    return true;
}

struct power_explorer *power_explorer_create(const struct power_flow *flow,
                                             const struct sweep_options *options,
                                             const struct power_listener *listener)
{
    struct power_explorer *explorer = calloc(1, sizeof *explorer);
    if (explorer == NULL) {
        return NULL;
    }
    explorer->flow = flow;
    explorer->options = options;
    explorer->deepest = POWER_MAX_DEPTH;
    explorer->listener = *listener;
    explorer->otadata = partition_table_find(&flow->table, PARTITION_TYPE_DATA, PARTITION_DATA_OTA);
    explorer->memo = image_memo_create();
    explorer->before = flash_snapshot(flow->device->flash);
    explorer->after = flash_snapshot(flow->device->flash);
    explorer->now = flash_snapshot(flow->device->flash);
    bool ok = explorer->memo != NULL && explorer->before != NULL && explorer->after != NULL &&
              explorer->now != NULL;
    for (size_t i = 0; i < POWER_MAX_DEPTH; i++) {
        explorer->levels[i].cut = flash_snapshot(flow->device->flash);
        explorer->levels[i].boot = flash_snapshot(flow->device->flash);
        ok = ok && explorer->levels[i].cut != NULL && explorer->levels[i].boot != NULL;
    }
    if (!ok) {
        power_explorer_destroy(explorer);
        return NULL;
    }
    for (size_t i = 0; i < flow->journal.count; i++) {
        apply(explorer->after, &flow->journal.ops[i]);
    }
    return explorer;
}

void power_explorer_destroy(struct power_explorer *explorer)
{
    if (explorer == NULL) {
        return;
    }
    flash_destroy(explorer->before);
    flash_destroy(explorer->after);
    flash_destroy(explorer->now);
    for (size_t i = 0; i < POWER_MAX_DEPTH; i++) {
        flash_destroy(explorer->levels[i].cut);
        flash_destroy(explorer->levels[i].boot);
    }
    image_memo_destroy(explorer->memo);
    free(explorer);
}
