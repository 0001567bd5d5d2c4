/* A pipe that nobody writes to: its end of file tells every descendant that the runner is gone. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "boot_process.h"

static int ends[2] = {-1, -1};

bool lifeline_open(struct error *err)
{
    if (ends[0] >= 0) {
        return true;
    }
    if (pipe(ends) != 0) {
        return error_set(err, "pipe: %s", strerror(errno));
    }
    for (int i = 0; i < 2; i++) {
        fcntl(ends[i], F_SETFD, FD_CLOEXEC);
    }
    return true;
}

static void *wait_for_end(void *unused)
{
    char byte;
    (void)unused;
    while (read(ends[0], &byte, 1) < 0 && errno == EINTR) {
    }
    _exit(1);
}

void lifeline_let_go(void)
{
    if (ends[1] >= 0) {
        close(ends[1]);
        ends[1] = -1;
    }
}

void lifeline_watch(void)
{
    lifeline_let_go();
    pthread_t thread;
    /* A thread inherits its mask, and signals are the firmware's. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (ends[0] >= 0 && pthread_create(&thread, NULL, wait_for_end, NULL) == 0) {
        pthread_detach(thread);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}
