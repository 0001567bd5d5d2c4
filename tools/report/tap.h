/* A run in the Test Anything Protocol, version 14. */
#pragma once

#include "text.h"
#include "verdicts.h"

/** The version line and the plan. */
void tap_begin(struct text *out, size_t count);

/** A test point; `number` counts from 1. What departed follows as a YAML block. */
void tap_point(struct text *out, size_t number, const struct verdict *verdict);
