/* HTTP authentication: challenges and the credentials that answer them (RFC 7617 Basic, RFC 7616
 * Digest). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "esp_err.h"
#include "esp_http_client.h"

/** A parsed WWW-Authenticate. Strings are owned; NULL: not in the challenge. */
struct http_challenge {
    esp_http_client_auth_type_t type; /* HTTP_AUTH_TYPE_NONE: neither Basic nor Digest */
    char *realm;
    char *nonce;
    char *opaque;
    char *algorithm; /* as in the challenge */
    bool has_qop;    /* with "auth" among its values */
};

/** Parses the value of a WWW-Authenticate header. A scheme that is not known gives type NONE.
 * ESP_ERR_INVALID_ARG for a Digest without realm or nonce, ESP_ERR_NOT_SUPPORTED for one whose
 * algorithm or qop is not known, ESP_ERR_NO_MEM. */
esp_err_t http_challenge_parse(const char *text, struct http_challenge *challenge);
void http_challenge_clear(struct http_challenge *challenge);

/** "Basic ..." in memory that is released with http_free; NULL when memory is short. */
char *http_auth_basic(const char *username, const char *password);

struct http_digest_request {
    const char *username;
    const char *password;
    const char *method; /* "GET" */
    const char *uri;    /* path and query */
    const char *cnonce;
    unsigned count; /* requests with this nonce so far, this one included */
};

/** "Digest ..." in memory that is released with http_free; NULL when memory is short. */
char *http_auth_digest(const struct http_challenge *challenge,
                       const struct http_digest_request *request);
