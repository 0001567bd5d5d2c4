#include "net_watch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net_socket.h"

#define MAX_PAUSES        64
#define MAX_LINE          4096
#define ANSWER_TIMEOUT_MS 20000

struct net_watch {
    int fd;
    struct net_pause pauses[MAX_PAUSES];
    uint8_t followed[(UINT16_MAX + 1) / 8]; /* a bit a port */
    char input[MAX_LINE];
    size_t length;
    bool answered; /* the server has accepted the watch */
};

/* A boot process has one session, so one watch; the harness itself never connects. */
static struct {
    struct net_watch *watch;
    uint16_t control_port;
    int session;
} current;

struct net_watch *net_watch_create(int fd)
{
    struct net_watch *watch = calloc(1, sizeof *watch);
    if (watch != NULL) {
        watch->fd = fd;
    }
    return watch;
}

void net_watch_destroy(struct net_watch *watch)
{
    if (watch != NULL && watch->fd >= 0) {
        close(watch->fd);
    }
    free(watch);
}

int net_watch_fd(const struct net_watch *watch)
{
    return watch->fd;
}

static bool say(const struct net_watch *watch, const char *line)
{
    size_t length = strlen(line);
    while (watch->fd >= 0 && length > 0) {
        ssize_t sent = send(watch->fd, line, length, NET_SEND_FLAGS);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent < 0 && errno == EAGAIN) {
            struct pollfd wait = {.fd = watch->fd, .events = POLLOUT};
            poll(&wait, 1, ANSWER_TIMEOUT_MS);
            continue;
        }
        if (sent <= 0) {
            return false; /* the next receive will see that the server is gone */
        }
        line += sent;
        length -= (size_t)sent;
    }
    return true;
}

static int connect_control(uint16_t port, struct error *err)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0) {
        error_set(err, "server: socket: %s", strerror(errno));
        return -1;
    }
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        error_set(err, "server: control channel: %s", strerror(errno));
        close(fd);
        return -1;
    }
    net_socket_prepare(fd);
    return fd;
}

static bool await_answer(struct net_watch *watch, struct error *err)
{
    while (!watch->answered) {
        struct pollfd wait = {.fd = watch->fd, .events = POLLIN};
        int ready = poll(&wait, 1, ANSWER_TIMEOUT_MS);
        if (ready < 0 && errno == EINTR) {
            continue;
        }
        if (ready <= 0) {
            return error_set(err, "server: no answer to \"watch\" for %d s",
                             ANSWER_TIMEOUT_MS / 1000);
        }
        if (!net_watch_receive(watch, err)) {
            return false;
        }
    }
    return true;
}

struct net_watch *net_watch_open(uint16_t control_port, int session, struct error *err)
{
    if (current.watch != NULL && current.control_port == control_port &&
        current.session == session) {
        return current.watch;
    }
    net_watch_destroy(current.watch);
    current.watch = NULL;
    int fd = connect_control(control_port, err);
    if (fd < 0) {
        return NULL;
    }
    struct net_watch *watch = net_watch_create(fd);
    if (watch == NULL) {
        close(fd);
        error_set(err, "out of memory");
        return NULL;
    }
    char line[64];
    snprintf(line, sizeof line, "{\"cmd\":\"watch\",\"session\":%d}\n", session);
    if (!say(watch, line) || !await_answer(watch, err)) {
        net_watch_destroy(watch);
        return NULL;
    }
    current.watch = watch;
    current.control_port = control_port;
    current.session = session;
    return watch;
}

struct net_pause *net_watch_pause(struct net_watch *watch, uint16_t port)
{
    for (size_t i = 0; i < MAX_PAUSES; i++) {
        if (watch->pauses[i].port == port && port != 0) {
            return &watch->pauses[i];
        }
    }
    return NULL;
}

static bool is_followed(const struct net_watch *watch, uint16_t port)
{
    return (watch->followed[port / 8] >> port % 8 & 1) != 0;
}

void net_watch_follow(struct net_watch *watch, uint16_t port)
{
    watch->followed[port / 8] |= (uint8_t)(1u << port % 8);
}

static void clear_row(struct net_watch *watch, uint16_t port)
{
    struct net_pause *pause = net_watch_pause(watch, port);
    if (pause != NULL) {
        *pause = (struct net_pause){0};
    }
}

void net_watch_forget(struct net_watch *watch, uint16_t port)
{
    clear_row(watch, port);
    watch->followed[port / 8] &= (uint8_t) ~(1u << port % 8);
}

/* What the server says of a connection that was closed before it was read is forgotten when its row
 * is needed. */
