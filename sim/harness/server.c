#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "host_fault.h"
#include "paths.h"

extern char **environ;

/* A server that has not answered by then is broken: not a verdict, but the end of the run. */
#define ANSWER_TIMEOUT_MS 30000

/* How long one may take to end that nobody talks to any more. */
#define END_TIMEOUT_MS 5000

/* Files that are open at once: the server's listeners and connections for one device, Python's own
 * and the runner's are some 40; for 64 devices at once they are some 1,000. */
#define LEAST_FILES  64
#define WANTED_FILES 4096

struct server {
    pid_t pid;    /* 0: this process did not start it */
    int lifeline; /* the server's standard input: it ends when the last writer is gone */
    int control;  /* connection to the control channel, -1 if none */
    uint16_t port;
    char *line; /* what has come in of an answer */
    size_t length, capacity;
};

static void close_on_exec(int fd)
{
    fcntl(fd, F_SETFD, fcntl(fd, F_GETFD) | FD_CLOEXEC);
}

/* Reads one line from fd into server->line, without its newline. */
static bool read_line(struct server *server, int fd, struct error *err)
{
    server->length = 0;
    for (;;) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        int ready = poll(&wait, 1, ANSWER_TIMEOUT_MS);
        if (ready < 0 && errno == EINTR) {
            continue;
        }
        if (ready == 0) {
            return host_fault_set(err, "server: no answer for %d s", ANSWER_TIMEOUT_MS / 1000);
        }
        if (server->length + 1 >= server->capacity) {
            size_t capacity = server->capacity == 0 ? 65536 : server->capacity * 2;
            char *line = realloc(server->line, capacity);
            if (line == NULL) {
                return host_fault_set(err, "server: out of memory for an answer of %zu bytes",
                                      capacity);
            }
            server->line = line;
            server->capacity = capacity;
        }
        ssize_t got =
            read(fd, server->line + server->length, server->capacity - server->length - 1);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return host_fault_set(err, "server: it has ended%s%s", got < 0 ? ": " : "",
                                  got < 0 ? strerror(errno) : "");
        }
        server->length += (size_t)got;
        server->line[server->length] = '\0';
        /* Commands and answers alternate, so nothing can follow the newline. */
        char *newline = strchr(server->line, '\n');
        if (newline != NULL) {
            *newline = '\0';
            return true;
        }
    }
}

static bool spawn_server(struct server *server, int input, int output, struct error *err)
{
    char script[1024];
    snprintf(script, sizeof script, "%s/server/server.py", paths_fixtures_dir());
    /* -B: nothing is left beside the sources, where a full disk leaves half of it for ever. -E:
     * PYTHONHOME and PYTHONPATH of whoever starts us are for programs of theirs. -S: what site
     * packages bring along is not needed, and takes longer to load than the server. */
    const char *bytecode = paths_server_bytecode();
    char *argv[] = {(char *)paths_python(),    "-B", "-E", "-S", script, "--certs",
                    (char *)paths_certs_dir(), NULL, NULL, NULL};
    if (bytecode != NULL) {
        argv[7] = "--bytecode";
        argv[8] = (char *)bytecode;
    }

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);

    /* Out of the terminal's process group: ^C ends the runner, and the runner's end ends the
     * server; a server that dies first would leave a trail of wrong verdicts. */
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes, 0);

    int failed = posix_spawnp(&server->pid, argv[0], &actions, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) {
        server->pid = 0;
        return host_fault_set(err, "server: cannot start %s: %s", argv[0], strerror(failed));
    }
    return true;
}

/* The limit is the server's too. Without free descriptors it could not even say so. */
static bool allow_files(struct error *err)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= WANTED_FILES) {
        return true;
    }
    rlim_t had = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max < WANTED_FILES ? limit.rlim_max : WANTED_FILES;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
        limit.rlim_cur = had;
    }
    return limit.rlim_cur >= LEAST_FILES ||
           host_fault_set(err, "only %lu files may be open at once (ulimit -n): it takes %d",
                          (unsigned long)limit.rlim_cur, LEAST_FILES);
}

static bool start(struct server *server, struct error *err)
{
    int input[2], output[2];
    if (pipe(input) != 0) {
        return host_fault_set(err, "server: pipe: %s", strerror(errno));
    }
    if (pipe(output) != 0) {
        close(input[0]);
        close(input[1]);
        return host_fault_set(err, "server: pipe: %s", strerror(errno));
    }
    close_on_exec(input[0]);
    close_on_exec(input[1]);
    close_on_exec(output[0]);
    close_on_exec(output[1]);
    server->lifeline = input[1];
    bool ok = spawn_server(server, input[0], output[1], err);
    close(input[0]);
    close(output[1]);
    ok = ok && read_line(server, output[0], err);
    close(output[0]);
    if (!ok) {
        return false;
    }
    json_t *hello = json_loads(server->line, 0, NULL);
    json_int_t port = json_integer_value(json_object_get(hello, "control"));
    json_decref(hello);
    if (port <= 0 || port > 65535) {
        return host_fault_set(err, "server: expected {\"control\": PORT}, it said: %.200s",
                              server->line);
    }
    server->port = (uint16_t)port;
    return server_connect(server, err);
}

struct server *server_start(struct error *err)
{
    struct server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        host_fault_set(err, "server: out of memory");
        return NULL;
    }
    server->lifeline = server->control = -1;
    if (!allow_files(err)) {
        server_stop(server);
        return NULL;
    }
    if (!start(server, err)) {
        server_autopsy(server, err);
        return NULL;
    }
    return server;
}

