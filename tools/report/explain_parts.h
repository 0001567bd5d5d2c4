/* The parts of a scenario's explanation, each from a part of the row. */
#pragma once

#include "scenario.h"
#include "text.h"

void explain_device(struct text *out, const struct scenario *scenario);
void explain_secure_boot(struct text *out, const struct scenario_device *device);
void explain_signing(struct text *out, const struct scenario_signing *signing);
void explain_efuse(struct text *out, const struct scenario_expect *expect);
void explain_firmware(struct text *out, const struct scenario *scenario);
void explain_update(struct text *out, const struct scenario *scenario);
void explain_server(struct text *out, const struct scenario *scenario);
void explain_power(struct text *out, const struct scenario *scenario);
void explain_expected(struct text *out, const struct scenario *scenario);
/** What a strict run expects instead; adds nothing where that is the same. */
void explain_documented(struct text *out, const struct scenario *scenario);
