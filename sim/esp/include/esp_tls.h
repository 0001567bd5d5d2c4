/* What applications use of ESP-IDF's esp_tls.h: the last error of a connection, and the CA
 * certificates that all connections may share. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp_err.h"
#include "esp_tls_errors.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    ESP_TLS_VER_ANY = 0,
    ESP_TLS_VER_TLS_1_2,
    ESP_TLS_VER_TLS_1_3,
    ESP_TLS_VER_TLS_MAX,
} esp_tls_proto_ver_t;

/** The last error behind a handle (the data of HTTP_EVENT_ERROR and HTTP_EVENT_DISCONNECTED), which
 * is then forgotten. Code and flags are written where asked for. ESP_ERR_INVALID_STATE for NULL. */
esp_err_t esp_tls_get_and_clear_last_error(esp_tls_error_handle_t h, int *esp_tls_code,
                                           int *esp_tls_flags);

/** Takes the last error of one kind out of a handle. ESP_ERR_INVALID_ARG for NULL or a kind that
 * is not there, ESP_ERR_NOT_FOUND for MAX. */
esp_err_t esp_tls_get_and_clear_error_type(esp_tls_error_handle_t h, esp_tls_error_type_t type,
                                           int *error_code);

/** An empty store. Need not be called: setting makes one. */
esp_err_t esp_tls_init_global_ca_store(void);

/** Adds the certificates in a terminated PEM text (its length counts the terminator) to the store
 * for use_global_ca_store. ESP_ERR_MBEDTLS_CERT_PARTLY_OK when only some could be read. */
esp_err_t esp_tls_set_global_ca_store(const unsigned char *cacert_pem_buf,
                                      const unsigned int cacert_pem_bytes);

void esp_tls_free_global_ca_store(void);

#ifdef __cplusplus
}
#endif
