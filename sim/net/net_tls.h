/* TLS on a connected socket, by mbedTLS, with the device's rules on certificates and buffers. */
#pragma once

#include "net.h"
#include "net_socket.h"

struct net_tls;

/** Does the handshake on a socket, which stays the caller's. NULL on failure, with *failure set. */
struct net_tls *net_tls_open(struct net_socket *socket, const struct net_tls_config *config,
                             const char *host, int timeout_ms, struct net_failure *failure);

/** As net_read and net_write. */
int net_tls_read(struct net_tls *tls, void *buffer, size_t size, int timeout_ms,
                 struct net_failure *failure);
int net_tls_write(struct net_tls *tls, const void *data, size_t size, int timeout_ms,
                  struct net_failure *failure);

/** Says goodbye to the peer and frees. NULL is fine. */
void net_tls_close(struct net_tls *tls);
