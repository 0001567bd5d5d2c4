#include "log_boots.h"

#include <stdlib.h>

/* What was said before a reset, of why it comes. */
struct omen {
    bool panic, brownout;
};

static struct log_boot *begin_boot(struct log_boots *boots, const struct ota_fact *fact,
                                   size_t index)
{
    struct log_boot *boot = &boots->boots[boots->count++];
    *boot = (struct log_boot){.entry = fact->entry, .first_fact = index};
    return boot;
}

/* The boot that a line of the bootloader or of a starting app belongs to: a log without the ROM's
 * lines (USB consoles lose them) tells of a boot by those. */
static struct log_boot *current_boot(struct log_boots *boots, const struct ota_fact *fact,
                                     size_t index, bool is_over)
{
    if (boots->count == 0 || is_over) {
        return begin_boot(boots, fact, index);
    }
    return &boots->boots[boots->count - 1];
}

static void take_fact(struct log_boots *boots, const struct ota_fact *fact, size_t index,
                      struct omen *omen)
{
    const struct log_boot *last = boots->count > 0 ? &boots->boots[boots->count - 1] : NULL;
    struct log_boot *boot;
    switch (fact->kind) {
    case OTA_FACT_RESET:
        boot = begin_boot(boots, fact, index);
        boot->has_reset = true;
        boot->reset = (enum ota_reset)fact->value;
        boot->after_panic = omen->panic;
        boot->after_brownout = omen->brownout;
        *omen = (struct omen){0};
        return;
    case OTA_FACT_APP:
        boot = current_boot(boots, fact, index,
                            last != NULL && (last->has_app || last->has_version || last->no_app));
        boot->has_app = true;
        boot->app = (uint32_t)fact->value;
        boot->app_entry = fact->entry;
        return;
    case OTA_FACT_NO_APP:
        boot = current_boot(boots, fact, index, last != NULL && (last->has_app || last->no_app));
        boot->no_app = true;
        return;
    case OTA_FACT_VERSION:
        boot = current_boot(boots, fact, index, last != NULL && last->has_version);
        boot->has_version = true;
        boot->version = fact->text;
        return;
    case OTA_FACT_PANIC:
        omen->panic = true;
        return;
    case OTA_FACT_BROWNOUT:
        omen->brownout = true;
        return;
    default:
        return;
    }
}

bool log_boots_find(const struct ota_facts *facts, struct log_boots *out, struct error *err)
{
    *out = (struct log_boots){.boots = calloc(facts->count + 1, sizeof *out->boots),
                              .activity = facts->count};
    if (out->boots == NULL) {
        return error_set(err, "out of memory");
    }
    struct omen omen = {0};
    for (size_t i = 0; i < facts->count; i++) {
        if (out->activity == facts->count && ota_fact_is_activity(&facts->facts[i])) {
            out->activity = i;
            out->later = out->count;
        }
        take_fact(out, &facts->facts[i], i, &omen);
    }
    if (out->activity == facts->count && out->count > 0) {
        out->later = 1;
    }
    return true;
}

void log_boots_free(struct log_boots *boots)
{
    free(boots->boots);
    *boots = (struct log_boots){0};
}
