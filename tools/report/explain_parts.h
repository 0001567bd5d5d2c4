/* The parts of a scenario's explanation, each from a part of the row. */
#pragma once

#include "scenario.h"
#include "text.h"

void explain_device(struct text *out, const struct scenario *scenario);
void explain_firmware(struct text *out, const struct scenario *scenario);
void explain_update(struct text *out, const struct scenario *scenario);
void explain_server(struct text *out, const struct scenario *scenario);
void explain_power(struct text *out, const struct scenario *scenario);
void explain_expected(struct text *out, const struct scenario *scenario);
