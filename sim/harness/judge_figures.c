/* The verdict on figures: what TLS said and held, what was done to the flash, how long it took. */
#include <inttypes.h>
#include <string.h>

#include "device.h"
#include "judge.h"
#include "text.h"
#include "trace_file.h"

/* How much longer than it must a boot may last: the flash takes its time too. */
#define SPARE_US 500000

static const char *string_of(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value != NULL ? value : "";
}

static json_int_t integer_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

/* The first record of that kind with a code; NULL if there is none. */
static const json_t *first_error(const json_t *trace, const char *kind)
{
    for (size_t i = 0; i < json_array_size(trace); i++) {
        const json_t *record = json_array_get(trace, i);
        if (strcmp(string_of(record, "kind"), kind) == 0 && integer_of(record, "code") != 0) {
            return record;
        }
    }
    return NULL;
}

static char *tls_error_text(json_int_t code, json_int_t flags, const char *text)
{
    return text_format("-0x%04" PRIx64 ", flags 0x%" PRIx64 "%s%s", (uint64_t)-code,
                       (uint64_t)flags, text[0] != '\0' ? ": " : "", text);
}

/* Once as TLS had it, once as the application heard of it: the two must agree. */
static void judge_tls_error(const struct scenario_expect *expect, struct run_result *result)
{
    static const struct {
        const char *kind, *field, *text;
    } sources[] = {
        {"tls", "tls error", "text"},
        {"tls_error", "tls error, as the application heard of it", "err"},
    };
    if (expect->tls_error == 0) {
        return;
    }
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        const json_t *record = first_error(result->trace, sources[i].kind);
        json_int_t code = integer_of(record, "code"), flags = integer_of(record, "flags");
        if (code != expect->tls_error || flags != expect->tls_flags) {
            run_mismatch(
                result, sources[i].field, tls_error_text(expect->tls_error, expect->tls_flags, ""),
                record == NULL ? text_format("none")
                               : tls_error_text(code, flags, string_of(record, sources[i].text)));
        }
    }
}

static void judge_tls_memory(const struct scenario_expect *expect, struct run_result *result)
{
    json_int_t most = 0;
    for (size_t i = 0; i < json_array_size(result->trace); i++) {
        const json_t *record = json_array_get(result->trace, i);
        if (strcmp(string_of(record, "kind"), "tls") == 0 && integer_of(record, "bytes") > most) {
            most = integer_of(record, "bytes");
        }
    }
    if (expect->tls_memory != 0 && most != expect->tls_memory) {
        run_mismatch(result, "tls memory", text_format("%d bytes", expect->tls_memory),
                     text_format("%" PRId64 " bytes", (int64_t)most));
    }
}

static void judge_flash_untouched(const struct run_evidence *evidence, struct run_result *result)
{
    struct flash_counters counters = flash_counters(evidence->device->flash);
    if (evidence->scenario->expect.flash_untouched && counters.erases + counters.programs != 0) {
        run_mismatch(result, "flash", text_format("is not touched"),
                     text_format("%" PRIu64 " erases, %" PRIu64 " programs", counters.erases,
                                 counters.programs));
    }
}

static void judge_slot_untouched(const struct run_evidence *evidence, struct run_result *result)
{
    const struct partition *slot = evidence->update_slot;
    const struct scenario_expect *expect = &evidence->scenario->expect;
    if ((!expect->slot_untouched && expect->state != STATE_K0) || slot == NULL) {
        return;
    }
    uint64_t operations = 0;
    for (uint32_t at = slot->offset; at - slot->offset < slot->size; at += FLASH_SECTOR_SIZE) {
        operations += flash_sector_erases(evidence->device->flash, at);
        operations += flash_sector_programs(evidence->device->flash, at);
    }
    if (operations != 0) {
        run_mismatch(result, "flash", text_format("%s is not touched", slot->label),
                     text_format("%" PRIu64 " erases and programs of its sectors", operations));
    }
}

static void judge_erases(const struct run_evidence *evidence, struct run_result *result)
{
    const struct partition *slot = evidence->update_slot;
    if (!evidence->scenario->expect.erases_once || slot == NULL) {
        return;
    }
    for (uint32_t at = slot->offset; at - slot->offset < slot->size; at += FLASH_SECTOR_SIZE) {
        uint64_t erases = flash_sector_erases(evidence->device->flash, at);
        if (erases > 1) {
            run_mismatch(result, "flash",
                         text_format("each sector of %s is erased once", slot->label),
                         text_format("the one at 0x%" PRIx32 ": %" PRIu64 " times", at, erases));
            return;
        }
    }
}

/* An entry that was there and not active is gone, or is not. */
static void judge_inactive_entry(const struct run_evidence *evidence, struct run_result *result)
{
    const struct scenario_expect *expect = &evidence->scenario->expect;
    const struct otadata *before = evidence->otadata_before, *after = evidence->otadata_after;
    int active = otadata_active(before);
    if ((!expect->forgets_entry && !expect->keeps_entry) || active < 0) {
        return;
    }
    const struct otadata_entry *was = &before->entry[1 - active], *is = &after->entry[1 - active];
    uint32_t wanted = expect->keeps_entry ? was->seq : UINT32_MAX;
    if (was->seq == UINT32_MAX || is->seq != wanted) {
        run_mismatch(result, "otadata",
                     text_format("entry %d is %s", 1 - active,
                                 expect->keeps_entry ? "what it was" : "forgotten"),
                     text_format("seq %" PRIu32 " became seq %" PRIu32, was->seq, is->seq));
    }
}

