#include "served_image.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "temp_file.h"

static struct {
    pid_t owner; /* a forked process has a file of its own */
    struct temp_file file;
    uint8_t *bytes;
    size_t length;
} served = {.file = TEMP_FILE_NONE};

static void forget(void)
{
    if (served.owner == getpid()) {
        temp_file_remove(&served.file);
    }
    free(served.bytes);
    served.bytes = NULL;
    served.owner = 0;
}

static void forget_at_exit(void)
{
    static bool registered; /* a forked process has that from its parent */
    if (!registered) {
        atexit(forget);
        registered = true;
    }
}

static bool keep(const uint8_t *bytes, size_t length, struct error *err)
{
    served.bytes = malloc(length > 0 ? length : 1);
    if (served.bytes == NULL) {
        return error_set(err, "out of memory for an image");
    }
    memcpy(served.bytes, bytes, length);
    served.length = length;
    if (!temp_file_write(&served.file, "otasim-image", bytes, length, err)) {
        return false;
    }
    served.owner = getpid();
    forget_at_exit();
    return true;
}

const char *served_image_path(const uint8_t *bytes, size_t length, struct error *err)
{
    bool same = served.owner == getpid() && served.length == length &&
                memcmp(served.bytes, bytes, length) == 0;
    if (same) {
        return served.file.path;
    }
    forget();
    if (!keep(bytes, length, err)) {
        forget();
        return NULL;
    }
    return served.file.path;
}
