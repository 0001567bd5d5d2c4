/* Files that live as long as a run. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

struct temp_file {
    int fd;         /* open for reading and appending; -1: none */
    char path[256]; /* "" once it is unlinked */
};
#define TEMP_FILE_NONE                                                                             \
    {                                                                                              \
        .fd = -1, .path = ""                                                                       \
    }

/** An empty file without a name, in TMPDIR or /tmp. */
bool temp_file_create(struct temp_file *file, const char *prefix, struct error *err);

/** A named file with these bytes, for another process to read. It goes too when SIGINT, SIGTERM or
 * SIGHUP end this process. */
bool temp_file_write(struct temp_file *file, const char *prefix, const void *bytes, size_t length,
                     struct error *err);

void temp_file_remove(struct temp_file *file);
