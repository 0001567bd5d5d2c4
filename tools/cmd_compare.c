/* A serial log of a real board against a scenario. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app_image.h"
#include "commands.h"
#include "compare_log.h"
#include "device_files.h"
#include "files.h"
#include "partition_file.h"
#include "select.h"

#define FLASH_SIZE                                                                                 \
    (16u << 20) /* the largest that is usual: the log says nothing of a table's fit */

static void usage(FILE *out)
{
    fputs(
        "usage: otasim compare [OPTIONS] SERIAL.log NAME\n\n"
        "Finds events, results, resets and boots of an update in a board's serial log and checks\n"
        "them against what the scenario expects: which agree, which depart, what the log does not\n"
        "tell. Takes logs as they are: colours, timestamps of a terminal program, broken lines,\n"
        "UTF-16. \"-\" reads the standard input.\n\n"
        "      --image FILE       the app that the board was given: its version is to boot\n"
        "      --partitions FILE  the board's table (CSV or binary), where its bootloader does "
        "not\n"
        "                         print one; else the scenario's\n"
        "      --strict           expect what the documentation promises\n"
        "      --no-strict        expect what the device does: for a strict build\n"
        "  -q, --quiet            print what departs and the summary only\n"
        "  -h, --help\n\n"
        "What it reads: the ROM's rst:0x..., \"Loaded app from partition\", \"Writing to "
        "partition\",\n"
        "App version, panics, ESP_ERR_... and err=0x..., -0x... of esp-tls, \"OTA succeed\" and "
        "its\n"
        "like, events by name (ESP_HTTPS_OTA_START) or as the vendor's advanced example prints "
        "them.\n"
        "A board that starts from another slot than the scenario's is compared by roles: the app\n"
        "that ran before, the update.\n\n"
        "Exit status: 0 all that is told agrees, 1 something departs or nothing is told, 2 the\n"
        "command line is wrong.\n"
        "Example: otasim serve truncation/half-the-body --image build/app.bin --bind ADDR\n"
        "         otasim compare monitor.log truncation/half-the-body --image build/app.bin\n",
        out);
}

struct options {
    const char *log, *image, *partitions;
    bool strict, quiet;
};

static bool read_log(const char *path, uint8_t **bytes, size_t *length, struct error *err)
{
    if (strcmp(path, "-") != 0) {
        return read_file(path, SERIAL_LOG_LIMIT, bytes, length, err);
    }
    return read_file("/dev/stdin", SERIAL_LOG_LIMIT, bytes, length, err);
}

static bool read_version(const char *path, char version[33], struct error *err)
{
    uint8_t *bytes = NULL;
    size_t length = 0;
    if (!read_file(path, DEVICE_FILE_LIMIT, &bytes, &length, err)) {
        return false;
    }
    struct app_image_descriptor descriptor = {0};
    if (length >= APP_IMAGE_DESCRIPTOR_OFFSET + APP_IMAGE_DESCRIPTOR_LENGTH) {
        app_image_descriptor_decode(bytes + APP_IMAGE_DESCRIPTOR_OFFSET, &descriptor);
    }
    bool ok = descriptor.present || error_set(err, "%s: no app image with a descriptor", path);
    snprintf(version, 33, "%s", descriptor.version);
    free(bytes);
    return ok;
}

static void print_line(const struct comparison *row)
{
    static const char *const words[] = {"agrees", "DEPARTS", "not told"};
    printf("%-9s", words[row->verdict]);
    if (row->entry != NULL) {
        printf("line %-6u", row->entry->line);
    } else {
        printf("%-11s", "");
    }
    if (row->verdict == COMPARISON_AGREES) {
        printf("%s: %s\n", row->field, row->expected);
        return;
    }
    printf("%s\n", row->field);
    printf("            expected  %s\n", row->expected);
    if (row->verdict == COMPARISON_NOT_SAID) {
        printf("            the log   %s\n", row->logged);
        return;
    }
    printf("            the log   %s\n", row->logged);
    if (row->entry != NULL) {
        int length = row->entry->text.length < 160 ? (int)row->entry->text.length : 160;
        printf("            it reads  \"%.*s\"\n", length, row->entry->text.bytes);
    }
}

static void print_head(const struct options *options, const struct scenario *scenario,
                       const struct serial_log *log, const struct comparisons *found)
{
    printf("%s: %s\n", scenario->name, scenario->about);
    printf("%s: %u line%s, %zu boot%s", options->log, log->lines, log->lines == 1 ? "" : "s",
           found->boots, found->boots == 1 ? "" : "s");
    if (found->release.length > 0) {
        printf(", ESP-IDF %.*s", (int)found->release.length, found->release.bytes);
    }
    printf("%s\n\n", options->strict ? ", against the documentation (--strict)" : "");
}

