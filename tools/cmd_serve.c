#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>

#include "commands.h"
#include "device_files.h"
#include "paths.h"
#include "scenario.h"
#include "scenario_device.h"
#include "scenario_encrypt.h"
#include "scenario_server.h"
#include "select.h"
#include "server.h"
#include "temp_file.h"
#include "text.h"

static void usage(FILE *out)
{
    fputs(
        "usage: otasim serve NAME [OPTIONS]\n\n"
        "The server of one scenario alone, for a real board or curl: the same bad day, with real\n"
        "pauses. Prints its URL, the CA file to embed, and each request as it comes. ^C ends it.\n"
        "A scenario that answers requests in order begins anew only when it is served anew.\n\n"
        "      --image FILE     serve this app instead of the scenario's made-up one\n"
        "      --bind ADDR      listen there (default: 127.0.0.1, this machine only)\n"
        "      --host NAME      what the board calls this machine (default: ADDR, or localhost)\n"
        "      --port N         for http (default: 8070; 0: any that is free)\n"
        "      --tls-port N     for https (default: 8443; 0: any that is free)\n"
        "  -h, --help\n\n"
        "Exit status: 0 after ^C, 1 it could not serve, 2 the command line is wrong.\n"
        "Example: otasim serve truncation/half-the-body --image build/app.bin \\\n"
        "                      --bind 192.168.1.10\n",
        out);
}

struct options {
    const char *name, *image, *bind, *host;
    uint32_t port, tls_port;
};

static volatile sig_atomic_t interrupted;

static void note_interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

