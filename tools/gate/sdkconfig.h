/* A project's sdkconfig, as far as it is asked about. */
#pragma once

#include <stdbool.h>

#include "error.h"

struct sdkconfig {
    char *text; /* NULL: none was given, and nothing is set */
    char *end;
};

/** Reads sdkconfig or sdkconfig.defaults. Errors name the file and the line. */
bool sdkconfig_read(const char *path, struct sdkconfig *out, struct error *err);
void sdkconfig_free(struct sdkconfig *config);

/** The option's value without its quotes, into buf: "n" where it "is not set"; NULL if it has none,
 * or a longer one. The last line wins. */
const char *sdkconfig_value(const struct sdkconfig *config, const char *name, char buf[64]);

/** The option is y. */
bool sdkconfig_on(const struct sdkconfig *config, const char *name);
