/* TLS against a server of a few lines in a thread, with a certificate made on the spot. */
#include <errno.h>
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ciphersuites.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "device.h"
#include "esp_crt_bundle.h"
#include "esp_tls.h"
#include "net.h"
#include "net_socket.h"

#define NAME "localhost"

/* Valid from 2020 to 2030, by whatever clock. */
#define IN_2019 INT64_C(1550000000)
#define IN_2025 INT64_C(1740000000)
#define IN_2031 INT64_C(1930000000)

static mbedtls_entropy_context entropy;
static mbedtls_ctr_drbg_context drbg;
static mbedtls_pk_context key;
static char certificate[4096]; /* PEM, its own CA */
static unsigned char der[2048];
static size_t der_length;
static char other_certificate[4096];

static void make_key(mbedtls_pk_context *pk)
{
    mbedtls_pk_init(pk);
    assert_int_equal(mbedtls_pk_setup(pk, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)), 0);
    assert_int_equal(mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(*pk),
                                         mbedtls_ctr_drbg_random, &drbg),
                     0);
}

static void set_serial(mbedtls_x509write_cert *writer)
{
#if MBEDTLS_VERSION_NUMBER >= 0x03040000
    unsigned char serial[] = {1};
    assert_int_equal(mbedtls_x509write_crt_set_serial_raw(writer, serial, sizeof serial), 0);
#else
    mbedtls_mpi serial;
    mbedtls_mpi_init(&serial);
    mbedtls_mpi_lset(&serial, 1);
    assert_int_equal(mbedtls_x509write_crt_set_serial(writer, &serial), 0);
    mbedtls_mpi_free(&serial);
#endif
}

static void make_certificate(mbedtls_pk_context *pk, char *pem, size_t size)
{
    mbedtls_x509write_cert writer;
    mbedtls_x509write_crt_init(&writer);
    mbedtls_x509write_crt_set_version(&writer, MBEDTLS_X509_CRT_VERSION_3);
    mbedtls_x509write_crt_set_md_alg(&writer, MBEDTLS_MD_SHA256);
    mbedtls_x509write_crt_set_subject_key(&writer, pk);
    mbedtls_x509write_crt_set_issuer_key(&writer, pk);
    set_serial(&writer);
    assert_int_equal(mbedtls_x509write_crt_set_subject_name(&writer, "CN=" NAME), 0);
    assert_int_equal(mbedtls_x509write_crt_set_issuer_name(&writer, "CN=" NAME), 0);
    assert_int_equal(
        mbedtls_x509write_crt_set_validity(&writer, "20200101000000", "20300101000000"), 0);
    assert_int_equal(mbedtls_x509write_crt_set_basic_constraints(&writer, 1, -1), 0);
    assert_int_equal(mbedtls_x509write_crt_pem(&writer, (unsigned char *)pem, size,
                                               mbedtls_ctr_drbg_random, &drbg),
                     0);
    mbedtls_x509write_crt_free(&writer);
}

static int make_certificates(void **state)
{
    (void)state;
    mbedtls_entropy_init(&entropy);
    mbedtls_ctr_drbg_init(&drbg);
    assert_int_equal(mbedtls_ctr_drbg_seed(&drbg, mbedtls_entropy_func, &entropy, NULL, 0), 0);
    make_key(&key);
    make_certificate(&key, certificate, sizeof certificate);
    mbedtls_pk_context other_key;
    make_key(&other_key);
    make_certificate(&other_key, other_certificate, sizeof other_certificate);
    mbedtls_pk_free(&other_key);

    mbedtls_x509_crt parsed;
    mbedtls_x509_crt_init(&parsed);
    assert_int_equal(mbedtls_x509_crt_parse(&parsed, (const unsigned char *)certificate,
                                            strlen(certificate) + 1),
                     0);
    der_length = parsed.raw.len;
    assert_in_range(der_length, 1, sizeof der);
    memcpy(der, parsed.raw.p, der_length);
    mbedtls_x509_crt_free(&parsed);
    return 0;
}

static int free_certificates(void **state)
{
    (void)state;
    mbedtls_pk_free(&key);
    mbedtls_ctr_drbg_free(&drbg);
    mbedtls_entropy_free(&entropy);
    return 0;
}

