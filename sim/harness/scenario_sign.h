/* Signed images of scenarios, by the keys that are made with the test certificates. */
#pragma once

#include "efuse.h"
#include "error.h"
#include "scenario.h"

/** Signs *image, which is malloc'ed and replaced, as the row says; one without keys stays as it is.
 */
bool scenario_sign(const struct scenario_signing *signing, uint8_t **image, size_t *length,
                   struct error *err);

/** Burns the digests of the keys that the row names, and turns secure boot on if it names any. */
bool scenario_burn_keys(const struct scenario_device *device, struct efuse *efuse,
                        struct error *err);
