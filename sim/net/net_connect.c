#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "net.h"
#include "net_socket.h"
#include "net_tls.h"

/* Loopback answers at once; a real server far away gets the firmware's own timeout. */
#define ROUTED_CONNECT_TIMEOUT_MS 20000L

struct net_connection {
    CURL *curl; /* owns the socket */
    struct net_socket socket;
    struct net_tls *tls; /* NULL: plain */
    struct net_failure failure;
};

/* Where to go really. */
struct target {
    char host[256];
    uint16_t port;
    bool routed;
};

static bool find_target(const struct net_env *env, const char *host, uint16_t port,
                        struct target *target)
{
    const struct net_route *route = env != NULL ? net_env_route(env, host, port) : NULL;
    if (route == NULL && (env == NULL || !env->passthrough)) {
        return false;
    }
    int length =
        snprintf(target->host, sizeof target->host, "%s", route != NULL ? "127.0.0.1" : host);
    target->port = route != NULL ? route->real_port : port;
    target->routed = route != NULL;
    return length > 0 && (size_t)length < sizeof target->host;
}

static int prepare_socket(void *context, curl_socket_t fd, curlsocktype purpose)
{
    (void)context;
    (void)purpose;
    net_socket_prepare(fd);
    return CURL_SOCKOPT_OK;
}

static void restrict_to_http(CURL *curl)
{
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
#else
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS, (long)CURLPROTO_HTTP);
#endif
}

static CURLcode dial(CURL *curl, const struct target *target, int timeout_ms)
{
    char url[300];
    bool ipv6 = strchr(target->host, ':') != NULL && target->host[0] != '[';
    snprintf(url, sizeof url, ipv6 ? "http://[%s]:%u/" : "http://%s:%u/", target->host,
             (unsigned)target->port);
    restrict_to_http(curl);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, ""); /* nor one that the environment names */
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_SOCKOPTFUNCTION, prepare_socket);
    long limit = target->routed || timeout_ms <= 0 ? ROUTED_CONNECT_TIMEOUT_MS : (long)timeout_ms;
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, limit);
    return curl_easy_perform(curl);
}

static esp_err_t error_of(CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_URL_MALFORMAT:
        return ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME;
    case CURLE_OPERATION_TIMEDOUT:
        return ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT;
    default:
        return ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST;
    }
}

static bool connect_socket(struct net_connection *connection, const struct target *target,
                           int timeout_ms, struct net_failure *failure)
{
    CURLcode code = dial(connection->curl, target, timeout_ms);
    if (code != CURLE_OK) {
        long os_errno = 0;
        curl_easy_getinfo(connection->curl, CURLINFO_OS_ERRNO, &os_errno);
        failure->tls.last_error = error_of(code);
        failure->sys_errno = (int)os_errno;
        return false;
    }
    curl_socket_t fd = CURL_SOCKET_BAD;
    long port = 0;
    curl_easy_getinfo(connection->curl, CURLINFO_ACTIVESOCKET, &fd);
    curl_easy_getinfo(connection->curl, CURLINFO_LOCAL_PORT, &port);
    if (fd == CURL_SOCKET_BAD) {
        failure->tls.last_error = ESP_ERR_ESP_TLS_CANNOT_CREATE_SOCKET;
        return false;
    }
    net_socket_prepare(fd);
    connection->socket.fd = fd;
    connection->socket.port = (uint16_t)port;
    return true;
}

static bool open_watch(struct net_connection *connection, const struct net_context *context)
{
    struct error err;
    connection->socket.give_up = context->give_up;
    connection->socket.watch =
        net_watch_open(context->env->control_port, context->env->session, &err);
    if (connection->socket.watch == NULL) {
        char why[600];
        snprintf(why, sizeof why, "harness: %s", err.text);
        context->give_up(why);
        return false;
    }
    net_watch_follow(connection->socket.watch, connection->socket.port);
    return true;
}

