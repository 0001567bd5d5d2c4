#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "select.h"
#include "sweep.h"

static void usage(FILE *out)
{
    fputs(
        "usage: otasim sweep power|memory|flash|network [OPTIONS] [GLOB...]\n"
        "       otasim sweep random [OPTIONS]\n"
        "       otasim sweep ID\n\n"
        "Runs each scenario once, then with a fault at every place where there can be one.\n"
        "One that does not pass even without a fault is a finding; the others are swept.\n\n"
        "  power   Power fails at each operation on the flash (programs split into the 256-byte\n"
        "          pages that the chip does), before it, after it and in four ways half-way. The\n"
        "          device is switched on twice, power fails again wherever the bootloader writes,\n"
        "          and the update is tried again from every distinct state. Something must boot,\n"
        "          it must verify, it must not be older than what was confirmed, and the retry\n"
        "          must succeed.\n\n"
        "  memory  Each allocation of the first boot fails once.\n"
        "  flash   Each erase and each program of the first boot returns an error once; a bit of\n"
        "          what each program has written reads wrong once.\n"
        "  network The connection is closed, reset or silent after each byte of each response's\n"
        "          header, and at boundaries and a sample of the body.\n"
        "          After a fault no boot may crash or hang, every code must be a documented one,\n"
        "          the heap must be back at its baseline, the old app or the new one boots, and\n"
        "          the next update succeeds.\n\n"
        "  random  Devices, servers, faults and applications put together at random, over several\n"
        "          boots. A walk that fails is shrunk and printed as a row of a scenario table.\n\n"
        "Without a GLOB the flows: otasim list 'flow/*'.\n"
        "A finding's id is its recipe: `otasim sweep ID` repeats exactly it; with @none it is the\n"
        "run without a fault.\n\n"
        "  -j, --jobs N       so many worker processes (default: one a processor, for\n"
        "                     random two: they mostly wait for the server)\n"
        "      --shard I/N    do part I of N (from 1); the results of all parts, one after the\n"
        "                     other in one file, are those of the whole\n"
        "      --seed N       for what is left to chance (default 1)\n"
        "      --walks N      random: so many walks (default 1000)\n"
        "      --seconds N    random: as many walks as N seconds have room for\n"
        "      --retries N    a sample of so many retries more, besides those of distinct states\n"
        "                     (default 16)\n"
        "      --every-retry  try the update again after every cut: slow\n"
        "      --no-memo      verify images anew in each boot: slow, finds the same\n"
        "      --strict       known windows fail too\n"
        "      --release V    behave as ESP-IDF V does (5.1.7, 5.3, master)\n"
        "      --documented   behave as documented instead of as the device does (quirks off)\n"
        "      --jsonl FILE   write findings and summaries to FILE, one JSON object a line\n"
        "      --keep-flash F write the flash to F as the cut left it (with an ID)\n"
        "  -h, --help\n\n"
        "Does it find anything? `otasim --wrong-bootloader sweep power` has a bootloader that is "
        "wrong on\n"
        "purpose: it must find bricks, and print the shortest way to one.\n\n"
        "Exit status: 0 nothing found, 1 something, or the sweep could not be made, 2 the\n"
        "command line is wrong, or this machine is not fit for it (disk, files, memory).\n",
        out);
}

struct report {
    FILE *jsonl;
    bool strict, bar, bar_shown;
    unsigned findings, windows, shown;
    struct timespec last_bar;
};
enum { SHOWN_AT_MOST = 40 };

static void clear_bar(struct report *report)
{
    if (report->bar_shown) {
        fputs("\r\033[K", stderr);
        report->bar_shown = false;
    }
}

static void show_progress(uint64_t done, uint64_t total, void *context)
{
    struct report *report = context;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    double since = (double)(now.tv_sec - report->last_bar.tv_sec) +
                   (double)(now.tv_nsec - report->last_bar.tv_nsec) / 1e9;
    if (!report->bar || (report->bar_shown && since < 0.1) || total == 0) {
        return;
    }
    report->last_bar = now;
    int filled = (int)(30 * done / total);
    fprintf(stderr, "\r[%.*s%*s] %" PRIu64 "/%" PRIu64, filled, "##############################",
            30 - filled, "", done, total);
    fflush(stderr);
    report->bar_shown = true;
}

static const char *text_of(const json_t *object, const char *field)
{
    const char *text = json_string_value(json_object_get(object, field));
    return text != NULL ? text : "";
}

