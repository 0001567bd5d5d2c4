#include "net_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "device.h"

/* The scripted server answers within microseconds, or says that it does not. Being silent for so
 * long is a fault of the test machinery. */
#define SILENCE_LIMIT_MS 20000

/* Firmware that still waits for a peer after so long, by its own clock, waits for ever. */
#define PATIENCE_US (UINT64_C(3600) * 1000000)

enum arrival { ARRIVED, PAUSED, FAILED };

static uint64_t device_now(void)
{
    const struct device *device = device_current();
    return device != NULL ? device->now_us : 0;
}

static void advance(uint64_t us)
{
    struct device *device = device_current();
    if (device != NULL) {
        device_advance_us(device, us);
    }
}

static uint64_t host_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

void net_socket_prepare(int fd)
{
    int on = 1;
    fcntl(fd, F_SETFD, fcntl(fd, F_GETFD) | FD_CLOEXEC);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
#ifdef SO_NOSIGPIPE
    setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
}

/* The pause in which the server really is, as far as we have followed what it did. */
static struct net_pause *pause_in_force(const struct net_socket *socket)
{
    struct net_pause *pause = net_watch_pause(socket->watch, socket->port);
    if (pause == NULL || pause->sent != socket->received) {
        return NULL;
    }
    return pause->idle && pause->got != socket->sent ? NULL : pause;
}

static enum arrival give_up(struct net_socket *socket, const char *why)
{
    char text[600];
    snprintf(text, sizeof text, "harness: %s", why);
    socket->give_up(text);
    errno = EIO;
    return FAILED;
}

/* Until there is something to read, or the server has said that there is not. Costs no device
 * time. */
static enum arrival await_watched(struct net_socket *socket)
{
    uint64_t limit = host_now_us() + SILENCE_LIMIT_MS * UINT64_C(1000);
    for (;;) {
        struct pollfd waits[] = {
            {.fd = socket->fd, .events = POLLIN},
            {.fd = net_watch_fd(socket->watch), .events = POLLIN},
        };
        int ready = poll(waits, 2, pause_in_force(socket) != NULL ? 0 : 1000);
        if (ready < 0 && errno != EINTR) {
            return FAILED;
        }
        if (ready > 0 && waits[0].revents != 0) {
            return ARRIVED;
        }
        struct error err;
        if (ready > 0 && waits[1].revents != 0 && !net_watch_receive(socket->watch, &err)) {
            return give_up(socket, err.text);
        }
        if (pause_in_force(socket) != NULL) {
            if (ready == 0) {
                return PAUSED;
            }
        } else if (host_now_us() > limit) {
            return give_up(socket, "server silent");
        }
    }
}

/* Waits in the pause: until it is over or the deadline (device time; UINT64_MAX: none), or less if
 * other tasks have been running, for they may have changed what there is to wait for. False when
 * the deadline is reached. */
static bool sit_out(struct net_socket *socket, struct net_pause *pause, uint64_t deadline)
{
    struct device *device = device_current();
    uint64_t now = device_now();
    uint64_t since = socket->quiet_since;
    pause->spent_us += now > since ? now - since : 0;
    socket->quiet_since = now;
    if (net_watch_elapsed(socket->watch, pause)) {
        return true;
    }
    if (now >= deadline || device == NULL) {
        return false;
    }
    bool for_ever = pause->idle || pause->total_us == UINT64_MAX;
    uint64_t rest = for_ever ? UINT64_MAX : pause->total_us - pause->spent_us;
    uint64_t left = deadline == UINT64_MAX ? UINT64_MAX : deadline - now;
    bool waits = !for_ever || pause->spent_us <= PATIENCE_US;
    if (!waits || !device_wait_us(device, rest < left ? rest : left)) {
        socket->give_up("the firmware waits for ever for a peer that sends nothing more");
        return false;
    }
    return true;
}

static uint64_t deadline_of(int timeout_ms)
{
    return timeout_ms < 0 ? UINT64_MAX : device_now() + (uint64_t)timeout_ms * 1000;
}

