#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "device_files.h"
#include "files.h"
#include "gate.h"
#include "partition_file.h"
#include "paths.h"
#include "release.h"

#define MAX_IMAGE (16u << 20)

static void usage(FILE *out)
{
    fputs(
        "usage: otasim gate NEW.bin [OPTIONS]\n\n"
        "Judges a release by what the build leaves behind, without a line of test code: that the\n"
        "image verifies, fits the slots, suits the chip and the release in the field; then really\n"
        "updates to it and back over TLS, on good and bad days, and with power failing at every\n"
        "place. Prints one page of findings.\n\n"
        "      --from OLD.bin      the release that is in the field\n"
        "      --partitions FILE   the project's table: partitions.csv, or its binary form\n"
        "      --chip NAME         (default: what the image says it is for)\n"
        "      --revision N        of the oldest chip in the field, major * 100 + minor\n"
        "      --sdkconfig FILE    rollback, anti-rollback, signatures, flash size\n"
        "      --release V         judge as ESP-IDF V does (5.1.7, 5.3, master): of the app that "
        "is in\n"
        "                          the field, which does the updating, and of its bootloader\n"
        "                          (default: master; what the images say is noted)\n"
        "      --strict            warnings fail too\n"
        "      --no-sweep          leave the power sweep out\n"
        "  -j, --jobs N            so many at once (default: one a processor)\n"
        "  -h, --help\n\n"
        "A code that another release returns on a bad day is told, and is no failure; where a "
        "release\n"
        "makes something else of it (updates, refuses, never ends), that is a warning. All hazards "
        "that\n"
        "were met are listed, with what to do and where they were fixed.\n\n"
        "Exit status: 0 good to go, 1 something failed, 2 no verdict: the command line is wrong, "
        "or\n"
        "this machine is not fit for it (disk, files, memory).\n"
        "Example: otasim gate build/app.bin --from v1.4.bin --partitions partitions.csv \\\n"
        "                     --sdkconfig sdkconfig\n",
        out);
}

struct options {
    const char *sdkconfig;
    bool strict;
};

enum { FROM = 256, PARTITIONS, CHIP, REVISION, SDKCONFIG, RELEASE, STRICT, NO_SWEEP };

static bool parse_option(int option, struct options *options, struct gate *gate)
{
    uint32_t revision;
    switch (option) {
    case FROM:
        gate->old.name = optarg;
        return true;
    case PARTITIONS:
        gate->partitions = optarg;
        return true;
    case CHIP:
        gate->chip = parse_chip_option("gate", "--chip", optarg);
        return gate->chip != NULL;
    case REVISION:
        if (!parse_size_option("gate", "--revision", optarg, UINT16_MAX, &revision)) {
            return false;
        }
        gate->revision = (uint16_t)revision;
        gate->revision_given = true;
        return true;
    case SDKCONFIG:
        options->sdkconfig = optarg;
        return true;
    case RELEASE:
        gate->release_given = true;
        return parse_release("gate", optarg, &gate->release);
    case STRICT:
        options->strict = true;
        return true;
    case NO_SWEEP:
        gate->no_sweep = true;
        return true;
    default:
        return parse_count("gate", "--jobs", optarg, &gate->jobs);
    }
}

