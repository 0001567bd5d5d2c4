/* What goes wrong on the machine that simulates, not in what is simulated: a full disk, no free
 * file descriptor, a server that is gone. No verdict can come of that: it ends a run, and is named
 * once.
 */
#pragma once

#include "error.h"

/** From now on a fault is seen by this process and by all that it forks, whoever meets it. */
void host_fault_share(void);

/** As error_set, and notes the text as a fault of the machine, unless there is one: what follows
 * from the first says less. err may be NULL. */
bool host_fault_set(struct error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** The first that was met; NULL: none. */
const char *host_fault_text(void);
