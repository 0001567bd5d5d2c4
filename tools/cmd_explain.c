/* One scenario in words. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "commands.h"
#include "explain.h"
#include "select.h"

static void usage(FILE *out)
{
    fputs("usage: otasim explain NAME...\n\n"
          "Says what a scenario is about: the story and where it was seen, what is replayed\n"
          "(device, firmware, server), what must come of it, and what an application should "
          "do.\n" SELECT_SOME_HELP ".\n\n"
          "  -h, --help\n",
          out);
}

static void print_explained(const struct scenario *scenario)
{
    struct text text = {0};
    explain_scenario(&text, scenario);
    text_add(&text, "\n  otasim run %s      runs and judges it\n", scenario->name);
    text_add(&text, "  otasim trace %s    shows what happens, step by step\n", scenario->name);
    char *bytes = text_take(&text);
    fputs(bytes, stdout);
    free(bytes);
}

int cmd_explain(int argc, char **argv)
{
    static const struct option options[] = {
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        usage(option == 'h' ? stdout : stderr);
        return option == 'h' ? EXIT_OK : EXIT_USAGE;
    }
    if (optind == argc) {
        usage(stderr);
        return EXIT_USAGE;
    }
    struct selection selection;
    if (!select_scenarios(argv + optind, (size_t)(argc - optind), &selection)) {
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < selection.count; i++) {
        if (i > 0) {
            putchar('\n');
        }
        print_explained(selection.scenarios[i]);
    }
    selection_free(&selection);
    return EXIT_OK;
}
