#include "otasim_quirk.h"

#include <string.h>

#include "boot.h"
#include "trace.h"

static const struct quirk_info quirks[] = {
#define QUIRK(id, name, catalogue, summary, advice) {name, catalogue, summary, advice},
#include "otasim_quirks.def"
#undef QUIRK
};

const struct quirk_info *quirk_info(enum quirk_id id)
{
    return &quirks[id];
}

enum quirk_id quirk_named(const char *name)
{
    for (size_t i = 0; i < QUIRK_COUNT; i++) {
        if (strcmp(quirks[i].name, name) == 0) {
            return (enum quirk_id)i;
        }
    }
    return QUIRK_COUNT;
}

bool quirk(enum quirk_id id)
{
    (void)id;
    const struct boot *boot = boot_current();
    return boot == NULL || !boot->strict;
}

void quirk_met(enum quirk_id id)
{
    static const struct boot *met_in;
    static bool met[QUIRK_COUNT];
    if (boot_current() != met_in) {
        met_in = boot_current();
        memset(met, 0, sizeof met);
    }
    if (!met[id]) {
        met[id] = true;
        trace_recordf("quirk", "{s:s}", "name", quirks[id].name);
    }
}
