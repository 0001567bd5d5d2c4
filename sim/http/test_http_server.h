/* A server of a few lines, which answers in order and keeps what it was sent; for tests that
 * include it after cmocka. */
#pragma once

#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "boot.h"
#include "net_socket.h"

#define MAX_EXCHANGES 40

/* Answers requests in order, over as many connections as the client makes. */
struct server {
    int listener;
    const char *const *responses;
    size_t count;
    char requests[MAX_EXCHANGES][2048];
    size_t seen; /* requests */
    int connections;
    pthread_t thread;
};

static struct server server;
static struct net_env env;
static struct boot boot;

/* Until the empty line, and as much body as Content-Length says. */
static bool receive_request(int fd, char *request, size_t size)
{
    size_t length = 0;
    while (length + 1 < size) {
        ssize_t got = recv(fd, request + length, 1, 0);
        if (got <= 0) {
            return false;
        }
        request[++length] = '\0';
        const char *end = strstr(request, "\r\n\r\n");
        if (end == NULL) {
            continue;
        }
        const char *header = strstr(request, "Content-Length: ");
        size_t body = header != NULL ? strtoul(header + 16, NULL, 10) : 0;
        if (strlen(end + 4) >= body) {
            return true;
        }
    }
    return false;
}

static void serve_connection(int fd)
{
    while (server.seen < server.count &&
           receive_request(fd, server.requests[server.seen], sizeof server.requests[0])) {
        const char *response = server.responses[server.seen++];
        send(fd, response, strlen(response), NET_SEND_FLAGS);
        if (strstr(response, "Connection: close") != NULL) {
            return;
        }
    }
}

static void *serve(void *unused)
{
    (void)unused;
    for (;;) {
        int fd = accept(server.listener, NULL, NULL);
        if (fd < 0) {
            return NULL;
        }
        server.connections++;
        serve_connection(fd);
        close(fd);
    }
}

static void start_server(const char *const *responses, size_t count)
{
    memset(&server, 0, sizeof server);
    server.responses = responses;
    server.count = count;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    server.listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(server.listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(server.listener, 4), 0);
    assert_int_equal(getsockname(server.listener, (struct sockaddr *)&address, &size), 0);
    env = (struct net_env){.count = 2};
    for (size_t i = 0; i < env.count; i++) {
        env.routes[i] = (struct net_route){
            .host = "*", .port = (uint16_t)(80 + 8000 * i), .real_port = ntohs(address.sin_port)};
    }
    boot.net = &env;
    boot_set_current(&boot);
    assert_int_equal(pthread_create(&server.thread, NULL, serve, NULL), 0);
}

static void stop_server(void)
{
    shutdown(server.listener, SHUT_RDWR);
    close(server.listener);
    pthread_join(server.thread, NULL);
    boot_set_current(NULL);
    boot.strict = false;
    boot.release = 0;
}

#define START(...)                                                                                 \
    start_server((const char *const[]){__VA_ARGS__},                                               \
                 sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

#define OK              "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"
#define MOVED(location) "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " location "\r\n\r\n"

#define CHALLENGE(value)                                                                           \
    "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nWWW-Authenticate: " value "\r\n\r\n"
