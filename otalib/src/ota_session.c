/* Writing an update: open, write, verify, close. */
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "esp_efuse.h"
#include "esp_flash.h"
#include "esp_log.h"
#include "esp_private/esp_flash_internal.h"
#include "esp_secure_boot.h"
#include "ota_private.h"
#include "otasim_quirk.h"

static const char *const TAG = "esp_ota_ops";

#define ENCRYPTION_BLOCK 16u
#define SAFE_SIZE_MAX    UINT32_MAX

struct session {
    LIST_ENTRY(session) link;
    esp_ota_handle_t handle;
    const esp_partition_t *staging, *final;
    bool finalize_with_copy;
    bool erases_lazily;
    bool resumed;
    size_t written;                 /* bytes in flash, from the start of the image */
    uint8_t tail[ENCRYPTION_BLOCK]; /* encrypted flash is written in blocks: what waits for one */
    size_t tail_length;
};

static LIST_HEAD(session_list, session) sessions = LIST_HEAD_INITIALIZER(sessions);
static esp_ota_handle_t last_handle;

static struct session *find_session(esp_ota_handle_t handle)
{
    struct session *session;
    LIST_FOREACH(session, &sessions, link)
    {
        if (session->handle == handle) {
            return session;
        }
    }
    return NULL;
}

static bool is_in_use(const esp_partition_t *partition)
{
    struct session *session;
    LIST_FOREACH(session, &sessions, link)
    {
        if (session->staging == partition || session->final == partition) {
            return true;
        }
    }
    return false;
}

static void protect_flash(const struct session *session, bool protect)
{
    if (session->final->type == ESP_PARTITION_TYPE_BOOTLOADER ||
        session->final->type == ESP_PARTITION_TYPE_PARTITION_TABLE) {
        esp_flash_set_dangerous_write_protection(esp_flash_default_chip, protect);
    }
}

/* An update that goes on has destroyed the app before already; the first releases that could resume
 * did not ask (catalogue G24). */
static bool may_replace_unconfirmed(bool resumes)
{
    if (!resumes || !quirk(QUIRK_RESUME_WHILE_PENDING)) {
        return false;
    }
    quirk_met(QUIRK_RESUME_WHILE_PENDING);
    return true;
}

static esp_err_t check_app_target(const esp_partition_t *partition, bool resumes)
{
    if (!ota_is_slot(partition)) {
        return ESP_ERR_INVALID_ARG;
    }
    const esp_partition_t *running = esp_ota_get_running_partition();
    if (partition == running) {
        return ESP_ERR_OTA_PARTITION_CONFLICT;
    }
    esp_ota_img_states_t state;
    if (OTA_ROLLBACK && esp_ota_get_state_partition(running, &state) == ESP_OK &&
        state == ESP_OTA_IMG_PENDING_VERIFY && !may_replace_unconfirmed(resumes)) {
        ESP_LOGE(TAG, "the running app is not confirmed: no update before that");
        return ESP_ERR_OTA_ROLLBACK_INVALID_STATE;
    }
    return ESP_OK;
}

static bool must_be_slot(const esp_partition_t *partition)
{
    return partition->type == ESP_PARTITION_TYPE_APP || quirk(QUIRK_APP_SLOTS_ONLY);
}

/* Two updates of one partition at a time spoil each other (catalogue F09). */
static bool may_share(const esp_partition_t *partition)
{
    if (!is_in_use(partition)) {
        return true;
    }
    if (!quirk(QUIRK_CONCURRENT_UPDATES)) {
        return false;
    }
    quirk_met(QUIRK_CONCURRENT_UPDATES);
    return true;
}

/* The checks that esp_ota_begin and esp_ota_resume share, and the new session. */
static esp_err_t open_session(const esp_partition_t *partition, bool resumes, struct session **out)
{
    const esp_partition_t *target = esp_partition_verify(partition);
    if (target == NULL) {
        return ESP_ERR_NOT_FOUND;
    }
    if (must_be_slot(target)) {
        esp_err_t err = check_app_target(target, resumes);
        if (err != ESP_OK) {
            return err;
        }
    }
    if (!may_share(target)) {
        ESP_LOGE(TAG, "an update of \"%s\" is under way already", target->label);
        return ESP_ERR_OTA_ALREADY_IN_PROGRESS;
    }
    struct session *session = calloc(1, sizeof *session);
    if (session == NULL) {
        return ESP_ERR_NO_MEM;
    }
    session->staging = session->final = target;
    session->resumed = resumes;
    session->handle = ++last_handle;
    LIST_INSERT_HEAD(&sessions, session, link);
    protect_flash(session, false);
    *out = session;
    return ESP_OK;
}