static void show_finding(struct report *report, const json_t *finding)
{
    const char *window = json_string_value(json_object_get(finding, "window"));
    if (window != NULL) {
        report->windows++;
        if (!report->strict) {
            return;
        }
    } else {
        report->findings++;
    }
    if (report->shown++ >= SHOWN_AT_MOST) {
        return;
    }
    clear_bar(report);
    printf("%s: %s%s%s%s\n    %s\n", text_of(finding, "class"), text_of(finding, "id"),
           window != NULL ? " (known window: " : "", window != NULL ? window : "",
           window != NULL ? ")" : "", text_of(finding, "text"));
    if (json_object_get(finding, "row") != NULL) {
        printf("%s", text_of(finding, "row"));
    }
}

static void show_summary(struct report *report, const json_t *record, json_t *summary)
{
    clear_bar(report);
    printf("%-32s", text_of(record, "scenario"));
    const char *field;
    json_t *value;
    json_object_foreach(summary, field, value)
    {
        printf("  %lld %s", (long long)json_integer_value(value), field);
    }
    printf("  (OTA library: %s)\n", text_of(record, "ota_library"));
}

static void show_way(struct report *report, const json_t *way)
{
    size_t i;
    json_t *step;
    clear_bar(report);
    if (json_object_get(way, "class") != NULL) {
        printf("the shortest way to: %s (%s)\n", text_of(way, "class"), text_of(way, "id"));
    } else {
        printf("%s\n", text_of(way, "id"));
    }
    json_array_foreach(json_object_get(way, "steps"), i, step)
    {
        printf("  %zu. %s\n", i + 1, json_string_value(step));
    }
}

static void take_record(const json_t *record, void *context)
{
    struct report *report = context;
    if (report->jsonl != NULL) {
        json_dumpf(record, report->jsonl, JSON_COMPACT);
        fputc('\n', report->jsonl);
    }
    const json_t *finding = json_object_get(record, "finding");
    json_t *summary = json_object_get(record, "summary");
    if (finding != NULL) {
        show_finding(report, finding);
    } else if (summary != NULL) {
        show_summary(report, record, summary);
    } else if (json_object_get(record, "way") != NULL) {
        show_way(report, json_object_get(record, "way"));
    }
}

static bool parse_shard(const char *text, struct sweep_options *options)
{
    int length = 0;
    if (sscanf(text, "%u/%u%n", &options->shard, &options->shards, &length) != 2 ||
        text[length] != '\0' || options->shard == 0 || options->shard > options->shards) {
        fprintf(stderr, "otasim sweep: --shard: \"%s\" is not like 2/4\n", text);
        return false;
    }
    options->shard--;
    return true;
}

static int finish(const struct report *report, bool ran, const struct error *err)
{
    if (!ran) {
        fprintf(stderr, "otasim sweep: %s\n", err->text);
        return EXIT_FAILED;
    }
    if (report->shown > SHOWN_AT_MOST) {
        printf("... and %u more findings (--jsonl has all)\n", report->shown - SHOWN_AT_MOST);
    }
    printf("\n%u findings, %u in known windows\n", report->findings, report->windows);
    return report->findings > 0 || (report->strict && report->windows > 0) ? EXIT_FAILED : EXIT_OK;
}

