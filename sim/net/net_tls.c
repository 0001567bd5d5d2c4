#include "net_tls.h"

#include <errno.h>
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>
#include <stdlib.h>
#include <string.h>
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
#include <psa/crypto.h>
#endif

#include "device.h"
#include "net_certificate_time.h"
#include "net_record.h"
#include "net_trust.h"
#include "trace.h"

struct net_tls {
    struct net_socket *socket;
    mbedtls_ssl_context ssl;
    mbedtls_ssl_config config;
    mbedtls_x509_crt ca;
    mbedtls_x509_crt certificate;
    mbedtls_pk_context key;
    mbedtls_ctr_drbg_context random;
    mbedtls_entropy_context entropy;
    struct net_record record;
    int timeout_ms; /* of the read or write under way */
    bool timed_out; /* it was reached */
    bool check_time;
    int broken;     /* mbedTLS code after which nothing more can be read; 0: none */
    char host[256]; /* for the trace */
};

/* A step of the setup that failed, in the device's terms. */
static bool fail(struct net_failure *failure, esp_err_t err, int code)
{
    failure->tls.last_error = err;
    failure->tls.esp_tls_error_code = -code;
    return false;
}

static void trace_outcome(const struct net_tls *tls, const char *what, int code, uint32_t flags)
{
    char text[512] = "ok";
    if (code != 0) {
        mbedtls_strerror(code, text, sizeof text);
    }
    char why[512] = "";
    if (flags != 0 && mbedtls_x509_crt_verify_info(why, sizeof why, "", flags) < 0) {
        why[0] = '\0';
    }
    for (char *newline; (newline = strchr(why, '\n')) != NULL;) {
        *newline = newline[1] == '\0' ? '\0' : ' ';
    }
    trace_record("tls", json_pack("{s:s, s:o, s:i, s:I, s:s, s:s}", "what", what, "host",
                                  trace_text(tls->host, strlen(tls->host)), "code", code, "flags",
                                  (json_int_t)flags, "text", text, "why", why));
}

static size_t current_overhead(const struct net_tls *tls)
{
    const char *version = mbedtls_ssl_get_version(&tls->ssl);
    return net_record_overhead(mbedtls_ssl_get_ciphersuite(&tls->ssl),
                               strcmp(version, "TLSv1.3") == 0);
}

static int receive(void *context, unsigned char *buffer, size_t length)
{
    struct net_tls *tls = context;
    size_t room = net_record_room(&tls->record);
    int got =
        net_socket_read(tls->socket, buffer, length < room ? length : room, tls->timeout_ms, false);
    if (got > 0) {
        int refused = net_record_received(&tls->record, buffer, (size_t)got, current_overhead(tls));
        return refused != 0 ? refused : got;
    }
    if (got == NET_TIMEOUT) {
        tls->timed_out = true;
        return MBEDTLS_ERR_SSL_WANT_READ;
    }
    if (got == NET_CLOSED) {
        return 0;
    }
    return errno == ECONNRESET || errno == EPIPE ? MBEDTLS_ERR_NET_CONN_RESET
                                                 : MBEDTLS_ERR_NET_RECV_FAILED;
}

static int transmit(void *context, const unsigned char *data, size_t length)
{
    struct net_tls *tls = context;
    int sent = net_socket_write(tls->socket, data, length, tls->timeout_ms);
    if (sent == NET_TIMEOUT) {
        tls->timed_out = true;
        return MBEDTLS_ERR_SSL_WANT_WRITE;
    }
    if (sent == NET_ERROR) {
        return errno == ECONNRESET || errno == EPIPE ? MBEDTLS_ERR_NET_CONN_RESET
                                                     : MBEDTLS_ERR_NET_SEND_FAILED;
    }
    return sent;
}

/* mbedTLS has judged the dates by the host's clock, which the device does not have. */
static int judge_dates(void *context, mbedtls_x509_crt *certificate, int depth, uint32_t *flags)
{
    (void)depth;
    const struct net_tls *tls = context;
    *flags &= ~(uint32_t)(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE);
    const struct device *device = device_current();
    if (!tls->check_time || device == NULL) {
        return 0;
    }
    int64_t now = device->epoch_s + (int64_t)(device->now_us / 1000000u);
    if (net_certificate_time(&certificate->valid_from) > now) {
        *flags |= MBEDTLS_X509_BADCERT_FUTURE;
    }
    if (net_certificate_time(&certificate->valid_to) < now) {
        *flags |= MBEDTLS_X509_BADCERT_EXPIRED;
    }
    return 0;
}