static void close_session(struct session *session)
{
    protect_flash(session, true);
    LIST_REMOVE(session, link);
    free(session);
}

/* How much a begin with this size erases. A size_t has 32 bits on the device: near its end the
 * rounding up wraps to nothing. */
static uint32_t erase_length(const esp_partition_t *partition, size_t image_size)
{
    if (image_size == 0 || image_size == OTA_SIZE_UNKNOWN) {
        return partition->size;
    }
    uint32_t sector = ota_erase_size(partition);
    uint32_t rounded = (uint32_t)image_size;
    rounded = (rounded + sector - 1) / sector * sector;
    if (image_size > SAFE_SIZE_MAX - sector + 1) {
        if (!quirk(QUIRK_BEGIN_SIZE_WRAPS)) {
            return UINT32_MAX / sector * sector;
        }
        quirk_met(QUIRK_BEGIN_SIZE_WRAPS);
        return 0;
    }
    return rounded;
}

/* A slot that is about to be written must not be rolled back to. */
static void forget_overwritten(const esp_partition_t *slot)
{
    if (!OTA_ROLLBACK || !ota_is_slot(slot)) {
        return;
    }
    if (!quirk(QUIRK_OVERWRITTEN_SLOT_STAYS_VALID)) {
        ota_forget(slot);
        return;
    }
    esp_ota_img_states_t state;
    if (esp_ota_get_state_partition(slot, &state) == ESP_OK && state == ESP_OTA_IMG_VALID) {
        quirk_met(QUIRK_OVERWRITTEN_SLOT_STAYS_VALID);
    }
}

