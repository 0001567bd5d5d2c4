#include "net_env.h"

#include <string.h>
#include <strings.h>

const struct net_route *net_env_route(const struct net_env *env, const char *host, uint16_t port)
{
    for (size_t i = 0; i < env->count && i < NET_MAX_ROUTES; i++) {
        const struct net_route *route = &env->routes[i];
        bool any_host = strcmp(route->host, "*") == 0;
        if (route->port == port && (any_host || strcasecmp(route->host, host) == 0)) {
            return route;
        }
    }
    return NULL;
}
