#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "run_many.h"
#include "select.h"

static void usage(FILE *out)
{
    fputs(
        "usage: otasim run [OPTIONS] [GLOB...]\n\n"
        "Runs scenarios against the simulated device and the scripted server, and says for each\n"
        "whether all expectations hold. Without a GLOB all of them: 'redirect/*' takes a "
        "family.\n\n"
        "  -j, --jobs N        so many at once (default: one a processor)\n"
        "      --strict        behave as documented instead of as the device does (quirks off)\n"
        "      --min N         fail unless at least N scenarios were found\n"
        "  -v, --verbose       show the firmware's log, as on its serial port; one job at a time\n"
        "  -q, --quiet         print failures and the summary only\n"
        "      --url URL       update from this real server instead of the scripted one (one "
        "scenario\n"
        "                      only; its requests are not judged, everything else is)\n"
        "      --ca FILE       trust this root instead of the test root, with --url\n"
        "      --keep-flash F  write the flash to F afterwards (one scenario only)\n"
        "  -h, --help\n\n"
        "Exit status: 0 all passed, 1 one failed, 2 the command line is wrong, 77 all skipped.\n",
        out);
}

struct tally {
    unsigned passed, failed, skipped;
    unsigned hazards;
    json_t *libraries; /* names of those that were judged */
    bool quiet, color;
    int width;
};

static void print_hazards(const json_t *quirks)
{
    for (size_t i = 0; i < json_array_size(quirks); i++) {
        printf("%s%s", i == 0 ? "  hazard: " : ", ", json_string_value(json_array_get(quirks, i)));
    }
}

static void note_library(json_t *libraries, const char *name)
{
    for (size_t i = 0; i < json_array_size(libraries); i++) {
        if (strcmp(json_string_value(json_array_get(libraries, i)), name) == 0) {
            return;
        }
    }
    json_array_append_new(libraries, json_string(name));
}

static void print_libraries(const json_t *libraries)
{
    for (size_t i = 0; i < json_array_size(libraries); i++) {
        printf("%s%s", i == 0 ? "\nOTA library: " : ", ",
               json_string_value(json_array_get(libraries, i)));
    }
}

static void print_outcome(const struct scenario_outcome *outcome, void *context)
{
    struct tally *tally = context;
    const char *verdict = outcome->skipped ? "skip" : outcome->passed ? "ok" : "FAIL";
    const char *color = outcome->skipped ? "\033[33m" : outcome->passed ? "\033[32m" : "\033[31m";
    unsigned *count = outcome->skipped  ? &tally->skipped
                      : outcome->passed ? &tally->passed
                                        : &tally->failed;
    *count += 1;
    if (outcome->ota_library != NULL) {
        note_library(tally->libraries, outcome->ota_library);
    }
    tally->hazards += json_array_size(outcome->quirks) > 0;
    if (tally->quiet && outcome->passed) {
        return;
    }
    printf("%s%-4s%s  %-*s %5u ms", tally->color ? color : "", verdict,
           tally->color ? "\033[0m" : "", tally->width, outcome->scenario->name,
           outcome->milliseconds);
    print_hazards(outcome->quirks);
    putchar('\n');
    if (!outcome->passed || outcome->skipped) {
        fputs(outcome->text, stdout);
    }
    fflush(stdout);
}

static int run_selection(const struct selection *selection, unsigned jobs, unsigned minimum,
                         const struct run_options *options, bool quiet)
{
    if (selection->count < minimum) {
        fprintf(stderr, "otasim run: found %zu scenarios, expected at least %u (--min)\n",
                selection->count, minimum);
        return EXIT_FAILED;
    }
    struct tally tally = {
        .quiet = quiet, .color = isatty(STDOUT_FILENO) != 0, .libraries = json_array()};
    for (size_t i = 0; i < selection->count; i++) {
        int length = (int)strlen(selection->scenarios[i]->name);
        tally.width = length > tally.width ? length : tally.width;
    }
    struct error err;
    bool ran = run_many(selection->scenarios, selection->count, jobs, options, print_outcome,
                        &tally, &err);
    if (!ran) {
        fprintf(stderr, "otasim run: %s\n", err.text);
    }
    if (tally.hazards > 0 && !quiet) {
        printf("\n%u scenario%s met a hazard: what the device gets wrong, and so the simulator.\n",
               tally.hazards, tally.hazards == 1 ? "" : "s");
    }
    if (tally.failed > 0 && !quiet) {
        puts("\n`otasim trace NAME` shows what happened in one of them, step by step.");
    }
    print_libraries(tally.libraries);
    json_decref(tally.libraries);
    printf("\n%u passed, %u failed, %u skipped\n", tally.passed, tally.failed, tally.skipped);
    bool complete = tally.passed + tally.failed + tally.skipped == selection->count;
    if (!ran || !complete || tally.failed > 0) {
        return EXIT_FAILED;
    }
    return tally.passed == 0 && tally.skipped > 0 ? EXIT_SKIPPED : EXIT_OK;
}

int cmd_run(int argc, char **argv)
{
    enum { STRICT = 256, MINIMUM, KEEP_FLASH, URL, CA };
    static const struct option long_options[] = {
        {"jobs", required_argument, NULL, 'j'},
        {"strict", no_argument, NULL, STRICT},
        {"min", required_argument, NULL, MINIMUM},
        {"quiet", no_argument, NULL, 'q'},
        {"verbose", no_argument, NULL, 'v'},
        {"keep-flash", required_argument, NULL, KEEP_FLASH},
        {"url", required_argument, NULL, URL},
        {"ca", required_argument, NULL, CA},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct run_options options = {0};
    unsigned jobs = default_jobs(), minimum = 0;
    bool quiet = false;
    int option;
    while ((option = getopt_long(argc, argv, "j:qvh", long_options, NULL)) != -1) {
        switch (option) {
        case 'j':
            if (!parse_count("run", "--jobs", optarg, &jobs)) {
                return EXIT_USAGE;
            }
            break;
        case STRICT:
            options.strict = true;
            break;
        case MINIMUM:
            if (!parse_count("run", "--min", optarg, &minimum)) {
                return EXIT_USAGE;
            }
            break;
        case 'v':
            options.verbose = true;
            break;
        case 'q':
            quiet = true;
            break;
        case KEEP_FLASH:
            options.keep_flash = optarg;
            break;
        case URL:
            options.url = optarg;
            break;
        case CA:
            options.ca_file = optarg;
            break;
        case 'h':
            usage(stdout);
            return EXIT_OK;
        default:
            usage(stderr);
            return EXIT_USAGE;
        }
    }
    if (options.verbose) {
        jobs = 1; /* two logs at once are none */
    }
    struct selection selection;
    if (!select_scenarios(argv + optind, (size_t)(argc - optind), &selection)) {
        return EXIT_USAGE;
    }
    int status = EXIT_USAGE;
    if ((options.keep_flash != NULL || options.url != NULL) && selection.count != 1) {
        fprintf(stderr, "otasim run: --keep-flash and --url need one scenario, %zu are named\n",
                selection.count);
    } else {
        status = run_selection(&selection, jobs, minimum, &options, quiet);
    }
    selection_free(&selection);
    return status;
}
