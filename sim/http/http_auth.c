#include "http_auth.h"

#include <ctype.h>
#include <mbedtls/base64.h>
#include <mbedtls/md.h>
#include <stdio.h>
#include <strings.h>

#include "http_memory.h"
#include "otasim_quirk.h"

#define MAX_HEX (2 * MBEDTLS_MD_MAX_SIZE + 1)

/* The algorithms of RFC 7616, 3.3 and 6.1. */
static const struct algorithm {
    const char *name;
    mbedtls_md_type_t hash;
    bool is_session;
} algorithms[] = {
    {"MD5", MBEDTLS_MD_MD5, false},
    {"MD5-sess", MBEDTLS_MD_MD5, true},
    {"SHA-256", MBEDTLS_MD_SHA256, false},
    {"SHA-256-sess", MBEDTLS_MD_SHA256, true},
};

static const struct algorithm *find_algorithm(const char *name)
{
    if (name == NULL || quirk(QUIRK_DIGEST_IS_MD5)) {
        return &algorithms[0];
    }
    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
        if (strcasecmp(algorithms[i].name, name) == 0) {
            return &algorithms[i];
        }
    }
    return NULL;
}

/* One name=value of a challenge, the value without its quotes. */
struct parameter {
    const char *name;
    size_t name_length;
    const char *value;
    size_t value_length;
    bool is_quoted;
};

static const char *skip_separators(const char *at)
{
    return at + strspn(at, " \t,");
}

/* Takes the next parameter; false at the end of the text or where it is not one. */
static bool next_parameter(const char **text, struct parameter *out)
{
    const char *at = skip_separators(*text);
    out->name = at;
    out->name_length = strcspn(at, "= \t,\"");
    at += out->name_length;
    at += strspn(at, " \t");
    if (out->name_length == 0 || *at != '=') {
        return false;
    }
    at++;
    at += strspn(at, " \t");
    out->is_quoted = *at == '"';
    if (!out->is_quoted) {
        out->value = at;
        out->value_length = strcspn(at, ", \t");
        *text = at + out->value_length;
        return true;
    }
    out->value = ++at;
    while (*at != '\0' && *at != '"') {
        at += at[0] == '\\' && at[1] != '\0' ? 2 : 1;
    }
    out->value_length = (size_t)(at - out->value);
    *text = *at == '"' ? at + 1 : at;
    return true;
}

/* The value with its escapes (RFC 9110, 5.6.4) taken off. */
static char *copy_value(const struct parameter *parameter)
{
    char *copy = http_calloc(parameter->value_length + 1);
    size_t used = 0;
    for (size_t i = 0; copy != NULL && i < parameter->value_length; i++) {
        bool escape =
            parameter->is_quoted && parameter->value[i] == '\\' && i + 1 < parameter->value_length;
        copy[used++] = parameter->value[escape ? ++i : i];
    }
    return copy;
}

static bool lists_auth(const char *qop)
{
    for (const char *at = skip_separators(qop); *at != '\0'; at = skip_separators(at)) {
        size_t length = strcspn(at, " \t,");
        if (length == 4 && strncasecmp(at, "auth", 4) == 0) {
            return true;
        }
        at += length;
    }
    return false;
}

static esp_err_t take_qop(const struct parameter *parameter, struct http_challenge *challenge)
{
    char *qop = copy_value(parameter);
    if (qop == NULL) {
        return ESP_ERR_NO_MEM;
    }
    challenge->has_qop = lists_auth(qop);
    http_free(qop);
    return challenge->has_qop ? ESP_OK : ESP_ERR_NOT_SUPPORTED;
}

