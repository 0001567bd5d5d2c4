#include "efuse.h"

#include <string.h>

uint32_t efuse_secure_version(const struct efuse *efuse)
{
    uint32_t version = 0;
    for (uint32_t bits = efuse->secure_version_bits; bits != 0; bits &= bits - 1) {
        version++;
    }
    return version;
}

bool efuse_allows_secure_version(const struct efuse *efuse, uint32_t version)
{
    return version >= efuse_secure_version(efuse);
}

esp_err_t efuse_raise_secure_version(struct efuse *efuse, uint32_t version)
{
    if (version > efuse->secure_version_length) {
        return ESP_ERR_INVALID_ARG;
    }
    for (uint32_t burnt = efuse_secure_version(efuse); burnt < version; burnt++) {
        /* The lowest bit that is still 0. */
        efuse->secure_version_bits |= efuse->secure_version_bits + 1;
    }
    return ESP_OK;
}

bool efuse_key_is_usable(const struct efuse *efuse, unsigned index)
{
    return index < EFUSE_MAX_KEY_DIGESTS && (efuse->key_digests >> index & 1u) &&
           !(efuse->revoked_keys >> index & 1u);
}

esp_err_t efuse_revoke_key(struct efuse *efuse, unsigned index)
{
    if (index >= EFUSE_MAX_KEY_DIGESTS) {
        return ESP_ERR_INVALID_ARG;
    }
    efuse->revoked_keys |= (uint8_t)(1u << index);
    return ESP_OK;
}

const uint8_t *efuse_hmac_key(const struct efuse *efuse, unsigned block)
{
    bool burnt = block < EFUSE_MAX_KEY_BLOCKS && ((unsigned)efuse->hmac_keys >> block & 1u) != 0;
    return burnt ? efuse->hmac_key[block] : NULL;
}

esp_err_t efuse_burn_hmac_key(struct efuse *efuse, unsigned block,
                              const uint8_t key[EFUSE_KEY_LENGTH])
{
    if (block >= EFUSE_MAX_KEY_BLOCKS) {
        return ESP_ERR_INVALID_ARG;
    }
    if (efuse_hmac_key(efuse, block) != NULL) {
        return ESP_ERR_INVALID_STATE;
    }
    memcpy(efuse->hmac_key[block], key, EFUSE_KEY_LENGTH);
    efuse->hmac_keys |= (uint8_t)(1u << block);
    return ESP_OK;
}