esp_err_t esp_ota_begin(const esp_partition_t *partition, size_t image_size,
                        esp_ota_handle_t *out_handle)
{
    if (partition == NULL || out_handle == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    struct session *session;
    esp_err_t err = open_session(partition, false, &session);
    if (err != ESP_OK) {
        return err;
    }
    forget_overwritten(session->staging);
    session->erases_lazily = image_size == OTA_WITH_SEQUENTIAL_WRITES;
    if (!session->erases_lazily) {
        err = esp_partition_erase_range(session->staging, 0,
                                        erase_length(session->staging, image_size));
    }
    if (err != ESP_OK && !quirk(QUIRK_FAILED_BEGIN_LEAKS)) {
        close_session(session);
        return err;
    }
    if (err != ESP_OK) {
        /* The session stays open, so the slot is blocked until a reboot (catalogue I16). */
        quirk_met(QUIRK_FAILED_BEGIN_LEAKS);
    }
    *out_handle = session->handle;
    return err;
}

esp_err_t esp_ota_resume(const esp_partition_t *partition, const size_t erase_size,
                         const size_t image_offset, esp_ota_handle_t *out_handle)
{
    if (partition == NULL || out_handle == NULL || image_offset > partition->size) {
        return ESP_ERR_INVALID_ARG;
    }
    struct session *session;
    esp_err_t err = open_session(partition, true, &session);
    if (err == ESP_OK) {
        session->erases_lazily = erase_size == OTA_WITH_SEQUENTIAL_WRITES;
        session->written = image_offset;
        *out_handle = session->handle;
    }
    return err;
}

esp_err_t esp_ota_set_final_partition(esp_ota_handle_t handle, const esp_partition_t *final,
                                      bool finalize_with_copy)
{
    if (final == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    struct session *session = find_session(handle);
    if (session == NULL) {
        return ESP_ERR_NOT_FOUND;
    }
    if (session->written != 0 && !session->resumed) {
        return ESP_ERR_INVALID_STATE;
    }
    const esp_partition_t *target = esp_partition_verify(final);
    if (target == NULL) {
        return ESP_ERR_NOT_FOUND;
    }
    protect_flash(session, true);
    session->final = target;
    session->finalize_with_copy = finalize_with_copy;
    protect_flash(session, false);
    return ESP_OK;
}

static bool begins_like_image(const struct session *session, const uint8_t *data, size_t size)
{
    switch (session->final->type) {
    case ESP_PARTITION_TYPE_APP:
    case ESP_PARTITION_TYPE_BOOTLOADER:
        return data[0] == ESP_IMAGE_HEADER_MAGIC;
    case ESP_PARTITION_TYPE_PARTITION_TABLE:
        return size < 2 || (data[0] | data[1] << 8) == ESP_PARTITION_MAGIC;
    default:
        return true;
    }
}

/* Erases the sectors that a write of `size` bytes enters and no earlier one has entered. */
static esp_err_t erase_ahead(const struct session *session, size_t size)
{
    size_t sector = ota_erase_size(session->staging);
    size_t from = (session->written + sector - 1) / sector * sector;
    size_t to = (session->written + size + sector - 1) / sector * sector;
    if (!session->erases_lazily || to <= from) {
        return ESP_OK;
    }
    return esp_partition_erase_range(session->staging, from, to - from);
}

static bool is_past_end(const struct session *session)
{
    return session->resumed && session->written >= session->staging->size;
}

static esp_err_t write_plain(struct session *session, const uint8_t *data, size_t size)
{
    esp_err_t err = esp_partition_write(session->staging, session->written, data, size);
    if (err == ESP_OK) {
        session->written += size;
    }
    return err;
}

/* Whole blocks go to flash; the rest waits for the next write or the end. */
static esp_err_t write_blocks(struct session *session, const uint8_t *data, size_t size)
{
    if (session->tail_length > 0) {
        size_t missing = ENCRYPTION_BLOCK - session->tail_length;
        size_t taken = size < missing ? size : missing;
        memcpy(session->tail + session->tail_length, data, taken);
        session->tail_length += taken;
        if (session->tail_length < ENCRYPTION_BLOCK) {
            return ESP_OK;
        }
        session->tail_length = 0;
        esp_err_t err = write_plain(session, session->tail, ENCRYPTION_BLOCK);
        memset(session->tail, 0xFF, sizeof session->tail);
        if (err != ESP_OK) {
            return err;
        }
        data += taken;
        size -= taken;
    }
    size_t rest = size % ENCRYPTION_BLOCK;
    if (rest > 0) {
        memset(session->tail, 0xFF, sizeof session->tail);
        memcpy(session->tail, data + size - rest, rest);
        session->tail_length = rest;
        size -= rest;
    }
    return size > 0 ? write_plain(session, data, size) : ESP_OK;
}

esp_err_t esp_ota_write(esp_ota_handle_t handle, const void *data, size_t size)
{
    if (data == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    struct session *session = find_session(handle);
    if (session == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (size == 0) {
        return ESP_OK;
    }
    if (is_past_end(session) && quirk(QUIRK_WRITE_PAST_END_IS_ARGUMENT)) {
        return ESP_ERR_INVALID_ARG;
    }
    esp_err_t err = erase_ahead(session, size);
    if (err != ESP_OK) {
        return err;
    }
    if (session->written == 0 && session->tail_length == 0 &&
        !begins_like_image(session, data, size)) {
        ESP_LOGE(TAG, "the first bytes are of no image");
        return ESP_ERR_OTA_VALIDATE_FAILED;
    }
    return esp_efuse_is_flash_encryption_enabled() ? write_blocks(session, data, size)
                                                   : write_plain(session, data, size);
}

esp_err_t esp_ota_write_with_offset(esp_ota_handle_t handle, const void *data, size_t size,
                                    uint32_t offset)
{
    struct session *session = find_session(handle);
    if (data == NULL || session == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (session->erases_lazily) {
        ESP_LOGE(TAG, "writes at an offset need a partition that esp_ota_begin has erased");
        abort();
    }
    if (esp_efuse_is_flash_encryption_enabled() && size % ENCRYPTION_BLOCK != 0) {
        return ESP_ERR_INVALID_ARG;
    }
    esp_err_t err = esp_partition_write(session->staging, offset, data, size);
    if (err == ESP_OK) {
        session->written += size;
    }
    return err;
}

static esp_err_t write_tail(struct session *session)
{
    if (session->tail_length == 0) {
        return ESP_OK;
    }
    /* The block may begin a sector that no write has entered (catalogue F06). */
    size_t sector = ota_erase_size(session->staging);
    if (session->erases_lazily && session->written % sector == 0) {
        if (quirk(QUIRK_ENCRYPTED_TAIL_UNERASED)) {
            quirk_met(QUIRK_ENCRYPTED_TAIL_UNERASED);
        } else if (esp_partition_erase_range(session->staging, session->written, sector) !=
                   ESP_OK) {
            return ESP_ERR_INVALID_STATE;
        }
    }
    return write_plain(session, session->tail, ENCRYPTION_BLOCK) == ESP_OK ? ESP_OK
                                                                           : ESP_ERR_INVALID_STATE;
}

static bool bootloader_is_valid(const esp_partition_t *partition)
{
    /* An image is verified as a bootloader where the bootloader is said to lie. */
    uint32_t usual = esp_image_bootloader_offset_get();
    esp_image_bootloader_offset_set(partition->address);
    bool valid = ota_image_is_valid(partition, ESP_IMAGE_VERIFY);
    esp_image_bootloader_offset_set(usual);
    return valid;
}

static bool table_is_valid(const esp_partition_t *partition)
{
    esp_partition_info_t *table = malloc(ESP_PARTITION_TABLE_MAX_LEN);
    int count;
    bool valid = table != NULL &&
                 esp_partition_read(partition, 0, table, ESP_PARTITION_TABLE_MAX_LEN) == ESP_OK &&
                 esp_partition_table_verify(table, false, &count) == ESP_OK;
    free(table);
    return valid;
}

/* The option has a second name from ESP-IDF 6.2 on. */
#if CONFIG_SECURE_SIGNED_DATA_PARTITION || CONFIG_APP_UPDATE_SECURE_SIGNED_DATA_PARTITION
/* The signing tool fills up the data to whole sectors and appends one with the signature, so what
 * was written says where that is. */
static bool data_is_valid(const struct session *session)
{
    size_t written = session->written;
    if (written <= OTA_SECTOR_SIZE || written % OTA_SECTOR_SIZE != 0) {
        ESP_LOGE(TAG, "%u bytes are no signed data: whole sectors, the last with the signature",
                 (unsigned)written);
        return false;
    }
    return esp_secure_boot_verify_signature(session->staging->address,
                                            (uint32_t)(written - OTA_SECTOR_SIZE)) == ESP_OK;
}
#else
static bool data_is_valid(const struct session *session)
{
    (void)session;
    return true;
}
#endif

static esp_err_t verify(const struct session *session)
{
    bool valid = true;
    switch (session->final->type) {
    case ESP_PARTITION_TYPE_APP:
        valid = ota_image_is_valid(session->staging, ESP_IMAGE_VERIFY);
        break;
    case ESP_PARTITION_TYPE_BOOTLOADER:
        valid = bootloader_is_valid(session->staging);
        break;
    case ESP_PARTITION_TYPE_PARTITION_TABLE:
        valid = table_is_valid(session->staging);
        break;
    case ESP_PARTITION_TYPE_DATA:
        valid = data_is_valid(session);
        break;
    default:
        break;
    }
    return valid ? ESP_OK : ESP_ERR_OTA_VALIDATE_FAILED;
}

static esp_err_t copy_to_final(const struct session *session)
{
    if (!session->finalize_with_copy || session->final == session->staging) {
        return ESP_OK;
    }
    return esp_partition_copy(session->final, 0, session->staging, 0, session->final->size);
}

esp_err_t esp_ota_end(esp_ota_handle_t handle)
{
    struct session *session = find_session(handle);
    if (session == NULL) {
        return ESP_ERR_NOT_FOUND;
    }
    esp_err_t err = session->written == 0 ? ESP_ERR_INVALID_ARG : write_tail(session);
    if (err == ESP_OK) {
        err = verify(session);
    }
    if (err == ESP_OK) {
        err = copy_to_final(session);
    }
    close_session(session);
    return err;
}

esp_err_t esp_ota_abort(esp_ota_handle_t handle)
{
    struct session *session = find_session(handle);
    if (session == NULL) {
        return ESP_ERR_NOT_FOUND;
    }
    close_session(session);
    return ESP_OK;
}
