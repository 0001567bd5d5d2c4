/* The least that an update over TLS can cost: the device's handshake with the device's TLS library,
 * GET, the body into memory, SHA-256 over it as often as the device does. Prints the seconds that
 * each fetch took, then protocol and cipher suite.
 *
 * usage: bare_client CA_FILE PORT PATH HASHES COUNT        (of https://localhost)
 */
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/md.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
#include <psa/crypto.h>
#endif

enum { HEADER_MAX = 8192, BODY_MAX = 64 << 20 };

struct client {
    const char *port, *path;
    long hashes; /* of each body */
    mbedtls_ssl_config config;
    mbedtls_x509_crt ca;
    mbedtls_ctr_drbg_context random;
    mbedtls_entropy_context entropy;
    char protocol[128];
};

static bool complain(const char *what, int code)
{
    char text[128];
    mbedtls_strerror(code, text, sizeof text);
    fprintf(stderr, "bare_client: %s: %s\n", what, text);
    return false;
}

/* What an update sets up anew each time; the CA is parsed from its text, as there. */
static bool configure(struct client *client, const char *ca, size_t ca_length)
{
    int code =
        mbedtls_ctr_drbg_seed(&client->random, mbedtls_entropy_func, &client->entropy, NULL, 0);
    if (code != 0) {
        return complain("random", code);
    }
    code = mbedtls_x509_crt_parse(&client->ca, (const unsigned char *)ca, ca_length);
    if (code != 0) {
        return complain("CA", code);
    }
    code = mbedtls_ssl_config_defaults(&client->config, MBEDTLS_SSL_IS_CLIENT,
                                       MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
    mbedtls_ssl_conf_rng(&client->config, mbedtls_ctr_drbg_random, &client->random);
    mbedtls_ssl_conf_ca_chain(&client->config, &client->ca, NULL);
    mbedtls_ssl_conf_authmode(&client->config, MBEDTLS_SSL_VERIFY_REQUIRED);
    return code == 0 || complain("configuration", code);
}

static bool shake_hands(struct client *client, mbedtls_ssl_context *ssl)
{
    int code;
    do {
        code = mbedtls_ssl_handshake(ssl);
    } while (code == MBEDTLS_ERR_SSL_WANT_READ || code == MBEDTLS_ERR_SSL_WANT_WRITE);
    if (code != 0) {
        return complain("handshake", code);
    }
    snprintf(client->protocol, sizeof client->protocol, "%s %s", mbedtls_ssl_get_version(ssl),
             mbedtls_ssl_get_ciphersuite(ssl));
    return true;
}

static bool send_request(const struct client *client, mbedtls_ssl_context *ssl)
{
    char request[1024];
    int length = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: localhost:%s\r\n\r\n",
                          client->path, client->port);
    if (length < 0 || (size_t)length >= sizeof request) {
        fputs("bare_client: the path is too long\n", stderr);
        return false;
    }
    int code = mbedtls_ssl_write(ssl, (const unsigned char *)request, (size_t)length);
    return code == length || complain("write", code);
}

static bool receive(mbedtls_ssl_context *ssl, unsigned char *to, size_t size, size_t *got)
{
    int code;
    do {
        code = mbedtls_ssl_read(ssl, to, size);
    } while (code == MBEDTLS_ERR_SSL_WANT_READ || code == MBEDTLS_ERR_SSL_WANT_WRITE);
    *got = code > 0 ? (size_t)code : 0;
    return code > 0 || complain("read", code);
}

/* Reads up to the end of the header; what has come of the body stays behind it. */
static bool read_header(mbedtls_ssl_context *ssl, char header[HEADER_MAX + 1], size_t *length,
                        char **end)
{
    *length = 0;
    while (*length < HEADER_MAX) {
        size_t got;
        if (!receive(ssl, (unsigned char *)header + *length, HEADER_MAX - *length, &got)) {
            return false;
        }
        *length += got;
        header[*length] = '\0';
        *end = strstr(header, "\r\n\r\n");
        if (*end != NULL) {
            *end += 4;
            return true;
        }
    }
    fputs("bare_client: the header does not end\n", stderr);
    return false;
}

static bool hash(const unsigned char *body, size_t size, long times)
{
    const mbedtls_md_info_t *sha256 = mbedtls_md_info_from_type(MBEDTLS_MD_SHA256);
    unsigned char first[32], other[32];
    bool ok = mbedtls_md(sha256, body, size, first) == 0;
    for (long i = 1; ok && i < times; i++) {
        ok = mbedtls_md(sha256, body, size, other) == 0 && memcmp(first, other, sizeof first) == 0;
    }
    return ok;
}

