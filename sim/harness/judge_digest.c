#include "judge_digest.h"

#include <mbedtls/md.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define MAX_VALUE 256
#define MAX_HEX   (2 * MBEDTLS_MD_MAX_SIZE + 1)

static const char *behind(const char *text, const char *prefix)
{
    size_t length = strlen(prefix);
    return text != NULL && strncasecmp(text, prefix, length) == 0 ? text + length : NULL;
}

/* One value, quoted or not, up to the next comma; returns what is behind it. */
static const char *take_value(const char *at, char out[MAX_VALUE])
{
    bool is_quoted = *at == '"';
    size_t length = 0;
    for (at += is_quoted; *at != '\0' && (is_quoted ? *at != '"' : *at != ','); at++) {
        at += is_quoted && at[0] == '\\' && at[1] != '\0';
        if (length + 1 < MAX_VALUE) {
            out[length++] = *at;
        }
    }
    out[length] = '\0';
    at += strcspn(at, ",");
    return at + strspn(at, ", ");
}

/* Looks the parameter up; without it, the text is empty. */
static void find(const char *parameters, const char *name, char out[MAX_VALUE])
{
    const char *at = parameters + strspn(parameters, " ");
    while (*at != '\0') {
        size_t length = strcspn(at, "=");
        bool is_it = length == strlen(name) && strncasecmp(at, name, length) == 0;
        if (at[length] == '\0') {
            break;
        }
        at = take_value(at + length + 1, out);
        if (is_it) {
            return;
        }
    }
    out[0] = '\0';
}

static bool hash(mbedtls_md_type_t type, const char *const *texts, size_t count, char hex[MAX_HEX])
{
    char joined[8 * MAX_VALUE];
    unsigned char digest[MBEDTLS_MD_MAX_SIZE];
    size_t length = 0;
    for (size_t i = 0; i < count; i++) {
        int added =
            snprintf(joined + length, sizeof joined - length, "%s%s", i > 0 ? ":" : "", texts[i]);
        if (added < 0 || (size_t)added >= sizeof joined - length) {
            return false;
        }
        length += (size_t)added;
    }
    const mbedtls_md_info_t *info = mbedtls_md_info_from_type(type);
    if (info == NULL || mbedtls_md(info, (const unsigned char *)joined, length, digest) != 0) {
        return false;
    }
    hex[0] = '\0';
    for (size_t i = 0; i < mbedtls_md_get_size(info); i++) {
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    }
    return true;
}

#define HASH(type, hex, ...)                                                                       \
    hash(type, (const char *const[]){__VA_ARGS__},                                                 \
         sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *), hex)

static bool is_right_response(const struct expected_digest *expected, const char *parameters,
                              const char *method, const char *target, const char *realm)
{
    char algorithm[MAX_VALUE], response[MAX_VALUE], cnonce[MAX_VALUE], count[MAX_VALUE];
    find(parameters, "algorithm", algorithm);
    find(parameters, "response", response);
    find(parameters, "cnonce", cnonce);
    find(parameters, "nc", count);
    mbedtls_md_type_t type = behind(algorithm, "SHA-256") ? MBEDTLS_MD_SHA256 : MBEDTLS_MD_MD5;
    char a1[MAX_HEX], a2[MAX_HEX], right[MAX_HEX];
    if (!HASH(type, a1, expected->username, realm, expected->password)) {
        return false;
    }
    if (strlen(algorithm) > 5 && strcasecmp(algorithm + strlen(algorithm) - 5, "-sess") == 0) {
        char user[MAX_HEX];
        memcpy(user, a1, sizeof user);
        if (!HASH(type, a1, user, expected->nonce, cnonce)) {
            return false;
        }
    }
    return HASH(type, a2, method, target) &&
           HASH(type, right, a1, expected->nonce, count, cnonce, "auth", a2) &&
           strcmp(response, right) == 0;
}

bool judge_digest(const struct expected_digest *expected, const char *method, const char *target,
                  const char *authorization)
{
    const char *parameters = behind(authorization, "Digest ");
    if (parameters == NULL || method == NULL || target == NULL) {
        return false;
    }
    char nth[16], realm[MAX_VALUE], found[MAX_VALUE];
    snprintf(nth, sizeof nth, "%08x", expected->count);
    const struct {
        const char *name, *value;
    } given[] = {{"username", expected->username},
                 {"nonce", expected->nonce},
                 {"uri", target},
                 {"qop", "auth"},
                 {"nc", nth},
                 {"opaque", expected->opaque != NULL ? expected->opaque : ""}};
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++) {
        find(parameters, given[i].name, found);
        if (strcmp(found, given[i].value) != 0) {
            return false;
        }
    }
    find(parameters, "realm", realm);
    return is_right_response(expected, parameters, method, target, realm);
}
