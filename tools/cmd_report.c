/* Runs scenarios and writes what happened as one HTML page. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "commands.h"
#include "files.h"
#include "host_fault.h"
#include "page.h"
#include "pool.h"
#include "release_runs.h"
#include "report_case.h"
#include "select.h"
#include "sweep_results.h"

#define DEFAULT_FILE "otasim-report.html"

static void usage(FILE *out)
{
    fputs("usage: otasim report [OPTIONS] [NAME...]\n\n"
          "Runs scenarios as `otasim run` does, and writes one HTML page: the verdicts, and for\n"
          "each scenario its time line on the device's clock, the flash before and after with\n"
          "erase counts, otadata decoded, what departed from the expectation, and the hazards\n"
          "that it met with what to do about them. The page needs no network, no server and no\n"
          "scripts: keep it as an artifact of CI. " SELECT_HELP "\n"
          "  -o, --output FILE  write it there (default: " DEFAULT_FILE ")\n"
          "      --sweep FILE   add a heat map of what `otasim sweep --jsonl FILE` found; may be\n"
          "                     given several times\n"
          "  -j, --jobs N       so many at once (default: one a processor)\n"
          "      --release V    behave as ESP-IDF V does (5.1.7, 5.3, master)\n"
          "      --all-releases  add a table of the scenarios against each release that is\n"
          "                     recorded\n"
          "      --strict       behave as documented instead of as the device does (quirks off)\n"
          "      --no-strict    behave as the device does: for a strict build\n"
          "  -h, --help\n\n"
          "Exit status: 0 all passed, 1 one failed or the page could not be written, 2 the\n"
          "command line is wrong or this machine not fit for it, 77 all skipped.\n",
          out);
}

struct report_options {
    const char *output;
    unsigned jobs;
    struct run_options run;
    json_t *sweeps;
    bool all_releases;
};

struct report_run {
    const struct report_options *options;
    struct page page;
};

static json_t *run_one(size_t index, struct server *server, void *context)
{
    const struct report_run *run = context;
    return report_case_run(run->page.scenarios[index], server, &run->options->run);
}

static void take_one(size_t index, const json_t *facts, const char *why, void *context)
{
    struct report_run *run = context;
    page_take(&run->page, index, facts, why);
}

static bool write_page(const struct page *page, const char *path, struct error *err)
{
    struct text text = {0};
    page_add(&text, page);
    size_t length = text.length;
    char *bytes = text_take(&text);
    bool ok = write_file(path, bytes, length, err);
    free(bytes);
    if (ok) {
        printf("%s: %zu KB\n", path, (length + 1023) / 1024);
    }
    return ok;
}

static bool run_releases(struct page *page, const struct report_options *options,
                         const struct selection *selection)
{
    uint32_t releases[16];
    struct release_runs runs = {.releases = releases, .count = release_runs_recorded(releases, 16)};
    struct error err;
    bool ok = release_runs_make(&runs, selection->scenarios, selection->count, options->jobs,
                                &options->run, &err);
    if (ok) {
        page->releases = release_runs_json(&runs);
    } else {
        fprintf(stderr, "otasim report: --all-releases: %s\n", err.text);
    }
    release_runs_free(&runs);
    return ok;
}

static int report(const struct report_options *options, const struct selection *selection)
{
    struct report_run run = {
        .options = options,
        .page = page_create(selection->scenarios, selection->count),
    };
    run.page.sweeps = options->sweeps;
    run.page.strict = options->run.strict;
    run.page.release = options->run.release;
    const struct pool_job job = {
        .count = selection->count,
        .jobs = options->jobs,
        .work = run_one,
        .done = take_one,
        .context = &run,
    };
    struct error err;
    bool ran = pool_run(&job, &err);
    if (!ran) {
        fprintf(stderr, "otasim report: %s\n", err.text);
    }
    if (host_fault_text() != NULL) {
        json_decref(run.page.releases); /* a page of that would tell of failures that are none */
        page_free(&run.page);
        return EXIT_UNFIT;
    }
    ran = ran && (!options->all_releases || run_releases(&run.page, options, selection));
    bool written = write_page(&run.page, options->output, &err);
    if (!written) {
        fprintf(stderr, "otasim report: %s\n", err.text);
    }
    size_t failed = page_failed(&run.page), skipped = page_skipped(&run.page);
    size_t passed = selection->count - failed - skipped;
    printf("%zu passed, %zu failed, %zu skipped\n", passed, failed, skipped);
    json_decref(run.page.releases);
    page_free(&run.page);
    if (!ran || !written || failed > 0) {
        return EXIT_FAILED;
    }
    return passed == 0 && skipped > 0 ? EXIT_SKIPPED : EXIT_OK;
}

static bool read_sweep(const char *path, json_t *sweeps)
{
    struct error err;
    bool ok = sweep_results_read(path, sweeps, &err);
    if (!ok) {
        fprintf(stderr, "otasim report: --sweep: %s\n", err.text);
    }
    return ok;
}

/* False if the command ends here, with *status. */
static bool parse_options(int argc, char **argv, struct report_options *options, int *status)
{
    enum { SWEEP = 256, STRICT, NO_STRICT, RELEASE, ALL_RELEASES };
    static const struct option names[] = {
        {"output", required_argument, NULL, 'o'},
        {"sweep", required_argument, NULL, SWEEP},
        {"jobs", required_argument, NULL, 'j'},
        {"strict", no_argument, NULL, STRICT},
        {"all-releases", no_argument, NULL, ALL_RELEASES},
        {"release", required_argument, NULL, RELEASE},
        {"no-strict", no_argument, NULL, NO_STRICT},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;
    *status = EXIT_USAGE;
    while ((option = getopt_long(argc, argv, "o:j:h", names, NULL)) != -1) {
        switch (option) {
        case 'o':
            options->output = optarg;
            break;
        case SWEEP:
            if (!read_sweep(optarg, options->sweeps)) {
                *status = EXIT_FAILED;
                return false;
            }
            break;
        case 'j':
            if (!parse_count("report", "--jobs", optarg, &options->jobs)) {
                return false;
            }
            break;
        case RELEASE:
            if (!parse_release("report", optarg, &options->run.release)) {
                return false;
            }
            break;
        case ALL_RELEASES:
            options->all_releases = true;
            break;
        case STRICT:
        case NO_STRICT:
            options->run.strict = option == STRICT;
            break;
        case 'h':
            usage(stdout);
            *status = EXIT_OK;
            return false;
        default:
            usage(stderr);
            return false;
        }
    }
    return true;
}

int cmd_report(int argc, char **argv)
{
    struct report_options options = {
        .output = DEFAULT_FILE,
        .run = {.strict = strict_by_default()},
        .jobs = default_jobs(),
        .sweeps = json_array(),
    };
    int status;
    struct selection selection;
    if (parse_options(argc, argv, &options, &status) &&
        select_scenarios(argv + optind, (size_t)(argc - optind), &selection)) {
        status = report(&options, &selection);
        selection_free(&selection);
    }
    json_decref(options.sweeps);
    return status;
}
