/* The bundle of well-known CA certificates, as in ESP-IDF's esp_crt_bundle.h. Which certificates
 * it holds is up to the simulation: a PEM file that the environment names, none by default. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "esp_err.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Lets a TLS configuration (mbedtls_ssl_config) trust the bundle. For crt_bundle_attach. ESP_FAIL
 * without a configuration or with an empty bundle. */
esp_err_t esp_crt_bundle_attach(void *conf);

/** Takes the bundle out of a configuration again. NULL: frees what the bundle holds. */
void esp_crt_bundle_detach(void *conf);

/** Replaces the bundle's content. The device wants its own binary form here, the simulator one or
 * several certificates in PEM or DER; ESP_ERR_INVALID_ARG for anything else. */
esp_err_t esp_crt_bundle_set(const uint8_t *x509_bundle, size_t bundle_size);

#ifdef __cplusplus
}
#endif
