#include "esp_secure_boot.h"

#include <string.h>

#include "boot.h"
#include "device.h"
#include "esp_flash.h"
#include "esp_image_format.h"
#include "esp_log.h"
#include "secure_boot.h"

static const char *const TAG = "secure_boot_v2";

static esp_err_t read_flash(void *context, uint32_t offset, void *out, uint32_t length)
{
    const uint32_t *start = context;
    return esp_flash_read_encrypted(NULL, *start + offset, out, length);
}

static struct app_image_source source_at(uint32_t *start, uint32_t size)
{
    return (struct app_image_source){.read = read_flash, .context = start, .size = size};
}

/* The key of the app that runs is what its updates must be signed with. */
static void trust_running_app(const struct boot *boot, struct signature_policy *out)
{
    const esp_partition_pos_t place = {.offset = boot->running.offset, .size = boot->running.size};
    uint32_t start = boot->running.offset;
    struct app_image_source source = source_at(&start, boot->running.size);
    esp_image_metadata_t image;
    struct error why = {.text = "its image cannot be read"};
    *out = (struct signature_policy){.scheme = boot->signing.scheme, .first_block_only = true};
    if (esp_image_get_metadata(&place, &image) == ESP_OK) {
        signature_policy_from_app(&source, image.image_len, boot->signing.scheme, out, &why);
    }
    if (out->keys == 0) {
        ESP_LOGE(TAG, "no update can be verified by the running app's signature: %s", why.text);
    }
}

bool secure_boot_update_policy(struct signature_policy *out)
{
    const struct boot *boot = boot_current();
    if (boot == NULL || !boot->signing.on_update) {
        return false;
    }
    const struct device *device = boot->device;
    if (boot->signing.secure_boot || device->efuse.secure_boot) {
        signature_policy_from_efuse(&device->efuse, device->chip, boot->signing.scheme, out);
    } else {
        trust_running_app(boot, out);
    }
    return true;
}

bool esp_secure_boot_enabled(void)
{
    const struct device *device = device_current();
    return device != NULL && device->efuse.secure_boot;
}

esp_err_t otasim_secure_boot_read_key_digests(uint8_t **key_digests, size_t count)
{
    struct device *device = device_current();
    bool any = false;
    for (unsigned i = 0; i < count; i++) {
        bool usable = device != NULL && i < device->chip->boot_key_digests &&
                      efuse_key_is_usable(&device->efuse, i);
        key_digests[i] = usable ? device->efuse.key_digest[i] : NULL;
        any = any || usable;
    }
    return any ? ESP_OK : ESP_FAIL;
}

static esp_err_t verify_image(uint32_t start, uint32_t size, uint32_t length,
                              const struct signature_policy *policy)
{
    struct app_image_source source = source_at(&start, size);
    struct signature_result result;
    struct error why;
    if (signature_verify(&source, length, policy, &result, &why) != ESP_OK) {
        ESP_LOGE(TAG, "image at 0x%" PRIx32 ": %s", start, why.text);
        return ESP_FAIL;
    }
    return ESP_OK;
}

esp_err_t esp_secure_boot_verify_signature(uint32_t src_addr, uint32_t length)
{
    const struct device *device = device_current();
    struct signature_policy policy;
    if (device == NULL || src_addr >= flash_size(device->flash) ||
        length > flash_size(device->flash) - src_addr) {
        return ESP_ERR_INVALID_ARG;
    }
    return secure_boot_update_policy(&policy)
               ? verify_image(src_addr, flash_size(device->flash) - src_addr, length, &policy)
               : ESP_FAIL;
}

esp_err_t esp_secure_boot_verify_sbv2_signature_block(const ets_secure_boot_signature_t *sig_block,
                                                      const uint8_t *image_digest,
                                                      uint8_t *verified_digest)
{
    struct signature_policy policy;
    struct signature_result result;
    struct error why;
    uint8_t digest[SIGNATURE_MAX_DIGEST] = {0};
    if (sig_block == NULL || image_digest == NULL || !secure_boot_update_policy(&policy)) {
        return ESP_FAIL;
    }
    memcpy(digest, image_digest, signature_digest_length(policy.scheme));
    if (signature_verify_sector((const uint8_t *)sig_block, digest, &policy, &result, &why) !=
        ESP_OK) {
        ESP_LOGE(TAG, "%s", why.text);
        return ESP_FAIL;
    }
    if (verified_digest != NULL) {
        memcpy(verified_digest, digest, signature_digest_length(policy.scheme));
    }
    return ESP_OK;
}

esp_err_t esp_secure_boot_verify_with_efuse_digest_index(int efuse_digest_index,
                                                         esp_partition_pos_t *part_pos)
{
    const struct boot *boot = boot_current();
    if (boot == NULL || part_pos == NULL || efuse_digest_index < 0 ||
        efuse_digest_index >= (int)EFUSE_MAX_KEY_DIGESTS) {
        return ESP_ERR_INVALID_ARG;
    }
    struct signature_policy policy;
    signature_policy_from_efuse(&boot->device->efuse, boot->device->chip, boot->signing.scheme,
                                &policy);
    policy.keys &= (uint8_t)(1u << efuse_digest_index);
    esp_image_metadata_t image;
    return esp_image_get_metadata(part_pos, &image) == ESP_OK
               ? verify_image(part_pos->offset, part_pos->size, image.image_len, &policy)
               : ESP_FAIL;
}
