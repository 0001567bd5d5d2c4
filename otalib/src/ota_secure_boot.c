/* Giving up a key that apps were signed with (catalogue I13 is about the others). */
#include "esp_efuse.h"
#include "esp_log.h"
#include "esp_secure_boot.h"
#include "ota_private.h"

#if SOC_SUPPORT_SECURE_BOOT_REVOKE_KEY

static const char *const TAG = "esp_ota_ops";

/* "After the rollback logic": until then the app before may be needed, and its key. */
static bool is_confirmed(const esp_partition_t *running)
{
#if OTA_ROLLBACK
    esp_ota_img_states_t state;
    return esp_ota_get_state_partition(running, &state) == ESP_OK && state == ESP_OTA_IMG_VALID;
#else
    (void)running;
    return true;
#endif
}

static bool has_another_key(const esp_partition_t *running, int index)
{
    esp_partition_pos_t place = {.offset = running->address, .size = running->size};
    for (int other = 0; other < SOC_EFUSE_SECURE_BOOT_KEY_DIGESTS; other++) {
        if (other != index &&
            esp_secure_boot_verify_with_efuse_digest_index(other, &place) == ESP_OK) {
            return true;
        }
    }
    return false;
}

esp_err_t esp_ota_revoke_secure_boot_public_key(esp_ota_secure_boot_public_key_index_t index)
{
    if (!esp_secure_boot_enabled()) {
        ESP_LOGE(TAG, "secure boot is not enabled");
        return ESP_FAIL;
    }
    if ((int)index < 0 || (int)index >= SOC_EFUSE_SECURE_BOOT_KEY_DIGESTS) {
        return ESP_ERR_INVALID_ARG;
    }
    const esp_partition_t *running = esp_ota_get_running_partition();
    if (!is_confirmed(running)) {
        ESP_LOGE(TAG, "an app that is not confirmed may need the key that it came by");
        return ESP_FAIL;
    }
    esp_secure_boot_key_digests_t keys;
    if (esp_secure_boot_read_key_digests(&keys) != ESP_OK || keys.key_digests[index] == NULL) {
        ESP_LOGE(TAG, "key %d is not there", (int)index);
        return ESP_FAIL;
    }
    if (!has_another_key(running, (int)index)) {
        ESP_LOGE(TAG, "no other key has signed the running app");
        return ESP_FAIL;
    }
    return esp_efuse_set_digest_revoke((unsigned)index);
}

#endif
