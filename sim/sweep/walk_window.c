#include "walk_window.h"

#include <string.h>

#include "device.h"
#include "flash_journal.h"
#include "otadata_window.h"
#include "run.h"
#include "scenario_device.h"
#include "sweep.h"
#include "tear.h"
#include "temp_file.h"
#include "trace_query.h"

/* What came after the cut, as the walk's trace has it. */
struct aftermath {
    int selected;    /* by the bootloader */
    json_int_t boot; /* number of the boot */
};

static bool find_aftermath(const json_t *trace, struct aftermath *after)
{
    bool cut = false, selected = false;
    size_t i;
    json_t *record;
    json_array_foreach(trace, i, record)
    {
        if (trace_is(record, "end")) {
            cut = cut || trace_text_is(record, "how", "power-cut");
        } else if (trace_is(record, "bootloader") && cut && !selected) {
            selected = true;
            after->selected = (int)json_integer_value(json_object_get(record, "selected"));
        } else if (trace_is(record, "boot") && selected) {
            after->boot = json_integer_value(json_object_get(record, "n"));
            return true;
        }
    }
    return false;
}

/* What is written without the cut. */
static bool record_journal(const struct scenario *scenario, struct server *server,
                           const struct sweep_options *sweep, struct flash_journal *journal)
{
    struct scenario whole = *scenario;
    struct temp_file file = TEMP_FILE_NONE;
    struct run_result result;
    struct error err;
    whole.power = (struct scenario_power){.at_operation = 0};
    if (!temp_file_create(&file, "otasim-journal", &err)) {
        return false;
    }
    const struct run_options options = {
        .release = sweep->release, .strict = sweep->strict, .journal_fd = file.fd};
    run_scenario(&whole, server, &options, &result);
    bool ok = result.trace != NULL && flash_journal_read(file.fd, journal, &err);
    run_result_free(&result);
    temp_file_remove(&file);
    return ok;
}

static enum tear tear_of(enum flash_cut_mode mode)
{
    return mode == FLASH_CUT_TORN ? TEAR_HALF : mode == FLASH_CUT_AFTER ? TEAR_AFTER : TEAR_BEFORE;
}

/* Does to the flash all that was done up to the cut, and what was done of the operation itself.
 * Whether that is inside the window. */
static bool cut_in_window(const struct scenario_power *power, const struct partition_table *table,
                          const struct flash_journal *journal, struct flash *flash,
                          struct otadata_window *window)
{
    for (size_t i = 0; i < journal->count; i++) {
        const struct journal_op *op = &journal->ops[i];
        bool inside = otadata_window_follow(window, table, flash, journal->ops, journal->count, i);
        bool is_cut = op->index + 1 == power->at_operation;
        tear_apply(flash, op, is_cut ? tear_of(power->mode) : TEAR_AFTER, 0);
        if (is_cut) {
            return inside;
        }
    }
    return false;
}

static bool is_explained(const struct scenario *scenario, const struct flash_journal *journal,
                         int selected)
{
    struct partition_table table;
    struct otadata_window window = {.open = false};
    struct error err;
    struct device *device = scenario_device_create(scenario, &table, &err);
    bool explained = device != NULL &&
                     cut_in_window(&scenario->power, &table, journal, device->flash, &window) &&
                     otadata_window_explains(&window, &table, device->flash, selected);
    device_destroy(device);
    return explained;
}

static bool may_be_explained(const json_t *finding)
{
    const char *class = json_string_value(json_object_get(finding, "class"));
    return class != NULL && (strcmp(class, sweep_class_name(SWEEP_DOWNGRADE)) == 0 ||
                             strcmp(class, sweep_class_name(SWEEP_LOST_UPDATE)) == 0);
}

const char *walk_window(const struct scenario *scenario, const json_t *trace, const json_t *finding,
                        struct server *server, const struct sweep_options *sweep)
{
    struct aftermath after = {.boot = -1};
    struct flash_journal journal = {.ops = NULL};
    if (scenario->power.at_operation == 0 || !may_be_explained(finding) ||
        !find_aftermath(trace, &after) ||
        after.boot != json_integer_value(json_object_get(finding, "boot")) ||
        !record_journal(scenario, server, sweep, &journal)) {
        return NULL;
    }
    bool explained = is_explained(scenario, &journal, after.selected);
    flash_journal_free(&journal);
    return explained ? OTADATA_WINDOW : NULL;
}