static int print_comparisons(const struct options *options, const struct scenario *scenario,
                             const struct serial_log *log, const struct comparisons *found)
{
    size_t agree = comparisons_with(found, COMPARISON_AGREES);
    size_t depart = comparisons_with(found, COMPARISON_DEPARTS);
    if (!options->quiet) {
        print_head(options, scenario, log, found);
    }
    for (size_t i = 0; i < found->count; i++) {
        if (!options->quiet || found->list[i].verdict == COMPARISON_DEPARTS) {
            print_line(&found->list[i]);
        }
    }
    if (depart > 0 && !options->strict && scenario->expect.hazard != NULL && !options->quiet) {
        printf("\nThe scenario expects the hazard %s. A release that is mended does what the\n"
               "documentation promises: try --strict.\n",
               scenario->expect.hazard);
    }
    printf("%s%zu agree, %zu depart, %zu not told\n", options->quiet ? "" : "\n", agree, depart,
           comparisons_with(found, COMPARISON_NOT_SAID));
    if (agree == 0 && depart == 0) {
        fprintf(stderr,
                "otasim compare: %s tells nothing of an update; is it the board's log, at 115200 "
                "baud?\n",
                options->log);
    }
    return depart == 0 && agree > 0 ? EXIT_OK : EXIT_FAILED;
}

static int compare(const struct options *options, const struct scenario *scenario)
{
    struct error err;
    uint8_t *bytes = NULL;
    size_t length = 0;
    struct partition_table table = {0};
    char version[33];
    struct comparison_board board = {0};
    struct serial_log log = {0};
    struct comparisons found = {0};
    if (options->image != NULL) {
        if (!read_version(options->image, version, &err)) {
            fprintf(stderr, "otasim compare: %s\n", err.text);
            return EXIT_FAILED;
        }
        board.version = version;
    }
    if (options->partitions != NULL) {
        if (!partition_file_read(options->partitions, FLASH_SIZE, 0, &table, &err)) {
            fprintf(stderr, "otasim compare: %s\n", err.text);
            return EXIT_FAILED;
        }
        board.table = &table;
    }
    int status = EXIT_FAILED;
    if (read_log(options->log, &bytes, &length, &err) &&
        serial_log_parse(bytes, length, &log, &err) &&
        compare_log(scenario, options->strict, &log, &board, &found, &err)) {
        status = print_comparisons(options, scenario, &log, &found);
    } else {
        fprintf(stderr, "otasim compare: %s\n", err.text);
    }
    comparisons_free(&found);
    serial_log_free(&log);
    free(bytes);
    return status;
}

int cmd_compare(int argc, char **argv)
{
    enum { IMAGE = 256, PARTITIONS, STRICT, NO_STRICT };
    static const struct option options[] = {
        {"image", required_argument, NULL, IMAGE},
        {"partitions", required_argument, NULL, PARTITIONS},
        {"strict", no_argument, NULL, STRICT},
        {"no-strict", no_argument, NULL, NO_STRICT},
        {"quiet", no_argument, NULL, 'q'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct options given = {.strict = strict_by_default()};
    int option;
    while ((option = getopt_long(argc, argv, "qh", options, NULL)) != -1) {
        switch (option) {
        case IMAGE:
            given.image = optarg;
            break;
        case PARTITIONS:
            given.partitions = optarg;
            break;
        case STRICT:
        case NO_STRICT:
            given.strict = option == STRICT;
            break;
        case 'q':
            given.quiet = true;
            break;
        case 'h':
            usage(stdout);
            return EXIT_OK;
        default:
            usage(stderr);
            return EXIT_USAGE;
        }
    }
    if (optind + 2 != argc) {
        usage(stderr);
        return EXIT_USAGE;
    }
    given.log = argv[optind];
    struct selection selection;
    if (!select_scenarios(argv + optind + 1, 1, &selection)) {
        return EXIT_USAGE;
    }
    int status = EXIT_USAGE;
    if (selection.count != 1) {
        fprintf(stderr, "otasim compare: \"%s\" names %zu scenarios; a log is of one\n",
                argv[optind + 1], selection.count);
    } else {
        status = compare(&given, selection.scenarios[0]);
    }
    selection_free(&selection);
    return status;
}
