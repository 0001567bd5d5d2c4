/* Which signatures a device takes, and from whom. */
#include "signature.h"

#include <string.h>

#include "esp_err_image.h"

uint32_t signature_offset(uint32_t image_length)
{
    return (image_length + SIGNATURE_SECTOR_LENGTH - 1) / SIGNATURE_SECTOR_LENGTH *
           SIGNATURE_SECTOR_LENGTH;
}

void signature_policy_from_efuse(const struct efuse *efuse, const struct chip *chip,
                                 enum signature_scheme scheme, struct signature_policy *out)
{
    memset(out, 0, sizeof *out);
    out->scheme = scheme;
    for (unsigned i = 0; i < EFUSE_MAX_KEY_DIGESTS; i++) {
        if (i < chip->boot_key_digests && efuse_key_is_usable(efuse, i)) {
            out->keys |= (uint8_t)(1u << i);
            memcpy(out->key_digest[i], efuse->key_digest[i], sizeof out->key_digest[i]);
        }
    }
}

static esp_err_t read_sector(const struct app_image_source *source, uint32_t image_length,
                             uint8_t sector[SIGNATURE_SECTOR_LENGTH], struct error *err)
{
    uint32_t at = signature_offset(image_length);
    if (at < image_length || at > source->size || source->size - at < SIGNATURE_SECTOR_LENGTH) {
        error_set(err, "no room for a signature sector at 0x%x of 0x%x bytes", (unsigned)at,
                  (unsigned)source->size);
        return ESP_ERR_IMAGE_INVALID;
    }
    esp_err_t result = source->read(source->context, at, sector, SIGNATURE_SECTOR_LENGTH);
    if (result != ESP_OK) {
        error_set(err, "reading the signature sector at 0x%x failed", (unsigned)at);
    }
    return result;
}

void signature_policy_from_app(const struct app_image_source *source, uint32_t image_length,
                               enum signature_scheme scheme, struct signature_policy *out,
                               struct error *err)
{
    uint8_t sector[SIGNATURE_SECTOR_LENGTH];
    struct signature_block block;
    memset(out, 0, sizeof *out);
    out->scheme = scheme;
    out->first_block_only = true;
    error_set(err, "%s", "");
    if (read_sector(source, image_length, sector, err) != ESP_OK ||
        !signature_block_parse(sector, &block, err)) {
        return;
    }
    if (block.scheme != scheme) {
        error_set(err, "signed by %s, this device wants %s", signature_scheme_name(block.scheme),
                  signature_scheme_name(scheme));
        return;
    }
    out->keys = 1;
    memcpy(out->key_digest[0], block.key_digest, sizeof block.key_digest);
}

/* FNV-1a. */
static uint64_t mix(uint64_t hash, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ bytes[i]) * 0x100000001B3u;
    }
    return hash;
}

uint64_t signature_policy_fingerprint(const struct signature_policy *policy)
{
    if (policy == NULL) {
        return 0;
    }
    const uint8_t head[] = {(uint8_t)policy->scheme, policy->first_block_only, policy->keys};
    uint64_t hash = mix(0xCBF29CE484222325u, head, sizeof head);
    for (unsigned i = 0; i < EFUSE_MAX_KEY_DIGESTS; i++) {
        if (policy->keys >> i & 1u) {
            hash = mix(hash, policy->key_digest[i], sizeof policy->key_digest[i]);
        }
    }
    return hash != 0 ? hash : 1;
}

/* Index of the trusted key, -1: it is none of them. */
static int find_key(const struct signature_policy *policy, const uint8_t *digest)
{
    for (int i = 0; i < (int)EFUSE_MAX_KEY_DIGESTS; i++) {
        if ((policy->keys >> i & 1u) &&
            memcmp(policy->key_digest[i], digest, EFUSE_KEY_DIGEST_LENGTH) == 0) {
            return i;
        }
    }
    return -1;
}

/* In the order of the device: block, key, digest, signature. */
static bool judge_block(const uint8_t *bytes, const uint8_t *digest,
                        const struct signature_policy *policy, struct signature_result *result,
                        struct error *err)
{
    struct signature_block block;
    if (!signature_block_parse(bytes, &block, err)) {
        return false;
    }
    if (block.scheme != policy->scheme) {
        return error_set(err, "signed by %s, this device wants %s",
                         signature_scheme_name(block.scheme),
                         signature_scheme_name(policy->scheme));
    }
    int key = find_key(policy, block.key_digest);
    if (key < 0) {
        return error_set(err, "key %02x%02x%02x%02x... is not trusted", block.key_digest[0],
                         block.key_digest[1], block.key_digest[2], block.key_digest[3]);
    }
    if (memcmp(block.image_digest, digest, signature_digest_length(block.scheme)) != 0) {
        return error_set(err, "it is for another image: the digest differs");
    }
    if (!signature_block_verify(&block, digest)) {
        result->refused_keys |= (uint8_t)(1u << key);
        return error_set(err, "the signature is wrong");
    }
    result->key = key;
    return true;
}