static struct net_pause *claim_row(struct net_watch *watch, uint16_t port)
{
    clear_row(watch, port);
    for (size_t i = 0; i < MAX_PAUSES; i++) {
        if (watch->pauses[i].port == 0) {
            return &watch->pauses[i];
        }
    }
    for (size_t i = 0; i < MAX_PAUSES; i++) {
        if (!is_followed(watch, watch->pauses[i].port)) {
            return &watch->pauses[i];
        }
    }
    return NULL;
}

static bool get_number(const json_t *object, const char *name, int64_t low, int64_t high,
                       int64_t *value)
{
    const json_t *member = json_object_get(object, name);
    *value = json_integer_value(member);
    return json_is_integer(member) && *value >= low && *value <= high;
}

/* Longer than any scenario; the product with 1000 cannot overflow. */
#define MAX_PAUSE_MS INT64_C(1000000000000)

static bool note_pause(struct net_watch *watch, const json_t *event, bool idle, struct error *err)
{
    int64_t port, sent, got = 0, ms = -1;
    if (!get_number(event, "port", 1, UINT16_MAX, &port) ||
        !get_number(event, "sent", 0, INT64_MAX, &sent) ||
        (idle ? !get_number(event, "got", 0, INT64_MAX, &got)
              : !get_number(event, "ms", -1, MAX_PAUSE_MS, &ms))) {
        return error_set(err, "server: an announcement lacks a field, or it is out of range");
    }
    struct net_pause *pause = claim_row(watch, (uint16_t)port);
    if (pause == NULL) {
        return error_set(err, "server: more than %d connections pause at once", MAX_PAUSES);
    }
    *pause = (struct net_pause){
        .port = (uint16_t)port,
        .idle = idle,
        .sent = (uint64_t)sent,
        .got = (uint64_t)got,
        .total_us = ms < 0 ? UINT64_MAX : (uint64_t)ms * 1000,
    };
    return true;
}

bool net_watch_announcement(struct net_watch *watch, const char *line, struct error *err)
{
    json_error_t why;
    json_t *message = json_loads(line, 0, &why);
    if (!json_is_object(message)) {
        json_decref(message);
        return error_set(err, "server: an announcement is not a JSON object: %s", why.text);
    }
    const char *event = json_string_value(json_object_get(message, "event"));
    bool ok = true;
    if (event == NULL) {
        ok = json_is_true(json_object_get(message, "ok"));
        if (!ok) {
            const char *reason = json_string_value(json_object_get(message, "error"));
            error_set(err, "server: %s", reason != NULL ? reason : "refused");
        }
        watch->answered = true;
    } else if (strcmp(event, "stall") == 0 || strcmp(event, "idle") == 0) {
        ok = note_pause(watch, message, event[0] == 'i', err);
    }
    json_decref(message);
    return ok;
}

static bool take_lines(struct net_watch *watch, struct error *err)
{
    char *line = watch->input;
    char *newline;
    while ((newline = memchr(line, '\n', watch->length - (size_t)(line - watch->input))) != NULL) {
        *newline = '\0';
        if (!net_watch_announcement(watch, line, err)) {
            return false;
        }
        line = newline + 1;
    }
    watch->length -= (size_t)(line - watch->input);
    memmove(watch->input, line, watch->length);
    return watch->length < sizeof watch->input ||
           error_set(err, "server: an announcement is longer than %d bytes", MAX_LINE);
}

bool net_watch_receive(struct net_watch *watch, struct error *err)
{
    for (;;) {
        ssize_t got =
            recv(watch->fd, watch->input + watch->length, sizeof watch->input - watch->length, 0);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            return true;
        }
        if (got <= 0) {
            return error_set(err, "server: it has ended");
        }
        watch->length += (size_t)got;
        if (!take_lines(watch, err)) {
            return false;
        }
    }
}

bool net_watch_elapsed(struct net_watch *watch, struct net_pause *pause)
{
    bool over = !pause->idle && pause->total_us != UINT64_MAX && pause->spent_us >= pause->total_us;
    uint64_t passed_ms = (over ? pause->total_us : pause->spent_us) / 1000;
    if (!pause->idle && (over || passed_ms > pause->reported_ms)) {
        char line[96];
        snprintf(line, sizeof line, "{\"elapsed\":{\"port\":%" PRIu16 ",\"ms\":%" PRIu64 "}}\n",
                 pause->port, passed_ms - pause->reported_ms);
        say(watch, line);
        pause->reported_ms = passed_ms;
    }
    if (over) {
        *pause = (struct net_pause){0};
    }
    return over;
}
