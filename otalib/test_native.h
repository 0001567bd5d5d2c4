/* For tests: the native OTA API of one sdkconfig variant, with statics that were never used before,
 * as a boot finds them: each boot loads the library's module anew. A test calls the API by its own
 * names, and they lead into the module that is loaded. */
#pragma once

#include "test_native_api.h"

/** The functions of the loaded module; NULL while none is. */
extern const struct native_api *native;

/** Unloads what is loaded, and loads "default", "rollback", "anti_rollback" or "signed_data". What
 * goes wrong ends the program: without the library there is nothing to test. */
void native_load(const char *variant);

/** Ends the boot: closes the updates that it left open, and forgets the library. */
void native_unload(void);

#define esp_ota_begin                          native->begin
#define esp_ota_resume                         native->resume
#define esp_ota_set_final_partition            native->set_final_partition
#define esp_ota_write                          native->write
#define esp_ota_write_with_offset              native->write_with_offset
#define esp_ota_end                            native->end
#define esp_ota_abort                          native->abort
#define esp_ota_set_boot_partition             native->set_boot_partition
#define esp_ota_get_boot_partition             native->get_boot_partition
#define esp_ota_get_running_partition          native->get_running_partition
#define esp_ota_get_next_update_partition      native->get_next_update_partition
#define esp_ota_get_partition_description      native->get_partition_description
#define esp_ota_get_bootloader_description     native->get_bootloader_description
#define esp_ota_get_app_partition_count        native->get_app_partition_count
#define esp_ota_mark_app_valid_cancel_rollback native->mark_app_valid_cancel_rollback
#define esp_ota_mark_app_invalid_rollback      native->mark_app_invalid_rollback
#define esp_ota_get_last_invalid_partition     native->get_last_invalid_partition
#define esp_ota_get_state_partition            native->get_state_partition
#define esp_ota_erase_last_boot_app_partition  native->erase_last_boot_app_partition
#define esp_ota_check_rollback_is_possible     native->check_rollback_is_possible
#define esp_ota_check_image_validity           native->check_image_validity

/* These names are too long to be aligned. */
#define esp_ota_set_boot_partition_skip_validate     native->set_boot_partition_skip_validate
#define esp_ota_mark_app_invalid_rollback_and_reboot native->mark_app_invalid_rollback_and_reboot
#define esp_ota_invalidate_inactive_ota_data_slot    native->invalidate_inactive_ota_data_slot
