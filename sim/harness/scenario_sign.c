#include "scenario_sign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "paths.h"
#include "scenario_device.h"
#include "signature_sign.h"

#define MAX_PEM (1u << 16)
#define MAX_APP (16u << 20)

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

static bool burn_signers(const char *file, struct efuse *efuse, struct error *err)
{
    char path[SCENARIO_IMAGE_PATH];
    uint8_t *bytes;
    size_t length;
    scenario_image_path(file, path);
    if (!read_file(path, MAX_APP, &bytes, &length, err)) {
        return false;
    }
    struct app_image_bytes memory = {.data = bytes, .size = (uint32_t)length};
    struct app_image_source source = app_image_from_bytes(&memory);
    const struct app_image_rules rules = {.kind = APP_IMAGE_APP};
    struct app_image_info info;
    bool ok = app_image_verify(&source, &rules, &info, err) == ESP_OK &&
              signature_burn_signers(&source, info.image_length, efuse, err) == ESP_OK;
    free(bytes);
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
    if (device->secure_boot_by != NULL && !burn_signers(device->secure_boot_by, efuse, err)) {
        return false;
    }
    efuse->revoked_keys = device->revoked_keys;
    efuse->aggressive_revoke = device->aggressive_revoke;
    return true;
}
