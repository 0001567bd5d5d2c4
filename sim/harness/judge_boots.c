/* The verdict on boots: which app each chose, and how it ended. */
#include <stdlib.h>
#include <string.h>

#include "boot.h"
#include "expected.h"
#include "judge.h"
#include "scenario_device.h"
#include "text.h"

/* As "ota_0 2.0.0 after panic, ends idle", with those parts only that are compared. */
static void add_boot(struct text *text, const struct expected_boot *boot)
{
    text_add(text, "%s%s %s", text->length > 0 ? "\n" : "", boot->partition,
             boot->version != NULL ? boot->version : "");
    if (boot->reset != NULL) {
        text_add(text, " after %s", boot->reset);
    }
    if (boot->end != NULL) {
        text_add(text, "%s ends %s", boot->reset != NULL ? "," : "", boot->end);
    }
}

/* The i-th boot after the first that is expected; partition NULL: none is. */
static struct expected_boot expected_boot(const struct expected_boot *boots, size_t count,
                                          size_t more, size_t i)
{
    if (i < count) {
        return boots[i];
    }
    if (i >= count + more) {
        return (struct expected_boot){0};
    }
    /* What reset it is, only the last row knows, and only of its own boot. */
    struct expected_boot again = boots[count - 1];
    again.reset = NULL;
    return again;
}

/* How the boot whose record is at `index` ended. */
static const char *end_of_boot(const json_t *trace, size_t index)
{
    for (size_t i = index; i < json_array_size(trace); i++) {
        const json_t *record = json_array_get(trace, i);
        if (judge_equal(judge_text(record, "kind"), "end")) {
            return judge_text(record, "how");
        }
    }
    return "?";
}

static void compare_boots(const struct expected_boot *boots, size_t count, size_t more,
                          struct run_result *result)
{
    struct text wanted = {0}, actual = {0};
    size_t seen = 0;
    for (size_t i = 0; i < count + more; i++) {
        struct expected_boot boot = expected_boot(boots, count, more, i);
        add_boot(&wanted, &boot);
    }
    for (size_t i = 0; i < json_array_size(result->trace); i++) {
        const json_t *record = json_array_get(result->trace, i);
        bool boot = judge_equal(judge_text(record, "kind"), "boot") &&
                    json_integer_value(json_object_get(record, "n")) > 0;
        bool dead = judge_equal(judge_text(record, "kind"), "end") &&
                    judge_equal(judge_text(record, "how"), boot_end_name(BOOT_END_NO_APP));
        if (boot) {
            struct expected_boot row = expected_boot(boots, count, more, seen++);
            row.partition = judge_text(record, "running");
            row.version = judge_text(record, "version");
            row.reset = row.reset != NULL ? judge_text(record, "reset") : NULL;
            row.end = row.end != NULL ? end_of_boot(result->trace, i) : NULL;
            add_boot(&actual, &row);
        } else if (dead && judge_equal(expected_boot(boots, count, more, seen).partition, NO_APP)) {
            struct expected_boot row = expected_boot(boots, count, more, seen++);
            add_boot(&actual, &row);
        } else if (dead) {
            text_add(&actual, "%sno app: %s", actual.length > 0 ? "\n" : "",
                     judge_text(record, "detail"));
        }
    }
    char *wanted_text = text_take(&wanted), *actual_text = text_take(&actual);
    if (strcmp(wanted_text, actual_text) != 0) {
        run_mismatch(result, "boots", wanted_text, actual_text);
    } else {
        free(wanted_text);
        free(actual_text);
    }
}

void judge_boots(const struct run_evidence *evidence, struct run_result *result)
{
    const struct scenario_expect *expect = &evidence->scenario->expect;
    size_t count = 0;
    while (count < SCENARIO_MAX_BOOTS && expect->boots[count].partition != NULL) {
        count++;
    }
    if (count > 0) {
        compare_boots(expect->boots, count, expect->more_boots, result);
        return;
    }
    char version[33];
    scenario_image_version(evidence->image, evidence->image_length, version);
    bool updated = expected_update(expect) && evidence->update_slot != NULL;
    const struct partition *slot = updated ? evidence->update_slot : evidence->first_slot;
    struct expected_boot usual = {
        .partition = slot != NULL ? slot->label : "(none)",
        .version = updated ? version : evidence->first_version,
    };
    compare_boots(&usual, 1, expect->more_boots, result);
}

void judge_ends(const struct run_evidence *evidence, struct run_result *result)
{
    bool crashed = false;
    for (size_t i = 0; i < json_array_size(result->trace); i++) {
        const json_t *record = json_array_get(result->trace, i);
        const char *how =
            judge_equal(judge_text(record, "kind"), "end") ? judge_text(record, "how") : NULL;
        if (!judge_equal(how, boot_end_name(BOOT_END_PANIC)) &&
            !judge_equal(how, boot_end_name(BOOT_END_WATCHDOG)) &&
            !judge_equal(how, boot_end_name(BOOT_END_HANG))) {
            continue;
        }
        crashed = true;
        if (!evidence->scenario->expect.crash) {
            const char *detail = judge_text(record, "detail");
            run_mismatch(result, "end", text_format("no boot crashes or hangs"),
                         text_format("%s: %s", how, detail != NULL ? detail : ""));
            return;
        }
    }
    if (evidence->scenario->expect.crash && !crashed) {
        run_mismatch(result, "end", text_format("a boot crashes or hangs"),
                     text_format("none did"));
    }
}
