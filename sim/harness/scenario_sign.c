#include "scenario_sign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "paths.h"
#include "signature_sign.h"

#define MAX_PEM (1u << 16)

static struct signature_key *load_key(const char *name, struct error *err)
{
    char path[1024];
    uint8_t *pem;
    size_t length;
    struct error why;
    snprintf(path, sizeof path, "%s/signing_%s.key", paths_certs_dir(), name);
    if (!read_file(path, MAX_PEM, &pem, &length, err)) {
        return NULL;
    }
    struct signature_key *key = signature_key_from_pem((const char *)pem, &why);
    free(pem);
    if (key == NULL) {
        error_set(err, "%s: %s", path, why.text);
    }
    return key;
}

bool scenario_sign(const struct scenario_signing *signing, uint8_t **image, size_t *length,
                   struct error *err)
{
    struct signature_key *keys[SCENARIO_MAX_KEYS] = {NULL};
    size_t count = 0;
    bool ok = true;
    while (ok && count < SCENARIO_MAX_KEYS && signing->key[count] != NULL) {
        keys[count] = load_key(signing->key[count], err);
        ok = keys[count] != NULL;
        count += ok;
    }
    uint8_t *file = NULL;
    if (ok && count > 0) {
        ok = signature_sign(*image, *length, (const struct signature_key *const *)keys, count,
                            signing->flaws, &file, length, err);
    }
    if (file != NULL) {
        free(*image);
        *image = file;
    }
    for (size_t i = 0; i < count; i++) {
        signature_key_free(keys[i]);
    }
    return ok;
}

bool scenario_burn_keys(const struct scenario_device *device, struct efuse *efuse,
                        struct error *err)
{
    for (unsigned i = 0; i < SCENARIO_MAX_KEYS && device->secure_boot[i] != NULL; i++) {
        struct signature_key *key = load_key(device->secure_boot[i], err);
        if (key == NULL) {
            return false;
        }
        signature_key_digest(key, efuse->key_digest[i]);
        signature_key_free(key);
        efuse->key_digests |= (uint8_t)(1u << i);
        efuse->secure_boot = true;
    }
    efuse->revoked_keys = device->revoked_keys;
    efuse->aggressive_revoke = device->aggressive_revoke;
    return true;
}
