#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "commands.h"
#include "release.h"

bool parse_count(const char *command, const char *option, const char *text, unsigned *out)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || text[0] == '-' || value > UINT_MAX) {
        fprintf(stderr, "otasim %s: %s: \"%s\" is not a number\n", command, option, text);
        return false;
    }
    *out = (unsigned)value;
    return true;
}

bool parse_release(const char *command, const char *text, uint32_t *out)
{
    struct error err;
    if (!release_parse(text, out, &err)) {
        fprintf(stderr, "otasim %s: --release: %s\n", command, err.text);
        return false;
    }
    return true;
}

unsigned default_jobs(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count > 0 ? (unsigned)count : 1;
}