/* Until there is something to read; 1, NET_TIMEOUT or NET_ERROR. */
static int wait_watched(struct net_socket *socket, int timeout_ms)
{
    uint64_t deadline = deadline_of(timeout_ms);
    for (;;) {
        switch (await_watched(socket)) {
        case ARRIVED:
            return 1;
        case FAILED:
            return NET_ERROR;
        case PAUSED:
            break;
        }
        if (!sit_out(socket, pause_in_force(socket), deadline)) {
            return NET_TIMEOUT;
        }
    }
}

static int wait_really(struct net_socket *socket, short events, int timeout_ms)
{
    uint64_t start = host_now_us();
    struct pollfd wait = {.fd = socket->fd, .events = events};
    int ready;
    do {
        ready = poll(&wait, 1, timeout_ms < 0 ? -1 : timeout_ms);
    } while (ready < 0 && errno == EINTR);
    advance(host_now_us() - start);
    return ready > 0 ? 1 : ready == 0 ? NET_TIMEOUT : NET_ERROR;
}

static int wait_readable(struct net_socket *socket, int timeout_ms)
{
    return socket->watch != NULL ? wait_watched(socket, timeout_ms)
                                 : wait_really(socket, POLLIN, timeout_ms);
}

/* recv without waiting: bytes, 0 for the end, NET_TIMEOUT when nothing is there, NET_ERROR. */
static int receive(struct net_socket *socket, void *buffer, size_t size)
{
    ssize_t got;
    do {
        got = recv(socket->fd, buffer, size < INT_MAX ? size : INT_MAX, 0);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return errno == EAGAIN || errno == EWOULDBLOCK ? NET_TIMEOUT : NET_ERROR;
    }
    if (got > 0) {
        socket->received += (uint64_t)got;
        socket->quiet_since = device_now();
    }
    return (int)got;
}

/* Adds to `have` bytes what still belongs to them. */
static int fill(struct net_socket *socket, char *buffer, size_t have, size_t size)
{
    while (have < size) {
        int got = receive(socket, buffer + have, size - have);
        if (got > 0) {
            have += (size_t)got;
        } else if (got == NET_CLOSED) {
            socket->closed = true;
            break;
        } else if (got == NET_ERROR) {
            socket->pending_errno = errno;
            break;
        } else if (await_watched(socket) != ARRIVED) {
            break;
        }
    }
    return (int)have;
}

int net_socket_read(struct net_socket *socket, void *buffer, size_t size, int timeout_ms,
                    bool whole_segments)
{
    if (socket->pending_errno != 0) {
        errno = socket->pending_errno;
        return NET_ERROR;
    }
    if (socket->closed) {
        return NET_CLOSED;
    }
    for (;;) {
        int got = receive(socket, buffer, size);
        if (got == NET_TIMEOUT) {
            int waited = wait_readable(socket, timeout_ms);
            if (waited != 1) {
                return waited;
            }
            continue;
        }
        if (got == NET_CLOSED) {
            socket->closed = true;
        } else if (got == NET_ERROR) {
            socket->pending_errno = errno;
        } else if (whole_segments && socket->watch != NULL) {
            return fill(socket, buffer, (size_t)got, size);
        }
        return got;
    }
}

int net_socket_write(struct net_socket *socket, const void *data, size_t size, int timeout_ms)
{
    const char *at = data;
    size_t left = size;
    while (left > 0) {
        ssize_t sent = send(socket->fd, at, left, NET_SEND_FLAGS);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            int waited = wait_really(socket, POLLOUT, timeout_ms);
            if (waited != 1) {
                return waited;
            }
            continue;
        }
        if (sent < 0) {
            return NET_ERROR;
        }
        at += sent;
        left -= (size_t)sent;
        socket->sent += (uint64_t)sent;
        socket->quiet_since = device_now();
    }
    return (int)size;
}

bool net_socket_is_dead(struct net_socket *socket)
{
    if (socket->closed || socket->pending_errno != 0) {
        return true;
    }
    if (socket->watch != NULL) {
        return await_watched(socket) != PAUSED;
    }
    struct pollfd wait = {.fd = socket->fd, .events = POLLIN};
    return poll(&wait, 1, 0) != 0;
}
