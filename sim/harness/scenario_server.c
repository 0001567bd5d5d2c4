#include "scenario_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *listener; /* its name at the server */
    uint16_t port;        /* by which firmware knows it */
    const char *variable; /* its name in rules */
    bool tls, dead;
} listeners[] = {
    {"http", SCENARIO_HTTP_PORT, "port", false, false},
    {"http2", SCENARIO_HTTP2_PORT, "port2", false, false},
    {"https", SCENARIO_HTTPS_PORT, "tlsport", true, false},
    {"https2", SCENARIO_HTTPS2_PORT, "tlsport2", true, false},
    {"dead", SCENARIO_DEAD_PORT, "dead", false, true},
};
enum { LISTENER_COUNT = sizeof listeners / sizeof listeners[0] };

static json_t *when_of(const struct scenario *scenario, size_t index, size_t *ordered)
{
    const struct scenario_response *response = &scenario->server[index];
    json_t *when = json_object();
    if (response->method != NULL) {
        json_object_set_new(when, "method", json_string(response->method));
    }
    if (response->path != NULL) {
        json_object_set_new(when, "path", json_string(response->path));
        return when;
    }
    *ordered += 1;
    bool last = true;
    for (size_t i = index + 1; i < SCENARIO_MAX_RESPONSES && scenario->server[i].status != 0; i++) {
        last = last && scenario->server[i].path != NULL;
    }
    json_object_set_new(when, last ? "n_from" : "n", json_integer((json_int_t)*ordered));
    return when;
}

static json_t *headers_of(const struct scenario_response *response)
{
    json_t *headers = json_array();
    for (size_t i = 0; i < SCENARIO_MAX_HEADERS && response->headers[i].name != NULL; i++) {
        json_array_append_new(
            headers, json_pack("[s, s]", response->headers[i].name, response->headers[i].value));
    }
    return headers;
}

static json_t *chunked_of(const struct scenario_response *response)
{
    json_t *chunked = json_pack("{s:i}", "size", (int)response->chunked);
    if (response->chunk_extension != NULL) {
        json_object_set_new(chunked, "ext", json_string(response->chunk_extension));
    }
    if (response->chunk_trailer != NULL) {
        json_object_set_new(chunked, "trailers", json_string(response->chunk_trailer));
    }
    if (response->no_last_chunk) {
        json_object_set_new(chunked, "final", json_false());
    }
    if (response->coding != NULL) {
        json_object_set_new(chunked, "te", json_string(response->coding));
    }
    return chunked;
}

static void set_string(json_t *object, const char *key, const char *value)
{
    if (value != NULL) {
        json_object_set_new(object, key, json_string(value));
    }
}

static void set_content_length(json_t *respond, const char *value)
{
    char *end = NULL;
    long long number = value != NULL ? strtoll(value, &end, 10) : 0;
    if (value != NULL && *value != '\0' && *end == '\0') {
        json_object_set_new(respond, "content_length", json_integer(number));
    } else {
        set_string(respond, "content_length", value);
    }
}

static void set_integer(json_t *object, const char *key, json_int_t value)
{
    if (value != 0) {
        json_object_set_new(object, key, json_integer(value));
    }
}

/* When, and in which pieces. */
static void set_pieces(json_t *respond, const struct scenario_response *response)
{
    set_integer(respond, "joined", response->joined);
    set_integer(respond, "drip_header", response->header_pieces);
    set_integer(respond, "header_stall_ms", response->header_stall_ms);
    set_integer(respond, "header_then_pause_ms", response->header_pause_ms);
    set_integer(respond, "hold_open_ms", response->hold_open_ms);
    set_integer(respond, "stall_after", response->stall_after);
    set_integer(respond, "stall_ms", response->stall_ms);
    if (response->drip.bytes != 0) {
        json_object_set_new(
            respond, "drip",
            json_pack("{s:i, s:i}", "bytes", (int)response->drip.bytes, "ms", response->drip.ms));
    }
    if (response->split_at[0] != 0) {
        json_t *offsets = json_array();
        for (size_t i = 0; i < SCENARIO_MAX_SPLITS && response->split_at[i] != 0; i++) {
            json_array_append_new(offsets, json_integer(response->split_at[i]));
        }
        json_object_set_new(respond, "split_at", offsets);
    }
}

/* Instead of a response, or before it. */
static void set_otherwise(json_t *respond, const struct scenario_response *response)
{
    set_integer(respond, "interim", response->interim);
    set_string(respond, "raw", response->raw);
    set_string(respond, "no_response", response->no_response);
    if (response->content_length_too) {
        json_object_set_new(respond, "content_length_too", json_true());
    }
}

