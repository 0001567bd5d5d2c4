#include_next <esp_ota_ops.h>

#ifndef OTASIM_TRACED_ESP_OTA_OPS
#define OTASIM_TRACED_ESP_OTA_OPS

#include "esp_idf_version.h"
#include "otasim_traced.h"

#define esp_ota_begin(...) OTASIM_TRACED_ERR(esp_ota_begin, __VA_ARGS__)
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 3, 3)
#define esp_ota_resume(...) OTASIM_TRACED_ERR(esp_ota_resume, __VA_ARGS__)
#endif
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 5, 0)
#define esp_ota_set_final_partition(...) OTASIM_TRACED_ERR(esp_ota_set_final_partition, __VA_ARGS__)
#endif
#define esp_ota_write(...)              OTASIM_TRACED_ERR(esp_ota_write, __VA_ARGS__)
#define esp_ota_write_with_offset(...)  OTASIM_TRACED_ERR(esp_ota_write_with_offset, __VA_ARGS__)
#define esp_ota_end(...)                OTASIM_TRACED_ERR(esp_ota_end, __VA_ARGS__)
#define esp_ota_abort(...)              OTASIM_TRACED_ERR(esp_ota_abort, __VA_ARGS__)
#define esp_ota_set_boot_partition(...) OTASIM_TRACED_ERR(esp_ota_set_boot_partition, __VA_ARGS__)
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(6, 1, 0)
#define esp_ota_set_boot_partition_skip_validate(...)                                              \
    OTASIM_TRACED_ERR(esp_ota_set_boot_partition_skip_validate, __VA_ARGS__)
#endif
#define esp_ota_get_boot_partition(...)                                                            \
    OTASIM_TRACED_PARTITION(esp_ota_get_boot_partition, __VA_ARGS__)
#define esp_ota_get_running_partition(...)                                                         \
    OTASIM_TRACED_PARTITION(esp_ota_get_running_partition, __VA_ARGS__)
#define esp_ota_get_next_update_partition(...)                                                     \
    OTASIM_TRACED_PARTITION(esp_ota_get_next_update_partition, __VA_ARGS__)
#define esp_ota_get_last_invalid_partition(...)                                                    \
    OTASIM_TRACED_PARTITION(esp_ota_get_last_invalid_partition, __VA_ARGS__)
#define esp_ota_get_partition_description(...)                                                     \
    OTASIM_TRACED_ERR(esp_ota_get_partition_description, __VA_ARGS__)
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 2, 0)
#define esp_ota_get_bootloader_description(...)                                                    \
    OTASIM_TRACED_ERR(esp_ota_get_bootloader_description, __VA_ARGS__)
#endif
#define esp_ota_get_state_partition(...) OTASIM_TRACED_ERR(esp_ota_get_state_partition, __VA_ARGS__)
#define esp_ota_mark_app_valid_cancel_rollback(...)                                                \
    OTASIM_TRACED_ERR(esp_ota_mark_app_valid_cancel_rollback, __VA_ARGS__)
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 5, 0)
#define esp_ota_mark_app_invalid_rollback(...)                                                     \
    OTASIM_TRACED_ERR(esp_ota_mark_app_invalid_rollback, __VA_ARGS__)
#endif
#define esp_ota_mark_app_invalid_rollback_and_reboot(...)                                          \
    OTASIM_TRACED_ERR(esp_ota_mark_app_invalid_rollback_and_reboot, __VA_ARGS__)
#define esp_ota_erase_last_boot_app_partition(...)                                                 \
    OTASIM_TRACED_ERR(esp_ota_erase_last_boot_app_partition, __VA_ARGS__)
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 5, 0)
#define esp_ota_invalidate_inactive_ota_data_slot(...)                                             \
    OTASIM_TRACED_ERR(esp_ota_invalidate_inactive_ota_data_slot, __VA_ARGS__)
#endif
#define esp_ota_revoke_secure_boot_public_key(...)                                                 \
    OTASIM_TRACED_ERR(esp_ota_revoke_secure_boot_public_key, __VA_ARGS__)
#define esp_ota_check_rollback_is_possible(...)                                                    \
    OTASIM_TRACED_BOOL(esp_ota_check_rollback_is_possible, __VA_ARGS__)
#define esp_ota_get_app_partition_count(...)                                                       \
    OTASIM_TRACED_INT(esp_ota_get_app_partition_count, __VA_ARGS__)

#define OTASIM_TRACED_PARTITION(function, ...)                                                     \
    (otasim_call_enter(#function), otasim_call_partition(#function, (function)(__VA_ARGS__)))

#endif
