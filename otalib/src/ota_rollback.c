/* Confirming an app, and going back to the one before it. */
#include "bootloader_common.h"
#include "esp_efuse.h"
#include "esp_log.h"
#include "esp_system.h"
#include "ota_private.h"
#include "otasim_quirk.h"

static const char *const TAG = "esp_ota_ops";

esp_err_t esp_ota_get_state_partition(const esp_partition_t *partition,
                                      esp_ota_img_states_t *ota_state)
{
    struct ota_select select;
    if (partition == NULL || ota_state == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (!ota_is_slot(partition)) {
        return ESP_ERR_NOT_SUPPORTED;
    }
    if (!ota_select_read(&select) || select.slots == 0) {
        return ESP_ERR_NOT_FOUND;
    }
    for (int i = 0; i < 2; i++) {
        const esp_ota_select_entry_t *entry = &select.entry[i];
        if (entry->crc == bootloader_common_ota_select_crc(entry) &&
            ota_select_slot(&select, entry->ota_seq) == ota_slot_number(partition)) {
            *ota_state = (esp_ota_img_states_t)entry->ota_state;
            return ESP_OK;
        }
    }
    return ESP_ERR_NOT_FOUND;
}

static bool names_running(const struct ota_select *select, int index)
{
    const esp_partition_t *running = esp_ota_get_running_partition();
    const esp_ota_select_entry_t *entry = &select->entry[index];
    return ota_is_slot(running) && bootloader_common_ota_select_valid(entry) &&
           ota_select_slot(select, entry->ota_seq) == ota_slot_number(running);
}

/* The entry to confirm. The selected one need not be of the app that runs (catalogue O11). */
static int entry_to_confirm(const struct ota_select *select)
{
    if (names_running(select, select->active)) {
        return select->active;
    }
    if (!quirk(QUIRK_CONFIRM_AFTER_SWITCH)) {
        return names_running(select, select->active ^ 1) ? select->active ^ 1 : -1;
    }
    if (select->entry[select->active].ota_state != ESP_OTA_IMG_VALID) {
        quirk_met(QUIRK_CONFIRM_AFTER_SWITCH);
    }
    return select->active;
}

static esp_err_t raise_secure_version(void)
{
#if OTA_ANTI_ROLLBACK
    esp_app_desc_t description;
    esp_err_t err =
        esp_ota_get_partition_description(esp_ota_get_running_partition(), &description);
    return err != ESP_OK ? err : esp_efuse_update_secure_version(description.secure_version);
#else
    return ESP_OK;
#endif
}

esp_err_t esp_ota_mark_app_valid_cancel_rollback(void)
{
    struct ota_select select;
    if (!ota_select_read(&select)) {
        return ESP_ERR_NOT_FOUND;
    }
    if (select.active < 0 || select.slots == 0) {
        return ESP_FAIL;
    }
    int index = entry_to_confirm(&select);
    if (index < 0) {
        return ESP_FAIL;
    }
    const esp_ota_select_entry_t *entry = &select.entry[index];
    if (entry->ota_state != ESP_OTA_IMG_VALID) {
        esp_err_t err = ota_select_write(&select, index, entry->ota_seq, ESP_OTA_IMG_VALID);
        if (err != ESP_OK) {
            return err;
        }
    }
    return raise_secure_version();
}

static bool secure_version_allowed(const esp_partition_t *partition)
{
#if OTA_ANTI_ROLLBACK
    esp_app_desc_t description;
    return esp_ota_get_partition_description(partition, &description) == ESP_OK &&
           esp_efuse_check_secure_version(description.secure_version);
#else
    (void)partition;
    return true;
#endif
}

static bool rollback_is_possible(const struct ota_select *select)
{
    const esp_ota_select_entry_t *other = &select->entry[select->active ^ 1];
    if (bootloader_common_ota_select_valid(other)) {
        const esp_partition_t *slot = ota_slot_partition(ota_select_slot(select, other->ota_seq));
        return slot != NULL && ota_image_is_valid(slot, ESP_IMAGE_VERIFY_SILENT) &&
               secure_version_allowed(slot);
    }
    if (OTA_ANTI_ROLLBACK) {
        return false;
    }
    const esp_partition_t *factory =
        esp_partition_find_first(ESP_PARTITION_TYPE_APP, ESP_PARTITION_SUBTYPE_APP_FACTORY, NULL);
    return factory != NULL && ota_image_is_valid(factory, ESP_IMAGE_VERIFY_SILENT);
}

bool esp_ota_check_rollback_is_possible(void)
{
    struct ota_select select;
    return ota_select_read(&select) && select.slots > 0 && select.active >= 0 &&
           rollback_is_possible(&select);
}

esp_err_t esp_ota_mark_app_invalid_rollback(void)
{
    struct ota_select select;
    if (!ota_select_read(&select) || select.slots == 0 || select.active < 0) {
        return ESP_FAIL;
    }
    if (!rollback_is_possible(&select)) {
        ESP_LOGE(TAG, "no other app to go back to");
        return ESP_ERR_OTA_ROLLBACK_FAILED;
    }
    return ota_select_write(&select, select.active, select.entry[select.active].ota_seq,
                            ESP_OTA_IMG_INVALID);
}

esp_err_t esp_ota_mark_app_invalid_rollback_and_reboot(void)
{
    esp_err_t err = esp_ota_mark_app_invalid_rollback();
    if (err == ESP_OK) {
        esp_restart();
    }
    return err;
}

static bool was_given_up(const esp_ota_select_entry_t *entry)
{
    return ota_entry_is_written(entry) &&
           (entry->ota_state == ESP_OTA_IMG_INVALID || entry->ota_state == ESP_OTA_IMG_ABORTED);
}

const esp_partition_t *esp_ota_get_last_invalid_partition(void)
{
    struct ota_select select;
    if (!ota_select_read(&select) || select.slots == 0) {
        return NULL;
    }
    bool given_up[2] = {was_given_up(&select.entry[0]), was_given_up(&select.entry[1])};
    int index = bootloader_common_select_otadata(select.entry, given_up, false);
    if (index < 0) {
        return NULL;
    }
    const esp_partition_t *slot =
        ota_slot_partition(ota_select_slot(&select, select.entry[index].ota_seq));
    return slot != NULL && ota_image_is_valid(slot, ESP_IMAGE_VERIFY_SILENT) ? slot : NULL;
}

/* The app of the entry that is not active; NULL if there is none, or if it is the one that runs. */
static const esp_partition_t *inactive_slot(struct ota_select *select)
{
    if (!ota_select_read(select) || select->active < 0 || select->slots == 0) {
        return NULL;
    }
    const esp_ota_select_entry_t *inactive = &select->entry[select->active ^ 1];
    if (!ota_entry_is_written(inactive)) {
        return NULL;
    }
    const esp_partition_t *named = ota_slot_partition(ota_select_slot(select, inactive->ota_seq));
    return named != esp_ota_get_running_partition() ? named : NULL;
}

esp_err_t ota_forget_inactive(const esp_partition_t **slot)
{
    struct ota_select select;
    const esp_partition_t *named = inactive_slot(&select);
    if (named == NULL) {
        return ESP_FAIL;
    }
    if (slot != NULL) {
        *slot = named;
    }
    return esp_partition_erase_range(
        select.partition, (size_t)(select.active ^ 1) * OTA_SECTOR_SIZE, OTA_SECTOR_SIZE);
}

void ota_forget(const esp_partition_t *slot)
{
    struct ota_select select;
    const esp_partition_t *named = inactive_slot(&select);
    if (named != NULL && named != slot) {
        /* With three slots it may be the app to go back to (catalogue O15). */
        if (!quirk(QUIRK_BEGIN_FORGETS_ANY_SLOT)) {
            return;
        }
        quirk_met(QUIRK_BEGIN_FORGETS_ANY_SLOT);
    }
    ota_forget_inactive(NULL);
}

esp_err_t esp_ota_invalidate_inactive_ota_data_slot(void)
{
    return ota_forget_inactive(NULL);
}

esp_err_t esp_ota_erase_last_boot_app_partition(void)
{
    const esp_partition_t *slot = NULL;
    esp_err_t err = ota_forget_inactive(&slot);
    return err != ESP_OK ? err : esp_partition_erase_range(slot, 0, slot->size);
}