static bool read_body(mbedtls_ssl_context *ssl, long hashes)
{
    char header[HEADER_MAX + 1];
    char *rest;
    size_t length;
    if (!read_header(ssl, header, &length, &rest)) {
        return false;
    }
    const char *field = strstr(header, "Content-Length: ");
    unsigned long size = field != NULL ? strtoul(field + strlen("Content-Length: "), NULL, 10) : 0;
    size_t done = (size_t)(header + length - rest);
    if (strncmp(header, "HTTP/1.1 200 ", 13) != 0 || size == 0 || size > BODY_MAX || done > size) {
        fputs("bare_client: the answer is not 200 with a Content-Length\n", stderr);
        return false;
    }
    unsigned char *body = malloc(size);
    bool ok = body != NULL;
    if (ok) {
        memcpy(body, rest, done);
    }
    for (size_t got; ok && done < size; done += got) {
        ok = receive(ssl, body + done, size - done, &got);
    }
    ok = ok && hash(body, size, hashes);
    free(body);
    return ok;
}

static bool converse(struct client *client, mbedtls_net_context *connection)
{
    mbedtls_ssl_context ssl;
    mbedtls_ssl_init(&ssl);
    int code = mbedtls_ssl_setup(&ssl, &client->config);
    if (code == 0) {
        code = mbedtls_ssl_set_hostname(&ssl, "localhost");
    }
    mbedtls_ssl_set_bio(&ssl, connection, mbedtls_net_send, mbedtls_net_recv, NULL);
    bool ok = (code == 0 || complain("setup", code)) && shake_hands(client, &ssl) &&
              send_request(client, &ssl) && read_body(&ssl, client->hashes);
    if (ok) {
        mbedtls_ssl_close_notify(&ssl);
    }
    mbedtls_ssl_free(&ssl);
    return ok;
}

/* Without TCP_NODELAY the handshake's small messages wait for delayed acknowledgements: 40 ms on
 * Linux, which the device's connection does not have either. */
static bool connect_to_server(const struct client *client, mbedtls_net_context *connection)
{
    int code = mbedtls_net_connect(connection, "127.0.0.1", client->port, MBEDTLS_NET_PROTO_TCP);
    if (code != 0) {
        return complain("connect", code);
    }
    int on = 1;
    if (setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) {
        perror("bare_client: TCP_NODELAY");
        return false;
    }
    return true;
}

static bool fetch(struct client *client, const char *ca, size_t ca_length)
{
    mbedtls_net_context connection;
    mbedtls_net_init(&connection);
    mbedtls_ssl_config_init(&client->config);
    mbedtls_x509_crt_init(&client->ca);
    mbedtls_ctr_drbg_init(&client->random);
    mbedtls_entropy_init(&client->entropy);
    bool ok = configure(client, ca, ca_length) && connect_to_server(client, &connection) &&
              converse(client, &connection);
    mbedtls_net_free(&connection);
    mbedtls_ssl_config_free(&client->config);
    mbedtls_x509_crt_free(&client->ca);
    mbedtls_ctr_drbg_free(&client->random);
    mbedtls_entropy_free(&client->entropy);
    return ok;
}

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* With the terminator that mbedTLS wants counted. */
static size_t read_text(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return 0;
    }
    size_t length = fread(text, 1, size - 1, file);
    fclose(file);
    text[length] = '\0';
    return length + 1;
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        fputs("usage: bare_client CA_FILE PORT PATH HASHES COUNT\n", stderr);
        return 2;
    }
    static char ca[65536];
    size_t ca_length = read_text(argv[1], ca, sizeof ca);
    struct client client = {.port = argv[2], .path = argv[3], .hashes = strtol(argv[4], NULL, 10)};
    long count = strtol(argv[5], NULL, 10);
    if (ca_length == 0 || client.hashes < 1 || count < 1) {
        return 2;
    }
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
    psa_crypto_init();
#endif
    for (long i = 0; i < count; i++) {
        double began = now_s();
        if (!fetch(&client, ca, ca_length)) {
            return 1;
        }
        printf("%.6f\n", now_s() - began);
    }
    printf("%s\n", client.protocol);
    return 0;
}
