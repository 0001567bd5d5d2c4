/* Every function of the native API, as a table of pointers. */
#pragma once

#include "esp_ota_ops.h"

#define NATIVE_FUNCTIONS                                                                           \
    NATIVE_FUNCTION(begin)                                                                         \
    NATIVE_FUNCTION(resume)                                                                        \
    NATIVE_FUNCTION(set_final_partition)                                                           \
    NATIVE_FUNCTION(write)                                                                         \
    NATIVE_FUNCTION(write_with_offset)                                                             \
    NATIVE_FUNCTION(end)                                                                           \
    NATIVE_FUNCTION(abort)                                                                         \
    NATIVE_FUNCTION(set_boot_partition)                                                            \
    NATIVE_FUNCTION(set_boot_partition_skip_validate)                                              \
    NATIVE_FUNCTION(get_boot_partition)                                                            \
    NATIVE_FUNCTION(get_running_partition)                                                         \
    NATIVE_FUNCTION(get_next_update_partition)                                                     \
    NATIVE_FUNCTION(get_partition_description)                                                     \
    NATIVE_FUNCTION(get_bootloader_description)                                                    \
    NATIVE_FUNCTION(get_app_partition_count)                                                       \
    NATIVE_FUNCTION(mark_app_valid_cancel_rollback)                                                \
    NATIVE_FUNCTION(mark_app_invalid_rollback)                                                     \
    NATIVE_FUNCTION(mark_app_invalid_rollback_and_reboot)                                          \
    NATIVE_FUNCTION(get_last_invalid_partition)                                                    \
    NATIVE_FUNCTION(get_state_partition)                                                           \
    NATIVE_FUNCTION(erase_last_boot_app_partition)                                                 \
    NATIVE_FUNCTION(invalidate_inactive_ota_data_slot)                                             \
    NATIVE_FUNCTION(revoke_secure_boot_public_key)                                                 \
    NATIVE_FUNCTION(check_rollback_is_possible)                                                    \
    NATIVE_FUNCTION(check_image_validity)

struct native_api {
#define NATIVE_FUNCTION(name) __typeof__(esp_ota_##name) *name;
    NATIVE_FUNCTIONS
#undef NATIVE_FUNCTION
};
