/* The watch connection to the scripted server: what it says about times at which it sends nothing
 * (fixtures/server/README.md, "Time"). One connection serves all of a boot's connections; it is
 * opened when the first of those is. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

/** The server sends nothing more on the connection from that port for now. */
struct net_pause {
    uint16_t port;        /* the device's end of the connection; 0: the row is free */
    bool idle;            /* until the device sends something; else for total_us */
    uint64_t sent;        /* bytes that the server had sent when it paused */
    uint64_t got;         /* idle: bytes that it had read */
    uint64_t total_us;    /* UINT64_MAX: for ever */
    uint64_t spent_us;    /* virtual time of the pause that has passed */
    uint64_t reported_ms; /* how much of it the server knows of */
};

struct net_watch;

/** The watch of that session, opened if need be. NULL with err set when the server does not answer.
 */
struct net_watch *net_watch_open(uint16_t control_port, int session, struct error *err);

/** To poll for input. */
int net_watch_fd(const struct net_watch *watch);

/** Takes in what the server has said, without waiting. false when the server is gone or talks
 * nonsense. */
bool net_watch_receive(struct net_watch *watch, struct error *err);

/** The pause that was announced for a port, or NULL. */
struct net_pause *net_watch_pause(struct net_watch *watch, uint16_t port);

/** A connection from that port is open: its pauses are kept until net_watch_forget. Others are kept
 * while there is room, since the server may speak of a connection first. */
void net_watch_follow(struct net_watch *watch, uint16_t port);

/** The connection is closed: forgets the pause of its port. */
void net_watch_forget(struct net_watch *watch, uint16_t port);

/** Takes one announcement, a line of JSON; for net_watch_receive and for tests. */
bool net_watch_announcement(struct net_watch *watch, const char *line, struct error *err);

/** Tells the server how much of a pause is over by now. A pause that is over is forgotten. Returns
 * whether it is. */
bool net_watch_elapsed(struct net_watch *watch, struct net_pause *pause);

/** A watch of nothing, for tests. */
struct net_watch *net_watch_create(int fd);
void net_watch_destroy(struct net_watch *watch);
