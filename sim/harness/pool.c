#include "pool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "boot_process.h"
#include "host_fault.h"

enum { MAX_JOBS = 64 };

struct worker {
    pid_t pid;
    FILE *reports;  /* the reading end of its pipe; NULL once it has ended */
    size_t running; /* the item that it has begun and not ended */
    bool busy;
};

struct pool {
    const struct pool_job *job;
    atomic_size_t *next; /* shared by the workers: the next item to take */
    struct worker workers[MAX_JOBS];
    unsigned jobs;
};

static void report(FILE *out, json_t *message)
{
    bool heard =
        json_dumpf(message, out, JSON_COMPACT) == 0 && fputc('\n', out) != EOF && fflush(out) == 0;
    json_decref(message);
    if (!heard) {
        exit(EXIT_FAILURE); /* the runner is gone */
    }
}

/* What comes out while something is wrong with the machine, here or in another worker, is dropped:
 * it may be right, but nobody knows. */
static void do_item(const struct pool *pool, size_t index, struct server *server, FILE *out)
{
    report(out, json_pack("{s:I}", "begin", (json_int_t)index));
    json_t *result = pool->job->work(index, server, pool->job->context);
    if (host_fault_text() != NULL) {
        json_decref(result);
        report(out, json_pack("{s:I}", "dropped", (json_int_t)index));
        return;
    }
    report(out, json_pack("{s:I, s:o}", "end", (json_int_t)index, "report", result));
}

static _Noreturn void work(struct pool *pool, struct server *server, int report_fd)
{
    lifeline_let_go();
    struct error err;
    FILE *out = fdopen(report_fd, "w");
    server_abandon(server);
    if (out == NULL) {
        host_fault_set(&err, "fdopen: %s", strerror(errno));
        exit(EXIT_FAILURE);
    }
    if (!server_connect(server, &err)) {
        exit(EXIT_FAILURE);
    }
    for (size_t i = atomic_fetch_add(pool->next, 1);
         i < pool->job->count && host_fault_text() == NULL; i = atomic_fetch_add(pool->next, 1)) {
        do_item(pool, i, server, out);
    }
    fclose(out);
    server_stop(server);
    exit(EXIT_SUCCESS);
}

static bool start_worker(struct pool *pool, struct worker *worker, struct server *server,
                         struct error *err)
{
    int fds[2];
    if (pipe(fds) != 0) {
        return host_fault_set(err, "pipe: %s", strerror(errno));
    }
    fcntl(fds[0], F_SETFD, FD_CLOEXEC);
    fcntl(fds[1], F_SETFD, FD_CLOEXEC);
    fflush(NULL);
    worker->pid = fork();
    if (worker->pid == 0) {
        close(fds[0]);
        work(pool, server, fds[1]);
    }
    close(fds[1]);
    if (worker->pid < 0) {
        close(fds[0]);
        return host_fault_set(err, "fork: %s", strerror(errno));
    }
    worker->reports = fdopen(fds[0], "r");
    return worker->reports != NULL || error_set(err, "fdopen: %s", strerror(errno));
}

static void take_message(struct pool *pool, struct worker *worker, const json_t *message)
{
    const json_t *begin = json_object_get(message, "begin");
    if (begin != NULL) {
        worker->running = (size_t)json_integer_value(begin);
        worker->busy = true;
        return;
    }
    worker->busy = false;
    if (json_object_get(message, "dropped") != NULL) {
        return;
    }
    pool->job->done((size_t)json_integer_value(json_object_get(message, "end")),
                    json_object_get(message, "report"), NULL, pool->job->context);
}

/* A worker has ended: well, unless it was in the middle of an item or says otherwise. */
static bool end_worker(struct pool *pool, struct worker *worker, struct error *err)
{
    int status = 0;
    fclose(worker->reports);
    worker->reports = NULL;
    while (waitpid(worker->pid, &status, 0) < 0 && errno == EINTR) {
    }
    bool well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    char text[128];
    snprintf(text, sizeof text, "the harness itself ended with %s %d",
             WIFSIGNALED(status) ? "signal" : "status",
             WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    if (worker->busy) {
        pool->job->done(worker->running, NULL, text, pool->job->context);
        return true;
    }
    return well || error_set(err, "%s", text);
}

/* Waits for the next message of any worker; false once all have ended. */
static bool next_message(struct pool *pool, bool *ok, struct error *err)
{
    struct pollfd wait[MAX_JOBS];
    struct worker *of[MAX_JOBS];
    nfds_t open = 0;
    for (unsigned i = 0; i < pool->jobs; i++) {
        if (pool->workers[i].reports != NULL) {
            of[open] = &pool->workers[i];
            wait[open++] = (struct pollfd){
                .fd = fileno(pool->workers[i].reports),
                .events = POLLIN,
            };
        }
    }
    if (open == 0) {
        return false;
    }
    if (poll(wait, open, -1) < 0) {
        return errno == EINTR || error_set(err, "poll: %s", strerror(errno));
    }
    for (nfds_t i = 0; i < open; i++) {
        if (wait[i].revents == 0) {
            continue;
        }
        /* A message is written whole and read whole, so what stdio has buffered ends with one. */
        json_t *message = json_loadf(of[i]->reports, JSON_DISABLE_EOF_CHECK, NULL);
        if (message == NULL) {
            *ok = end_worker(pool, of[i], err) && *ok;
            continue;
        }
        fgetc(of[i]->reports);
        take_message(pool, of[i], message);
        json_decref(message);
    }
    return true;
}

bool pool_run(const struct pool_job *job, struct error *err)
{
    struct pool pool = {.job = job, .jobs = job->jobs};
    pool.jobs = pool.jobs > job->count ? (unsigned)job->count : pool.jobs;
    pool.jobs = pool.jobs < 1 ? 1 : pool.jobs > MAX_JOBS ? MAX_JOBS : pool.jobs;
    host_fault_share();
    struct server *server = lifeline_open(err) ? server_start(err) : NULL;
    if (server == NULL) {
        return false;
    }
    pool.next = mmap(NULL, sizeof *pool.next, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANON, -1, 0);
    bool ok = pool.next != MAP_FAILED || error_set(err, "out of memory");
    if (ok) {
        atomic_init(pool.next, 0);
        for (unsigned i = 0; i < pool.jobs && ok; i++) {
            ok = start_worker(&pool, &pool.workers[i], server, err);
        }
        while (next_message(&pool, &ok, err)) {
        }
        munmap(pool.next, sizeof *pool.next);
    }
    if (host_fault_text() != NULL) {
        return server_autopsy(server, err) && error_set(err, "%s", host_fault_text());
    }
    server_stop(server);
    return ok;
}
