/* Where the device's network leads. Firmware names hosts and ports as it would in the field
 * ("https://localhost:8443/fw.bin"); each pair is routed to the loopback port that the scripted
 * server really listens on, so traces and Host headers are the same in every run. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NET_MAX_ROUTES 32

struct net_route {
    char host[64];      /* as in the URL, compared without case; "*" matches any */
    uint16_t port;      /* as in the URL */
    uint16_t real_port; /* on 127.0.0.1 */
};

struct net_env {
    size_t count;
    struct net_route routes[NET_MAX_ROUTES];
    bool passthrough;      /* names without a route go out as they are (a real server); else they
                              do not resolve */
    uint16_t control_port; /* of the scripted server on 127.0.0.1, 0: none is there */
    int session;           /* at that server */
};

/** The route for a host and port, or NULL. */
const struct net_route *net_env_route(const struct net_env *env, const char *host, uint16_t port);
