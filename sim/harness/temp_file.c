#include "temp_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "files.h"
#include "host_fault.h"

/* Files with names, which must not outlive a process that a signal ends. A forked process has this
 * list from its parent, and leaves the parent's files alone. */
static struct {
    volatile sig_atomic_t used;
    pid_t owner;
    char path[sizeof((struct temp_file *)0)->path];
} named[4];
enum { MAX_NAMED = sizeof named / sizeof named[0] };

static void remove_named(int number)
{
    for (int i = 0; i < MAX_NAMED; i++) {
        if (named[i].used && named[i].owner == getpid()) {
            unlink(named[i].path);
        }
    }
    raise(number); /* ends the process as it would have (SA_RESETHAND), once this returns */
}

/* A command that handles a signal itself, or was told to ignore it, goes on doing so. */
static void watch_signals(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct sigaction action;
        if (sigaction(numbers[i], NULL, &action) == 0 && (action.sa_flags & SA_SIGINFO) == 0 &&
            action.sa_handler == SIG_DFL) {
            action = (struct sigaction){.sa_handler = remove_named, .sa_flags = (int)SA_RESETHAND};
            sigemptyset(&action.sa_mask);
            sigaction(numbers[i], &action, NULL);
        }
    }
}

static void remember(const char *path)
{
    for (int i = 0; i < MAX_NAMED; i++) {
        if (!named[i].used || named[i].owner != getpid()) {
            named[i].used = 0;
            named[i].owner = getpid();
            snprintf(named[i].path, sizeof named[i].path, "%s", path);
            named[i].used = 1;
            break;
        }
    }
    watch_signals();
}

static void forget(const char *path)
{
    for (int i = 0; i < MAX_NAMED; i++) {
        if (named[i].used && named[i].owner == getpid() && strcmp(named[i].path, path) == 0) {
            named[i].used = 0;
        }
    }
}

static bool make(struct temp_file *file, const char *prefix, struct error *err)
{
    const char *dir = getenv("TMPDIR");
    if (dir == NULL || dir[0] == '\0') {
        dir = "/tmp";
    }
    int length = snprintf(file->path, sizeof file->path, "%s/%s-XXXXXX", dir, prefix);
    if (length < 0 || (size_t)length >= sizeof file->path) {
        file->path[0] = '\0';
        return host_fault_set(err, "TMPDIR: the path is too long");
    }
    file->fd = mkstemp(file->path);
    if (file->fd < 0) {
        host_fault_set(err, "TMPDIR: no file can be made in %s: %s", dir, strerror(errno));
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
    remember(file->path);
    struct error why;
    if (!write_all(file->fd, file->path, bytes, length, &why)) {
        temp_file_remove(file);
        return host_fault_set(err, "TMPDIR: %s", why.text);
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
        forget(file->path);
    }
    file->fd = -1;
    file->path[0] = '\0';
}