esp_err_t signature_verify_sector(const uint8_t sector[SIGNATURE_SECTOR_LENGTH],
                                  const uint8_t digest[SIGNATURE_MAX_DIGEST],
                                  const struct signature_policy *policy,
                                  struct signature_result *result, struct error *err)
{
    struct error why[SIGNATURE_MAX_BLOCKS] = {{.text = ""}};
    unsigned blocks = policy->first_block_only ? 1 : SIGNATURE_MAX_BLOCKS;
    *result = (struct signature_result){.key = -1};
    for (unsigned i = 0; i < blocks; i++) {
        if (judge_block(sector + i * SIGNATURE_BLOCK_LENGTH, digest, policy, result, &why[i])) {
            error_set(err, "%s", "");
            return ESP_OK;
        }
    }
    if (blocks == 1) {
        error_set(err, "signature block 0: %.120s", why[0].text);
    } else {
        error_set(err, "signature block 0: %.120s; 1: %.120s; 2: %.120s", why[0].text, why[1].text,
                  why[2].text);
    }
    return ESP_ERR_IMAGE_INVALID;
}

esp_err_t signature_verify(const struct app_image_source *source, uint32_t image_length,
                           const struct signature_policy *policy, struct signature_result *result,
                           struct error *err)
{
    uint8_t sector[SIGNATURE_SECTOR_LENGTH], digest[SIGNATURE_MAX_DIGEST];
    *result = (struct signature_result){.key = -1};
    if (policy->keys == 0) {
        error_set(err, "the device trusts no key");
        return ESP_ERR_IMAGE_INVALID;
    }
    esp_err_t read = read_sector(source, image_length, sector, err);
    if (read != ESP_OK) {
        return read;
    }
    read = signature_image_digest(source, signature_offset(image_length), policy->scheme, digest);
    if (read != ESP_OK) {
        error_set(err, "reading the image again for its digest failed");
        return read;
    }
    return signature_verify_sector(sector, digest, policy, result, err);
}

static esp_err_t examine_block(const struct app_image_source *source, uint32_t length,
                               const struct signature_policy *policy, const uint8_t *bytes,
                               struct signature_finding *finding)
{
    uint8_t digest[SIGNATURE_MAX_DIGEST];
    const struct signature_block *block = &finding->block;
    memset(finding, 0, sizeof *finding);
    bool well_formed = signature_block_parse(bytes, &finding->block, &finding->malformed);
    if (block->scheme == SIGNATURE_NONE) {
        return ESP_OK;
    }
    finding->trusted = policy != NULL && find_key(policy, block->key_digest) >= 0;
    if (!well_formed) {
        return ESP_OK;
    }
    esp_err_t err = signature_image_digest(source, length, block->scheme, digest);
    if (err == ESP_OK) {
        size_t digest_length = signature_digest_length(block->scheme);
        finding->digest_right = memcmp(block->image_digest, digest, digest_length) == 0;
        finding->signature_right = signature_block_verify(block, digest);
    }
    return err;
}

esp_err_t signature_examine(const struct app_image_source *source, uint32_t image_length,
                            const struct signature_policy *policy,
                            uint8_t sector[SIGNATURE_SECTOR_LENGTH],
                            struct signature_finding findings[SIGNATURE_MAX_BLOCKS],
                            struct error *err)
{
    esp_err_t result = read_sector(source, image_length, sector, err);
    uint32_t length = signature_offset(image_length);
    for (unsigned i = 0; i < SIGNATURE_MAX_BLOCKS && result == ESP_OK; i++) {
        result = examine_block(source, length, policy, sector + i * SIGNATURE_BLOCK_LENGTH,
                               &findings[i]);
    }
    return result;
}

esp_err_t signature_burn_signers(const struct app_image_source *source, uint32_t image_length,
                                 struct efuse *efuse, struct error *err)
{
    uint8_t sector[SIGNATURE_SECTOR_LENGTH];
    struct signature_finding blocks[SIGNATURE_MAX_BLOCKS];
    esp_err_t result = signature_examine(source, image_length, NULL, sector, blocks, err);
    if (result != ESP_OK) {
        return result;
    }
    for (unsigned i = 0; i < SIGNATURE_MAX_BLOCKS && i < EFUSE_MAX_KEY_DIGESTS; i++) {
        if (blocks[i].block.present && blocks[i].malformed.text[0] == '\0') {
            memcpy(efuse->key_digest[i], blocks[i].block.key_digest, EFUSE_KEY_DIGEST_LENGTH);
            efuse->key_digests |= (uint8_t)(1u << i);
        }
    }
    efuse->secure_boot = efuse->key_digests != 0;
    if (!efuse->secure_boot) {
        error_set(err, "nobody has signed the app");
        return ESP_ERR_IMAGE_INVALID;
    }
    return ESP_OK;
}
