/* Which firmware plays the apps of a release: the stock ones of otasim, as the sdkconfig has it.
 * What the OTA library asks when it is compiled chooses a module (rollback, anti-rollback); what is
 * asked when it runs (signatures, secure boot, watchdogs) is laid over whichever that is. So all of
 * it holds at once. */
#pragma once

#include "error.h"
#include "gate.h"

#define GATE_FIRMWARE_NAME 64

/** The app that updates. False with err set if there is none. */
bool gate_updater(struct gate *gate, char name[GATE_FIRMWARE_NAME], struct error *err);

/** An app that confirms itself in its first boot. */
bool gate_confirmer(struct gate *gate, char name[GATE_FIRMWARE_NAME], struct error *err);

/** Says what the sdkconfig has and no update here tries. */
void gate_show_untried(struct gate *gate);
