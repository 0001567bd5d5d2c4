/* A connected socket whose waits are virtual time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "net.h"
#include "net_watch.h"

/* A peer that is gone must be an error, never a SIGPIPE. Where there is no flag for that, the
 * socket has an option (net_socket_prepare). */
#ifdef MSG_NOSIGNAL
#define NET_SEND_FLAGS MSG_NOSIGNAL
#else
#define NET_SEND_FLAGS 0
#endif

struct net_socket {
    int fd;
    struct net_watch *watch; /* NULL: the peer is not the scripted server, and time is real */
    net_give_up give_up;
    uint16_t port;     /* of our end */
    uint64_t received; /* bytes, as on the wire */
    uint64_t sent;
    uint64_t quiet_since; /* device time at which the last byte came or went, us */
    bool closed;          /* the peer's end of stream was read */
    int pending_errno;    /* an error that is to be reported once what came before it is read */
};

/** Non-blocking, no delay, closed on exec, no SIGPIPE. */
void net_socket_prepare(int fd);

/** Reads up to size bytes, waiting for the first. With whole_segments it goes on until the buffer
 * is full or the scripted server pauses. Returns the bytes, NET_CLOSED, NET_TIMEOUT or NET_ERROR
 * with errno set. */
int net_socket_read(struct net_socket *socket, void *buffer, size_t size, int timeout_ms,
                    bool whole_segments);

/** Writes all of it: size, NET_TIMEOUT or NET_ERROR with errno set. */
int net_socket_write(struct net_socket *socket, const void *data, size_t size, int timeout_ms);

/** Whether anything is there to read although nothing was asked for: the end of the stream, most
 * likely. */
bool net_socket_is_dead(struct net_socket *socket);
