/* One scenario as a time line: boots, calls, events, requests, flash, otadata. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot_process.h"
#include "commands.h"
#include "run_many.h"
#include "select.h"
#include "timeline.h"

static void usage(FILE *out)
{
    fputs("usage: otasim trace [OPTIONS] NAME\n\n"
          "Runs one scenario and shows what happened, on the device's own clock. NAME may also\n"
          "be a catalogue id or a glob that means one.\n\n"
          "      --json     the trace itself: JSON Lines, the same on every host\n"
          "      --full     every flash operation, not runs of them\n"
          "      --release V  behave as ESP-IDF V does (5.1.7, 5.3, master)\n"
          "      --strict   behave as documented instead of as the device does\n"
          "      --no-strict  as the device does: for a strict build\n"
          "  -h, --help\n\n"
          "Exit status: 0 it passed, 1 it failed, 2 the command line is wrong, 77 it was skipped.\n"
          "Example: otasim trace redirect/found-then-image\n",
          out);
}

static int trace_one(const struct scenario *scenario, const struct run_options *options, bool json,
                     bool full)
{
    struct error err;
    struct server *server = lifeline_open(&err) ? server_start(&err) : NULL;
    if (server == NULL) {
        fprintf(stderr, "otasim trace: %s\n", err.text);
        return EXIT_FAILED;
    }
    struct run_result result;
    run_scenario(scenario, server, options, &result);
    server_stop(server);
    if (json) {
        for (size_t i = 0; i < json_array_size(result.trace); i++) {
            json_dumpf(json_array_get(result.trace, i), stdout, JSON_COMPACT);
            putchar('\n');
        }
    } else {
        printf("%s: %s\n", scenario->name, scenario->about);
        timeline_print(result.trace, result.requests, full, stdout);
    }
    char *text = run_result_text(&result);
    FILE *verdict = json ? stderr : stdout;
    fprintf(verdict, "\n%s\n%s",
            result.skipped  ? "skipped"
            : result.passed ? "passed"
                            : "FAILED",
            text);
    free(text);
    int status = result.skipped ? EXIT_SKIPPED : result.passed ? EXIT_OK : EXIT_FAILED;
    run_result_free(&result);
    return status;
}

int cmd_trace(int argc, char **argv)
{
    enum { JSON = 256, FULL, STRICT, NO_STRICT, RELEASE };
    static const struct option options[] = {
        {"json", no_argument, NULL, JSON},
        {"full", no_argument, NULL, FULL},
        {"release", required_argument, NULL, RELEASE},
        {"strict", no_argument, NULL, STRICT},
        {"no-strict", no_argument, NULL, NO_STRICT},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct run_options run = {.strict = strict_by_default()};
    bool json = false, full = false;
    int option;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (option) {
        case JSON:
            json = true;
            break;
        case FULL:
            full = true;
            break;
        case STRICT:
        case NO_STRICT:
            run.strict = option == STRICT;
            break;
        case RELEASE:
            if (!parse_release("trace", optarg, &run.release)) {
                return EXIT_USAGE;
            }
            break;
        case 'h':
            usage(stdout);
            return EXIT_OK;
        default:
            usage(stderr);
            return EXIT_USAGE;
        }
    }
    if (optind + 1 != argc) {
        usage(stderr);
        return EXIT_USAGE;
    }
    const struct scenario *scenario = select_scenario(argv[optind], "trace");
    return scenario != NULL ? trace_one(scenario, &run, json, full) : EXIT_USAGE;
}
