#include_next <esp_encrypted_img.h>

#ifndef OTASIM_TRACED_ESP_ENCRYPTED_IMG
#define OTASIM_TRACED_ESP_ENCRYPTED_IMG

#include "otasim_traced.h"

#define esp_encrypted_img_decrypt_end(...)                                                         \
    OTASIM_TRACED_ERR(esp_encrypted_img_decrypt_end, __VA_ARGS__)
#define esp_encrypted_img_decrypt_abort(...)                                                       \
    OTASIM_TRACED_ERR(esp_encrypted_img_decrypt_abort, __VA_ARGS__)
#define esp_encrypted_img_is_complete_data_received(...)                                           \
    OTASIM_TRACED_BOOL(esp_encrypted_img_is_complete_data_received, __VA_ARGS__)

#endif
