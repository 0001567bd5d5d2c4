/* Which app boots: otadata, and the partitions around it. */
#include <stdlib.h>
#include <string.h>

#include "bootloader_common.h"
#include "esp_efuse.h"
#include "esp_log.h"
#include "ota_private.h"
#include "otasim_quirk.h"
#include "spi_flash_mmap.h"

static const char *const TAG = "esp_ota_ops";

bool ota_is_slot(const esp_partition_t *partition)
{
    return partition->type == ESP_PARTITION_TYPE_APP &&
           partition->subtype >= ESP_PARTITION_SUBTYPE_APP_OTA_MIN &&
           partition->subtype < ESP_PARTITION_SUBTYPE_APP_OTA_MAX;
}

uint32_t ota_slot_number(const esp_partition_t *partition)
{
    return (uint32_t)partition->subtype & PART_SUBTYPE_OTA_MASK;
}

const esp_partition_t *ota_slot_partition(uint32_t slot)
{
    return esp_partition_find_first(ESP_PARTITION_TYPE_APP, ESP_PARTITION_SUBTYPE_OTA(slot), NULL);
}

uint8_t esp_ota_get_app_partition_count(void)
{
    uint8_t count = 0;
    while (count < 16 && ota_slot_partition(count) != NULL) {
        count++;
    }
    return count;
}

bool ota_select_read(struct ota_select *select)
{
    memset(select, 0, sizeof *select);
    select->active = -1;
    select->slots = esp_ota_get_app_partition_count();
    select->partition =
        esp_partition_find_first(ESP_PARTITION_TYPE_DATA, ESP_PARTITION_SUBTYPE_DATA_OTA, NULL);
    if (select->partition == NULL) {
        return false;
    }
    for (size_t i = 0; i < 2; i++) {
        if (esp_partition_read(select->partition, i * OTA_SECTOR_SIZE, &select->entry[i],
                               sizeof select->entry[i]) != ESP_OK) {
            return false;
        }
    }
    select->active = bootloader_common_get_active_otadata(select->entry);
    return true;
}

esp_err_t ota_select_write(struct ota_select *select, int index, uint32_t seq,
                           esp_ota_img_states_t state)
{
    esp_ota_select_entry_t *entry = &select->entry[index];
    size_t offset = (size_t)index * OTA_SECTOR_SIZE;
    entry->ota_seq = seq;
    entry->ota_state = state;
    entry->crc = bootloader_common_ota_select_crc(entry);
    esp_err_t err = esp_partition_erase_range(select->partition, offset, OTA_SECTOR_SIZE);
    return err != ESP_OK ? err
                         : esp_partition_write(select->partition, offset, entry, sizeof *entry);
}

uint32_t ota_select_slot(const struct ota_select *select, uint32_t seq)
{
    return (seq - 1) % select->slots;
}

bool ota_entry_is_written(const esp_ota_select_entry_t *entry)
{
    return entry->ota_seq != UINT32_MAX && entry->crc == bootloader_common_ota_select_crc(entry);
}

bool ota_image_is_valid(const esp_partition_t *partition, esp_image_load_mode_t mode)
{
    esp_image_metadata_t metadata;
    const esp_partition_pos_t place = {.offset = partition->address, .size = partition->size};
    return esp_image_verify(mode, &place, &metadata) == ESP_OK;
}

/* The smallest seq that is not below `from` and names the slot; UINT32_MAX, the erased value, if
 * the numbers have run out. */
static uint32_t next_seq(const struct ota_select *select, uint32_t from, uint32_t slot)
{
    /* Step by step: seq 0, which only a damaged otadata has, names a slot of its own. */
    for (uint32_t ahead = 0; ahead <= select->slots && ahead <= UINT32_MAX - from; ahead++) {
        if (ota_select_slot(select, from + ahead) == slot) {
            return from + ahead;
        }
    }
    return UINT32_MAX;
}

/* Numbers both entries from the start. The new one goes first: until the old one is renumbered, its
 * high number still makes the old app boot. */
