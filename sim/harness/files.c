#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool read_file(const char *path, size_t limit, uint8_t **bytes, size_t *length, struct error *err)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return error_set(err, "%s: %s", path, strerror(errno));
    }
    size_t capacity = 65536;
    size_t used = 0;
    uint8_t *data = malloc(capacity + 1);
    errno = 0;
    while (data != NULL && used <= limit) {
        used += fread(data + used, 1, capacity - used, file);
        if (used < capacity) {
            break;
        }
        capacity *= 2;
        uint8_t *larger = realloc(data, capacity + 1);
        if (larger == NULL) {
            free(data);
        }
        data = larger;
    }
    bool failed = ferror(file) != 0;
    int why = errno;
    fclose(file);
    if (data == NULL) {
        return error_set(err, "%s: out of memory", path);
    }
    if (failed || used > limit) {
        free(data);
        return failed ? error_set(err, "%s: %s", path, why != 0 ? strerror(why) : "read error")
                      : error_set(err, "%s: larger than %zu bytes", path, limit);
    }
    data[used] = '\0';
    *bytes = data;
    *length = used;
    return true;
}

bool write_all(int fd, const char *path, const void *bytes, size_t length, struct error *err)
{
    const uint8_t *at = bytes;
    while (length > 0) {
        ssize_t written = write(fd, at, length);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            return error_set(err, "%s: %s", path, strerror(errno));
        }
        at += written;
        length -= (size_t)written;
    }
    return true;
}

static bool replace_file(const char *path, const void *bytes, size_t length, struct error *err)
{
    char partial[1024];
    /* Two runs at once that write the same file: one of them wins, whole. */
    int fits = snprintf(partial, sizeof partial, "%s.%ld.partial", path, (long)getpid());
    if (fits < 0 || (size_t)fits >= sizeof partial) {
        return error_set(err, "%.200s...: the path is too long", path);
    }
    int fd = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) {
        return error_set(err, "%s: %s", path, strerror(errno));
    }
    bool ok = write_all(fd, path, bytes, length, err);
    if (close(fd) != 0 && ok) {
        ok = error_set(err, "%s: %s", path, strerror(errno));
    }
    if (ok && rename(partial, path) != 0) {
        ok = error_set(err, "%s: %s", path, strerror(errno));
    }
    if (!ok) {
        unlink(partial);
    }
    return ok;
}

static bool write_to_special(const char *path, const void *bytes, size_t length, struct error *err)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) {
        return error_set(err, "%s: %s", path, strerror(errno));
    }
    bool ok = write_all(fd, path, bytes, length, err);
    if (close(fd) != 0 && ok) {
        ok = error_set(err, "%s: %s", path, strerror(errno));
    }
    return ok;
}

bool write_file(const char *path, const void *bytes, size_t length, struct error *err)
{
    struct stat status;
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        return write_to_special(path, bytes, length, err);
    }
    return replace_file(path, bytes, length, err);
}