static bool is_about(json_int_t us, int least_ms)
{
    json_int_t least_us = (json_int_t)least_ms * 1000;
    return us >= least_us && us < least_us + SPARE_US;
}

static void judge_time(const struct scenario_expect *expect, struct run_result *result)
{
    if (expect->lasts_ms == 0) {
        return;
    }
    json_int_t began = -1, ended = -1;
    for (size_t i = 0; i < json_array_size(result->trace) && ended < 0; i++) {
        const json_t *record = json_array_get(result->trace, i);
        if (began < 0 && strcmp(string_of(record, "kind"), "boot") == 0) {
            began = integer_of(record, "t");
        } else if (strcmp(string_of(record, "kind"), "end") == 0) {
            ended = integer_of(record, "t");
        }
    }
    json_int_t lasted = ended - began;
    if (began < 0 || ended < 0 || !is_about(lasted, expect->lasts_ms)) {
        run_mismatch(result, "time",
                     text_format("the first boot lasts %d to %d ms", expect->lasts_ms,
                                 expect->lasts_ms + SPARE_US / 1000),
                     text_format("%" PRId64 " ms", (int64_t)lasted / 1000));
    }
}

static void judge_longest_call(const struct scenario_expect *expect, struct run_result *result)
{
    const char *function = "(none)";
    json_int_t longest = 0, entered = 0;
    for (size_t i = 0; i < json_array_size(result->trace); i++) {
        const json_t *record = json_array_get(result->trace, i);
        const char *kind = string_of(record, "kind");
        json_int_t now = integer_of(record, "t");
        if (strcmp(kind, "enter") == 0) {
            entered = now;
        } else if (strcmp(kind, "call") == 0 && now - entered > longest) {
            longest = now - entered;
            function = string_of(record, "fn");
        }
    }
    if (expect->longest_call_ms != 0 && !is_about(longest, expect->longest_call_ms)) {
        run_mismatch(result, "time",
                     text_format("the longest call lasts %d to %d ms", expect->longest_call_ms,
                                 expect->longest_call_ms + SPARE_US / 1000),
                     text_format("%" PRId64 " ms, %s", (int64_t)longest / 1000, function));
    }
}

static void judge_downloads(const struct scenario_expect *expect, struct run_result *result)
{
    int64_t received = 0;
    for (size_t i = 0; i < json_array_size(result->trace); i++) {
        const json_t *record = json_array_get(result->trace, i);
        received += strcmp(string_of(record, "what"), "closed") == 0
                        ? (int64_t)integer_of(record, "received")
                        : 0;
    }
    if (expect->downloads != 0 && received != expect->downloads) {
        run_mismatch(result, "downloads", text_format("%" PRId64 " bytes", expect->downloads),
                     text_format("%" PRId64 " bytes", received));
    }
}

/* The fixture firmware weighs the heap around each attempt. */
static void judge_heap(const struct run_evidence *evidence, struct run_result *result)
{
    int wanted = evidence->scenario->update.repeat;
    const json_t *heap = trace_first(result->trace, "heap");
    json_int_t attempts = integer_of(heap, "attempts"), lost = integer_of(heap, "lost");
    if (lost != 0 || (wanted != 0 && attempts != wanted)) {
        run_mismatch(result, "heap",
                     text_format("%d attempts give back what they took", wanted != 0 ? wanted : 1),
                     text_format("attempt %" PRId64 " kept %" PRId64 " bytes", (int64_t)attempts,
                                 (int64_t)lost));
    }
}

/* What is burnt stays: neither more nor less than is expected may be. */
static void judge_efuse(const struct run_evidence *evidence, struct run_result *result)
{
    const struct scenario *scenario = evidence->scenario;
    const struct efuse *efuse = &evidence->device->efuse;
    uint32_t version = scenario->expect.secure_version != 0 ? scenario->expect.secure_version
                                                            : scenario->device.secure_version;
    unsigned keys = scenario->expect.revoked_keys != 0 ? scenario->expect.revoked_keys
                                                       : scenario->device.revoked_keys;
    if (efuse_secure_version(efuse) != version) {
        run_mismatch(result, "efuse", text_format("secure version %u", (unsigned)version),
                     text_format("%u", (unsigned)efuse_secure_version(efuse)));
    }
    if (efuse->revoked_keys != keys) {
        run_mismatch(result, "efuse", text_format("revoked keys, as bits: 0x%x", keys),
                     text_format("0x%x", efuse->revoked_keys));
    }
}

void judge_figures(const struct run_evidence *evidence, struct run_result *result)
{
    const struct scenario_expect *expect = &evidence->scenario->expect;
    judge_tls_error(expect, result);
    judge_tls_memory(expect, result);
    judge_flash_untouched(evidence, result);
    judge_slot_untouched(evidence, result);
    judge_erases(evidence, result);
    judge_inactive_entry(evidence, result);
    judge_time(expect, result);
    judge_longest_call(expect, result);
    judge_downloads(expect, result);
    judge_heap(evidence, result);
    judge_efuse(evidence, result);
}
