#include "replay_cut.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app_image.h"
#include "otadata_json.h"
#include "replay.h"
#include "replay_flow.h"
#include "replay_run.h"
#include "trace_file.h"

/* Recordings of flows name no server: it answers with the image. */
#define FLOW_URL "http://127.0.0.1:{port}/fw.bin"

/* A boot after the power cut, counted from the one that was interrupted. */
enum { AFTER_CUT = 1, NEXT, RETRY, AFTER_RETRY };

struct cut {
    struct replay replay;
    struct flow flow;
    struct boot_power_cut power;
    uint8_t *retry_image;
    size_t retry_length;
    json_t *trace, *boots;
    size_t last; /* boot of the flow that ran last */
    struct boot_result end;
    json_t *otadata_at_cut;
    json_t *otadata, *app_versions; /* after the flow; for a cut: after the boot that follows it */
    json_t *otadata_after_retry;
    bool retry_installed; /* the app that booted last is the retry's image */
};

/* The flow as a record like those of other families. */
static json_t *complete(const json_t *baseline, const struct flow *flow)
{
    json_t *record = json_copy((json_t *)baseline);
    json_object_set(record, "image", json_object_get(baseline, "update_image"));
    if (flow_does(flow, "ota")) {
        json_object_set_new(record, "http_config", json_pack("{s:s}", "url", FLOW_URL));
        json_object_set_new(record, "server", json_pack("[{s:{}}]", "respond"));
    }
    return record;
}

static bool read_cut(const json_t *record, struct boot_power_cut *power, struct error *err)
{
    static const struct {
        const char *name;
        enum flash_cut_mode mode;
    } modes[] = {
        {"before", FLASH_CUT_BEFORE},
        {"torn", FLASH_CUT_TORN},
        {"after", FLASH_CUT_AFTER},
    };
    const char *name = replay_string(record, "mode");
    const json_t *at = json_object_get(record, "op_index");
    if (!json_is_integer(at) || json_integer_value(at) < 0) {
        return error_set(err, "op_index: is not the number of an operation");
    }
    power->at = (uint64_t)json_integer_value(at);
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        if (strcmp(name, modes[i].name) == 0) {
            power->mode = modes[i].mode;
            return true;
        }
    }
    return error_set(err, "mode: \"%s\" is not one of before, torn, after", name);
}

static json_t *app_versions(const struct device *device, const struct partition_table *table)
{
    json_t *versions = json_object();
    for (size_t i = 0; i < table->count; i++) {
        const struct partition *slot = &table->entries[i];
        const uint8_t *bytes = flash_view(device->flash, slot->offset + APP_IMAGE_DESCRIPTOR_OFFSET,
                                          APP_IMAGE_DESCRIPTOR_LENGTH);
        if (slot->type != PARTITION_TYPE_APP || bytes == NULL) {
            continue;
        }
        struct app_image_descriptor descriptor;
        app_image_descriptor_decode(bytes, &descriptor);
        bool erased = memcmp(bytes, "\xFF\xFF\xFF\xFF", 4) == 0;
        json_object_set_new(versions, slot->label,
                            json_string(descriptor.present ? descriptor.version
                                        : erased           ? "erased"
                                                           : "no app"));
    }
    return versions;
}

static bool run_boot(struct cut *cut, const struct boot_request *request, struct error *err)
{
    bool ran = boot_process_run(request, &cut->end, err);
    boot_reset(request->device, &cut->end);
    return ran;
}

static bool run_flow(struct cut *cut, struct error *err)
{
    for (size_t i = 0; i < cut->flow.count; i++) {
        const struct flow_boot *boot = &cut->flow.boots[i];
        cut->replay.plan.actions = boot->actions;
        struct boot_request request = replay_next_boot(&cut->replay);
        request.power_cut = cut->power;
        request.resume_at = boot->reboot == 0 ? &cut->replay.running : NULL;
        request.firmware_for = boot->actions != NULL ? request.firmware_for : NULL;
        cut->last = i;
        if (!run_boot(cut, &request, err)) {
            return false;
        }
        if (cut->end.end == BOOT_END_POWER_CUT || cut->end.end == BOOT_END_NO_APP) {
            break;
        }
    }
    return true;
}

/* A reset after which the app does nothing. */
static bool reset(struct cut *cut, struct device *device, struct error *err)
{
    struct boot_request request = replay_next_boot(&cut->replay);
    request.device = device;
    request.firmware_for = NULL;
    return run_boot(cut, &request, err);
}