/* *status is that of the command if there is nothing more to do. */
static bool parse_options(int argc, char **argv, struct options *options, struct gate *gate,
                          int *status)
{
    static const struct option names[] = {
        {"from", required_argument, NULL, FROM},
        {"partitions", required_argument, NULL, PARTITIONS},
        {"chip", required_argument, NULL, CHIP},
        {"revision", required_argument, NULL, REVISION},
        {"sdkconfig", required_argument, NULL, SDKCONFIG},
        {"release", required_argument, NULL, RELEASE},
        {"strict", no_argument, NULL, STRICT},
        {"no-sweep", no_argument, NULL, NO_SWEEP},
        {"jobs", required_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;
    *status = EXIT_USAGE;
    while ((option = getopt_long(argc, argv, "j:h", names, NULL)) != -1) {
        if (option == 'h') {
            usage(stdout);
            *status = EXIT_OK;
            return false;
        }
        if (option == '?' || !parse_option(option, options, gate)) {
            fputs("see otasim gate --help\n", stderr);
            return false;
        }
    }
    if (optind + 1 != argc) {
        fprintf(stderr, "otasim gate: %s; see otasim gate --help\n",
                optind == argc ? "which NEW.bin?" : "one NEW.bin at a time");
        return false;
    }
    gate->new.name = argv[optind];
    return true;
}

/* The scenarios name files by where they are, wherever they are run. */
static bool absolute(const char *name, char path[SCENARIO_IMAGE_PATH], struct error *err)
{
    char *real = realpath(name, NULL);
    if (real == NULL) {
        return error_set(err, "%s: %s", name, strerror(errno));
    }
    bool fits = strlen(real) < SCENARIO_IMAGE_PATH;
    memcpy(path, real, fits ? strlen(real) + 1 : 0);
    free(real);
    return fits || error_set(err, "%s: the path is too long", name);
}

static bool load_image(struct gate_image *image, struct error *err)
{
    size_t length = 0;
    if (image->name == NULL) {
        return true;
    }
    bool ok = absolute(image->name, image->path, err) &&
              read_file(image->name, MAX_IMAGE, &image->bytes, &length, err);
    image->length = (uint32_t)length;
    return ok;
}

static bool load_table(struct gate *gate, struct error *err)
{
    char standard[SCENARIO_IMAGE_PATH];
    snprintf(standard, sizeof standard, "%s/partitions/std.csv", paths_fixtures_dir());
    const char *name = gate->partitions != NULL ? gate->partitions : standard;
    uint32_t bootloader = gate->chip != NULL ? gate->chip->bootloader_offset : 0;
    return absolute(name, gate->table_path, err) &&
           partition_file_read(name, 0, bootloader, &gate->table, err);
}

static bool load(const struct options *options, struct gate *gate, struct error *err)
{
    return load_image(&gate->new, err) && load_image(&gate->old, err) && load_table(gate, err) &&
           (options->sdkconfig == NULL || sdkconfig_read(options->sdkconfig, &gate->config, err));
}

static int judge(const struct options *options, struct gate *gate)
{
    char release[RELEASE_TEXT_LENGTH];
    gate->findings.color = isatty(STDOUT_FILENO) != 0;
    printf("NEW  %s\n", gate->new.name);
    if (gate->old.name != NULL) {
        printf("OLD  %s\n", gate->old.name);
    }
    printf("AS   ESP-IDF %s%s\n", release_text(gate->release, release),
           gate->release_given ? "" : " (no --release)");
    gate_check_image(gate);
    gate_check_release(gate);
    gate_check_table(gate);
    gate_check_old(gate);
    gate_try(gate);
    if (gate->unfinished) {
        puts("\nno verdict: it was not tried to its end");
        return EXIT_UNFIT;
    }
    findings_summary(&gate->findings);
    bool failed = gate->findings.count[FINDING_FAIL] > 0 ||
                  (options->strict && gate->findings.count[FINDING_WARN] > 0);
    return failed ? EXIT_FAILED : EXIT_OK;
}

int cmd_gate(int argc, char **argv)
{
    struct options options = {0};
    struct gate gate = {.new.title = "NEW",
                        .old.title = "OLD",
                        .release = release_master(),
                        .jobs = default_jobs()};
    int status;
    if (!parse_options(argc, argv, &options, &gate, &status)) {
        return status;
    }
    struct error err;
    if (load(&options, &gate, &err)) {
        status = judge(&options, &gate);
    } else {
        fprintf(stderr, "otasim gate: %s\n", err.text);
        status = EXIT_FAILED;
    }
    free(gate.new.bytes);
    free(gate.old.bytes);
    sdkconfig_free(&gate.config);
    return status;
}
