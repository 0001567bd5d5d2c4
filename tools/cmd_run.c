#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "junit.h"
#include "release.h"
#include "release_runs.h"
#include "run_many.h"
#include "select.h"
#include "tap.h"
#include "verdicts.h"

static void usage(FILE *out)
{
    fputs(
        "usage: otasim run [OPTIONS] [NAME...]\n\n"
        "Runs scenarios against the simulated device and the scripted server, and says for each\n"
        "whether all expectations hold. " SELECT_HELP "\n"
        "  -j, --jobs N        so many at once (default: one a processor)\n"
        "      --strict        behave as documented instead of as the device does (quirks off)\n"
        "      --no-strict     behave as the device does: for a strict build (OTASIM_STRICT)\n"
        "      --release V     behave as ESP-IDF V does (5.1.7, 5.3: its newest patch, master) "
        "instead of as\n"
        "                      the release that each firmware is compiled for\n"
        "      --all-releases  under each release that is recorded: a table of scenarios against "
        "releases.\n"
        "                      The exit status is that of the newest\n"
        "      --json FILE     write that table to FILE as JSON too\n"
        "      --min N         fail unless at least N scenarios were found\n"
        "  -v, --verbose       show the firmware's log, as on its serial port; one job at a time\n"
        "  -q, --quiet         print failures and the summary only\n"
        "      --junit FILE    write the verdicts to FILE as JUnit XML too\n"
        "      --tap           print the Test Anything Protocol (version 14) instead\n"
        "      --url URL       update from this real server instead of the scripted one (one "
        "scenario\n"
        "                      only; its requests are not judged, everything else is)\n"
        "      --ca FILE       trust this root instead of the test root, with --url\n"
        "      --keep-flash F  write the flash to F afterwards (one scenario only)\n"
        "  -h, --help\n\n"
        "Exit status: 0 all passed, 1 one failed, 2 the command line is wrong or this machine not "
        "fit "
        "for\nit (disk, files, memory, a server that was killed), 77 all skipped, 130 after ^C.\n",
        out);
}

struct run_report {
    struct verdicts verdicts;
    const char *junit; /* NULL: none */
    uint32_t release;  /* that was asked for; 0: none */
    bool quiet, tap, color;
    int width;
    size_t told; /* so many test points are printed */
};

static void print_hazards(const json_t *quirks)
{
    for (size_t i = 0; i < json_array_size(quirks); i++) {
        printf("%s%s", i == 0 ? "  hazard: " : ", ", json_string_value(json_array_get(quirks, i)));
    }
}

static void print_libraries(const struct verdicts *verdicts, const char *prefix)
{
    json_t *names = verdicts_libraries(verdicts);
    for (size_t i = 0; i < json_array_size(names); i++) {
        printf("%s%s", i == 0 ? prefix : ", ", json_string_value(json_array_get(names, i)));
    }
    printf("%s", json_array_size(names) > 0 ? "\n" : "");
    json_decref(names);
}

static void print_outcome(const struct run_report *report, const struct scenario_outcome *outcome)
{
    const char *verdict = outcome->skipped ? "skip" : outcome->passed ? "ok" : "FAIL";
    const char *color = outcome->skipped ? "\033[33m" : outcome->passed ? "\033[32m" : "\033[31m";
    if (report->quiet && outcome->passed) {
        return;
    }
    printf("%s%-4s%s  %-*s %5u ms", report->color ? color : "", verdict,
           report->color ? "\033[0m" : "", report->width, outcome->scenario->name,
           outcome->milliseconds);
    print_hazards(outcome->quirks);
    putchar('\n');
    if (!outcome->passed || outcome->skipped) {
        fputs(outcome->text, stdout);
    }
    fflush(stdout);
}

/* Test points come in table order: those that have ended, up to the first that has not. */
static void print_points(struct run_report *report, bool broke_off)
{
    struct text text = {0};
    while (report->told < report->verdicts.count &&
           (broke_off || report->verdicts.rows[report->told].ended)) {
        const struct verdict *row = &report->verdicts.rows[report->told++];
        tap_point(&text, report->told, row);
    }
    char *lines = text_take(&text);
    fputs(lines, stdout);
    fflush(stdout);
    free(lines);
}