/* What the device would do if it were reset now, on a copy of it. */
static bool reset_copy(struct cut *cut, struct error *err)
{
    struct device copy = *cut->replay.device;
    copy.flash = flash_snapshot(cut->replay.device->flash);
    if (copy.flash == NULL) {
        return error_set(err, "out of memory for a copy of the flash");
    }
    bool ran = reset(cut, &copy, err);
    flash_destroy(copy.flash);
    return ran;
}

static bool holds_retry_image(const struct cut *cut)
{
    const struct device *device = cut->replay.device;
    if (!device->has_last_app || cut->retry_length == 0 ||
        cut->retry_length > device->last_app.size) {
        return false;
    }
    const uint8_t *bytes =
        flash_view(device->flash, device->last_app.offset, (uint32_t)cut->retry_length);
    return bytes != NULL && memcmp(bytes, cut->retry_image, cut->retry_length) == 0;
}

/* The app that booted after the cut updates once more. */
static bool retry(struct cut *cut, struct error *err)
{
    json_t *actions = json_pack("[s]", "retry");
    struct partition running = cut->replay.device->last_app;
    cut->replay.plan.actions = actions;
    cut->replay.plan.image = cut->retry_image;
    cut->replay.plan.image_length = cut->retry_length;
    struct boot_request request = replay_next_boot(&cut->replay);
    request.resume_at = &running;
    bool ran = run_boot(cut, &request, err) && reset(cut, cut->replay.device, err);
    json_decref(actions);
    cut->otadata_after_retry = otadata_json(cut->replay.device, &cut->replay.table);
    cut->retry_installed = holds_retry_image(cut);
    return ran;
}

static bool run_after_cut(struct cut *cut, struct error *err)
{
    cut->otadata_at_cut = otadata_json(cut->replay.device, &cut->replay.table);
    if (!reset(cut, cut->replay.device, err)) {
        return false;
    }
    cut->otadata = otadata_json(cut->replay.device, &cut->replay.table);
    cut->app_versions = app_versions(cut->replay.device, &cut->replay.table);
    return reset_copy(cut, err) && (!cut->replay.device->has_last_app || retry(cut, err));
}

static bool run(struct cut *cut, struct error *err)
{
    if (!run_flow(cut, err)) {
        return false;
    }
    if (cut->power.mode == FLASH_CUT_NONE) {
        cut->otadata = otadata_json(cut->replay.device, &cut->replay.table);
        cut->app_versions = app_versions(cut->replay.device, &cut->replay.table);
    } else if (cut->end.end != BOOT_END_POWER_CUT) {
        return error_set(err, "power did not fail: the flow has no operation %llu",
                         (unsigned long long)cut->power.at);
    } else if (!run_after_cut(cut, err)) {
        return false;
    }
    cut->trace = trace_file_read(cut->replay.trace_file.fd, err);
    cut->boots = flow_trace(cut->trace);
    return cut->trace != NULL;
}

static void same(struct replay_result *result, const char *field, const json_t *expected,
                 json_t *actual)
{
    replay_same(result, field, expected, actual);
    json_decref(actual);
}

static void same_lists(struct replay_result *result, const char *list, const json_t *expected,
                       json_t *actual)
{
    replay_same_lists(result, list, expected, actual);
    json_decref(actual);
}

static void compare_baseline(const struct cut *cut, const json_t *record,
                             struct replay_result *result)
{
    same_lists(result, "ops", json_object_get(record, "ops"),
               flow_ops(&cut->flow, cut->boots, cut->last + 1));
    same_lists(result, "calls", json_object_get(record, "calls"),
               flow_calls(cut->boots, 0, cut->last + 1));
    replay_same(result, "otadata_after", json_object_get(record, "otadata_after"), cut->otadata);
    replay_same(result, "app_versions", json_object_get(record, "app_versions"), cut->app_versions);
}

/* The operation at which power failed is that of the flow without a cut. Where power failed before
 * it, the trace has none. */
static void compare_op(const struct cut *cut, const json_t *expected, struct replay_result *result)
{
    static const char *const fields[] = {"kind", "at", "phase", "len"};
    size_t traced = cut->power.mode == FLASH_CUT_BEFORE ? 0
                    : cut->power.mode == FLASH_CUT_TORN ? 3 /* its length is half */
                                                        : 4;
    const json_t *planned =
        json_array_get(json_object_get(cut->replay.record, "ops"), (size_t)cut->power.at);
    json_t *ops = flow_ops(&cut->flow, cut->boots, cut->last + 1);
    const json_t *done = json_array_get(ops, (size_t)cut->power.at);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        char field[32];
        snprintf(field, sizeof field, "op.%s", fields[i]);
        replay_same(result, field, json_object_get(expected, fields[i]),
                    json_object_get(i < traced ? done : planned, fields[i]));
    }
    json_decref(ops);
}