static esp_err_t restart_sequence(struct ota_select *select, uint32_t slot,
                                  esp_ota_img_states_t state)
{
    esp_ota_select_entry_t old = select->entry[select->active];
    uint32_t old_seq = ota_select_slot(select, old.ota_seq) + 1;
    esp_err_t err =
        ota_select_write(select, select->active ^ 1, next_seq(select, old_seq, slot), state);
    return err != ESP_OK ? err
                         : ota_select_write(select, select->active, old_seq,
                                            (esp_ota_img_states_t)old.ota_state);
}

static esp_err_t select_other_slot(struct ota_select *select, uint32_t slot,
                                   esp_ota_img_states_t state)
{
    uint32_t seq = next_seq(select, select->entry[select->active].ota_seq, slot);
    if (seq == UINT32_MAX) {
        if (!quirk(QUIRK_SEQ_WRAPS)) {
            return restart_sequence(select, slot, state);
        }
        quirk_met(QUIRK_SEQ_WRAPS); /* nobody will ever find this entry (catalogue O20) */
    }
    return ota_select_write(select, select->active ^ 1, seq, state);
}

static bool confirmed_app_runs(const struct ota_select *select, uint32_t slot)
{
    const esp_partition_t *running = esp_ota_get_running_partition();
    return select->entry[select->active].ota_state == ESP_OTA_IMG_VALID && ota_is_slot(running) &&
           slot == ota_slot_number(running);
}

/* The slot is the selected one already: its number stays, its state begins anew. */
static esp_err_t select_again(struct ota_select *select, uint32_t slot, esp_ota_img_states_t state)
{
    uint32_t seq = select->entry[select->active].ota_seq;
    if (quirk(QUIRK_RESELECT_DUPLICATES_SEQ)) {
        quirk_met(QUIRK_RESELECT_DUPLICATES_SEQ);
        return ota_select_write(select, select->active ^ 1, seq, state);
    }
    if (OTA_ROLLBACK && confirmed_app_runs(select, slot)) {
        /* A confirmed app becomes an unconfirmed one (catalogue O29). */
        if (!quirk(QUIRK_RESELECT_UNCONFIRMS)) {
            return ESP_OK;
        }
        quirk_met(QUIRK_RESELECT_UNCONFIRMS);
    }
    return ota_select_write(select, select->active, seq, state);
}

static esp_err_t select_slot(uint32_t slot)
{
    struct ota_select select;
    if (!ota_select_read(&select)) {
        return ESP_ERR_NOT_FOUND;
    }
    if (slot >= select.slots) {
        return ESP_ERR_INVALID_ARG;
    }
    esp_ota_img_states_t state = OTA_ROLLBACK ? ESP_OTA_IMG_NEW : ESP_OTA_IMG_UNDEFINED;
    if (select.active < 0) {
        return ota_select_write(&select, 0, slot + 1, state);
    }
    bool selected = ota_select_slot(&select, select.entry[select.active].ota_seq) == slot;
    return selected ? select_again(&select, slot, state) : select_other_slot(&select, slot, state);
}

static esp_err_t select_factory(void)
{
    const esp_partition_t *otadata =
        esp_partition_find_first(ESP_PARTITION_TYPE_DATA, ESP_PARTITION_SUBTYPE_DATA_OTA, NULL);
    return otadata == NULL ? ESP_ERR_NOT_FOUND
                           : esp_partition_erase_range(otadata, 0, otadata->size);
}

/* An app whose secure version is too low must not be selected, and must not stay. */
static esp_err_t check_secure_version(const esp_partition_t *partition)
{
#if OTA_ANTI_ROLLBACK
    esp_app_desc_t description;
    esp_err_t err = esp_ota_get_partition_description(partition, &description);
    if (err != ESP_OK) {
        return err;
    }
    if (!esp_efuse_check_secure_version(description.secure_version)) {
        ESP_LOGE(TAG, "secure version %u is below the chip's %u",
                 (unsigned)description.secure_version, (unsigned)esp_efuse_read_secure_version());
        err = esp_partition_erase_range(partition, 0, partition->size);
        return err != ESP_OK ? err : ESP_ERR_OTA_SMALL_SEC_VER;
    }
#else
    (void)partition;
#endif
    return ESP_OK;
}