static void take_outcome(const struct scenario_outcome *outcome, void *context)
{
    struct run_report *report = context;
    verdicts_take(&report->verdicts, outcome);
    if (report->tap) {
        print_points(report, false);
    } else {
        print_outcome(report, outcome);
    }
}

static void begin_tap(size_t count)
{
    struct text text = {0};
    tap_begin(&text, count);
    char *lines = text_take(&text);
    fputs(lines, stdout);
    free(lines);
}

static void print_summary(const struct run_report *report, const struct verdict_counts *counts)
{
    if (counts->hazards > 0 && !report->quiet) {
        printf("\n%zu scenario%s met a hazard: what the device gets wrong, and so the simulator.\n"
               "`otasim list --hazards` says what to do about each.\n",
               counts->hazards, counts->hazards == 1 ? "" : "s");
    }
    if (counts->failed > 0 && !report->quiet) {
        puts("\n`otasim trace NAME` shows what happened in one of them, step by step.");
    }
    putchar('\n');
    print_libraries(&report->verdicts, "OTA library: ");
    if (report->release != 0) {
        char name[RELEASE_TEXT_LENGTH];
        printf("behaves like ESP-IDF %s\n", release_text(report->release, name));
    }
    printf("%zu passed, %zu failed, %zu skipped", counts->passed, counts->failed, counts->skipped);
    if (counts->missing > 0) {
        printf(", %zu not run", counts->missing);
    }
    putchar('\n');
}

static int run_selection(const struct selection *selection, unsigned jobs,
                         const struct run_options *options, struct run_report *report)
{
    report->release = options->release;
    report->color = isatty(STDOUT_FILENO) != 0;
    for (size_t i = 0; i < selection->count; i++) {
        int length = (int)strlen(selection->scenarios[i]->name);
        report->width = length > report->width ? length : report->width;
    }
    if (report->tap) {
        begin_tap(selection->count);
    }
    time_t began = time(NULL);
    report->verdicts = verdicts_create(selection->scenarios, selection->count);
    struct error err;
    bool ran =
        run_many(selection->scenarios, selection->count, jobs, options, take_outcome, report, &err);
    if (!ran) {
        fprintf(stderr, "otasim run: %s\n", err.text);
    }
    struct verdict_counts counts = verdicts_count(&report->verdicts);
    if (report->tap) {
        print_points(report, true);
        print_libraries(&report->verdicts, "# OTA library: ");
    } else {
        print_summary(report, &counts);
    }
    bool written =
        report->junit == NULL || junit_write(report->junit, &report->verdicts, began, &err);
    if (!written) {
        fprintf(stderr, "otasim run: --junit: %s\n", err.text);
    }
    verdicts_free(&report->verdicts);
    return ran && written ? verdicts_status(&counts) : EXIT_FAILED;
}

static void print_counts(const struct release_runs *runs)
{
    for (size_t i = 0; i < runs->count; i++) {
        char name[RELEASE_TEXT_LENGTH];
        struct verdict_counts counts = verdicts_count(&runs->verdicts[i]);
        printf("%-8s %zu passed, %zu failed, %zu skipped, %zu met a hazard\n",
               release_text(runs->releases[i], name), counts.passed, counts.failed, counts.skipped,
               counts.hazards);
    }
}

static bool write_json(const struct release_runs *runs, const char *path, struct error *err)
{
    json_t *json = release_runs_json(runs);
    bool ok = json_dump_file(json, path, JSON_INDENT(1)) == 0;
    json_decref(json);
    return ok || error_set(err, "--json: %s: %s", path, strerror(errno));
}

static int run_releases(const struct selection *selection, unsigned jobs,
                        const struct run_options *options, const char *json)
{
    uint32_t releases[16];
    struct release_runs runs = {.releases = releases, .count = release_runs_recorded(releases, 16)};
    struct error err;
    struct text text = {0};
    bool ok =
        release_runs_make(&runs, selection->scenarios, selection->count, jobs, options, &err) &&
        (json == NULL || write_json(&runs, json, &err));
    if (ok) {
        release_runs_table(&text, &runs, false);
        char *table = text_take(&text);
        fputs(table, stdout);
        free(table);
        puts(
            "\nhazard: passed, and met what the release gets wrong. `otasim hazards` says what.\n");
        print_counts(&runs);
    } else {
        fprintf(stderr, "otasim run: %s\n", err.text);
    }
    struct verdict_counts newest = {.missing = 1};
    if (ok) {
        newest = verdicts_count(&runs.verdicts[runs.count - 1]);
    }
    release_runs_free(&runs);
    return verdicts_status(&newest);
}