static const struct kind {
    const char *name;
    sweep_function *sweep;
} kinds[] = {
    {"power", sweep_power},     {"memory", sweep_memory}, {"flash", sweep_flash},
    {"network", sweep_network}, {"random", sweep_random},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static int sweep(const struct kind *kind, char *const *globs, size_t count,
                 const struct sweep_options *options, struct report *report)
{
    struct selection selection = {0};
    if (kind->sweep != sweep_random && !select_scenarios(globs, count, &selection)) {
        return EXIT_USAGE;
    }
    const struct sweep_listener listener = {
        .record = take_record, .progress = show_progress, .context = report};
    struct error err = {""};
    bool ran = kind->sweep(selection.scenarios, selection.count, options, &listener, &err);
    clear_bar(report);
    selection_free(&selection);
    return finish(report, ran, &err);
}

static const struct kind *kind_named(const char *name, size_t length)
{
    for (size_t i = 0; i < KINDS; i++) {
        if (strlen(kinds[i].name) == length && memcmp(kinds[i].name, name, length) == 0) {
            return &kinds[i];
        }
    }
    return NULL;
}

/* "power:SCENARIO@POINT" */
static int sweep_one(char *id, struct sweep_options *options, struct report *report)
{
    char *name = strchr(id, ':');
    char *at = strrchr(id, '@');
    const struct kind *kind = name != NULL ? kind_named(id, (size_t)(name - id)) : NULL;
    if (kind == NULL || at == NULL || at < name) {
        fprintf(stderr, "otasim sweep: \"%s\" is no id: it is like power:SCENARIO@812/half\n", id);
        return EXIT_USAGE;
    }
    *at = '\0';
    name++;
    options->point = at + 1;
    report->strict = true;
    return sweep(kind, &name, 1, options, report);
}

static int sweep_arguments(int argc, char **argv, struct sweep_options *options,
                           struct report *report)
{
    if (argc == 1 && strchr(argv[0], ':') != NULL) {
        return sweep_one(argv[0], options, report);
    }
    const struct kind *kind = argc > 0 ? kind_named(argv[0], strlen(argv[0])) : NULL;
    if (kind == NULL) {
        fprintf(stderr,
                "otasim sweep: the first argument is power, memory, flash, network or random, or a "
                "finding's ID%s%s\n",
                argc > 0 ? ", not " : "", argc > 0 ? argv[0] : "");
        return EXIT_USAGE;
    }
    if (options->keep_flash != NULL) {
        fputs("otasim sweep: --keep-flash goes with an ID\n", stderr);
        return EXIT_USAGE;
    }
    static char *const default_globs[] = {"flow/*"};
    return argc > 1 ? sweep(kind, argv + 1, (size_t)argc - 1, options, report)
                    : sweep(kind, default_globs, 1, options, report);
}

int cmd_sweep(int argc, char **argv)
{
    enum {
        SHARD = 256,
        SEED,
        RETRIES,
        EVERY_RETRY,
        NO_MEMO,
        STRICT,
        RELEASE,
        DOCUMENTED,
        JSONL,
        KEEP,
        WALKS,
        SECONDS
    };
    static const struct option long_options[] = {
        {"jobs", required_argument, NULL, 'j'},
        {"shard", required_argument, NULL, SHARD},
        {"seed", required_argument, NULL, SEED},
        {"retries", required_argument, NULL, RETRIES},
        {"every-retry", no_argument, NULL, EVERY_RETRY},
        {"no-memo", no_argument, NULL, NO_MEMO},
        {"strict", no_argument, NULL, STRICT},
        {"release", required_argument, NULL, RELEASE},
        {"documented", no_argument, NULL, DOCUMENTED},
        {"jsonl", required_argument, NULL, JSONL},
        {"keep-flash", required_argument, NULL, KEEP},
        {"walks", required_argument, NULL, WALKS},
        {"seconds", required_argument, NULL, SECONDS},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct sweep_options options = {.seed = 1, .retries = 16};
    struct report report = {.bar = isatty(STDERR_FILENO) != 0};
    const char *jsonl = NULL;
    unsigned seed = 1, walks = 0;
    int option;
    while ((option = getopt_long(argc, argv, "j:h", long_options, NULL)) != -1) {
        bool ok = true;
        switch (option) {
        case 'j':
            ok = parse_count("sweep", "--jobs", optarg, &options.jobs);
            break;
        case SHARD:
            ok = parse_shard(optarg, &options);
            break;
        case SEED:
            ok = parse_count("sweep", "--seed", optarg, &seed);
            break;
        case RETRIES:
            ok = parse_count("sweep", "--retries", optarg, &options.retries);
            break;
        case EVERY_RETRY:
            options.every_retry = true;
            break;
        case NO_MEMO:
            options.no_memo = true;
            break;
        case RELEASE:
            ok = parse_release("sweep", optarg, &options.release);
            break;
        case STRICT:
            report.strict = true;
            break;
        case DOCUMENTED:
            options.strict = true;
            break;
        case JSONL:
            jsonl = optarg;
            break;
        case KEEP:
            options.keep_flash = optarg;
            break;
        case WALKS:
            ok = parse_count("sweep", "--walks", optarg, &walks);
            break;
        case SECONDS:
            ok = parse_count("sweep", "--seconds", optarg, &options.seconds);
            break;
        case 'h':
            usage(stdout);
            return EXIT_OK;
        default:
            ok = false;
        }
        if (!ok) {
            return EXIT_USAGE;
        }
    }
    options.seed = seed;
    options.walks = walks > 0 || options.seconds > 0 ? walks : 1000;
    if (options.jobs == 0) {
        bool walks_only = optind < argc && strcmp(argv[optind], "random") == 0;
        options.jobs = walks_only ? 2 * default_jobs() : default_jobs();
    }
    if (jsonl != NULL && (report.jsonl = fopen(jsonl, "w")) == NULL) {
        fprintf(stderr, "otasim sweep: %s: %s\n", jsonl, strerror(errno));
        return EXIT_FAILED;
    }
    int status = sweep_arguments(argc - optind, argv + optind, &options, &report);
    if (report.jsonl != NULL && fclose(report.jsonl) != 0) {
        fprintf(stderr, "otasim sweep: %s: %s\n", jsonl, strerror(errno));
        return EXIT_FAILED;
    }
    return status;
}
