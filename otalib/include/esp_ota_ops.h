/* The native OTA API, as in ESP-IDF's esp_ota_ops.h. Behaviour: the native OTA page; where the real
 * library departs from its documentation, so does this one, under a name (otasim_quirk.h). What a
 * release lacks is left out when that release is chosen (esp_idf_version.h). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp_app_format.h"
#include "esp_err.h"
#include "esp_flash_partitions.h"
#include "esp_idf_version.h"
#include "esp_image_format.h"
#include "esp_partition.h"
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 2, 0)
#include "esp_bootloader_desc.h"
#endif
#include "soc/soc_caps.h"

#ifdef __cplusplus
extern "C" {
#endif

#define OTA_SIZE_UNKNOWN           0xffffffff /* erase the whole partition at begin */
#define OTA_WITH_SEQUENTIAL_WRITES 0xfffffffe /* erase sector by sector while writing */

#define ESP_ERR_OTA_BASE                   0x1500
#define ESP_ERR_OTA_PARTITION_CONFLICT     (ESP_ERR_OTA_BASE + 0x01)
#define ESP_ERR_OTA_SELECT_INFO_INVALID    (ESP_ERR_OTA_BASE + 0x02)
#define ESP_ERR_OTA_VALIDATE_FAILED        (ESP_ERR_OTA_BASE + 0x03)
#define ESP_ERR_OTA_SMALL_SEC_VER          (ESP_ERR_OTA_BASE + 0x04)
#define ESP_ERR_OTA_ROLLBACK_FAILED        (ESP_ERR_OTA_BASE + 0x05)
#define ESP_ERR_OTA_ROLLBACK_INVALID_STATE (ESP_ERR_OTA_BASE + 0x06)
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(6, 1, 0)
#define ESP_ERR_OTA_ALREADY_IN_PROGRESS (ESP_ERR_OTA_BASE + 0x07)
#define ESP_ERR_OTA_SPI_MODE_MISMATCH   (ESP_ERR_OTA_BASE + 0x08)
#endif

/** An open update. Counts up from 1 and is never used again in the same boot. */
typedef uint32_t esp_ota_handle_t;

/** Opens an update of a partition. image_size 0 or OTA_SIZE_UNKNOWN erases all of it now, a size
 * its sectors, OTA_WITH_SEQUENTIAL_WRITES none yet. ESP_ERR_INVALID_ARG (NULL, or an app partition
 * that is no OTA slot), ESP_ERR_NOT_FOUND (not in the table), ESP_ERR_OTA_PARTITION_CONFLICT
 * (running), ESP_ERR_OTA_ROLLBACK_INVALID_STATE (the running app is not confirmed),
 * ESP_ERR_OTA_ALREADY_IN_PROGRESS, ESP_ERR_NO_MEM, or what the erase returned: then the update
 * stays open. */
esp_err_t esp_ota_begin(const esp_partition_t *partition, size_t image_size,
                        esp_ota_handle_t *out_handle);

#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 3, 3)
/** Opens an update that an earlier boot began: writing goes on at image_offset bytes, and erases
 * only if erase_size is OTA_WITH_SEQUENTIAL_WRITES. Errors as esp_ota_begin; ESP_ERR_INVALID_ARG
 * also for an offset beyond the partition. */
esp_err_t esp_ota_resume(const esp_partition_t *partition, const size_t erase_size,
                         const size_t image_offset, esp_ota_handle_t *out_handle);
#endif

#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 5, 0)
/** The update is for `final`; with finalize_with_copy esp_ota_end copies it there. Before the first
 * write. ESP_ERR_INVALID_ARG, ESP_ERR_NOT_FOUND (handle or partition), ESP_ERR_INVALID_STATE. */
esp_err_t esp_ota_set_final_partition(esp_ota_handle_t handle, const esp_partition_t *final,
                                      bool finalize_with_copy);
#endif

/** Writes the next bytes. ESP_ERR_INVALID_ARG (NULL, unknown handle), ESP_ERR_OTA_VALIDATE_FAILED
 * (the first bytes are of no image), ESP_ERR_INVALID_SIZE (past the partition), flash errors. */
esp_err_t esp_ota_write(esp_ota_handle_t handle, const void *data, size_t size);

/** Writes at an offset of a partition that esp_ota_begin has erased. ESP_ERR_INVALID_ARG also for a
 * size that is no multiple of 16 under flash encryption. */
esp_err_t esp_ota_write_with_offset(esp_ota_handle_t handle, const void *data, size_t size,
                                    uint32_t offset);

/** Verifies what was written, copies it if asked to, and closes the update, whatever comes of it.
 * ESP_ERR_NOT_FOUND, ESP_ERR_INVALID_ARG (nothing written), ESP_ERR_OTA_VALIDATE_FAILED,
 * ESP_ERR_INVALID_STATE (writing the encrypted tail failed). */
esp_err_t esp_ota_end(esp_ota_handle_t handle);

/** Closes the update; flash stays as it is. ESP_ERR_NOT_FOUND. */
esp_err_t esp_ota_abort(esp_ota_handle_t handle);

