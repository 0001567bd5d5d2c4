/* Quirks: where the real library departs from its own documentation. The default build behaves as
 * the device does and records that a quirk was met; a strict run behaves as documented.
 *
 * Headers named otasim_* are those of the API's folder that ESP-IDF does not have. Code asks by
 * name, in the one place where behaviour differs:
 *
 *     if (quirk(QUIRK_REDIRECT_UNLIMITED)) ...
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum quirk_id {
#define QUIRK(id, name, catalogue, summary, advice) QUIRK_##id,
#include "otasim_quirks.def"
#undef QUIRK
    QUIRK_COUNT
};

struct quirk_info {
    const char *name;      /* "redirect-unlimited" */
    const char *catalogue; /* id in the failure catalogue, "R06" */
    const char *summary;   /* one line: what the device does that it should not */
    const char *advice;    /* what an application, or its server, must do about it */
};

/** The table row; id < QUIRK_COUNT. */
const struct quirk_info *quirk_info(enum quirk_id id);

/** The quirk of that name; QUIRK_COUNT if there is none. */
enum quirk_id quirk_named(const char *name);

/** True if this run has the quirk. Asking is not meeting: call quirk_met where it changes what
 * happens. */
bool quirk(enum quirk_id id);

/** Records that the quirk changed the course of this run: the report warns of it. */
void quirk_met(enum quirk_id id);

#ifdef __cplusplus
}
#endif
