/* The scripted server's process, and sessions at it (fixtures/server/README.md). One server lives
 * for a whole run; each scenario has a session with listeners and a request log of its own. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "net_env.h"

struct server;

/** Starts the server and waits until it listens. It ends when this process does, however that
 * happens. NULL with err set. */
struct server *server_start(struct error *err);

/** Ends the server and frees it. */
void server_stop(struct server *server);

/** The same after a run that broke off. False if the server had ended before, by itself; err then
 * says how. */
bool server_autopsy(struct server *server, struct error *err);

/** For a forked boot process: lets go of the inherited descriptors without a word on them. */
void server_abandon(struct server *server);

/** Opens this process's own control connection, for a worker that was forked from the starter. */
bool server_connect(struct server *server, struct error *err);

/** Opens a session from an "open" command without its "cmd" (consumed). On success the session's
 * number and the answer's "ports" (new reference in *ports) are given. */
bool server_open(struct server *server, json_t *command, int *session, json_t **ports,
                 struct error *err);

/** The requests that the session has seen: a new reference to an array, or NULL. */
json_t *server_log(struct server *server, int session, struct error *err);

/** Asks for the requests without the first `seen`: the answer comes when there is one. Nothing else
 * may be asked meanwhile. */
bool server_ask_next(struct server *server, int session, size_t seen, struct error *err);

/** Becomes readable when that answer comes, or the server ends. */
int server_descriptor(const struct server *server);

/** Reads that answer: a new reference to an array, or NULL. */
json_t *server_next(struct server *server, struct error *err);

bool server_close(struct server *server, int session, struct error *err);

/** The port of the control channel, for the device's own watch connection. */
uint16_t server_control_port(const struct server *server);
