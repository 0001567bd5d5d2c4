/* What another release of ESP-IDF changes. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "commands.h"
#include "release.h"
#include "release_runs.h"
#include "release_words.h"
#include "scenario_set.h"
#include "select.h"

static void usage(FILE *out)
{
    fputs("usage: otasim upgrade FROM TO [--run] [GLOB...]\n\n"
          "What changes in the behaviour of OTA updates from one release of ESP-IDF to another:\n"
          "hazards that are gone and that are new, other return codes, other behaviour, the API.\n"
          "The other way round it says what a downgrade brings back.\n\n"
          "With --run, a GLOB or --scenarios it runs those scenarios under both releases too, and\n"
          "shows those whose verdicts differ.\n\n"
          "  -j, --jobs N  so many at once (default: one a processor)\n"
          "  -h, --help\n\n"
          "FROM and TO: 4.4, 5.1.7, v5.5.5, master, ...\n"
          "Exit status: 0 nothing that passed under FROM fails under TO, 1 something does, 2 the\n"
          "command line is wrong.\n"
          "Example: otasim upgrade 5.1.7 5.5.5\n",
          out);
}

static void print_changes(uint32_t from, uint32_t to)
{
    struct text text = {0};
    char before[RELEASE_TEXT_LENGTH], after[RELEASE_TEXT_LENGTH];
    size_t count = release_upgrade(&text, from, to);
    char *bytes = text_take(&text);
    printf("ESP-IDF %s to %s\n\n%s", release_text(from, before), release_text(to, after), bytes);
    printf("%zu known changes\n", count);
    free(bytes);
}

/* How many passed under the first release and fail under the last. */
static size_t count_lost(const struct release_runs *runs)
{
    size_t lost = 0;
    const struct verdicts *first = &runs->verdicts[0], *last = &runs->verdicts[runs->count - 1];
    for (size_t i = 0; i < first->count; i++) {
        lost += first->rows[i].passed && last->rows[i].ended && !last->rows[i].passed &&
                !last->rows[i].skipped;
    }
    return lost;
}

static int run_both(const uint32_t releases[2], const struct selection *selection, unsigned jobs)
{
    struct release_runs runs = {.releases = releases, .count = 2};
    const struct run_options options = {0};
    struct error err;
    struct text text = {0};
    bool ok =
        release_runs_make(&runs, selection->scenarios, selection->count, jobs, &options, &err);
    if (!ok) {
        fprintf(stderr, "otasim upgrade: %s\n", err.text);
        release_runs_free(&runs);
        return EXIT_FAILED;
    }
    size_t different = release_runs_table(&text, &runs, true);
    char *table = text_take(&text);
    size_t lost = count_lost(&runs);
    printf("\n%s%s%zu of %zu scenarios end differently; %zu that passed fail now\n", table,
           different > 0 ? "\n" : "", different, selection->count, lost);
    free(table);
    release_runs_free(&runs);
    return lost > 0 ? EXIT_FAILED : EXIT_OK;
}

int cmd_upgrade(int argc, char **argv)
{
    enum { RUN = 256 };
    static const struct option options[] = {
        {"run", no_argument, NULL, RUN},
        {"jobs", required_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    unsigned jobs = default_jobs();
    bool run = false;
    int option;
    while ((option = getopt_long(argc, argv, "j:h", options, NULL)) != -1) {
        switch (option) {
        case RUN:
            run = true;
            break;
        case 'j':
            if (!parse_count("upgrade", "--jobs", optarg, &jobs)) {
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
    uint32_t releases[2];
    if (argc - optind < 2) {
        usage(stderr);
        return EXIT_USAGE;
    }
    for (int i = 0; i < 2; i++) {
        struct error err;
        if (!release_parse(argv[optind + i], &releases[i], &err)) {
            fprintf(stderr, "otasim upgrade: %s\n", err.text);
            return EXIT_USAGE;
        }
    }
    char **globs = argv + optind + 2;
    size_t count = (size_t)(argc - optind - 2);
    struct selection selection = {0};
    run = run || count > 0 || scenario_set_current() != NULL;
    if (run && !select_scenarios(globs, count, &selection)) {
        return EXIT_USAGE;
    }
    print_changes(releases[0], releases[1]);
    int status = run ? run_both(releases, &selection, jobs) : EXIT_OK;
    selection_free(&selection);
    return status;
}