static esp_err_t set_boot(const esp_partition_t *partition)
{
    if (partition->type != ESP_PARTITION_TYPE_APP) {
        return ESP_ERR_INVALID_ARG;
    }
    if (partition->subtype == ESP_PARTITION_SUBTYPE_APP_FACTORY) {
        return select_factory();
    }
    esp_err_t err = check_secure_version(partition);
    if (err != ESP_OK) {
        return err;
    }
    if (!ota_is_slot(partition)) {
        /* The test app's subtype, masked, looks like slot 0. */
        if (!quirk(QUIRK_TEST_APP_IS_SLOT_0)) {
            return ESP_ERR_INVALID_ARG;
        }
        quirk_met(QUIRK_TEST_APP_IS_SLOT_0);
    }
    return select_slot(ota_slot_number(partition));
}

esp_err_t esp_ota_set_boot_partition(const esp_partition_t *partition)
{
    if (partition == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (!ota_image_is_valid(partition, ESP_IMAGE_VERIFY)) {
        return ESP_ERR_OTA_VALIDATE_FAILED;
    }
    return set_boot(partition);
}

esp_err_t esp_ota_set_boot_partition_skip_validate(const esp_partition_t *partition)
{
    return partition == NULL ? ESP_ERR_INVALID_ARG : set_boot(partition);
}

/* What boots where otadata selects nothing: factory, else the lowest slot, else the test app. */
static const esp_partition_t *default_boot_partition(void)
{
    const esp_partition_t *found =
        esp_partition_find_first(ESP_PARTITION_TYPE_APP, ESP_PARTITION_SUBTYPE_APP_FACTORY, NULL);
    for (uint32_t slot = 0; found == NULL && slot < 16; slot++) {
        found = ota_slot_partition(slot);
    }
    return found != NULL ? found
                         : esp_partition_find_first(ESP_PARTITION_TYPE_APP,
                                                    ESP_PARTITION_SUBTYPE_APP_TEST, NULL);
}

const esp_partition_t *esp_ota_get_boot_partition(void)
{
    struct ota_select select;
    if (!ota_select_read(&select)) {
        return NULL;
    }
    if (select.active < 0 || select.slots == 0) {
        return default_boot_partition();
    }
    return ota_slot_partition(ota_select_slot(&select, select.entry[select.active].ota_seq));
}

const esp_partition_t *esp_ota_get_running_partition(void)
{
    static const esp_partition_t *running; /* it cannot change while this code runs */
    if (running != NULL) {
        return running;
    }
    size_t address = spi_flash_cache2phys((const void *)esp_ota_get_running_partition);
    esp_partition_iterator_t iterator =
        esp_partition_find(ESP_PARTITION_TYPE_APP, ESP_PARTITION_SUBTYPE_ANY, NULL);
    while (iterator != NULL) {
        const esp_partition_t *partition = esp_partition_get(iterator);
        if (address >= partition->address && address < partition->address + partition->size) {
            running = partition;
            esp_partition_iterator_release(iterator);
            return running;
        }
        iterator = esp_partition_next(iterator);
    }
    ESP_LOGE(TAG, "the running app lies in no partition of the table");
    abort();
}

const esp_partition_t *esp_ota_get_next_update_partition(const esp_partition_t *start_from)
{
    const esp_partition_t *from =
        start_from != NULL ? esp_partition_verify(start_from) : esp_ota_get_running_partition();
    if (from == NULL) {
        return NULL;
    }
    const esp_partition_t *lowest = NULL, *next = NULL;
    for (uint32_t slot = 0; slot < 16 && next == NULL; slot++) {
        const esp_partition_t *partition = ota_slot_partition(slot);
        if (partition == NULL) {
            continue;
        }
        lowest = lowest != NULL ? lowest : partition;
        if (ota_is_slot(from) && slot > ota_slot_number(from)) {
            next = partition;
        }
    }
    return next != NULL ? next : lowest;
}