static json_t *respond_of(const struct scenario_response *response)
{
    json_t *respond = json_pack("{s:i}", "status", response->status);
    set_string(respond, "reason", response->reason);
    set_string(respond, "http", response->http);
    set_string(respond, "body", response->body != NULL ? response->body : "none");
    set_string(respond, "range", response->range);
    set_content_length(respond, response->content_length);
    if (response->headers[0].name != NULL) {
        json_object_set_new(respond, "headers", headers_of(response));
    }
    if (response->close) {
        json_object_set_new(respond, "then", json_string("close"));
    } else if (response->keep_open) {
        json_object_set_new(respond, "then", json_string("keep"));
    }
    if (response->chunked != 0) {
        json_object_set_new(respond, "chunked", chunked_of(response));
    }
    if (response->cut_after != 0) {
        int after = response->cut_after == CUT_AT_START ? 0 : response->cut_after;
        json_object_set_new(respond, "cut_after", json_integer(after));
    }
    if (response->reset) {
        json_object_set_new(respond, "cut", json_string("rst"));
    }
    if (response->no_close_notify) {
        json_object_set_new(respond, "tls_close", json_string("none"));
    }
    if (response->cut_record) {
        json_object_set_new(respond, "cut_record", json_true());
    }
    set_string(respond, "tls_records", response->tls_records);
    set_pieces(respond, response);
    set_otherwise(respond, response);
    return respond;
}

static json_t *rules_of(const struct scenario *scenario)
{
    json_t *by_path = json_array();
    json_t *in_order = json_array();
    size_t ordered = 0;
    for (size_t i = 0; i < SCENARIO_MAX_RESPONSES && scenario->server[i].status != 0; i++) {
        const struct scenario_response *response = &scenario->server[i];
        json_t *when = when_of(scenario, i, &ordered);
        json_array_append_new(
            response->path != NULL ? by_path : in_order,
            json_pack("{s:o, s:o}", "when", when, "respond", respond_of(response)));
    }
    json_array_extend(by_path, in_order);
    json_decref(in_order);
    return by_path;
}

static void set_tls(json_t *listener, const struct scenario_listeners *row, bool second)
{
    const char *certificate =
        second && row->certificate2 != NULL ? row->certificate2 : row->certificate;
    set_string(listener, "tls", certificate != NULL ? certificate : "server");
    set_string(listener, "client_ca", row->client_ca);
    set_string(listener, "tls_min", row->tls_min);
    set_string(listener, "tls_max", row->tls_max);
    set_string(listener, "handshake", row->handshake);
    if (row->plain) {
        json_object_set_new(listener, "plain", json_true());
    }
    if (row->alpn[0] != NULL) {
        json_t *protocols = json_array();
        for (size_t i = 0; i < SCENARIO_MAX_PROTOCOLS && row->alpn[i] != NULL; i++) {
            json_array_append_new(protocols, json_string(row->alpn[i]));
        }
        json_object_set_new(listener, "alpn", protocols);
    }
}

static json_t *listeners_of(const struct scenario *scenario)
{
    json_t *list = json_array();
    for (size_t i = 0; i < LISTENER_COUNT; i++) {
        json_t *listener = json_pack("{s:s}", "name", listeners[i].listener);
        if (listeners[i].tls) {
            set_tls(listener, &scenario->listeners, listeners[i].port == SCENARIO_HTTPS2_PORT);
        }
        if (listeners[i].dead) {
            json_object_set_new(listener, "dead", json_true());
        }
        json_array_append_new(list, listener);
    }
    return list;
}

json_t *scenario_server_open(const struct scenario *scenario, const char *image_path)
{
    json_t *variables = json_object();
    for (size_t i = 0; i < LISTENER_COUNT; i++) {
        json_object_set_new(variables, listeners[i].variable,
                            json_sprintf("%u", listeners[i].port));
    }
    return json_pack("{s:o, s:o, s:{s:s}, s:o}", "listeners", listeners_of(scenario), "rules",
                     rules_of(scenario), "files", "image", image_path, "vars", variables);
}

void scenario_server_routes(const json_t *ports, struct net_env *env)
{
    for (size_t i = 0; i < LISTENER_COUNT && env->count < NET_MAX_ROUTES; i++) {
        json_int_t port = json_integer_value(json_object_get(ports, listeners[i].listener));
        if (port <= 0 || port > 65535) {
            continue;
        }
        struct net_route *route = &env->routes[env->count++];
        snprintf(route->host, sizeof route->host, "*");
        route->port = listeners[i].port;
        route->real_port = (uint16_t)port;
    }
}
