#include "scenario_trust.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "paths.h"

#define DEFAULT_CA    "root_ca.crt"
#define MAX_PEM       (1u << 20)
#define DER_EXTENSION ".der"

static bool read_certificate(const char *name, const char *extension, uint8_t **bytes,
                             size_t *length, struct error *err)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s%s", paths_certs_dir(), name, extension);
    return read_file(path, MAX_PEM, bytes, length, err);
}

static bool is_der(const char *name)
{
    size_t length = strlen(name), extension = strlen(DER_EXTENSION);
    return length >= extension && strcmp(name + length - extension, DER_EXTENSION) == 0;
}

static bool append(uint8_t **all, size_t *all_length, const uint8_t *more, size_t length)
{
    uint8_t *bytes = realloc(*all, *all_length + length + 1);
    if (bytes == NULL) {
        return false;
    }
    memcpy(bytes + *all_length, more, length);
    *all = bytes;
    *all_length += length;
    bytes[*all_length] = '\0';
    return true;
}

static bool load_ca(const struct scenario_trust *trust, struct update_plan *plan, uint8_t **all,
                    struct error *err)
{
    const char *const usual[] = {DEFAULT_CA, NULL};
    const char *const *names = trust->ca[0] != NULL ? trust->ca : usual;
    size_t all_length = 0;
    for (size_t i = 0; i < SCENARIO_MAX_TRUSTED && names[i] != NULL; i++) {
        uint8_t *bytes;
        size_t length;
        if (!read_certificate(names[i], "", &bytes, &length, err)) {
            return false;
        }
        bool appended = append(all, &all_length, bytes, length);
        free(bytes);
        if (!appended) {
            return error_set(err, "trust.ca: out of memory");
        }
        if (is_der(names[i])) {
            plan->cert_len = all_length;
            break;
        }
    }
    plan->cert_pem = (const char *)*all;
    return true;
}

static bool load_client(const char *name, struct update_plan *plan,
                        struct scenario_certificates *certificates, struct error *err)
{
    size_t length;
    if (!read_certificate(name, ".crt", &certificates->client, &length, err) ||
        !read_certificate(name, ".key", &certificates->key, &length, err)) {
        return false;
    }
    plan->client_cert_pem = (const char *)certificates->client;
    plan->client_key_pem = (const char *)certificates->key;
    return true;
}

bool scenario_trust_load(const struct scenario_trust *trust, const char *ca_file,
                         struct update_plan *plan, struct scenario_certificates *certificates,
                         struct error *err)
{
    if (plan->cert_pem == NULL && !plan->no_cert) {
        size_t length;
        if (ca_file == NULL && !load_ca(trust, plan, &certificates->ca, err)) {
            return false;
        }
        if (ca_file != NULL && !read_file(ca_file, MAX_PEM, &certificates->ca, &length, err)) {
            return false;
        }
        plan->cert_pem = (const char *)certificates->ca;
    }
    return trust->client == NULL || load_client(trust->client, plan, certificates, err);
}

void scenario_trust_free(struct scenario_certificates *certificates)
{
    free(certificates->ca);
    free(certificates->client);
    free(certificates->key);
}