/** Makes the bootloader choose this partition next time. ESP_ERR_INVALID_ARG,
 * ESP_ERR_OTA_VALIDATE_FAILED, ESP_ERR_NOT_FOUND (no otadata), ESP_ERR_OTA_SMALL_SEC_VER (and the
 * slot is erased), flash errors. */
esp_err_t esp_ota_set_boot_partition(const esp_partition_t *partition);

#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(6, 1, 0)
/** The same without verifying the image. */
esp_err_t esp_ota_set_boot_partition_skip_validate(const esp_partition_t *partition);
#endif

/** The partition that otadata selects: not what boots if that is broken. NULL without otadata. */
const esp_partition_t *esp_ota_get_boot_partition(void);

/** The partition that the running code came from. */
const esp_partition_t *esp_ota_get_running_partition(void);

/** The OTA slot after start_from (NULL: the running one), wrapping; NULL if there is none. */
const esp_partition_t *esp_ota_get_next_update_partition(const esp_partition_t *start_from);

/** ESP_ERR_INVALID_ARG, ESP_ERR_NOT_SUPPORTED (no app partition), ESP_ERR_NOT_FOUND (no
 * descriptor). */
esp_err_t esp_ota_get_partition_description(const esp_partition_t *partition,
                                            esp_app_desc_t *app_desc);

#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 2, 0)
/** bootloader_partition NULL: the primary one. ESP_ERR_INVALID_ARG, ESP_ERR_NOT_FOUND. */
esp_err_t esp_ota_get_bootloader_description(const esp_partition_t *bootloader_partition,
                                             esp_bootloader_desc_t *desc);
#endif

/** How many OTA slots there are without a gap from ota_0. */
uint8_t esp_ota_get_app_partition_count(void);

/** Confirms the app: no rollback from here on. ESP_ERR_NOT_FOUND (no otadata), ESP_FAIL (no entry
 * is active), flash errors. */
esp_err_t esp_ota_mark_app_valid_cancel_rollback(void);

/** Gives the app up: the next boot takes the previous one. ESP_FAIL, ESP_ERR_OTA_ROLLBACK_FAILED
 * (nothing to go back to), flash errors. */
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 5, 0)
esp_err_t esp_ota_mark_app_invalid_rollback(void);
#endif

/** The same, and restarts on success. */
esp_err_t esp_ota_mark_app_invalid_rollback_and_reboot(void);

/** The app that was rolled back from, NULL if there is none or its image does not verify. */
const esp_partition_t *esp_ota_get_last_invalid_partition(void);

/** ESP_ERR_INVALID_ARG, ESP_ERR_NOT_SUPPORTED (no OTA slot), ESP_ERR_NOT_FOUND. */
esp_err_t esp_ota_get_state_partition(const esp_partition_t *partition,
                                      esp_ota_img_states_t *ota_state);

/** Erases the previous app and its otadata entry. ESP_FAIL if there is none. */
esp_err_t esp_ota_erase_last_boot_app_partition(void);

#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 5, 0)
/** Erases the otadata entry of the previous app only. ESP_FAIL if there is none. */
esp_err_t esp_ota_invalidate_inactive_ota_data_slot(void);
#endif

/** Whether esp_ota_mark_app_invalid_rollback would find an app to go back to. */
bool esp_ota_check_rollback_is_possible(void);

#if SOC_SUPPORT_SECURE_BOOT_REVOKE_KEY
typedef enum {
    SECURE_BOOT_PUBLIC_KEY_INDEX_0,
    SECURE_BOOT_PUBLIC_KEY_INDEX_1,
    SECURE_BOOT_PUBLIC_KEY_INDEX_2,
} esp_ota_secure_boot_public_key_index_t;

/** Revokes a key in efuse, for good; for an app that is confirmed and signed with another one.
 * ESP_ERR_INVALID_ARG (no such key), ESP_FAIL (secure boot is off, the key is not there, the app is
 * not confirmed or has no other key to live by). */
esp_err_t esp_ota_revoke_secure_boot_public_key(esp_ota_secure_boot_public_key_index_t index);
#endif

#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(6, 1, 0)
/** Whether an image with this header and descriptor (esp_app_desc_t, may be NULL) suits the device.
 * ESP_ERR_INVALID_ARG, ESP_ERR_INVALID_VERSION (chip), ESP_ERR_OTA_SPI_MODE_MISMATCH. */
esp_err_t esp_ota_check_image_validity(esp_partition_type_t type, const esp_image_header_t *img_hdr,
                                       const esp_app_desc_t *app_desc);
#endif

#if ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(6, 0, 0)
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 0, 0)
#define ESP_OTA_DEPRECATED(instead) __attribute__((deprecated("use " instead)))
#else
#define ESP_OTA_DEPRECATED(instead)
#endif
/** The older names of esp_app_get_description and esp_app_get_elf_sha256. */
ESP_OTA_DEPRECATED("esp_app_get_description")
const esp_app_desc_t *esp_ota_get_app_description(void);
ESP_OTA_DEPRECATED("esp_app_get_elf_sha256")
int esp_ota_get_app_elf_sha256(char *dst, size_t size);
#endif

#ifdef __cplusplus
}
#endif
