#include "otasim_quirk.h"

#include <string.h>

#include "boot.h"
#include "idf_version.h"
#include "release.h"
#include "trace.h"

static const struct quirk_info quirks[] = {
#define QUIRK(id, name, catalogue, since, until, by, summary, advice)                              \
    {QUIRK_KIND_HAZARD, name, catalogue, since, until, by, summary, advice},
#define CHANGE(id, name, since, until, by, summary, instead)                                       \
    {QUIRK_KIND_CHANGE, name, "", since, until, by, summary, instead},
#define RETURN(id, name, since, until, by, summary, instead)                                       \
    {QUIRK_KIND_RETURN, name, "", since, until, by, summary, instead},
#include "otasim_quirks.def"
#undef QUIRK
#undef CHANGE
#undef RETURN
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

bool quirk_in_release(enum quirk_id id, uint32_t release)
{
    return release_between(release, quirks[id].since, quirks[id].until);
}

/* The table is asked at every turn; it is read once a release. */
static bool release_behaves(enum quirk_id id, uint32_t release)
{
    static uint32_t known_for;
    static bool behaves[QUIRK_COUNT];
    if (known_for != release) {
        known_for = release;
        for (size_t i = 0; i < QUIRK_COUNT; i++) {
            behaves[i] = quirk_in_release((enum quirk_id)i, release);
        }
    }
    return behaves[id];
}

bool quirk(enum quirk_id id)
{
    const struct boot *boot = boot_current();
    bool strict = boot != NULL && boot->strict && quirks[id].kind == QUIRK_KIND_HAZARD;
    return !strict && release_behaves(id, idf_release());
}

static bool met[QUIRK_COUNT];

void quirk_forget_met(void)
{
    memset(met, 0, sizeof met);
}

void quirk_met(enum quirk_id id)
{
    static const struct boot *met_in;
    if (boot_current() != met_in) {
        met_in = boot_current();
        memset(met, 0, sizeof met);
    }
    if (!met[id]) {
        met[id] = true;
        trace_recordf("quirk", "{s:s}", "name", quirks[id].name);
    }
}
