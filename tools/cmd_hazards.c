/* What the releases get wrong. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "commands.h"
#include "release.h"
#include "release_words.h"

static void usage(FILE *out)
{
    fputs("usage: otasim hazards [--release V] [--json]\n"
          "       otasim hazards --matrix\n\n"
          "What the OTA libraries of ESP-IDF get wrong: what happens, in which releases, the\n"
          "scenarios that show it, and what an application can do about it.\n\n"
          "      --release V  those of ESP-IDF V only: 5.1.7, 5.3 (its newest patch), master\n"
          "      --matrix     all of them against the releases, as a table in Markdown\n"
          "      --json       the same as JSON\n"
          "  -h, --help\n\n"
          "`otasim run --release V 'release/*'` shows them happening.\n"
          "Exit status: 0, or 2 if the command line is wrong.\n",
          out);
}

static void print_text(struct text *text)
{
    char *bytes = text_take(text);
    fputs(bytes, stdout);
    free(bytes);
}

static void print_hazards(uint32_t release)
{
    struct text text = {0};
    char name[RELEASE_TEXT_LENGTH];
    size_t count = release_hazards(&text, release);
    print_text(&text);
    if (release != 0) {
        printf("\n%zu known hazards in ESP-IDF %s\n", count, release_text(release, name));
    } else {
        printf("\n%zu known hazards\n", count);
    }
}

int cmd_hazards(int argc, char **argv)
{
    enum { RELEASE = 256, MATRIX, JSON };
    static const struct option options[] = {
        {"release", required_argument, NULL, RELEASE},
        {"json", no_argument, NULL, JSON},
        {"matrix", no_argument, NULL, MATRIX},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    uint32_t release = 0;
    bool matrix = false, json = false;
    int option;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (option) {
        case RELEASE:
            if (!parse_release("hazards", optarg, &release)) {
                return EXIT_USAGE;
            }
            break;
        case JSON:
            json = true;
            break;
        case MATRIX:
            matrix = true;
            break;
        case 'h':
            usage(stdout);
            return EXIT_OK;
        default:
            usage(stderr);
            return EXIT_USAGE;
        }
    }
    if (optind != argc || (matrix && (release != 0 || json))) {
        usage(stderr);
        return EXIT_USAGE;
    }
    if (matrix) {
        struct text text = {0};
        release_hazard_matrix(&text);
        print_text(&text);
    } else if (json) {
        json_t *hazards = release_hazards_json(release);
        json_dumpf(hazards, stdout, JSON_INDENT(1));
        putchar('\n');
        json_decref(hazards);
    } else {
        print_hazards(release);
    }
    return EXIT_OK;
}
