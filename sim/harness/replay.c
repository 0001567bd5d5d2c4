#include "replay.h"

#include <string.h>

#include "otadata_json.h"
#include "replay_cut.h"
#include "replay_device.h"
#include "replay_run.h"
#include "trace_file.h"

static bool is_new_process(const json_t *call)
{
    return strcmp(replay_string(call, "what"), REPLAY_NEW_PROCESS) == 0;
}

/* One boot for each stretch of calls between REBOOTs; where the recording only began a new process,
 * the app that ran before begins anew, and the bootloader is not asked. */
static bool boot_all(struct replay *replay, struct error *err)
{
    const json_t *calls = json_object_get(replay->record, "calls");
    struct boot_result end = {.end = BOOT_END_IDLE};
    bool resumes = true;
    for (size_t first = 0;; first++) {
        replay->plan.first_call = first;
        struct boot_request request = replay_next_boot(replay);
        request.resume_at = resumes ? &replay->running : NULL;
        if (!boot_process_run(&request, &end, err)) {
            return false;
        }
        if (!resumes) {
            replay->running = replay->device->last_app;
        }
        while (first < json_array_size(calls) &&
               strcmp(replay_string(json_array_get(calls, first), "fn"), "REBOOT") != 0 &&
               !is_new_process(json_array_get(calls, first))) {
            first++;
        }
        resumes = is_new_process(json_array_get(calls, first));
        if (first >= json_array_size(calls) || end.end == BOOT_END_NO_APP) {
            return true;
        }
    }
}

static bool run_and_compare(struct replay *replay, struct replay_result *result, struct error *err)
{
    struct replay_evidence evidence = {.record = replay->record};
    struct boot_result end;
    if (!boot_all(replay, err)) {
        return false;
    }
    evidence.flash_ops = replay_flash_ops(replay->device);
    evidence.otadata_after = otadata_json(replay->device, &replay->table);
    evidence.slots =
        replay_slots(replay->device, &replay->table, replay->served, replay->served_length);
    struct boot_request final = replay_next_boot(replay);
    final.firmware_for = NULL;
    bool ok = boot_process_run(&final, &end, err);
    evidence.secure_version = efuse_secure_version(&replay->device->efuse);
    evidence.final_boot = otadata_json(replay->device, &replay->table);
    evidence.requests =
        replay->session != 0 ? server_log(replay->server, replay->session, err) : json_array();
    evidence.trace = trace_file_read(replay->trace_file.fd, err);
    ok = ok && evidence.requests != NULL && evidence.trace != NULL;
    if (ok) {
        replay_compare(&evidence, result);
    }
    json_decref(evidence.flash_ops);
    json_decref(evidence.otadata_after);
    json_decref(evidence.slots);
    json_decref(evidence.final_boot);
    json_decref(evidence.requests);
    json_decref(evidence.trace);
    return ok;
}

/* What a host cannot decide, with the reason. */
static const char *out_of_reach(const json_t *record)
{
    static const struct {
        const char *id, *why;
    } rows[] = {
        {"E-antirb-verify-desc-magic",
         "the record does not say which app was given a wrong descriptor magic"},
        {"D-enc-header-1000",
         "undefined: the recorded library read past the end of its buffer here"},
        {"D-enc-header-1000-oneshot",
         "undefined: the recorded library read past the end of its buffer here"},
    };
    const char *id = json_string_value(json_object_get(record, "id"));
    for (size_t i = 0; id != NULL && i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(id, rows[i].id) == 0) {
            return rows[i].why;
        }
    }
    return NULL;
}

void replay_record(const json_t *record, const struct replay_source *source, struct server *server,
                   struct replay_result *result)
{
    struct error err = {""};
    memset(result, 0, sizeof *result);
    if (strcmp(replay_string(record, "family"), "F") == 0) {
        replay_power_cut(record, source, server, result);
        return;
    }
    const char *why = out_of_reach(record);
    if (why != NULL) {
        result->skipped = true;
        text_add(&result->text, "  %s\n", why);
        return;
    }
    struct replay replay = REPLAY_OF(record, source, server);
    if (!replay_prepare(&replay, source->images_dir, &err) ||
        !run_and_compare(&replay, result, &err)) {
        result->differences++;
        text_add(&result->text, "  %s\n", err.text);
    }
    replay_release(&replay);
}