void server_abandon(struct server *server)
{
    if (server->lifeline >= 0) {
        close(server->lifeline);
    }
    if (server->control >= 0) {
        close(server->control);
    }
    server->lifeline = server->control = -1;
    server->pid = 0;
}

void server_stop(struct server *server)
{
    if (server == NULL) {
        return;
    }
    pid_t pid = server->pid;
    server_abandon(server);
    if (pid > 0) {
        kill(pid, SIGTERM);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    free(server->line);
    free(server);
}

/* Gives up waiting in the end: one that is stopped or stuck is ended by force, and that is not its
 * own doing. */
static int wait_for_end(pid_t pid)
{
    static const struct timespec pause = {.tv_nsec = 5 * 1000000};
    int status = 0;
    for (int waited = 0; waited < END_TIMEOUT_MS; waited += 5) {
        pid_t ended = waitpid(pid, &status, WNOHANG);
        if (ended == pid) {
            return status;
        }
        if (ended < 0 && errno != EINTR) {
            return 0;
        }
        nanosleep(&pause, NULL);
    }
    kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }
    return 0;
}

bool server_autopsy(struct server *server, struct error *err)
{
    pid_t pid = server->pid;
    server_abandon(server); /* one that lives ends by that, with status 0 */
    int status = pid > 0 ? wait_for_end(pid) : 0;
    server_stop(server);
    if (WIFSIGNALED(status)) {
        return error_set(err, "the scripted server was ended by signal %d (%s)", WTERMSIG(status),
                         strsignal(WTERMSIG(status)));
    }
    return WEXITSTATUS(status) == 0 ||
           error_set(err, "the scripted server has ended with status %d; what it said is above",
                     WEXITSTATUS(status));
}

bool server_connect(struct server *server, struct error *err)
{
    if (server->control >= 0) {
        close(server->control);
    }
    server->control = socket(AF_INET, SOCK_STREAM, 0);
    if (server->control < 0) {
        return host_fault_set(err, "server: socket: %s", strerror(errno));
    }
    close_on_exec(server->control);
    int on = 1;
    setsockopt(server->control, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(server->port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    if (connect(server->control, (struct sockaddr *)&address, sizeof address) != 0) {
        return host_fault_set(err, "server: control channel on port %u: %s", server->port,
                              strerror(errno));
    }
    return true;
}

static bool send_all(int fd, const char *data, size_t length, struct error *err)
{
    while (length > 0) {
        ssize_t sent = write(fd, data, length);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent < 0) {
            return host_fault_set(err, "server: control channel: %s", strerror(errno));
        }
        data += sent;
        length -= (size_t)sent;
    }
    return true;
}

/* Consumes the command. */
static bool send_command(struct server *server, json_t *command, struct error *err)
{
    char *text = json_dumps(command, JSON_COMPACT);
    json_decref(command);
    if (text == NULL) {
        return error_set(err, "server: a command is not JSON");
    }
    bool ok = send_all(server->control, text, strlen(text), err) &&
              send_all(server->control, "\n", 1, err);
    free(text);
    return ok;
}

/* A new reference, or NULL with err set. */
static json_t *read_answer(struct server *server, struct error *err)
{
    if (!read_line(server, server->control, err)) {
        return NULL;
    }
    json_t *answer = json_loads(server->line, 0, NULL);
    if (!json_is_true(json_object_get(answer, "ok"))) {
        const char *why = json_string_value(json_object_get(answer, "error"));
        error_set(err, "server: %s", why != NULL ? why : server->line);
        json_decref(answer);
        return NULL;
    }
    return answer;
}

/* Sends a command (consumed), gives the answer: a new reference, or NULL with err set. */
static json_t *ask(struct server *server, json_t *command, struct error *err)
{
    return send_command(server, command, err) ? read_answer(server, err) : NULL;
}

bool server_open(struct server *server, json_t *command, int *session, json_t **ports,
                 struct error *err)
{
    json_object_set_new(command, "cmd", json_string("open"));
    json_t *answer = ask(server, command, err);
    if (answer == NULL) {
        return false;
    }
    *session = (int)json_integer_value(json_object_get(answer, "session"));
    *ports = json_incref(json_object_get(answer, "ports"));
    json_decref(answer);
    if (*ports == NULL) {
        return error_set(err, "server: its answer to \"open\" has no \"ports\"");
    }
    return true;
}

/* Consumes the answer. */
static json_t *requests_of(json_t *answer)
{
    json_t *requests = json_incref(json_object_get(answer, "requests"));
    json_decref(answer);
    return requests;
}

json_t *server_log(struct server *server, int session, struct error *err)
{
    return requests_of(ask(server, json_pack("{s:s, s:i}", "cmd", "log", "session", session), err));
}

bool server_ask_next(struct server *server, int session, size_t seen, struct error *err)
{
    return send_command(
        server,
        json_pack("{s:s, s:i, s:I}", "cmd", "next", "session", session, "after", (json_int_t)seen),
        err);
}

int server_descriptor(const struct server *server)
{
    return server->control;
}

json_t *server_next(struct server *server, struct error *err)
{
    return requests_of(read_answer(server, err));
}

bool server_close(struct server *server, int session, struct error *err)
{
    json_t *answer = ask(server, json_pack("{s:s, s:i}", "cmd", "close", "session", session), err);
    json_decref(answer);
    return answer != NULL;
}

uint16_t server_control_port(const struct server *server)
{
    return server->port;
}
