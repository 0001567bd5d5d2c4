#include "temp_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"

static bool make(struct temp_file *file, const char *prefix, struct error *err)
{
    const char *dir = getenv("TMPDIR");
    if (dir == NULL || dir[0] == '\0') {
        dir = "/tmp";
    }
    int length = snprintf(file->path, sizeof file->path, "%s/%s-XXXXXX", dir, prefix);
    if (length < 0 || (size_t)length >= sizeof file->path) {
        file->path[0] = '\0';
        return error_set(err, "TMPDIR: the path is too long");
    }
    file->fd = mkstemp(file->path);
    if (file->fd < 0) {
        error_set(err, "%s: %s", file->path, strerror(errno));
        file->path[0] = '\0';
        return false;
    }
    fcntl(file->fd, F_SETFD, FD_CLOEXEC);
    fcntl(file->fd, F_SETFL, fcntl(file->fd, F_GETFL) | O_APPEND);
    return true;
}

bool temp_file_create(struct temp_file *file, const char *prefix, struct error *err)
{
    if (!make(file, prefix, err)) {
        return false;
    }
    unlink(file->path);
    file->path[0] = '\0';
    return true;
}

bool temp_file_write(struct temp_file *file, const char *prefix, const void *bytes, size_t length,
                     struct error *err)
{
    if (!make(file, prefix, err)) {
        return false;
    }
    if (!write_all(file->fd, file->path, bytes, length, err)) {
        temp_file_remove(file);
        return false;
    }
    return true;
}

void temp_file_remove(struct temp_file *file)
{
    if (file->fd >= 0) {
        close(file->fd);
    }
    if (file->path[0] != '\0') {
        unlink(file->path);
    }
    file->fd = -1;
    file->path[0] = '\0';
}
