#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue.h"
#include "commands.h"
#include "explain.h"
#include "firmware.h"
#include "nearest.h"
#include "otasim_quirk.h"
#include "release.h"
#include "scenario_set.h"
#include "select.h"

static void usage(FILE *out)
{
    fputs("usage: otasim list [NAME...]\n\n"
          "One scenario a line: its name and its story. " SELECT_HELP "\n"
          "  --hazards  by what the device gets wrong, with what to do about it; for those\n"
          "             of other releases: otasim hazards\n"
          "  --catalogue  by the failure of the field that they replay; fails if one has none\n"
          "  --names    names only\n"
          "  --count    how many\n"
          "  --firmware F  only those that run firmware F and no other\n"
          "  --ctest P  as add_test() lines that run program P, for the build\n"
          "  -h, --help\n",
          out);
}

enum { LIST_STORIES, LIST_HAZARDS, LIST_CATALOGUE, LIST_NAMES, LIST_COUNT, LIST_CTEST };

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

/* The firmwares that a row names: the first, then those of its versions. */
enum { NAMED_BY_ROW = 1 + SCENARIO_MAX_APPS };

static const char *named_at(size_t index, void *context)
{
    const struct selection *all = context;
    if (index >= all->count * NAMED_BY_ROW) {
        return NULL;
    }
    const struct scenario *row = all->scenarios[index / NAMED_BY_ROW];
    size_t which = index % NAMED_BY_ROW;
    const char *name = which > 0 ? row->firmware_of[which - 1].firmware : NULL;
    return name != NULL ? name : scenario_firmware(row);
}

/* One that a row names, or that is there without a row. */
static bool is_firmware(const char *name)
{
    struct selection all;
    struct error ignored;
    if (!select_scenarios(NULL, 0, &all)) {
        return false;
    }
    bool known = false;
    const char *named;
    for (size_t i = 0; !known && (named = named_at(i, &all)) != NULL; i++) {
        known = strcmp(named, name) == 0;
    }
    known = known || firmware_load(name, &ignored) != NULL;
    if (!known) {
        const char *nearest = nearest_name(name, named_at, &all);
        fprintf(stderr, "otasim list: there is no firmware \"%s\"", name);
        if (nearest != NULL) {
            fprintf(stderr, "; did you mean \"%s\"?", nearest);
        }
        fputc('\n', stderr);
    }
    selection_free(&all);
    return known;
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
        bool is_masters = quirk->kind == QUIRK_KIND_HAZARD &&
                          quirk_in_release((enum quirk_id)i, release_master());
        if (!met && !(all && is_masters)) {
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

static size_t print_replaying(const struct selection *selection, const char *id)
{
    size_t count = 0;
    for (size_t i = 0; i < selection->count; i++) {
        if (catalogue_names(selection->scenarios[i]->catalogue, id)) {
            printf("%s%s", count++ == 0 ? "  " : ", ", selection->scenarios[i]->name);
        }
    }
    return count;
}

/* With all: every id must be replayed, or say where it is. */
static bool print_catalogue(const struct selection *selection, bool all)
{
    size_t missing = 0, rows = 0;
    const struct catalogue_row *row;
    for (; (row = catalogue_row(rows)) != NULL; rows++) {
        printf("%-4s %-30s", row->id, row->name);
        size_t count = print_replaying(selection, row->id);
        if (count == 0) {
            printf("  %s", row->elsewhere != NULL ? row->elsewhere : "MISSING");
            missing += row->elsewhere == NULL;
        }
        putchar('\n');
    }
    if (all && missing > 0) {
        fprintf(stderr, "otasim: %zu of %zu failures of the field are replayed by no scenario\n",
                missing, rows);
    }
    return !all || missing == 0;
}

int cmd_list(int argc, char **argv)
{
    static const struct option options[] = {
        {"names", no_argument, NULL, 'n'},          {"hazards", no_argument, NULL, 'z'},
        {"catalogue", no_argument, NULL, 'f'},      {"count", no_argument, NULL, 'c'},
        {"firmware", required_argument, NULL, 'w'}, {"ctest", required_argument, NULL, 't'},
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
        case 'z':
            what = LIST_HAZARDS;
            break;
        case 'f':
            what = LIST_CATALOGUE;
            break;
        case 'c':
            what = LIST_COUNT;
            break;
        case 't':
            what = LIST_CTEST;
            program = optarg;
            break;
        case 'w':
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
    if (firmware != NULL && !is_firmware(firmware)) {
        return EXIT_USAGE;
    }
    if (!select_scenarios(argv + optind, (size_t)(argc - optind), &selection)) {
        return EXIT_USAGE;
    }
    if (firmware != NULL) {
        keep_those_that_run(firmware, &selection);
    }
    int code = EXIT_OK;
    if (what == LIST_COUNT) {
        printf("%zu\n", selection.count);
    } else if (what == LIST_HAZARDS) {
        print_hazards(&selection, optind == argc);
    } else if (what == LIST_CATALOGUE) {
        code = print_catalogue(&selection, optind == argc) ? EXIT_OK : EXIT_FAILED;
    } else {
        print_all(&selection, what, program);
    }
    selection_free(&selection);
    return code;
}
