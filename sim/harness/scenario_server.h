/* A scenario's server as the scripted server understands it. */
#pragma once

#include <jansson.h>

#include "net_env.h"
#include "scenario.h"

/* The ports by which firmware knows the scripted server. */
#define SCENARIO_HTTP_PORT   8070
#define SCENARIO_HTTPS_PORT  8443
#define SCENARIO_HTTP2_PORT  8071
#define SCENARIO_HTTPS2_PORT 8444
#define SCENARIO_DEAD_PORT   8079

/** The "open" command for the scenario: listeners, rules, the image's path, variables. A new
 * reference. */
json_t *scenario_server_open(const struct scenario *scenario, const char *image_path);

/** Fills the routes from the ports that the server answered. */
void scenario_server_routes(const json_t *ports, struct net_env *env);
