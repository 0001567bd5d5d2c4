#include "release.h"

#include <stdio.h>
#include <string.h>

#define VERSION(major, minor, patch)                                                               \
    ((uint32_t)(major) << 16 | (uint32_t)(minor) << 8 | (uint32_t)(patch))

static const uint32_t releases[] = {
#define RELEASE(major, minor, patch, recorded) VERSION(major, minor, patch),
#include "otasim_releases.def"
#undef RELEASE
};
static const bool is_recorded[] = {
#define RELEASE(major, minor, patch, recorded) recorded,
#include "otasim_releases.def"
#undef RELEASE
};

size_t release_count(void)
{
    return sizeof releases / sizeof releases[0];
}

uint32_t release_at(size_t index)
{
    return releases[index];
}

bool release_recorded_at(size_t index)
{
    return is_recorded[index];
}

uint32_t release_master(void)
{
    return releases[sizeof releases / sizeof releases[0] - 1];
}

static uint32_t branch_of(uint32_t release)
{
    return release >> 8;
}

/* One to three numbers below 256 with points between them; *end is where they end. Returns how
 * many. */
static int read_version(const char *text, uint32_t *version, const char **end)
{
    uint32_t number[3] = {0};
    int count = 0;
    for (; count < 3 && *text >= '0' && *text <= '9'; count++) {
        while (*text >= '0' && *text <= '9' && number[count] < 256) {
            number[count] = number[count] * 10 + (uint32_t)(*text++ - '0');
        }
        if (number[count] > 255) {
            return 0;
        }
        if (text[0] != '.' || text[1] < '0' || text[1] > '9') {
            count++;
            break;
        }
        text++;
    }
    *version = VERSION(number[0], number[1], number[2]);
    *end = text;
    return count;
}

static bool unknown(const char *text, struct error *err)
{
    char known[128] = "";
    size_t length = 0;
    for (size_t i = 0; i + 1 < release_count(); i++) {
        length += (size_t)snprintf(known + length, sizeof known - length, "%u.%u, ",
                                   releases[i] >> 16, releases[i] >> 8 & 0xFF);
    }
    return error_set(err, "no ESP-IDF release \"%.40s\" is known, only %smaster", text, known);
}

bool release_parse(const char *text, uint32_t *release, struct error *err)
{
    if (strcmp(text, "master") == 0) {
        *release = release_master();
        return true;
    }
    const char *end;
    uint32_t version;
    int numbers = read_version(text + (text[0] == 'v'), &version, &end);
    if (numbers < 2 || *end != '\0') {
        return unknown(text, err);
    }
    for (size_t i = 0; i < release_count(); i++) {
        if (branch_of(releases[i]) != branch_of(version)) {
            continue;
        }
        if (version > releases[i]) {
            char newest[RELEASE_TEXT_LENGTH];
            return error_set(err, "ESP-IDF %.40s is newer than %s, the newest patch that is known",
                             text, release_text(releases[i], newest));
        }
        *release = numbers == 2 ? releases[i] : version;
        return true;
    }
    return unknown(text, err);
}

const char *release_text(uint32_t release, char *text)
{
    if (release == release_master()) {
        snprintf(text, RELEASE_TEXT_LENGTH, "master");
    } else {
        snprintf(text, RELEASE_TEXT_LENGTH, "%u.%u.%u", release >> 16 & 0xFF, release >> 8 & 0xFF,
                 release & 0xFF);
    }
    return text;
}

bool release_has(uint32_t release, const char *changes)
{
    uint32_t brought = 0;
    const char *end;
    for (const char *at = changes; read_version(at, &brought, &end) > 0; at = end) {
        end += strspn(end, " ");
        bool last = *end == '\0';
        if (release >= brought && (last || branch_of(release) == branch_of(brought))) {
            return true;
        }
    }
    return false;
}

bool release_between(uint32_t release, const char *since, const char *until)
{
    return (since[0] == '\0' || release_has(release, since)) && !release_has(release, until);
}