/* mbedTLS wants the terminator of a PEM text counted. */
static size_t text_length(const char *data, size_t length)
{
    return length != 0 ? length : strlen(data) + 1;
}

static bool trust_given_ca(struct net_tls *tls, const struct net_tls_config *config,
                           struct net_failure *failure)
{
    int failed = mbedtls_x509_crt_parse(&tls->ca, (const unsigned char *)config->ca,
                                        text_length(config->ca, config->ca_length));
    if (failed < 0) {
        return fail(failure, ESP_ERR_MBEDTLS_X509_CRT_PARSE_FAILED, failed);
    }
    mbedtls_ssl_conf_ca_chain(&tls->config, &tls->ca, NULL);
    return true;
}

/* In the device's order of precedence. No trust at all is an error, not a free pass. */
static bool configure_trust(struct net_tls *tls, const struct net_tls_config *config,
                            struct net_failure *failure)
{
    mbedtls_ssl_conf_authmode(&tls->config, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_verify(&tls->config, judge_dates, tls);
    if (config->bundle_attach != NULL) {
        esp_err_t err = config->bundle_attach(&tls->config);
        return err == ESP_OK || fail(failure, err, 0);
    }
    if (config->use_global_ca_store) {
        mbedtls_x509_crt *store = net_trust_global_store();
        if (store == NULL) {
            return fail(failure, ESP_ERR_INVALID_STATE, 0);
        }
        mbedtls_ssl_conf_ca_chain(&tls->config, store, NULL);
        return true;
    }
    if (config->ca != NULL) {
        return trust_given_ca(tls, config, failure);
    }
    return fail(failure, ESP_ERR_MBEDTLS_SSL_SETUP_FAILED, 0);
}

static int parse_key(struct net_tls *tls, const struct net_tls_config *config)
{
    const unsigned char *key = (const unsigned char *)config->client_key;
    const unsigned char *password = (const unsigned char *)config->client_key_password;
    size_t length = text_length(config->client_key, config->client_key_length);
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
    return mbedtls_pk_parse_key(&tls->key, key, length, password,
                                config->client_key_password_length, mbedtls_ctr_drbg_random,
                                &tls->random);
#else
    return mbedtls_pk_parse_key(&tls->key, key, length, password,
                                config->client_key_password_length);
#endif
}

static bool configure_own_certificate(struct net_tls *tls, const struct net_tls_config *config,
                                      struct net_failure *failure)
{
    if (config->client_certificate == NULL || config->client_key == NULL) {
        return (config->client_certificate == NULL && config->client_key == NULL) ||
               fail(failure, ESP_ERR_INVALID_STATE, 0);
    }
    int failed = mbedtls_x509_crt_parse(
        &tls->certificate, (const unsigned char *)config->client_certificate,
        text_length(config->client_certificate, config->client_certificate_length));
    if (failed < 0) {
        return fail(failure, ESP_ERR_MBEDTLS_X509_CRT_PARSE_FAILED, failed);
    }
    failed = parse_key(tls, config);
    if (failed != 0) {
        return fail(failure, ESP_ERR_MBEDTLS_PK_PARSE_KEY_FAILED, failed);
    }
    failed = mbedtls_ssl_conf_own_cert(&tls->config, &tls->certificate, &tls->key);
    return failed == 0 || fail(failure, ESP_ERR_MBEDTLS_SSL_CONF_OWN_CERT_FAILED, failed);
}

/* The device speaks TLS 1.2 at least. A version that this mbedTLS does not have is passed over, as
 * there. */
static void configure_version(struct net_tls *tls, enum net_tls_version version)
{
#if MBEDTLS_VERSION_NUMBER >= 0x03020000
    mbedtls_ssl_conf_min_tls_version(&tls->config, MBEDTLS_SSL_VERSION_TLS1_2);
    if (version == NET_TLS_1_2) {
        mbedtls_ssl_conf_max_tls_version(&tls->config, MBEDTLS_SSL_VERSION_TLS1_2);
    }
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
    if (version == NET_TLS_1_3) {
        mbedtls_ssl_conf_min_tls_version(&tls->config, MBEDTLS_SSL_VERSION_TLS1_3);
    }
#endif
#else
    (void)version;
    mbedtls_ssl_conf_min_version(&tls->config, MBEDTLS_SSL_MAJOR_VERSION_3,
                                 MBEDTLS_SSL_MINOR_VERSION_3);
#endif
}

static bool seed_random(struct net_tls *tls, struct net_failure *failure)
{
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
    psa_crypto_init();
#endif
    int failed = mbedtls_ctr_drbg_seed(&tls->random, mbedtls_entropy_func, &tls->entropy, NULL, 0);
    return failed == 0 || fail(failure, ESP_ERR_MBEDTLS_CTR_DRBG_SEED_FAILED, failed);
}

static bool configure(struct net_tls *tls, const struct net_tls_config *config,
                      struct net_failure *failure)
{
    if (!seed_random(tls, failure)) {
        return false;
    }
    int failed =
        mbedtls_ssl_config_defaults(&tls->config, MBEDTLS_SSL_IS_CLIENT,
                                    MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
    if (failed != 0) {
        return fail(failure, ESP_ERR_MBEDTLS_SSL_CONFIG_DEFAULTS_FAILED, failed);
    }
    mbedtls_ssl_conf_rng(&tls->config, mbedtls_ctr_drbg_random, &tls->random);
    configure_version(tls, config->version);
    if (config->alpn != NULL) {
        failed = mbedtls_ssl_conf_alpn_protocols(&tls->config, config->alpn);
        if (failed != 0) {
            return fail(failure, ESP_ERR_MBEDTLS_SSL_CONF_ALPN_PROTOCOLS_FAILED, failed);
        }
    }
    return configure_trust(tls, config, failure) && configure_own_certificate(tls, config, failure);
}

static bool prepare(struct net_tls *tls, const struct net_tls_config *config, const char *host,
                    struct net_failure *failure)
{
    if (!configure(tls, config, failure)) {
        return false;
    }
    int failed = mbedtls_ssl_setup(&tls->ssl, &tls->config);
    if (failed != 0) {
        return fail(failure, ESP_ERR_MBEDTLS_SSL_SETUP_FAILED, failed);
    }
    const char *name = config->common_name != NULL ? config->common_name : host;
    failed = mbedtls_ssl_set_hostname(&tls->ssl, config->skip_common_name ? NULL : name);
    if (failed != 0) {
        return fail(failure, ESP_ERR_MBEDTLS_SSL_SET_HOSTNAME_FAILED, failed);
    }
    mbedtls_ssl_set_bio(&tls->ssl, tls, transmit, receive, NULL);
    return true;
}

static bool shake_hands(struct net_tls *tls, int timeout_ms, struct net_failure *failure)
{
    tls->timeout_ms = timeout_ms;
    int code;
    do {
        code = mbedtls_ssl_handshake(&tls->ssl);
    } while ((code == MBEDTLS_ERR_SSL_WANT_READ || code == MBEDTLS_ERR_SSL_WANT_WRITE) &&
             !tls->timed_out);
    uint32_t flags = code != 0 ? mbedtls_ssl_get_verify_result(&tls->ssl) : 0;
    if (flags == UINT32_MAX) { /* it did not come to that */
        flags = 0;
    }
    trace_outcome(tls, "handshake", code, flags);
    if (code == 0) {
        return true;
    }
    failure->tls.esp_tls_flags = (int)flags;
    return fail(failure,
                tls->timed_out ? ESP_ERR_ESP_TLS_SERVER_HANDSHAKE_TIMEOUT
                               : ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED,
                code);
}

static void release(struct net_tls *tls)
{
    mbedtls_ssl_free(&tls->ssl);
    mbedtls_ssl_config_free(&tls->config);
    mbedtls_x509_crt_free(&tls->ca);
    mbedtls_x509_crt_free(&tls->certificate);
    mbedtls_pk_free(&tls->key);
    mbedtls_ctr_drbg_free(&tls->random);
    mbedtls_entropy_free(&tls->entropy);
    free(tls);
}

struct net_tls *net_tls_open(struct net_socket *socket, const struct net_tls_config *config,
                             const char *host, int timeout_ms, struct net_failure *failure)
{
    struct net_tls *tls = calloc(1, sizeof *tls);
    if (tls == NULL) {
        fail(failure, ESP_ERR_NO_MEM, MBEDTLS_ERR_SSL_ALLOC_FAILED);
        return NULL;
    }
    tls->socket = socket;
    tls->check_time = config->check_time;
    tls->record.limit =
        config->in_content_length != 0 ? config->in_content_length : NET_RECORD_DEFAULT_LIMIT;
    strncpy(tls->host, host, sizeof tls->host - 1);
    mbedtls_ssl_init(&tls->ssl);
    mbedtls_ssl_config_init(&tls->config);
    mbedtls_x509_crt_init(&tls->ca);
    mbedtls_x509_crt_init(&tls->certificate);
    mbedtls_pk_init(&tls->key);
    mbedtls_ctr_drbg_init(&tls->random);
    mbedtls_entropy_init(&tls->entropy);
    if (!prepare(tls, config, host, failure)) {
        trace_outcome(tls, "setup", -failure->tls.esp_tls_error_code, 0);
        release(tls);
        return NULL;
    }
    if (!shake_hands(tls, timeout_ms, failure)) {
        release(tls);
        return NULL;
    }
    return tls;
}

static int read_failed(struct net_tls *tls, int code, struct net_failure *failure)
{
    if (tls->broken == 0) {
        trace_outcome(tls, "read", code, 0);
        tls->broken = code;
    }
    fail(failure, ESP_ERR_MBEDTLS_SSL_READ_FAILED, code);
    failure->sys_errno = code == MBEDTLS_ERR_NET_CONN_RESET ? ECONNRESET : ENOTCONN;
    return NET_ERROR;
}

/* Where the cipher pads, a record's plaintext is known only now. */
static bool plaintext_fits(const struct net_tls *tls, size_t got)
{
    return got + mbedtls_ssl_get_bytes_avail(&tls->ssl) <= tls->record.limit;
}

int net_tls_read(struct net_tls *tls, void *buffer, size_t size, int timeout_ms,
                 struct net_failure *failure)
{
    if (tls->broken != 0) {
        return read_failed(tls, tls->broken, failure);
    }
    tls->timeout_ms = timeout_ms;
    tls->timed_out = false;
    for (;;) {
        int got = mbedtls_ssl_read(&tls->ssl, buffer, size);
        if (got > 0) {
            return plaintext_fits(tls, (size_t)got)
                       ? got
                       : read_failed(tls, MBEDTLS_ERR_SSL_INVALID_RECORD, failure);
        }
        switch (got) {
        case MBEDTLS_ERR_SSL_WANT_READ:
        case MBEDTLS_ERR_SSL_WANT_WRITE:
            if (tls->timed_out) {
                return NET_TIMEOUT;
            }
            break;
#ifdef MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET
        case MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET:
            break;
#endif
        case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
            return NET_CLOSED;
        case 0: /* the connection ended without a goodbye: it may have been cut */
            return read_failed(tls, MBEDTLS_ERR_SSL_CONN_EOF, failure);
        default:
            return read_failed(tls, got, failure);
        }
    }
}

int net_tls_write(struct net_tls *tls, const void *data, size_t size, int timeout_ms,
                  struct net_failure *failure)
{
    const unsigned char *at = data;
    size_t left = size;
    tls->timeout_ms = timeout_ms;
    tls->timed_out = false;
    while (left > 0) {
        int sent = mbedtls_ssl_write(&tls->ssl, at, left);
        if (sent > 0) {
            at += sent;
            left -= (size_t)sent;
        } else if (sent == MBEDTLS_ERR_SSL_WANT_READ || sent == MBEDTLS_ERR_SSL_WANT_WRITE) {
            if (tls->timed_out) {
                return NET_TIMEOUT;
            }
        } else {
            fail(failure, ESP_ERR_MBEDTLS_SSL_WRITE_FAILED, sent);
            return NET_ERROR;
        }
    }
    return (int)size;
}

void net_tls_close(struct net_tls *tls)
{
    if (tls != NULL) {
        tls->timeout_ms = 0;
        mbedtls_ssl_close_notify(&tls->ssl);
        release(tls);
    }
}