/* Serves one connection: after the handshake a record of that size, then the end. */
struct server {
    size_t record;
    bool goodbye; /* ends with close_notify */
    int listener;
    struct net_env env;
    pthread_t thread;
};

static int transmit(void *context, const unsigned char *data, size_t length)
{
    ssize_t sent = send(*(int *)context, data, length, NET_SEND_FLAGS);
    return sent >= 0 ? (int)sent : MBEDTLS_ERR_NET_SEND_FAILED;
}

static int receive(void *context, unsigned char *data, size_t length)
{
    ssize_t got = recv(*(int *)context, data, length, 0);
    return got >= 0 ? (int)got : MBEDTLS_ERR_NET_RECV_FAILED;
}

static void converse(const struct server *server, mbedtls_ssl_context *ssl)
{
    static unsigned char data[16384];
    if (mbedtls_ssl_handshake(ssl) != 0) {
        return;
    }
    for (size_t sent = 0; sent < server->record;) {
        int step = mbedtls_ssl_write(ssl, data, server->record - sent);
        if (step <= 0) {
            return;
        }
        sent += (size_t)step;
    }
    if (server->goodbye) {
        mbedtls_ssl_close_notify(ssl);
    }
}

static void *serve(void *argument)
{
    static const int suites[] = {MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, 0};
    const struct server *server = argument;
    int fd = accept(server->listener, NULL, NULL);
    mbedtls_ssl_context ssl;
    mbedtls_ssl_config config;
    mbedtls_x509_crt own;
    mbedtls_entropy_context noise;
    mbedtls_ctr_drbg_context random;
    mbedtls_ssl_init(&ssl);
    mbedtls_ssl_config_init(&config);
    mbedtls_x509_crt_init(&own);
    mbedtls_entropy_init(&noise);
    mbedtls_ctr_drbg_init(&random);
    mbedtls_ctr_drbg_seed(&random, mbedtls_entropy_func, &noise, NULL, 0);
    mbedtls_ssl_config_defaults(&config, MBEDTLS_SSL_IS_SERVER, MBEDTLS_SSL_TRANSPORT_STREAM,
                                MBEDTLS_SSL_PRESET_DEFAULT);
    mbedtls_ssl_conf_rng(&config, mbedtls_ctr_drbg_random, &random);
    mbedtls_ssl_conf_ciphersuites(&config, suites);
    mbedtls_x509_crt_parse(&own, (const unsigned char *)certificate, strlen(certificate) + 1);
    mbedtls_ssl_conf_own_cert(&config, &own, &key);
    mbedtls_ssl_setup(&ssl, &config);
    mbedtls_ssl_set_bio(&ssl, &fd, transmit, receive, NULL);
    converse(server, &ssl);
    /* Read on until the client has had enough: closing with unread data would be a reset. */
    shutdown(fd, SHUT_WR);
    char rest[256];
    while (recv(fd, rest, sizeof rest, 0) > 0) {
    }
    close(fd);
    mbedtls_ssl_free(&ssl);
    mbedtls_ssl_config_free(&config);
    mbedtls_x509_crt_free(&own);
    mbedtls_ctr_drbg_free(&random);
    mbedtls_entropy_free(&noise);
    return NULL;
}

static void start(struct server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(server->listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(server->listener, 1), 0);
    assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &size), 0);
    server->env = (struct net_env){
        .count = 1,
        .routes = {{.host = "*", .port = 443, .real_port = ntohs(address.sin_port)}},
    };
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void stop(struct server *server)
{
    pthread_join(server->thread, NULL);
    close(server->listener);
}

static void give_up(const char *why)
{
    fail_msg("%s", why);
}

/* The handshake's outcome: 0, or the mbedTLS code, positive as the device has it. */
static int shake_hands(const struct net_tls_config *config, const char *host,
                       struct net_failure *failure)
{
    struct server server = {.goodbye = true};
    start(&server);
    const struct net_context context = {.env = &server.env, .give_up = give_up};
    struct net_connection *connection = net_connect(&context, host, 443, config, 5000, failure);
    bool connected = connection != NULL;
    net_close(connection);
    stop(&server);
    return connected                              ? 0
           : failure->tls.esp_tls_error_code != 0 ? failure->tls.esp_tls_error_code
                                                  : -1;
}

