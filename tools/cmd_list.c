#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "scenario_set.h"
#include "select.h"

static void usage(FILE *out)
{
    fputs(
        "usage: otasim list [GLOB...]\n\n"
        "One scenario a line: its name and its story. A GLOB takes some of them: 'redirect/*'.\n\n"
        "  --names    names only\n"
        "  --count    how many\n"
        "  --firmware F  only those that run firmware F and no other\n"
        "  --ctest P  as add_test() lines that run program P, for the build\n"
        "  -h, --help\n",
        out);
}

enum { LIST_STORIES, LIST_NAMES, LIST_COUNT, LIST_CTEST };

static void print_ctest(const struct scenario *scenario, const char *program)
{
    int family = (int)scenario_family_length(scenario);
    const char *set = scenario_set_path();
    printf("add_test(\"%s\" \"%s\"", scenario->name, program);
    if (set != NULL) {
        printf(" --scenarios \"%s\"", set);
    }
    printf(" run --quiet \"%s\")\n", scenario->name);
    printf("set_tests_properties(\"%s\" PROPERTIES LABELS \"%.*s\" SKIP_RETURN_CODE %d)\n",
           scenario->name, family, scenario->name, EXIT_SKIPPED);
}

static void print_all(const struct selection *selection, int what, const char *program)
{
    int width = 0;
    for (size_t i = 0; i < selection->count; i++) {
        int length = (int)strlen(selection->scenarios[i]->name);
        width = length > width ? length : width;
    }
    for (size_t i = 0; i < selection->count; i++) {
        const struct scenario *scenario = selection->scenarios[i];
        if (what == LIST_CTEST) {
            print_ctest(scenario, program);
        } else if (what == LIST_NAMES) {
            puts(scenario->name);
        } else {
            printf("%-*s  %s\n", width, scenario->name, scenario->about);
        }
    }
}

static bool runs_only(const struct scenario *scenario, const char *firmware)
{
    if (strcmp(scenario_firmware(scenario), firmware) != 0) {
        return false;
    }
    for (size_t i = 0; i < SCENARIO_MAX_APPS; i++) {
        const char *other = scenario->firmware_of[i].firmware;
        if (other != NULL && strcmp(other, firmware) != 0) {
            return false;
        }
    }
    return true;
}

static void keep_those_that_run(const char *firmware, struct selection *selection)
{
    size_t kept = 0;
    for (size_t i = 0; i < selection->count; i++) {
        if (runs_only(selection->scenarios[i], firmware)) {
            selection->scenarios[kept++] = selection->scenarios[i];
        }
    }
    selection->count = kept;
}

int cmd_list(int argc, char **argv)
{
    static const struct option options[] = {
        {"names", no_argument, NULL, 'n'},          {"count", no_argument, NULL, 'c'},
        {"firmware", required_argument, NULL, 'f'}, {"ctest", required_argument, NULL, 't'},
        {"help", no_argument, NULL, 'h'},           {NULL, 0, NULL, 0},
    };
    int what = LIST_STORIES;
    const char *program = NULL, *firmware = NULL;
    int option;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (option) {
        case 'n':
            what = LIST_NAMES;
            break;
        case 'c':
            what = LIST_COUNT;
            break;
        case 't':
            what = LIST_CTEST;
            program = optarg;
            break;
        case 'f':
            firmware = optarg;
            break;
        case 'h':
            usage(stdout);
            return EXIT_OK;
        default:
            usage(stderr);
            return EXIT_USAGE;
        }
    }
    struct selection selection;
    if (!select_scenarios(argv + optind, (size_t)(argc - optind), &selection)) {
        return EXIT_USAGE;
    }
    if (firmware != NULL) {
        keep_those_that_run(firmware, &selection);
    }
    if (what == LIST_COUNT) {
        printf("%zu\n", selection.count);
    } else {
        print_all(&selection, what, program);
    }
    selection_free(&selection);
    return EXIT_OK;
}
