#include "net_trust.h"

#include <mbedtls/ssl.h>

#include "esp_crt_bundle.h"
#include "esp_tls.h"
#include "net.h"

/* As on the device, both belong to the firmware as a whole. */
static struct {
    mbedtls_x509_crt chain;
    bool used;
} global_store, bundle;

mbedtls_x509_crt *net_trust_global_store(void)
{
    return global_store.used ? &global_store.chain : NULL;
}

esp_err_t esp_tls_init_global_ca_store(void)
{
    if (!global_store.used) {
        mbedtls_x509_crt_init(&global_store.chain);
        global_store.used = true;
    }
    return ESP_OK;
}

void esp_tls_free_global_ca_store(void)
{
    if (global_store.used) {
        mbedtls_x509_crt_free(&global_store.chain);
        global_store.used = false;
    }
}

esp_err_t esp_tls_set_global_ca_store(const unsigned char *cacert_pem_buf,
                                      const unsigned int cacert_pem_bytes)
{
    if (cacert_pem_buf == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    esp_tls_init_global_ca_store();
    int failed = mbedtls_x509_crt_parse(&global_store.chain, cacert_pem_buf, cacert_pem_bytes);
    if (failed < 0) {
        esp_tls_free_global_ca_store();
        return ESP_ERR_MBEDTLS_X509_CRT_PARSE_FAILED;
    }
    return failed > 0 ? ESP_ERR_MBEDTLS_CERT_PARTLY_OK : ESP_OK;
}

static void empty_bundle(void)
{
    if (bundle.used) {
        mbedtls_x509_crt_free(&bundle.chain);
        bundle.used = false;
    }
}

bool net_set_bundle(const unsigned char *certificates, size_t length)
{
    empty_bundle();
    mbedtls_x509_crt_init(&bundle.chain);
    bundle.used = true;
    if (certificates == NULL || mbedtls_x509_crt_parse(&bundle.chain, certificates, length) < 0) {
        empty_bundle();
    }
    return bundle.used;
}

esp_err_t esp_crt_bundle_set(const uint8_t *x509_bundle, size_t bundle_size)
{
    return net_set_bundle(x509_bundle, bundle_size) ? ESP_OK : ESP_ERR_INVALID_ARG;
}

esp_err_t esp_crt_bundle_attach(void *conf)
{
    if (conf == NULL || !bundle.used) {
        return ESP_FAIL;
    }
    mbedtls_ssl_conf_authmode(conf, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_ca_chain(conf, &bundle.chain, NULL);
    return ESP_OK;
}

void esp_crt_bundle_detach(void *conf)
{
    if (conf != NULL) {
        mbedtls_ssl_conf_ca_chain(conf, NULL, NULL);
        return;
    }
    empty_bundle();
}

/* A value of the error, and its slot is emptied. */
static int take(int *value)
{
    int taken = *value;
    *value = 0;
    return taken;
}

esp_err_t esp_tls_get_and_clear_last_error(esp_tls_error_handle_t h, int *esp_tls_code,
                                           int *esp_tls_flags)
{
    if (h == NULL) {
        return ESP_ERR_INVALID_STATE;
    }
    esp_err_t last = take(&h->last_error);
    int code = take(&h->esp_tls_error_code);
    int flags = take(&h->esp_tls_flags);
    if (esp_tls_code != NULL) {
        *esp_tls_code = code;
    }
    if (esp_tls_flags != NULL) {
        *esp_tls_flags = flags;
    }
    return last;
}

esp_err_t esp_tls_get_and_clear_error_type(esp_tls_error_handle_t h, esp_tls_error_type_t type,
                                           int *error_code)
{
    if (h == NULL || error_code == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    switch (type) {
    case ESP_TLS_ERR_TYPE_ESP:
        *error_code = take(&h->last_error);
        return ESP_OK;
    case ESP_TLS_ERR_TYPE_MBEDTLS:
        *error_code = take(&h->esp_tls_error_code);
        return ESP_OK;
    case ESP_TLS_ERR_TYPE_MBEDTLS_CERT_FLAGS:
        *error_code = take(&h->esp_tls_flags);
        return ESP_OK;
    case ESP_TLS_ERR_TYPE_MAX:
        return ESP_ERR_NOT_FOUND;
    default:
        return ESP_ERR_INVALID_ARG;
    }
}
