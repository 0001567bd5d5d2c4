/* Replays recordings: JSON Lines, one run a line. */
#include <errno.h>
#include <fnmatch.h>
#include <getopt.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "firmware.h"
#include "firmware_module.h"
#include "pool.h"
#include "release.h"
#include "replay.h"

static void usage(FILE *out)
{
    fputs("usage: otasim replay [OPTIONS] FILE.jsonl...\n\n"
          "Replays recorded runs of a real OTA library: sets up each record's device, images and\n"
          "server, makes its calls, and compares return codes, events, requests, otadata, flash\n"
          "operations and what boots. Images are looked for in the folder images beside each "
          "file.\n\n"
          "  -j, --jobs N      so many at once (default: one a processor)\n"
          "      --only GLOB   records whose id matches\n"
          "      --images DIR  where the images are\n"
          "      --release V   they were recorded on ESP-IDF V, where neither the record (its\n"
          "                    idf_version) nor the name of its folder says so (default: master)\n"
          "      --min N       fail if fewer than N records were replayed: skipped ones do not "
          "count\n"
          "  -q, --quiet       print differences and the summary only\n"
          "  -h, --help\n\n"
          "Exit status: 0 if nothing differs, 1 if something does, 2 if the command line or a file "
          "is\n"
          "wrong.\n",
          out);
}

struct record {
    json_t *json;
    unsigned file; /* which of the files it is from */
    char *images_dir;
    uint32_t release; /* that it was recorded on */
};

struct replays {
    struct record *records;
    size_t count, capacity;
    unsigned files;    /* that were read */
    json_t *baselines; /* of flows: array of {"file", "record"}, whatever --only takes */
    const char *only, *images_dir;
    unsigned minimum;
    uint32_t release; /* of records that do not say; 0: master */
    bool quiet;
    unsigned passed, failed, skipped;
};

static const char *id_of(const json_t *json)
{
    const char *id = json_string_value(json_object_get(json, "id"));
    return id != NULL ? id : "(no id)";
}

static char *images_beside(const char *file)
{
    char *copy = strdup(file);
    char path[1024];
    snprintf(path, sizeof path, "%s/images", copy != NULL ? dirname(copy) : ".");
    if (access(path, F_OK) != 0) {
        /* Recordings of releases lie two folders below the images that they share. */
        snprintf(path, sizeof path, "%s/../../images", copy != NULL ? copy : ".");
    }
    free(copy);
    return strdup(path);
}

static void keep_baseline(const struct replays *replays, json_t *json)
{
    const char *id = id_of(json), *last = strrchr(id, '/');
    if (last != NULL && strcmp(last, "/baseline") == 0) {
        json_array_append_new(
            replays->baselines,
            json_pack("{s:I, s:O}", "file", (json_int_t)replays->files, "record", json));
    }
}

/* What the record of a power cut goes without: the baseline of its flow, rather of the same file.
 * NULL if no file has it. */
static const json_t *find_baseline(const struct replays *replays, const struct record *record)
{
    const json_t *flow = json_object_get(record->json, "flow"), *found = NULL;
    for (size_t i = 0; i < json_array_size(replays->baselines); i++) {
        const json_t *entry = json_array_get(replays->baselines, i);
        const json_t *baseline = json_object_get(entry, "record");
        if (!json_equal(json_object_get(baseline, "flow"), flow)) {
            continue;
        }
        if (json_integer_value(json_object_get(entry, "file")) == (json_int_t)record->file) {
            return baseline;
        }
        found = baseline;
    }
    return found;
}

/* The release that the record was made on; else that of its folder. */
static bool find_release(const struct replays *replays, const json_t *json, const char *file,
                         uint32_t *release)
{
    struct error err;
    *release = replays->release;
    const char *text = json_string_value(json_object_get(json, "idf_version"));
    if (text != NULL) {
        if (!release_parse(text, release, &err)) {
            fprintf(stderr, "otasim replay: %s: %s: idf_version: %s\n", file, id_of(json),
                    err.text);
            return false;
        }
        return true;
    }
    char *copy = strdup(file);
    if (copy != NULL && *release == 0) {
        release_parse(basename(dirname(copy)), release, &err);
    }
    free(copy);
    return true;
}

static bool add_record(struct replays *replays, json_t *json, const char *file)
{
    keep_baseline(replays, json);
    if (replays->only != NULL && fnmatch(replays->only, id_of(json), 0) != 0) {
        json_decref(json);
        return true;
    }
    if (replays->count == replays->capacity) {
        replays->capacity = replays->capacity == 0 ? 256 : replays->capacity * 2;
        struct record *larger =
            realloc(replays->records, replays->capacity * sizeof *replays->records);
        if (larger == NULL) {
            json_decref(json);
            return false;
        }
        replays->records = larger;
    }
    uint32_t release;
    if (!find_release(replays, json, file, &release)) {
        json_decref(json);
        return false;
    }
    replays->records[replays->count++] = (struct record){
        .json = json,
        .release = release,
        .file = replays->files,
        .images_dir =
            replays->images_dir != NULL ? strdup(replays->images_dir) : images_beside(file),
    };
    return true;
}

