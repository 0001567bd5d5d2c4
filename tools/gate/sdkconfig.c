#include "sdkconfig.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"

#define MAX_LENGTH (4u << 20)

/* A line is a comment, empty, or CONFIG_NAME=value. */
static bool check_line(const char *path, unsigned number, const char *line, struct error *err)
{
    static const char prefix[] = "CONFIG_";
    line += strspn(line, " \t\r");
    if (*line == '\0' || *line == '#') {
        return true;
    }
    bool assigns = strncmp(line, prefix, strlen(prefix)) == 0 && strchr(line, '=') != NULL;
    return assigns ||
           error_set(err, "%s:%u: expected CONFIG_NAME=value or a comment", path, number);
}

/* Each line becomes a string of its own. */
static bool split(const char *path, struct sdkconfig *config, struct error *err)
{
    unsigned number = 1;
    for (char *line = config->text; line < config->end; number++) {
        char *end = memchr(line, '\n', (size_t)(config->end - line));
        end = end != NULL ? end : config->end;
        *end = '\0';
        if (!check_line(path, number, line, err)) {
            return false;
        }
        line = end + 1;
    }
    return true;
}

bool sdkconfig_read(const char *path, struct sdkconfig *out, struct error *err)
{
    uint8_t *bytes;
    size_t length;
    if (!read_file(path, MAX_LENGTH, &bytes, &length, err)) {
        return false;
    }
    *out = (struct sdkconfig){.text = (char *)bytes, .end = (char *)bytes + length};
    bool ok = memchr(bytes, '\0', length) == NULL ||
              error_set(err, "%s: not a text file, and so no sdkconfig", path);
    ok = ok && split(path, out, err);
    if (!ok) {
        sdkconfig_free(out);
    }
    return ok;
}

void sdkconfig_free(struct sdkconfig *config)
{
    free(config->text);
    *config = (struct sdkconfig){0};
}

/* "# CONFIG_NAME is not set" is how an sdkconfig says n. */
static bool says_not_set(const char *line, const char *name, size_t length)
{
    static const char after[] = " is not set";
    return strncmp(line, "# ", 2) == 0 && strncmp(line + 2, name, length) == 0 &&
           strncmp(line + 2 + length, after, strlen(after)) == 0;
}

/* What the last line about the option has behind the '='; NULL if there is none. */
static const char *assigned(const struct sdkconfig *config, const char *name)
{
    const char *found = NULL;
    size_t length = strlen(name);
    for (const char *line = config->text; line != NULL && line < config->end;
         line += strlen(line) + 1) {
        const char *start = line + strspn(line, " \t");
        if (strncmp(start, name, length) == 0 && start[length] == '=') {
            found = start + length + 1;
        } else if (says_not_set(start, name, length)) {
            found = "n";
        }
    }
    return found;
}

const char *sdkconfig_value(const struct sdkconfig *config, const char *name, char buf[64])
{
    const char *value = assigned(config, name);
    if (value == NULL) {
        return NULL;
    }
    bool quoted = *value == '"';
    value += quoted;
    size_t length = strcspn(value, quoted ? "\"" : " \t\r");
    if (length >= 64) {
        return NULL;
    }
    memcpy(buf, value, length);
    buf[length] = '\0';
    return buf;
}

bool sdkconfig_on(const struct sdkconfig *config, const char *name)
{
    char buf[64];
    const char *value = sdkconfig_value(config, name, buf);
    return value != NULL && strcmp(value, "y") == 0;
}
