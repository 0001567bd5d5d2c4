/* Signatures, and the keys of the device. */
#include <inttypes.h>

#include "explain_parts.h"
#include "signature_sign.h"

void explain_signing(struct text *out, const struct scenario_signing *signing)
{
    for (size_t i = 0; i < SCENARIO_MAX_KEYS && signing->key[i] != NULL; i++) {
        text_add(out, "%s%s", i == 0 ? ", signed with " : " and ", signing->key[i]);
    }
    for (unsigned bit = 0; signature_flaw_name(bit) != NULL; bit++) {
        if ((signing->flaws & 1u << bit) != 0) {
            text_add(out, " (%s)", signature_flaw_name(bit));
        }
    }
}

void explain_secure_boot(struct text *out, const struct scenario_device *device)
{
    for (unsigned i = 0; i < SCENARIO_MAX_KEYS && device->secure_boot[i] != NULL; i++) {
        text_add(out, "%s%s%s", i == 0 ? ", secure boot by " : " and ", device->secure_boot[i],
                 device->revoked_keys >> i & 1u ? " (revoked)" : "");
    }
    if (device->aggressive_revoke) {
        text_add(out, ", aggressive revocation");
    }
}

void explain_efuse(struct text *out, const struct scenario_expect *expect)
{
    if (expect->secure_version != 0) {
        text_add(out, "\nefuse: secure version %" PRIu32, expect->secure_version);
    }
    for (unsigned i = 0; i < SCENARIO_MAX_KEYS; i++) {
        if (expect->revoked_keys >> i & 1u) {
            text_add(out, "\nefuse: key %u is revoked", i);
        }
    }
}