static void compare_retry(const struct cut *cut, const json_t *expected,
                          struct replay_result *result)
{
    if (cut->otadata_after_retry == NULL) {
        replay_same(result, "retry", expected, json_null());
        return;
    }
    const json_t *bootloader =
        trace_first(json_array_get(cut->boots, cut->last + AFTER_RETRY), "bootloader");
    same_lists(result, "retry.calls", json_object_get(expected, "calls"),
               flow_calls(cut->boots, cut->last + RETRY, 2));
    replay_same(result, "retry.otadata", json_object_get(expected, "otadata"),
                cut->otadata_after_retry);
    replay_same(result, "retry.boot", json_object_get(expected, "boot"),
                json_object_get(bootloader, "booted"));
    same(result, "retry.succeeds", json_object_get(expected, "succeeds"),
         json_boolean(cut->retry_installed));
}

static void compare_cut(const struct cut *cut, const json_t *record, struct replay_result *result)
{
    const json_t *after = json_object_get(record, "boot_after_power_cut");
    const json_t *next = json_object_get(record, "next_boot_without_any_app_action");
    const json_t *next_trace = json_array_get(cut->boots, cut->last + NEXT);
    same(result, "interrupted_in", json_object_get(record, "interrupted_in"),
         flow_place(&cut->flow, cut->boots, cut->last));
    compare_op(cut, json_object_get(record, "op"), result);
    same_lists(result, "calls_before_cut", json_object_get(record, "calls_before_cut"),
               flow_calls(cut->boots, 0, cut->last + 1));
    replay_same(result, "otadata_at_cut", json_object_get(record, "otadata_at_cut"),
                cut->otadata_at_cut);
    replay_compare_boot(result, json_array_get(cut->boots, cut->last + AFTER_CUT), 0,
                        "boot_after_power_cut", after);
    replay_same(result, "boot_after_power_cut.otadata", json_object_get(after, "otadata"),
                cut->otadata);
    replay_same(result, "boot_after_power_cut.app_versions", json_object_get(after, "app_versions"),
                cut->app_versions);
    replay_compare_boot(result, next_trace, 0, "next_boot_without_any_app_action", next);
    replay_same(result, "next_boot_without_any_app_action.otadata",
                json_object_get(next, "otadata"),
                json_object_get(trace_first(next_trace, "bootloader"), "otadata"));
    compare_retry(cut, json_object_get(record, "retry"), result);
}

static bool prepare(struct cut *cut, const json_t *record, const char *images_dir,
                    struct error *err)
{
    bool whole = json_object_get(record, "steps") != NULL;
    return (whole || read_cut(record, &cut->power, err)) &&
           replay_prepare(&cut->replay, images_dir, err) &&
           replay_load_image(&cut->replay, "retry_image", images_dir, &cut->retry_image,
                             &cut->retry_length, err);
}

static void release(struct cut *cut)
{
    replay_release(&cut->replay);
    free(cut->retry_image);
    json_decref(cut->trace);
    json_decref(cut->boots);
    json_decref(cut->otadata_at_cut);
    json_decref(cut->otadata);
    json_decref(cut->app_versions);
    json_decref(cut->otadata_after_retry);
}

void replay_power_cut(const json_t *record, const struct replay_source *source,
                      struct server *server, struct replay_result *result)
{
    struct error err = {""};
    bool whole = json_object_get(record, "steps") != NULL;
    const json_t *described = whole ? record : source->baseline;
    if (described == NULL) {
        result->skipped = true;
        text_add(&result->text, "  the files hold no \"%s/baseline\", which says what was cut\n",
                 replay_string(record, "flow"));
        return;
    }
    struct flow flow;
    if (!flow_read(json_object_get(described, "steps"), &flow, &err)) {
        result->differences++;
        text_add(&result->text, "  %s\n", err.text);
        return;
    }
    json_t *completed = complete(described, &flow);
    struct cut cut = {.replay = REPLAY_OF(completed, source, server), .flow = flow};
    if (!prepare(&cut, record, source->images_dir, &err) || !run(&cut, &err)) {
        result->differences++;
        text_add(&result->text, "  %s\n", err.text);
    } else if (whole) {
        compare_baseline(&cut, record, result);
    } else {
        compare_cut(&cut, record, result);
    }
    release(&cut);
    json_decref(completed);
}