static bool read_records(struct replays *replays, const char *path)
{
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        fprintf(stderr, "otasim replay: %s: %s\n", path, strerror(errno));
        return false;
    }
    char *line = NULL;
    size_t capacity = 0, found = 0;
    bool ok = true;
    ssize_t length;
    for (unsigned number = 1; ok && (length = getline(&line, &capacity, file)) >= 0; number++) {
        json_error_t why;
        if (strspn(line, " \t\r\n") == (size_t)length) {
            continue;
        }
        found++;
        json_t *json = json_loads(line, 0, &why);
        if (!json_is_object(json)) {
            fprintf(stderr, "otasim replay: %s:%u:%d: not a record: %s\n", path, number, why.column,
                    json == NULL ? why.text : "it is JSON, but no object");
            json_decref(json);
            ok = false;
        } else {
            ok = add_record(replays, json, path);
        }
    }
    /* A recording that was cut to nothing must not pass for one. */
    if (ok && (ferror(file) || found == 0)) {
        fprintf(stderr, "otasim replay: %s: %s\n", path,
                ferror(file) ? strerror(errno) : "there is no record in it");
        ok = false;
    }
    replays->files++;
    free(line);
    fclose(file);
    return ok;
}

static json_t *replay_one(size_t index, struct server *server, void *context)
{
    const struct replays *replays = context;
    const struct record *record = &replays->records[index];
    struct replay_result result;
    const struct replay_source source = {
        .baseline = find_baseline(replays, record),
        .images_dir = record->images_dir,
        .release = record->release,
    };
    replay_record(record->json, &source, server, &result);
    char *text = text_take(&result.text);
    json_t *report = json_pack("{s:b, s:b, s:o}", "passed", result.differences == 0, "skipped",
                               result.skipped, "text", json_string_nocheck(text));
    free(text);
    return report;
}

static void take_report(size_t index, const json_t *report, const char *why, void *context)
{
    struct replays *replays = context;
    bool skipped = json_is_true(json_object_get(report, "skipped"));
    bool passed = json_is_true(json_object_get(report, "passed"));
    const char *text = json_string_value(json_object_get(report, "text"));
    unsigned *count = skipped ? &replays->skipped : passed ? &replays->passed : &replays->failed;
    *count += 1;
    if (passed && !skipped) {
        if (!replays->quiet) {
            printf("ok    %s\n", id_of(replays->records[index].json));
        }
        return;
    }
    printf("%s  %s\n%s%s", skipped ? "skip" : "DIFF", id_of(replays->records[index].json),
           text != NULL ? text : why, text != NULL ? "" : "\n");
    fflush(stdout);
}

/* The modules that replay differ in their sdkconfig only. */
static void print_library(void)
{
    struct error ignored;
    const struct firmware *firmware = firmware_load("replayer", &ignored);
    if (firmware != NULL) {
        printf("OTA library: %s\n", firmware_info(firmware)->ota_library);
    }
}

static int run_replays(struct replays *replays, unsigned jobs)
{
    const struct pool_job job = {.count = replays->count,
                                 .jobs = jobs,
                                 .work = replay_one,
                                 .done = take_report,
                                 .context = replays};
    struct error err;
    if (replays->count == 0) {
        fputs("otasim replay: no record in the files, or none that --only takes\n", stderr);
        return EXIT_USAGE;
    }
    bool ran = pool_run(&job, &err);
    if (!ran) {
        fprintf(stderr, "otasim replay: %s\n", err.text);
    }
    print_library();
    printf("%u passed, %u failed, %u skipped\n", replays->passed, replays->failed,
           replays->skipped);
    unsigned replayed = replays->passed + replays->failed;
    if (replayed < replays->minimum) {
        fprintf(stderr, "otasim replay: replayed %u records, expected at least %u (--min)\n",
                replayed, replays->minimum);
        return EXIT_FAILED;
    }
    bool complete = replayed + replays->skipped == replays->count;
    return ran && complete && replays->failed == 0 ? EXIT_OK : EXIT_FAILED;
}

static void free_records(struct replays *replays)
{
    for (size_t i = 0; i < replays->count; i++) {
        json_decref(replays->records[i].json);
        free(replays->records[i].images_dir);
    }
    free(replays->records);
    json_decref(replays->baselines);
}

int cmd_replay(int argc, char **argv)
{
    enum { ONLY = 256, IMAGES, MINIMUM, RELEASE };
    static const struct option options[] = {
        {"jobs", required_argument, NULL, 'j'},
        {"only", required_argument, NULL, ONLY},
        {"images", required_argument, NULL, IMAGES},
        {"release", required_argument, NULL, RELEASE},
        {"min", required_argument, NULL, MINIMUM},
        {"quiet", no_argument, NULL, 'q'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct replays replays = {0};
    unsigned jobs = default_jobs();
    int option;
    while ((option = getopt_long(argc, argv, "j:qh", options, NULL)) != -1) {
        switch (option) {
        case 'j':
            if (!parse_count("replay", "--jobs", optarg, &jobs)) {
                return EXIT_USAGE;
            }
            break;
        case ONLY:
            replays.only = optarg;
            break;
        case IMAGES:
            replays.images_dir = optarg;
            break;
        case MINIMUM:
            if (!parse_count("replay", "--min", optarg, &replays.minimum)) {
                return EXIT_USAGE;
            }
            break;
        case RELEASE:
            if (!parse_release("replay", optarg, &replays.release)) {
                return EXIT_USAGE;
            }
            break;
        case 'q':
            replays.quiet = true;
            break;
        case 'h':
            usage(stdout);
            return EXIT_OK;
        default:
            usage(stderr);
            return EXIT_USAGE;
        }
    }
    if (optind == argc) {
        usage(stderr);
        return EXIT_USAGE;
    }
    int status = EXIT_USAGE;
    bool ok = true;
    replays.baselines = json_array();
    for (int i = optind; ok && i < argc; i++) {
        ok = read_records(&replays, argv[i]);
    }
    if (ok) {
        status = run_replays(&replays, jobs);
    }
    free_records(&replays);
    return status;
}
