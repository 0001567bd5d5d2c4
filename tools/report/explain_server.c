/* What the server does with each request. */
#include <string.h>

#include "encrypted_image_flaw.h"
#include "explain_parts.h"

static void add_pre_encryption(struct text *out, const struct scenario_pre_encryption *how)
{
    if (how->key == NULL) {
        return;
    }
    text_add(out, ", pre-encrypted for %s", how->key);
    for (unsigned bit = 0; encrypted_image_flaw_name(bit) != NULL; bit++) {
        if ((how->flaws & 1u << bit) != 0) {
            text_add(out, " (%s)", encrypted_image_flaw_name(bit));
        }
    }
}

static void add_image(struct text *out, const struct scenario *scenario)
{
    const struct app_image_spec *image = &scenario->image;
    if (scenario->image_file != NULL) {
        text_add(out, "the file %s", scenario->image_file);
        return;
    }
    text_add(out, "the image (version %s, %u bytes%s%s%s%s)",
             image->version != NULL ? image->version : "2.0.0",
             image->size != 0 ? (unsigned)image->size : 65536u,
             scenario->image_chip != NULL ? ", for " : "",
             scenario->image_chip != NULL ? scenario->image_chip : "",
             image->flaws != 0 ? ", damaged" : "", scenario->image_encrypted ? ", encrypted" : "");
    add_pre_encryption(out, &scenario->pre_encrypted);
    for (unsigned bit = 0; app_image_flaw_name(bit) != NULL; bit++) {
        if ((image->flaws & 1u << bit) != 0) {
            text_add(out, ", %s", app_image_flaw_name(bit));
        }
    }
    explain_signing(out, &scenario->signing);
}

static void add_body(struct text *out, const struct scenario *scenario, const char *body)
{
    if (body == NULL || strcmp(body, "none") == 0) {
        text_add(out, "no body");
    } else if (strcmp(body, "image") == 0) {
        add_image(out, scenario);
    } else if (strncmp(body, "text:", 5) == 0) {
        text_add(out, "the text \"%.60s%s\"", body + 5, strlen(body) > 65 ? "..." : "");
    } else {
        text_add(out, "body %s", body);
    }
}

static void add_framing(struct text *out, const struct scenario_response *response)
{
    if (response->content_length != NULL) {
        text_add(out, ", Content-Length: %s", response->content_length);
    }
    if (response->chunked != 0) {
        text_add(out, ", in chunks of %u bytes%s%s", response->chunked,
                 response->chunk_extension != NULL ? " with an extension" : "",
                 response->chunk_trailer != NULL ? " with a trailer" : "");
    }
    text_add(out, "%s", response->no_last_chunk ? ", without the last chunk" : "");
    if (response->range != NULL) {
        text_add(out, ", ranges: %s", response->range);
    }
    if (response->tls_records != NULL) {
        text_add(out, ", TLS records: %s", response->tls_records);
    }
}

static void add_misbehaviour(struct text *out, const struct scenario_response *response)
{
    if (response->cut_after == CUT_AT_START) {
        text_add(out, "; %s before the body", response->reset ? "reset" : "closed");
    } else if (response->cut_after < 0) {
        text_add(out, "; %s %d bytes before the end", response->reset ? "reset" : "closed",
                 -response->cut_after);
    } else if (response->cut_after > 0) {
        text_add(out, "; %s after %d bytes", response->reset ? "reset" : "closed",
                 response->cut_after);
    }
    if (response->stall_after != 0 && response->stall_ms != 0) {
        text_add(out, "; silent for %d ms after %d bytes", response->stall_ms,
                 response->stall_after);
    } else if (response->stall_after != 0) {
        text_add(out, "; silent for ever after %d bytes", response->stall_after);
    }
    text_add(out, "%s%s%s", response->no_close_notify ? "; no close_notify" : "",
             response->cut_record ? "; the last TLS record is half sent" : "",
             response->close ? "; then the connection is closed" : "");
}

static void add_response(struct text *out, const struct scenario *scenario, size_t index)
{
    const struct scenario_response *response = &scenario->server[index];
    text_add(out, "%s%zu. ", index > 0 ? "\n" : "", index + 1);
    if (response->method != NULL || response->path != NULL) {
        text_add(out, "to %s %s: ", response->method != NULL ? response->method : "any method",
                 response->path != NULL ? response->path : "");
    }
    text_add(out, "%d%s%s", response->status, response->http != NULL ? " HTTP/" : "",
             response->http != NULL ? response->http : "");
    for (size_t i = 0; i < SCENARIO_MAX_HEADERS && response->headers[i].name != NULL; i++) {
        const char *value = response->headers[i].value;
        text_add(out, ", %s: %.60s%s", response->headers[i].name, value,
                 strlen(value) > 60 ? "..." : "");
    }
    text_add(out, ", ");
    add_body(out, scenario, response->body);
    add_framing(out, response);
    add_misbehaviour(out, response);
}

static void add_listeners(struct text *out, const struct scenario_listeners *listeners)
{
    const struct {
        const char *word, *value;
    } words[] = {
        {"certificate", listeners->certificate},       {"client CA", listeners->client_ca},
        {"TLS at least", listeners->tls_min},          {"TLS at most", listeners->tls_max},
        {"handshake ends with", listeners->handshake},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (words[i].value != NULL) {
            text_add(out, "%s%s %s", out->length > 0 ? ", " : "", words[i].word, words[i].value);
        }
    }
    if (listeners->plain) {
        text_add(out, "%splain HTTP where TLS is expected", out->length > 0 ? ", " : "");
    }
    if (listeners->external) {
        text_add(out, "%snone of ours: names lead where they lead outside",
                 out->length > 0 ? ", " : "");
    }
}

void explain_server(struct text *out, const struct scenario *scenario)
{
    add_listeners(out, &scenario->listeners);
    if (out->length > 0 && scenario->server[0].status != 0) {
        text_add(out, "\n");
    }
    for (size_t i = 0; i < SCENARIO_MAX_RESPONSES && scenario->server[i].status != 0; i++) {
        add_response(out, scenario, i);
    }
}