static void accepts_only_what_leads_to_a_given_root(void **state)
{
    (void)state;
    char both[2 * sizeof certificate];
    snprintf(both, sizeof both, "%s%s", other_certificate, certificate);
    const struct {
        struct net_tls_config config;
        int code, flags;
    } cases[] = {
        {{.ca = certificate}, 0, 0},
        {{.ca = certificate, .ca_length = strlen(certificate) + 1}, 0, 0},
        {{.ca = (const char *)der, .ca_length = der_length}, 0, 0},
        {{.ca = both}, 0, 0},
        {{.ca = other_certificate}, 0x2700, MBEDTLS_X509_BADCERT_NOT_TRUSTED},
        {{.ca = certificate, .common_name = "example.com"},
         0x2700,
         MBEDTLS_X509_BADCERT_CN_MISMATCH},
        {{.ca = certificate, .common_name = "example.com", .skip_common_name = true}, 0, 0},
        {{.ca = "garbage"}, 0x2180, 0},
        {{.ca = NULL}, -1, 0},
        {{.use_global_ca_store = true}, -1, 0},
        {{.bundle_attach = esp_crt_bundle_attach}, -1, 0},
        {{.ca = certificate, .client_certificate = certificate}, -1, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct net_failure failure;
        int code = shake_hands(&cases[i].config, NAME, &failure);
        if (code != cases[i].code) {
            fail_msg("case %zu: expected 0x%x, got 0x%x", i, (unsigned)cases[i].code,
                     (unsigned)code);
        }
        assert_int_equal(failure.tls.esp_tls_flags, cases[i].flags);
    }
}

static void shared_stores_are_roots_too(void **state)
{
    (void)state;
    struct net_failure failure;
    const struct net_tls_config store = {.use_global_ca_store = true};
    const unsigned char *pem = (const unsigned char *)certificate;
    unsigned int length = (unsigned int)strlen(certificate) + 1;
    assert_int_equal(esp_tls_set_global_ca_store(pem, length), ESP_OK);
    assert_int_equal(shake_hands(&store, NAME, &failure), 0);
    esp_tls_free_global_ca_store();
    assert_int_not_equal(shake_hands(&store, NAME, &failure), 0);
    assert_int_equal(esp_tls_set_global_ca_store((const unsigned char *)"x", 2),
                     ESP_ERR_MBEDTLS_X509_CRT_PARSE_FAILED);

    const struct net_tls_config bundle = {.bundle_attach = esp_crt_bundle_attach};
    assert_true(net_set_bundle(pem, length));
    assert_int_equal(shake_hands(&bundle, NAME, &failure), 0);
    assert_int_equal(
        esp_crt_bundle_set((const uint8_t *)other_certificate, strlen(other_certificate) + 1),
        ESP_OK);
    assert_int_equal(shake_hands(&bundle, NAME, &failure), 0x2700);
    assert_int_equal(esp_crt_bundle_set((const uint8_t *)"x", 2), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_crt_bundle_attach(NULL), ESP_FAIL);
    esp_crt_bundle_detach(NULL);
}

static void dates_are_judged_by_the_devices_clock(void **state)
{
    (void)state;
    static const struct {
        bool check;
        int64_t epoch;
        int flags;
    } cases[] = {
        {false, 0, 0},
        {false, IN_2031, 0},
        {true, IN_2025, 0},
        {true, 0, MBEDTLS_X509_BADCERT_FUTURE},
        {true, IN_2019, MBEDTLS_X509_BADCERT_FUTURE},
        {true, IN_2031, MBEDTLS_X509_BADCERT_EXPIRED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct device *device = device_create(&(struct device_config){.epoch_s = cases[i].epoch});
        device_set_current(device);
        struct net_failure failure;
        const struct net_tls_config config = {.ca = certificate, .check_time = cases[i].check};
        assert_int_equal(shake_hands(&config, NAME, &failure), cases[i].flags != 0 ? 0x2700 : 0);
        assert_int_equal(failure.tls.esp_tls_flags, cases[i].flags);
        device_set_current(NULL);
        device_destroy(device);
    }
}

/* Reads to the end: how many bytes came, and what ended them. */
static size_t read_all(struct net_connection *connection, int *end)
{
    static char data[1000];
    size_t total = 0;
    while ((*end = net_read(connection, data, sizeof data, 5000)) > 0) {
        total += (size_t)*end;
    }
    return total;
}

static void large_records_do_not_fit_a_small_receive_buffer(void **state)
{
    (void)state;
    static const struct {
        size_t record;
        int code; /* positive; 0: fits */
    } cases[] = {
        {4096, 0}, {4097, 0x7200}, {4096 + 296, 0x7200}, {4096 + 297, 0x7100}, {16384, 0x7100}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct server server = {.record = cases[i].record, .goodbye = true};
        start(&server);
        const struct net_context context = {.env = &server.env, .give_up = give_up};
        const struct net_tls_config config = {.ca = certificate, .in_content_length = 4096};
        struct net_failure failure;
        struct net_connection *connection =
            net_connect(&context, NAME, 443, &config, 5000, &failure);
        assert_non_null(connection);
        int end;
        size_t total = read_all(connection, &end);
        assert_int_equal(total, cases[i].code == 0 ? cases[i].record : 0);
        assert_int_equal(end, cases[i].code == 0 ? NET_CLOSED : NET_ERROR);
        assert_int_equal(net_last_failure(connection)->tls.esp_tls_error_code, cases[i].code);
        net_close(connection);
        stop(&server);
    }
}

static void an_end_without_goodbye_is_an_error(void **state)
{
    (void)state;
    for (int goodbye = 0; goodbye <= 1; goodbye++) {
        struct server server = {.record = 100, .goodbye = goodbye != 0};
        start(&server);
        const struct net_context context = {.env = &server.env, .give_up = give_up};
        const struct net_tls_config config = {.ca = certificate};
        struct net_failure failure;
        struct net_connection *connection =
            net_connect(&context, NAME, 443, &config, 5000, &failure);
        assert_non_null(connection);
        int end;
        assert_int_equal(read_all(connection, &end), 100);
        assert_int_equal(end, goodbye ? NET_CLOSED : NET_ERROR);
        net_close(connection);
        stop(&server);
    }
}

static void note(void *context)
{
    ++*(int *)context;
}

static void a_fault_fires_once_at_its_byte(void **state)
{
    (void)state;
    struct server server = {.record = 3000, .goodbye = true};
    start(&server);
    const struct net_context context = {.env = &server.env, .give_up = give_up};
    const struct net_tls_config config = {.ca = certificate};
    struct net_failure failure;
    struct net_connection *connection = net_connect(&context, NAME, 443, &config, 5000, &failure);
    assert_non_null(connection);
    int fired = 0;
    net_when_received(1001, note, &fired);
    char data[1000];
    for (int read = 1; read <= 3; read++) {
        assert_int_equal(net_read(connection, data, sizeof data, 5000), sizeof data);
        assert_int_equal(fired, read > 1);
    }
    net_when_received(0, NULL, NULL);
    net_close(connection);
    stop(&server);
}

static void errors_are_taken_once(void **state)
{
    (void)state;
    struct esp_tls_last_error error = {
        .last_error = ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED,
        .esp_tls_error_code = 0x2700,
        .esp_tls_flags = 8,
    };
    int code, flags;
    assert_int_equal(esp_tls_get_and_clear_last_error(&error, &code, &flags), 0x801A);
    assert_int_equal(code, 0x2700);
    assert_int_equal(flags, 8);
    assert_int_equal(esp_tls_get_and_clear_last_error(&error, &code, NULL), ESP_OK);
    assert_int_equal(code, 0);
    assert_int_equal(esp_tls_get_and_clear_last_error(NULL, &code, &flags), ESP_ERR_INVALID_STATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_only_what_leads_to_a_given_root),
        cmocka_unit_test(shared_stores_are_roots_too),
        cmocka_unit_test(dates_are_judged_by_the_devices_clock),
        cmocka_unit_test(large_records_do_not_fit_a_small_receive_buffer),
        cmocka_unit_test(an_end_without_goodbye_is_an_error),
        cmocka_unit_test(a_fault_fires_once_at_its_byte),
        cmocka_unit_test(errors_are_taken_once),
    };
    return cmocka_run_group_tests(tests, make_certificates, free_certificates) != 0;
}