static bool establish(struct net_connection *connection, const struct net_context *context,
                      const char *host, uint16_t port, const struct net_tls_config *tls,
                      int timeout_ms, struct net_failure *failure)
{
    struct target target;
    if (!find_target(context->env, host, port, &target)) {
        failure->tls.last_error = ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME;
        return false;
    }
    connection->socket.give_up = context->give_up;
    /* The server must know of the watch before there is something to pause. */
    if (target.routed && context->env->control_port != 0 && !open_watch(connection, context)) {
        return false;
    }
    if (!connect_socket(connection, &target, timeout_ms, failure)) {
        return false;
    }
    if (connection->socket.watch != NULL) {
        net_watch_forget(connection->socket.watch, connection->socket.port);
    }
    if (tls != NULL) {
        connection->tls = net_tls_open(&connection->socket, tls, host, timeout_ms, failure);
        return connection->tls != NULL;
    }
    return true;
}

void net_prepare(void)
{
    static bool done;
    if (!done) {
        /* Without this, libcurl would set up a TLS library that nobody needs. */
        curl_global_init(CURL_GLOBAL_NOTHING);
        done = true;
    }
}

struct net_connection *net_connect(const struct net_context *context, const char *host,
                                   uint16_t port, const struct net_tls_config *tls, int timeout_ms,
                                   struct net_failure *failure)
{
    *failure = (struct net_failure){0};
    net_prepare();
    struct net_connection *connection = calloc(1, sizeof *connection);
    if (connection != NULL) {
        connection->curl = curl_easy_init();
    }
    if (connection == NULL || connection->curl == NULL) {
        failure->tls.last_error = ESP_ERR_NO_MEM;
        net_close(connection);
        return NULL;
    }
    if (!establish(connection, context, host, port, tls, timeout_ms, failure)) {
        net_close(connection);
        return NULL;
    }
    return connection;
}

static struct {
    uint64_t left; /* bytes; 0: disarmed */
    void (*reached)(void *context);
    void *context;
} fault;

void net_when_received(uint64_t bytes, void (*reached)(void *context), void *context)
{
    fault.left = bytes;
    fault.reached = reached;
    fault.context = context;
}

static void count_received(int got)
{
    if (got <= 0 || fault.left == 0) {
        return;
    }
    fault.left = (uint64_t)got < fault.left ? fault.left - (uint64_t)got : 0;
    if (fault.left == 0) {
        fault.reached(fault.context);
    }
}

static int read_some(struct net_connection *connection, void *buffer, size_t size, int timeout_ms)
{
    if (connection->tls != NULL) {
        return net_tls_read(connection->tls, buffer, size, timeout_ms, &connection->failure);
    }
    int got = net_socket_read(&connection->socket, buffer, size, timeout_ms, true);
    if (got == NET_ERROR) {
        connection->failure.sys_errno = errno;
    } else if (got == NET_CLOSED) {
        connection->failure.tls.last_error = ESP_ERR_ESP_TLS_TCP_CLOSED_FIN;
        connection->failure.sys_errno = ENOTCONN;
    }
    return got;
}

int net_read(struct net_connection *connection, void *buffer, size_t size, int timeout_ms)
{
    struct device *device = device_current();
    if (device != NULL) {
        device_wait_us(device, 0); /* a network has a delay, in which other tasks run */
    }
    int got = read_some(connection, buffer, size, timeout_ms);
    count_received(got);
    return got;
}

int net_write(struct net_connection *connection, const void *data, size_t size, int timeout_ms)
{
    if (connection->tls != NULL) {
        return net_tls_write(connection->tls, data, size, timeout_ms, &connection->failure);
    }
    int sent = net_socket_write(&connection->socket, data, size, timeout_ms);
    if (sent == NET_ERROR) {
        connection->failure.sys_errno = errno;
    }
    return sent;
}

bool net_is_dead(struct net_connection *connection)
{
    return net_socket_is_dead(&connection->socket);
}

struct net_failure *net_last_failure(struct net_connection *connection)
{
    return &connection->failure;
}

void net_close(struct net_connection *connection)
{
    if (connection == NULL) {
        return;
    }
    net_tls_close(connection->tls);
    if (connection->curl != NULL) {
        curl_easy_cleanup(connection->curl);
    }
    free(connection);
}