static esp_err_t take_parameter(const struct parameter *parameter, struct http_challenge *challenge)
{
    const struct {
        const char *name;
        char **value;
    } known[] = {
        {"realm", &challenge->realm},
        {"nonce", &challenge->nonce},
        {"opaque", &challenge->opaque},
        {"algorithm", &challenge->algorithm},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strlen(known[i].name) == parameter->name_length &&
            strncasecmp(known[i].name, parameter->name, parameter->name_length) == 0) {
            http_free(*known[i].value);
            *known[i].value = copy_value(parameter);
            return *known[i].value != NULL ? ESP_OK : ESP_ERR_NO_MEM;
        }
    }
    if (parameter->name_length == 3 && strncasecmp(parameter->name, "qop", 3) == 0) {
        return take_qop(parameter, challenge);
    }
    return ESP_OK;
}

static esp_err_t parse_digest(const char *text, struct http_challenge *challenge)
{
    struct parameter parameter;
    while (next_parameter(&text, &parameter)) {
        esp_err_t err = take_parameter(&parameter, challenge);
        if (err != ESP_OK) {
            return err;
        }
    }
    if (challenge->realm == NULL || challenge->nonce == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    return find_algorithm(challenge->algorithm) != NULL ? ESP_OK : ESP_ERR_NOT_SUPPORTED;
}

/* The text behind the scheme's name, or NULL if it is another scheme. */
static const char *behind_scheme(const char *text, const char *scheme)
{
    size_t length = strlen(scheme);
    bool matches = strncasecmp(text, scheme, length) == 0 &&
                   (text[length] == '\0' || isspace((unsigned char)text[length]));
    return matches ? text + length : NULL;
}

esp_err_t http_challenge_parse(const char *text, struct http_challenge *challenge)
{
    *challenge = (struct http_challenge){0};
    text += strspn(text, " \t");
    if (behind_scheme(text, "Basic") != NULL) {
        challenge->type = HTTP_AUTH_TYPE_BASIC;
        return ESP_OK;
    }
    const char *parameters = behind_scheme(text, "Digest");
    if (parameters == NULL) {
        return ESP_OK;
    }
    challenge->type = HTTP_AUTH_TYPE_DIGEST;
    esp_err_t err = parse_digest(parameters, challenge);
    if (err != ESP_OK) {
        http_challenge_clear(challenge);
    }
    return err;
}

void http_challenge_clear(struct http_challenge *challenge)
{
    http_free(challenge->realm);
    http_free(challenge->nonce);
    http_free(challenge->opaque);
    http_free(challenge->algorithm);
    *challenge = (struct http_challenge){0};
}

char *http_auth_basic(const char *username, const char *password)
{
    static const char scheme[] = "Basic ";
    size_t plain_length = strlen(username) + 1 + strlen(password);
    size_t size = sizeof scheme + 4 * ((plain_length + 2) / 3);
    char *plain = http_calloc(plain_length + 1);
    char *text = http_calloc(size + 1);
    if (plain == NULL || text == NULL) {
        http_free(plain);
        http_free(text);
        return NULL;
    }
    snprintf(plain, plain_length + 1, "%s:%s", username, password);
    memcpy(text, scheme, sizeof scheme - 1);
    size_t written = 0;
    mbedtls_base64_encode((unsigned char *)text + sizeof scheme - 1, size + 1 - (sizeof scheme - 1),
                          &written, (const unsigned char *)plain, plain_length);
    http_free(plain);
    return text;
}

/* Hash of texts joined by colons, as hex. */
static void hash_joined(mbedtls_md_type_t type, const char *const *texts, size_t count,
                        char hex[MAX_HEX])
{
    const mbedtls_md_info_t *info = mbedtls_md_info_from_type(type);
    unsigned char digest[MBEDTLS_MD_MAX_SIZE];
    mbedtls_md_context_t context;
    mbedtls_md_init(&context);
    hex[0] = '\0';
    if (info != NULL && mbedtls_md_setup(&context, info, 0) == 0) {
        mbedtls_md_starts(&context);
        for (size_t i = 0; i < count; i++) {
            if (i > 0) {
                mbedtls_md_update(&context, (const unsigned char *)":", 1);
            }
            mbedtls_md_update(&context, (const unsigned char *)texts[i], strlen(texts[i]));
        }
        mbedtls_md_finish(&context, digest);
        for (size_t i = 0; i < mbedtls_md_get_size(info); i++) {
            snprintf(hex + 2 * i, 3, "%02x", digest[i]);
        }
    }
    mbedtls_md_free(&context);
}

#define HASH(type, hex, ...)                                                                       \
    hash_joined(type, (const char *const[]){__VA_ARGS__},                                          \
                sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *), hex)