int cmd_run(int argc, char **argv)
{
    enum {
        STRICT = 256,
        NO_STRICT,
        RELEASE,
        ALL_RELEASES,
        JSON,
        MINIMUM,
        KEEP_FLASH,
        URL,
        CA,
        JUNIT,
        TAP
    };
    static const struct option long_options[] = {
        {"jobs", required_argument, NULL, 'j'},
        {"strict", no_argument, NULL, STRICT},
        {"no-strict", no_argument, NULL, NO_STRICT},
        {"release", required_argument, NULL, RELEASE},
        {"all-releases", no_argument, NULL, ALL_RELEASES},
        {"json", required_argument, NULL, JSON},
        {"min", required_argument, NULL, MINIMUM},
        {"quiet", no_argument, NULL, 'q'},
        {"verbose", no_argument, NULL, 'v'},
        {"keep-flash", required_argument, NULL, KEEP_FLASH},
        {"junit", required_argument, NULL, JUNIT},
        {"tap", no_argument, NULL, TAP},
        {"url", required_argument, NULL, URL},
        {"ca", required_argument, NULL, CA},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct run_options options = {.strict = strict_by_default(), .brief_trace = true};
    struct run_report report = {0};
    unsigned jobs = default_jobs(), minimum = 0;
    bool all_releases = false;
    const char *json = NULL;
    int option;
    while ((option = getopt_long(argc, argv, "j:qvh", long_options, NULL)) != -1) {
        switch (option) {
        case 'j':
            if (!parse_count("run", "--jobs", optarg, &jobs)) {
                return EXIT_USAGE;
            }
            break;
        case STRICT:
        case NO_STRICT:
            options.strict = option == STRICT;
            break;
        case RELEASE:
            if (!parse_release("run", optarg, &options.release)) {
                return EXIT_USAGE;
            }
            break;
        case ALL_RELEASES:
            all_releases = true;
            break;
        case JSON:
            json = optarg;
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
            report.quiet = true;
            break;
        case JUNIT:
            report.junit = optarg;
            break;
        case TAP:
            report.tap = true;
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
    if (options.verbose && report.tap) {
        fputs("otasim run: --verbose and --tap both want to be what is printed\n", stderr);
        return EXIT_USAGE;
    }
    if (json != NULL && !all_releases) {
        fputs("otasim run: --json is of the table of --all-releases; --junit has one run's "
              "verdicts\n",
              stderr);
        return EXIT_USAGE;
    }
    bool of_one_run = options.release != 0 || options.keep_flash != NULL || options.url != NULL ||
                      options.verbose || report.tap || report.junit != NULL;
    if (all_releases && of_one_run) {
        fputs("otasim run: --all-releases is several runs: without --release, --verbose, --tap, "
              "--junit,\n"
              "            --keep-flash and --url\n",
              stderr);
        return EXIT_USAGE;
    }
    if (options.ca_file != NULL && options.url == NULL) {
        fputs("otasim run: --ca goes with --url\n", stderr);
        return EXIT_USAGE;
    }
    struct selection selection;
    if (!select_scenarios(argv + optind, (size_t)(argc - optind), &selection)) {
        return EXIT_USAGE;
    }
    int status = EXIT_USAGE;
    if ((options.keep_flash != NULL || options.url != NULL) && selection.count != 1) {
        fprintf(stderr, "otasim run: --keep-flash and --url need one scenario, %zu are named\n",
                selection.count);
    } else if (selection.count < minimum) {
        fprintf(stderr, "otasim run: found %zu scenarios, expected at least %u (--min)\n",
                selection.count, minimum);
        status = EXIT_FAILED;
    } else if (all_releases) {
        status = run_releases(&selection, jobs, &options, json);
    } else {
        status = run_selection(&selection, jobs, &options, &report);
    }
    selection_free(&selection);
    return status;
}
