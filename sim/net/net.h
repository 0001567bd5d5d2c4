/* The device's network: one connection at a time to a host and port that the firmware names, plain
 * or with TLS, over real sockets but in virtual time.
 *
 * What a read waits for costs the device's clock, never the host's: the scripted server says on a
 * channel of its own when nothing will come for a while (fixtures/server/README.md, "Time").
 * Towards anything else than the scripted server time is real, and the device's clock follows it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp_err.h"
#include "esp_tls_errors.h"
#include "net_env.h"

/** What went wrong last on a connection, or while it was made. All zero: nothing. */
struct net_failure {
    struct esp_tls_last_error tls;
    int sys_errno;
};

/** Ends the boot because of something that must never become a verdict, such as a scripted server
 * that is gone. Must not return. */
typedef void (*net_give_up)(const char *why);

struct net_context {
    const struct net_env *env; /* NULL: no name resolves */
    net_give_up give_up;
};

enum net_tls_version { NET_TLS_ANY, NET_TLS_1_2, NET_TLS_1_3 };

/** How the firmware configured TLS. Pointers stay the caller's and must outlive the connection. A
 * length of 0 stands for a terminated PEM text. */
struct net_tls_config {
    const char *ca; /* certificates that are trusted: PEM (one or several) or DER (one) */
    size_t ca_length;
    bool use_global_ca_store;
    esp_err_t (*bundle_attach)(void *conf);
    const char *client_certificate;
    size_t client_certificate_length;
    const char *client_key;
    size_t client_key_length;
    const char *client_key_password;
    size_t client_key_password_length;
    const char *common_name; /* expected in the certificate; NULL: the host */
    bool skip_common_name;
    const char **alpn; /* ends with NULL; may be NULL */
    enum net_tls_version version;
    bool check_time; /* certificates are valid only between their dates, by the device's clock */
    size_t in_content_length; /* the most plaintext that a received record may have; 0: 16384 */
};

struct net_connection;

/** Sets up what every connection needs, once in a process; those that are forked from it have it
 * too. A connection does so itself where nobody has. */
void net_prepare(void);

/** Connects, and with tls (may be NULL) does the handshake. NULL on failure, with *failure set.
 * timeout_ms bounds each wait for the peer; negative: none. */
struct net_connection *net_connect(const struct net_context *context, const char *host,
                                   uint16_t port, const struct net_tls_config *tls, int timeout_ms,
                                   struct net_failure *failure);

enum {
    NET_CLOSED = 0,   /* the peer closed, cleanly */
    NET_ERROR = -1,   /* see net_failure */
    NET_TIMEOUT = -2, /* timeout_ms passed without a byte */
};

/** Reads what there is, at most size bytes (> 0), waiting for the first of them. Returns how many,
 * or one of the above. From the scripted server it reads on until the buffer is full or the server
 * has said that no more comes for now, so that the result is the same on every host. */
int net_read(struct net_connection *connection, void *buffer, size_t size, int timeout_ms);

/** Calls `reached` when this process has read so many bytes over all its connections (headers and
 * bodies, TLS taken off): a fault can be placed there. It is called once; 0 disarms. */
void net_when_received(uint64_t bytes, void (*reached)(void *context), void *context);

/** Writes all of it: size, NET_TIMEOUT or NET_ERROR. */
int net_write(struct net_connection *connection, const void *data, size_t size, int timeout_ms);

/** Whether the peer has closed already, although not all may have been read. */
bool net_is_dead(struct net_connection *connection);

struct net_failure *net_last_failure(struct net_connection *connection);

/** NULL is fine. */
void net_close(struct net_connection *connection);

/** Replaces the content of the certificate bundle (esp_crt_bundle_attach) by the certificates in a
 * terminated PEM text, whose length counts the terminator, or one DER certificate. false: nothing
 * in it could be read, and the bundle is empty. */
bool net_set_bundle(const unsigned char *certificates, size_t length);