/* RFC 7616, 3.4.1 to 3.4.3; without qop as in RFC 2069. */
static void compute_response(const struct http_challenge *challenge,
                             const struct http_digest_request *request, const char *count,
                             char response[MAX_HEX])
{
    const struct algorithm *algorithm = find_algorithm(challenge->algorithm);
    char a1[MAX_HEX], a2[MAX_HEX];
    HASH(algorithm->hash, a1, request->username, challenge->realm, request->password);
    if (algorithm->is_session) {
        char user[MAX_HEX];
        memcpy(user, a1, sizeof user);
        HASH(algorithm->hash, a1, user, challenge->nonce, request->cnonce);
    }
    HASH(algorithm->hash, a2, request->method, request->uri);
    if (challenge->has_qop) {
        HASH(algorithm->hash, response, a1, challenge->nonce, count, request->cnonce, "auth", a2);
    } else {
        HASH(algorithm->hash, response, a1, challenge->nonce, a2);
    }
}

/* Text that is put together piece by piece: measured first (buffer NULL), then written. */
struct builder {
    char *buffer;
    size_t length;
};

static void add(struct builder *builder, const char *text, size_t length)
{
    if (builder->buffer != NULL) {
        memcpy(builder->buffer + builder->length, text, length);
    }
    builder->length += length;
}

static void add_text(struct builder *builder, const char *text)
{
    add(builder, text, strlen(text));
}

static void add_quoted(struct builder *builder, const char *name, const char *value)
{
    add_text(builder, name);
    add_text(builder, "=\"");
    for (; *value != '\0'; value++) {
        if (*value == '"' || *value == '\\') {
            add_text(builder, "\\");
        }
        add(builder, value, 1);
    }
    add_text(builder, "\"");
}

static void add_algorithm(struct builder *builder, const char *name)
{
    if (quirk(QUIRK_DIGEST_IS_MD5)) {
        add_quoted(builder, "algorithm", name);
    } else {
        add_text(builder, "algorithm=");
        add_text(builder, name);
    }
}

/* In the device's order. */
static void build_digest(struct builder *builder, const struct http_challenge *challenge,
                         const struct http_digest_request *request, const char *count,
                         const char *response)
{
    add_text(builder, "Digest ");
    add_quoted(builder, "username", request->username);
    add_text(builder, ", ");
    add_quoted(builder, "realm", challenge->realm);
    add_text(builder, ", ");
    add_quoted(builder, "nonce", challenge->nonce);
    add_text(builder, ", ");
    add_quoted(builder, "uri", request->uri);
    add_text(builder, ", ");
    add_algorithm(builder, find_algorithm(challenge->algorithm)->name);
    add_text(builder, ", ");
    add_quoted(builder, "response", response);
    if (challenge->has_qop) {
        add_text(builder, ", qop=auth, nc=");
        add_text(builder, count);
        add_text(builder, ", ");
        add_quoted(builder, "cnonce", request->cnonce);
    }
    if (challenge->opaque != NULL) {
        add_text(builder, ", ");
        add_quoted(builder, "opaque", challenge->opaque);
    }
}

char *http_auth_digest(const struct http_challenge *challenge,
                       const struct http_digest_request *request)
{
    char count[16], response[MAX_HEX];
    snprintf(count, sizeof count, "%08x", request->count);
    compute_response(challenge, request, count, response);

    struct builder builder = {0};
    build_digest(&builder, challenge, request, count, response);
    builder.buffer = http_calloc(builder.length + 1);
    if (builder.buffer != NULL) {
        builder.length = 0;
        build_digest(&builder, challenge, request, count, response);
    }
    return builder.buffer;
}
