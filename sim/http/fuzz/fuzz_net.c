#include "fuzz_net.h"

#include <errno.h>
#include <stdlib.h>

#include "net.h"

#define EVENT_MARK 0xFF

struct net_connection {
    struct net_failure failure;
    bool closed;
};

static struct {
    const uint8_t *bytes;
    size_t length;
    const uint8_t *sizes;
    unsigned turn;
} input;

void fuzz_net_set_input(const uint8_t *bytes, size_t length, const uint8_t sizes[2])
{
    input.bytes = bytes;
    input.length = length;
    input.sizes = sizes;
    input.turn = 0;
}

struct net_connection *net_connect(const struct net_context *context, const char *host,
                                   uint16_t port, const struct net_tls_config *tls, int timeout_ms,
                                   struct net_failure *failure)
{
    (void)context, (void)host, (void)port, (void)tls, (void)timeout_ms;
    *failure = (struct net_failure){0};
    if (input.length == 0) {
        failure->tls.last_error = ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST;
        failure->sys_errno = ECONNREFUSED;
        return NULL;
    }
    return calloc(1, sizeof(struct net_connection));
}

static uint8_t take_byte(void)
{
    input.length--;
    return *input.bytes++;
}

static int break_connection(struct net_connection *connection)
{
    connection->failure.sys_errno = ECONNRESET;
    connection->closed = true;
    return NET_ERROR;
}

/* What the mark at the front of the input does to a read that has no byte yet. */
static int take_event(struct net_connection *connection)
{
    take_byte();
    switch (take_byte()) {
    case 'c':
        connection->closed = true;
        return NET_CLOSED;
    case 'e':
        return break_connection(connection);
    default:
        return NET_TIMEOUT;
    }
}

static bool event_is_next(void)
{
    if (input.length < 2 || input.bytes[0] != EVENT_MARK) {
        return false;
    }
    uint8_t event = input.bytes[1];
    return event == 'c' || event == 'e' || event == 't';
}

int net_read(struct net_connection *connection, void *buffer, size_t size, int timeout_ms)
{
    (void)timeout_ms;
    if (connection->closed || input.length == 0) {
        connection->closed = true;
        return NET_CLOSED;
    }
    if (event_is_next()) {
        return take_event(connection);
    }
    size_t piece = input.sizes[input.turn++ % 2];
    size_t most = piece != 0 && piece < size ? piece : size;
    size_t count = 0;
    uint8_t *bytes = buffer;
    while (count < most && input.length > 0 && !event_is_next()) {
        uint8_t byte = take_byte();
        bytes[count++] = byte == EVENT_MARK && input.length > 0 ? take_byte() : byte;
    }
    return (int)count;
}

int net_write(struct net_connection *connection, const void *data, size_t size, int timeout_ms)
{
    (void)data, (void)timeout_ms;
    return connection->closed ? break_connection(connection) : (int)size;
}

bool net_is_dead(struct net_connection *connection)
{
    return connection->closed;
}

struct net_failure *net_last_failure(struct net_connection *connection)
{
    return &connection->failure;
}

void net_close(struct net_connection *connection)
{
    free(connection);
}
