/* The verdict: evidence against expectation, field by field. What an update leaves in flash is
 * judged here; each of the other parts has a file (judge.h). */
#include "judge.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "expected.h"
#include "flash_cipher.h"
#include "otadata.h"
#include "otasim_quirk.h"
#include "partition_table.h"
#include "text.h"

const char *judge_text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

bool judge_equal(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static void judge_slot(const struct run_evidence *evidence, struct run_result *result)
{
    const struct scenario_expect *expect = &evidence->scenario->expect;
    const struct partition *slot = evidence->update_slot;
    if (!expected_update(expect) || expect->slot_differs || slot == NULL) {
        return;
    }
    if (evidence->image_length > slot->size) {
        run_mismatch(result, "slot", text_format("the image in %s", slot->label),
                     text_format("%zu bytes do not fit it", evidence->image_length));
        return;
    }
    uint8_t *there = flash_decrypted_copy(evidence->device->flash, slot->offset,
                                          (uint32_t)evidence->image_length);
    size_t i = 0;
    while (there != NULL && i < evidence->image_length && there[i] == evidence->image[i]) {
        i++;
    }
    if (i < evidence->image_length) {
        run_mismatch(result, "slot",
                     text_format("%s is the image, byte for byte (0x%02x at 0x%zx)", slot->label,
                                 evidence->image[i], i),
                     there != NULL ? text_format("0x%02x at 0x%zx", there[i], i)
                                   : text_format("it cannot be read"));
    }
    free(there);
}

/* With nothing selected and no factory app, a bootloader with rollback writes down what it starts.
 */
static bool bootloader_noted_first(const struct run_evidence *evidence)
{
    const struct partition *first = evidence->first_slot;
    const struct otadata *after = evidence->otadata_after;
    int active = otadata_active(after);
    return active == 0 && after->entry[0].state == OTADATA_VALID && first != NULL &&
           first->subtype >= PARTITION_APP_OTA_0 &&
           after->entry[0].seq == (uint32_t)(first->subtype - PARTITION_APP_OTA_0) + 1;
}

/* An entry of an erased sector, which reads as noise where the flash is encrypted. */
static bool is_erased(const struct run_evidence *evidence, uint32_t index)
{
    const struct partition *partition =
        partition_table_find(evidence->table, PARTITION_TYPE_DATA, PARTITION_DATA_OTA);
    struct otadata_entry erased;
    memset(&erased, 0xFF, sizeof erased);
    if (partition != NULL) {
        flash_cipher_decrypt(flash_key(evidence->device->flash),
                             partition->offset + index * FLASH_SECTOR_SIZE, (uint8_t *)&erased,
                             sizeof erased);
    }
    return memcmp(&evidence->otadata_after->entry[index], &erased, sizeof erased) == 0;
}

static void judge_otadata_erased(const struct run_evidence *evidence, struct run_result *result)
{
    if (!is_erased(evidence, 0) || !is_erased(evidence, 1)) {
        char text[2][64];
        const struct otadata *after = evidence->otadata_after;
        const char *first = otadata_entry_text(&after->entry[0], text[0]);
        const char *second = otadata_entry_text(&after->entry[1], text[1]);
        run_mismatch(result, "otadata", text_format("both entries are erased"),
                     text_format("%s; %s", first, second));
    }
}

static void judge_otadata(const struct run_evidence *evidence, struct run_result *result)
{
    const struct scenario_expect *expect = &evidence->scenario->expect;
    if (expected_update(expect) || expect->reselects) {
        return;
    }
    const struct otadata *before = evidence->otadata_before, *after = evidence->otadata_after;
    if (expect->erases_otadata) {
        judge_otadata_erased(evidence, result);
        return;
    }
    int was = otadata_active(before), is = otadata_active(after);
    if (was < 0 && bootloader_noted_first(evidence)) {
        return;
    }
    if (was != is || (was >= 0 && before->entry[was].seq != after->entry[is].seq)) {
        char before_text[64] = "no active entry", after_text[64] = "no active entry";
        run_mismatch(result, "otadata",
                     text_format("a failed update leaves the selection: %s",
                                 was < 0 ? before_text
                                         : otadata_entry_text(&before->entry[was], before_text)),
                     text_format("%s", is < 0 ? after_text
                                              : otadata_entry_text(&after->entry[is], after_text)));
    }
}

static void judge_flash_rules(const struct run_evidence *evidence, struct run_result *result)
{
    struct flash_counters counters = flash_counters(evidence->device->flash);
    bool wanted = evidence->scenario->expect.programs_unerased;
    if (wanted && counters.nor_violations == 0) {
        run_mismatch(result, "flash", text_format("something is programmed without an erase"),
                     text_format("all was erased before"));
    } else if (!wanted && counters.nor_violations != 0) {
        run_mismatch(
            result, RUN_FIELD_UNERASED, text_format("nothing is programmed without an erase"),
            text_format("%" PRIu64 " bytes needed a 0 to become 1", counters.nor_violations));
    }
}

static void judge_hazard(const struct run_evidence *evidence, struct run_result *result)
{
    const char *hazard = evidence->scenario->expect.hazard;
    enum quirk_id id = hazard != NULL ? quirk_named(hazard) : QUIRK_COUNT;
    bool elsewhere =
        id != QUIRK_COUNT && evidence->release != 0 && !quirk_in_release(id, evidence->release);
    if (hazard == NULL || evidence->strict || elsewhere) {
        return; /* as documented, or in this release, there is none to meet */
    }
    struct text met = {0};
    for (size_t i = 0; i < json_array_size(result->quirks); i++) {
        const char *name = json_string_value(json_array_get(result->quirks, i));
        if (judge_equal(name, hazard)) {
            free(text_take(&met));
            return;
        }
        text_add(&met, "%s%s", i > 0 ? ", " : "", name);
    }
    run_mismatch(result, "hazard", text_format("%s is met", hazard), text_take(&met));
}

void run_judge(const struct run_evidence *evidence, struct run_result *result)
{
    judge_call(evidence, result);
    judge_events(evidence, result);
    judge_requests(evidence, result);
    judge_boots(evidence, result);
    judge_slot(evidence, result);
    judge_otadata(evidence, result);
    judge_flash_rules(evidence, result);
    judge_hazard(evidence, result);
    judge_ends(evidence, result);
    judge_figures(evidence, result);
}
