/* What releases of the real library do differently: from its own documentation (hazards), or from
 * other releases (changes). The default build behaves as the device's release does and records
 * that a hazard was met; a strict run behaves as documented.
 *
 * Headers named otasim_* are those of the API's folder that ESP-IDF does not have. Code asks by
 * name, in the one place where behaviour differs:
 *
 *     if (quirk(QUIRK_REDIRECT_UNLIMITED)) ...
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum quirk_id {
#define QUIRK(id, name, catalogue, since, until, by, summary, advice) QUIRK_##id,
#define CHANGE(id, name, since, until, by, summary, instead)          QUIRK_##id,
#define RETURN(id, name, since, until, by, summary, instead)          QUIRK_##id,
#include "otasim_quirks.def"
#undef QUIRK
#undef CHANGE
#undef RETURN
    QUIRK_COUNT
};

enum quirk_kind {
    QUIRK_KIND_HAZARD, /* wrong, or against the documentation; off in a strict run */
    QUIRK_KIND_CHANGE, /* another way of doing it */
    QUIRK_KIND_RETURN, /* another code is returned */
};

struct quirk_info {
    enum quirk_kind kind;
    const char *name;          /* "redirect-unlimited" */
    const char *catalogue;     /* of a hazard: id in the failure catalogue, "R06"; "" if none */
    const char *since, *until; /* the releases that brought and ended it (release_between) */
    const char *by;            /* the commit that ended it, else "" */
    const char *summary;       /* one line: what these releases do */
    const char *advice; /* of a hazard: what an application, or its server, must do about it; else
                           what the other releases do */
};

/** The table row; id < QUIRK_COUNT. */
const struct quirk_info *quirk_info(enum quirk_id id);

/** The row of that name; QUIRK_COUNT if there is none. */
enum quirk_id quirk_named(const char *name);

/** True if a release, as ESP_IDF_VERSION_VAL has it, behaves so. */
bool quirk_in_release(enum quirk_id id, uint32_t release);

/** True if this run behaves so: its release does, and if it is a hazard, the run is not strict.
 * Asking is not meeting: call quirk_met where it changes what happens. */
bool quirk(enum quirk_id id);

/** Records that the hazard changed the course of this run: the report warns of it. */
void quirk_met(enum quirk_id id);

/** A boot begins in a process that has had one: each boot says what it meets. */
void quirk_forget_met(void);

#ifdef __cplusplus
}
#endif
