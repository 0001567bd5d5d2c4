#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "explain.h"
#include "otasim_quirk.h"
#include "select.h"

static void usage(FILE *out)
{
    fputs(
        "usage: otasim list [GLOB...]\n\n"
        "One scenario a line: its name and its story. A GLOB takes some of them: 'redirect/*'.\n\n"
        "  --hazards  by what the device gets wrong, with what to do about it\n"
        "  --names    names only\n"
        "  --count    how many\n"
        "  --ctest P  as add_test() lines that run program P, for the build\n"
        "  -h, --help\n",
        out);
}

enum { LIST_STORIES, LIST_HAZARDS, LIST_NAMES, LIST_COUNT, LIST_CTEST };

static void print_ctest(const struct scenario *scenario, const char *program)
{
    int family = (int)scenario_family_length(scenario);
    printf("add_test(\"%s\" \"%s\" run --quiet \"%s\")\n", scenario->name, program, scenario->name);
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

static size_t print_meeting(const struct selection *selection, const char *hazard)
{
    size_t count = 0;
    for (size_t i = 0; i < selection->count; i++) {
        const struct scenario *scenario = selection->scenarios[i];
        if (scenario->expect.hazard != NULL && strcmp(scenario->expect.hazard, hazard) == 0) {
            printf("  %-*s%s\n", 11, count++ == 0 ? "met by" : "", scenario->name);
        }
    }
    return count;
}

/* Each of them, or those that the named scenarios meet. */
static void print_hazards(const struct selection *selection, bool all)
{
    bool first = true;
    for (int i = 0; i < QUIRK_COUNT; i++) {
        const struct quirk_info *quirk = quirk_info((enum quirk_id)i);
        bool met = false;
        for (size_t j = 0; j < selection->count; j++) {
            const char *hazard = selection->scenarios[j]->expect.hazard;
            met = met || (hazard != NULL && strcmp(hazard, quirk->name) == 0);
        }
        if (!met && !all) {
            continue;
        }
        struct text text = {0};
        explain_hazard(&text, quirk, 0);
        char *bytes = text_take(&text);
        printf("%s%s", first ? "" : "\n", bytes);
        free(bytes);
        first = false;
        if (print_meeting(selection, quirk->name) == 0) {
            puts("  met by     no scenario of this table");
        }
    }
}

int cmd_list(int argc, char **argv)
{
    static const struct option options[] = {
        {"names", no_argument, NULL, 'n'}, {"hazards", no_argument, NULL, 'z'},
        {"count", no_argument, NULL, 'c'}, {"ctest", required_argument, NULL, 't'},
        {"help", no_argument, NULL, 'h'},  {NULL, 0, NULL, 0},
    };
    int what = LIST_STORIES;
    const char *program = NULL;
    int option;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (option) {
        case 'n':
            what = LIST_NAMES;
            break;
        case 'z':
            what = LIST_HAZARDS;
            break;
        case 'c':
            what = LIST_COUNT;
            break;
        case 't':
            what = LIST_CTEST;
            program = optarg;
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
    if (what == LIST_COUNT) {
        printf("%zu\n", selection.count);
    } else if (what == LIST_HAZARDS) {
        print_hazards(&selection, optind == argc);
    } else {
        print_all(&selection, what, program);
    }
    selection_free(&selection);
    return EXIT_OK;
}
