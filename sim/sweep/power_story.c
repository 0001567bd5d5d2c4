#include "power_story.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "scenario.h"

static void step(json_t *story, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void step(json_t *story, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    json_array_append_new(story, json_string(text));
}

static const char *what_is_left(enum tear tear)
{
    static const char *const texts[TEAR_COUNT] = {
        [TEAR_BEFORE] = "before it",
        [TEAR_HALF] = "when the first half is done",
        [TEAR_OTHER_HALF] = "when the second half is done",
        [TEAR_BITS] = "when some of its bits are done",
        [TEAR_END] = "at its end, which is not done or garbage",
        [TEAR_AFTER] = "just after it",
    };
    return texts[tear];
}

static void tell_cut(json_t *story, const struct power_flow *flow, const struct journal_op *op,
                     enum tear tear)
{
    const struct partition *partition = partition_table_find_address(&flow->table, op->address);
    step(story, "power fails in the %s of %s+0x%" PRIx32 " (%" PRIu32 " bytes), %s",
         op->kind == FLASH_ERASE ? "erase" : "program",
         partition != NULL ? partition->label : "flash",
         partition != NULL ? op->address - partition->offset : op->address, op->length,
         what_is_left(tear));
}

static void tell_start(json_t *story, const struct power_flow *flow, uint64_t at)
{
    uint32_t boot = flow->journal.ops[at].boot;
    const struct power_app *app = &flow->boots[boot < flow->boot_count ? boot : 0];
    uint64_t first = at;
    while (first > 0 && flow->journal.ops[first - 1].boot == boot) {
        first--;
    }
    step(story,
         "%s: boot %" PRIu32 " runs %s and does %" PRIu64
         " operations on the flash, up to number %" PRIu64 " of the flow",
         flow->scenario->name, boot + 1, app->version, at - first, at);
}

static void tell_boot(json_t *story, const struct bootloader_report *report, const char *when,
                      bool booted)
{
    if (booted) {
        step(story, "%s: %s; %s boots", when, report->reason.text, report->app.label);
    } else {
        step(story, "%s: %s; nothing boots", when, report->reason.text);
    }
}

/* The last cut was made: the device is switched on, and once more. */
static bool tell_end(json_t *story, struct power_explorer *explorer, const struct flash *flash,
                     const struct efuse *efuse)
{
    struct flash *copy = flash_snapshot(flash);
    struct bootloader_report report;
    if (copy == NULL) {
        return false;
    }
    bool booted = power_explorer_boot(explorer, copy, efuse, &report);
    tell_boot(story, &report, "switched on", booted);
    if (booted) {
        booted = power_explorer_boot(explorer, copy, efuse, &report);
        tell_boot(story, &report, "after a second reset", booted);
    }
    flash_destroy(copy);
    return true;
}

json_t *power_story(struct power_explorer *explorer, const struct power_flow *flow,
                    const struct power_point *point)
{
    const struct flash *flash;
    struct efuse efuse;
    if (!power_explorer_reach(explorer, point, &flash, &efuse)) {
        return NULL;
    }
    json_t *story = json_array();
    tell_start(story, flow, point->cut[0].op);
    for (unsigned i = 0; i < point->depth; i++) {
        if (i > 0) {
            step(story, "switched on: the bootloader does %" PRIu64 " operations on the flash",
                 point->cut[i].op);
        }
        tell_cut(story, flow, power_explorer_op(explorer, point, i), point->cut[i].tear);
    }
    if (!tell_end(story, explorer, flash, &efuse)) {
        json_decref(story);
        return NULL;
    }
    return story;
}

bool power_point_is_shorter(const struct power_flow *flow_a, const struct power_point *a,
                            const struct power_flow *flow_b, const struct power_point *b)
{
    uint64_t op_a = a->cut[0].op, op_b = b->cut[0].op;
    uint32_t boot_a = flow_a->journal.ops[op_a].boot, boot_b = flow_b->journal.ops[op_b].boot;
    if (a->depth != b->depth) {
        return a->depth < b->depth;
    }
    if (boot_a != boot_b) {
        return boot_a < boot_b;
    }
    if (op_a != op_b) {
        return op_a < op_b;
    }
    return a->depth > 1 && a->cut[1].op < b->cut[1].op;
}