static void catch_interrupts(void)
{
    struct sigaction action = {.sa_handler = note_interrupt};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* Waits until the descriptor is readable; false: the user interrupts. Interrupts arrive only
 * while it waits: one that came between the look at `interrupted` and the wait would be missed. */
static bool wait_until_readable(int fd)
{
    sigset_t interrupts, before;
    sigemptyset(&interrupts);
    sigaddset(&interrupts, SIGINT);
    sigaddset(&interrupts, SIGTERM);
    sigprocmask(SIG_BLOCK, &interrupts, &before);
    int ready = -1;
    while (ready < 0 && !interrupted) {
        fd_set descriptors;
        FD_ZERO(&descriptors);
        FD_SET(fd, &descriptors);
        ready = pselect(fd + 1, &descriptors, NULL, NULL, NULL, &before);
        if (ready < 0 && errno != EINTR) {
            break; /* whoever reads will see what is wrong with it */
        }
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    return !interrupted;
}

/* The names by which firmware in the simulator knows the server, the listeners behind them, and the
 * variables in place of which the server puts their real ports. */
static const struct {
    const char *simulated, *listener, *variable;
} addresses[] = {
    {"localhost:8443", "https", "{tlsport}"}, {"localhost:8444", "https2", "{tlsport2}"},
    {"localhost:8070", "http", "{port}"},     {"localhost:8071", "http2", "{port2}"},
    {"localhost:8079", "dead", "{dead}"},
};
enum { ADDRESSES = sizeof addresses / sizeof addresses[0] };

static size_t address_at(const char *text)
{
    size_t i = 0;
    while (i < ADDRESSES &&
           strncmp(text, addresses[i].simulated, strlen(addresses[i].simulated)) != 0) {
        i++;
    }
    return i;
}

/* Rules name the server in redirects; a board knows it by another name. Without ports yet, the
 * variables stand for them. malloc'ed. */
static char *renamed(const char *text, const char *host, const json_t *ports)
{
    struct text out = {0};
    while (*text != '\0') {
        size_t i = address_at(text);
        if (i == ADDRESSES) {
            text_add(&out, "%c", *text++);
            continue;
        }
        text += strlen(addresses[i].simulated);
        if (ports == NULL) {
            text_add(&out, "%s:%s", host, addresses[i].variable);
        } else {
            text_add(&out, "%s:%d", host,
                     (int)json_integer_value(json_object_get(ports, addresses[i].listener)));
        }
    }
    return text_take(&out);
}

static void rename_rules(json_t *command, const char *host)
{
    char *rules = json_dumps(json_object_get(command, "rules"), JSON_COMPACT);
    char *text = rules != NULL ? renamed(rules, host, NULL) : NULL;
    json_t *changed = text != NULL ? json_loads(text, 0, NULL) : NULL;
    if (changed != NULL) {
        json_object_set_new(command, "rules", changed);
    }
    free(rules);
    free(text);
    json_object_del(command, "vars"); /* the real ports, then */
}

static void place_listeners(json_t *command, const struct options *options)
{
    size_t i;
    json_t *listener;
    json_array_foreach(json_object_get(command, "listeners"), i, listener)
    {
        const char *name = json_string_value(json_object_get(listener, "name"));
        uint32_t port = strcmp(name, "http") == 0    ? options->port
                        : strcmp(name, "https") == 0 ? options->tls_port
                                                     : 0;
        json_object_set_new(listener, "port", json_integer(port));
        json_object_set_new(listener, "address", json_string(options->bind));
    }
}

static bool write_image(const struct scenario *scenario, struct temp_file *file, struct error *err)
{
    uint8_t *image = NULL, *served = NULL;
    size_t length = 0;
    bool ok = scenario_image(scenario, &image, &length, err) &&
              scenario_served_file(scenario, image, length, &served, &length, err) &&
              temp_file_write(file, "otasim-image", served, length, err);
    free(image);
    free(served);
    return ok;
}

static void print_where(const struct scenario *scenario, const struct options *options,
                        const json_t *ports)
{
    const char *simulated =
        scenario->update.url != NULL ? scenario->update.url : "https://localhost:8443/fw.bin";
    char *url = renamed(simulated, options->host, ports);
    printf("%s: %s\n\n  URL  %s\n", scenario->name, scenario->about, url);
    const char *ca = scenario->trust.ca[0] != NULL ? scenario->trust.ca[0] : "root_ca.crt";
    printf("  CA   %s/%s (embed it as cert_pem)\n\n", paths_certs_dir(), ca);
    free(url);
    fflush(stdout);
}

static void warn(const struct options *options)
{
    bool loopback = strncmp(options->bind, "127.", 4) == 0;
    if (!loopback) {
        fprintf(stderr,
                "otasim serve: warning: listening on %s: anybody who reaches this machine reaches "
                "the server\n",
                options->bind);
    }
    if (strcmp(options->host, "localhost") != 0) {
        fputs("otasim serve: note: the certificates are for \"localhost\": let the board skip the "
              "common name check, or set .common_name to \"localhost\"\n",
              stderr);
    }
}

static const char *text_of(const json_t *object, const char *field)
{
    const char *text = json_string_value(json_object_get(object, field));
    return text != NULL ? text : "";
}

static void print_request(const json_t *request)
{
    char method[32], path[512], range[128], agent[128];
    const json_t *status = json_object_get(request, "status");
    if (json_is_true(json_object_get(request, "tls_handshake_failed"))) {
        printf("connection %lld: the TLS handshake failed\n",
               (long long)json_integer_value(json_object_get(request, "conn")));
        return;
    }
    printf("connection %lld: %s %s",
           (long long)json_integer_value(json_object_get(request, "conn")),
           printable(text_of(request, "method"), method, sizeof method),
           printable(text_of(request, "path"), path, sizeof path));
    if (text_of(request, "range")[0] != '\0') {
        printf("  %s", printable(text_of(request, "range"), range, sizeof range));
    }
    if (json_is_integer(status)) {
        printf("  -> %lld", (long long)json_integer_value(status));
    } else {
        printf("  -> %s", json_is_string(status) ? json_string_value(status) : "?");
    }
    printf("  (%s)\n", printable(text_of(request, "user_agent"), agent, sizeof agent));
}

static bool watch(struct server *server, int session, struct error *err)
{
    size_t shown = 0;
    while (server_ask_next(server, session, shown, err)) {
        if (!wait_until_readable(server_descriptor(server))) {
            return true;
        }
        json_t *requests = server_next(server, err);
        if (requests == NULL) {
            return false;
        }
        for (size_t i = 0; i < json_array_size(requests); i++) {
            print_request(json_array_get(requests, i));
        }
        shown += json_array_size(requests);
        json_decref(requests);
        fflush(stdout);
    }
    return false;
}

static bool serve(const struct scenario *scenario, const struct options *options, struct error *err)
{
    struct temp_file image = TEMP_FILE_NONE;
    json_t *ports = NULL;
    int session = 0;
    catch_interrupts();
    struct server *server = server_start(err);
    bool ok = server != NULL && write_image(scenario, &image, err);
    if (ok) {
        json_t *command = scenario_server_open(scenario, image.path);
        place_listeners(command, options);
        rename_rules(command, options->host);
        ok = server_open(server, command, &session, &ports, err);
    }
    if (ok) {
        warn(options);
        print_where(scenario, options, ports);
        ok = watch(server, session, err);
    }
    json_decref(ports);
    temp_file_remove(&image);
    server_stop(server);
    return ok;
}

static bool parse_options(int argc, char **argv, struct options *options, int *status)
{
    enum { IMAGE_FILE = 256, BIND, HOST, PORT, TLS_PORT };
    static const struct option names[] = {
        {"image", required_argument, NULL, IMAGE_FILE},
        {"bind", required_argument, NULL, BIND},
        {"host", required_argument, NULL, HOST},
        {"port", required_argument, NULL, PORT},
        {"tls-port", required_argument, NULL, TLS_PORT},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;
    *status = EXIT_USAGE;
    while ((option = getopt_long(argc, argv, "h", names, NULL)) != -1) {
        bool ok = true;
        switch (option) {
        case IMAGE_FILE:
            options->image = optarg;
            break;
        case BIND:
            options->bind = optarg;
            break;
        case HOST:
            options->host = optarg;
            break;
        case PORT:
            ok = parse_size_option("serve", "--port", optarg, UINT16_MAX, &options->port);
            break;
        case TLS_PORT:
            ok = parse_size_option("serve", "--tls-port", optarg, UINT16_MAX, &options->tls_port);
            break;
        case 'h':
            usage(stdout);
            *status = EXIT_OK;
            return false;
        default:
            ok = false;
        }
        if (!ok) {
            fputs("see otasim serve --help\n", stderr);
            return false;
        }
    }
    if (optind + 1 != argc) {
        fputs("otasim serve: which scenario? `otasim list` has them; see otasim serve --help\n",
              stderr);
        return false;
    }
    options->name = argv[optind];
    return true;
}

static int serve_selected(const struct options *options)
{
    const struct scenario *selected = select_scenario(options->name, "serve");
    if (selected == NULL) {
        return EXIT_USAGE;
    }
    struct scenario scenario = *selected;
    if (scenario.listeners.external) {
        fprintf(stderr, "otasim serve: %s has no scripted server\n", scenario.name);
        return EXIT_USAGE;
    }
    char *image = options->image != NULL ? realpath(options->image, NULL) : NULL;
    if (options->image != NULL && image == NULL) {
        fprintf(stderr, "otasim serve: %s: %s\n", options->image, strerror(errno));
        return EXIT_FAILED;
    }
    scenario.image_file = image != NULL ? image : scenario.image_file;
    struct error err;
    bool ok = serve(&scenario, options, &err);
    if (!ok) {
        fprintf(stderr, "otasim serve: %s\n", err.text);
    }
    free(image);
    return ok ? EXIT_OK : EXIT_FAILED;
}

int cmd_serve(int argc, char **argv)
{
    struct options options = {
        .bind = "127.0.0.1", .port = SCENARIO_HTTP_PORT, .tls_port = SCENARIO_HTTPS_PORT};
    int status;
    if (!parse_options(argc, argv, &options, &status)) {
        return status;
    }
    if (options.host == NULL) {
        bool loopback = strncmp(options.bind, "127.", 4) == 0;
        options.host = loopback ? "localhost" : options.bind;
    }
    if (strcmp(options.host, "0.0.0.0") == 0) {
        fputs("otasim serve: with --bind 0.0.0.0, --host says by which name or address the board "
              "reaches this machine\n",
              stderr);
        return EXIT_USAGE;
    }
    return serve_selected(&options);
}
