/* The otasim command line: finds the subcommand and hands over. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "device_files.h"
#include "error.h"
#include "firmware.h"
#include "host_fault.h"
#include "nearest.h"
#include "paths.h"
#include "scenario_set.h"

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
} commands[] = {
    {"list", cmd_list, "list the scenarios"},
    {"run", cmd_run, "run scenarios and judge them"},
    {"explain", cmd_explain, "say what a scenario is about, and what to do about it"},
    {"trace", cmd_trace, "run one scenario and show what happened, as a time line"},
    {"report", cmd_report, "run scenarios and write what happened as one HTML page"},
    {"sweep", cmd_sweep, "cut power, and what else can fail, at every place of a scenario"},
    {"replay", cmd_replay, "replay recorded runs of a real library and compare"},
    {"hazards", cmd_hazards, "what the releases of ESP-IDF get wrong, and what to do about it"},
    {"upgrade", cmd_upgrade, "what changes from one release of ESP-IDF to another"},
    {"gate", cmd_gate, "judge a release by what its build leaves behind"},
    {"serve", cmd_serve, "serve a scenario's bad day to a real board"},
    {"compare", cmd_compare, "check a real board's serial log against a scenario"},
    {"image", cmd_image, "look into app images, and make them"},
    {"partitions", cmd_partitions, "check a partition table and convert it to binary"},
    {"flash", cmd_flash, "explain a flash dump: partition table, otadata, apps"},
};
enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static void usage(FILE *out)
{
    fputs("otasim: ESP32 over-the-air updates on the host, before any hardware\n\n"
          "usage: otasim [OPTIONS] COMMAND [ARGUMENTS]\n\n",
          out);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        fprintf(out, "  %-11s %s\n", commands[i].name, commands[i].summary);
    }
    fputs(
        "\n  --scenarios FILE    those that otasim_add_scenarios() built, instead of otasim's own\n"
        "  --wrong-bootloader  a self-test of the sweeps: the bootloader believes otadata whose "
        "CRC\n"
        "                      is bad, and tries no second app\n"
        "\n`otasim COMMAND --help` explains each.\n"
        "Start with: otasim list, then otasim run 'redirect/*'\n",
        out);
}

static const char *command_name(size_t index, void *context)
{
    (void)context;
    return index < COMMAND_COUNT ? commands[index].name : NULL;
}

/* So many arguments were --scenarios and its file; -1: they could not be used. */
static int load_scenarios(int argc, char **argv)
{
    static const char option[] = "--scenarios";
    if (argc < 2 || strncmp(argv[1], option, strlen(option)) != 0) {
        return 0;
    }
    const char *rest = argv[1] + strlen(option);
    const char *file = *rest == '=' ? rest + 1 : *rest == '\0' && argc > 2 ? argv[2] : "";
    struct error err;
    if (*file == '\0') {
        fputs("otasim: --scenarios needs the file of a set of scenarios\n", stderr);
        return -1;
    }
    if (!scenario_set_load(file, &err)) {
        fprintf(stderr, "otasim: --scenarios: %s\n", err.text);
        return -1;
    }
    return *rest == '=' ? 1 : 2;
}

/* So many arguments were an option; 0: none is left, -1: it could not be used. */
static int take_option(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--wrong-bootloader") == 0) {
        firmware_use_wrong_bootloader();
        return 1;
    }
    return load_scenarios(argc, argv);
}

/* Whoever starts us without them (cron jobs, some CI runners) must not have our files and pipes
 * take their numbers: what is printed would go into a trace. For reading only, so that printing to
 * a closed output stays an error. */
static void hold_standard_files(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0) {
            open("/dev/null", O_RDONLY); /* takes the lowest number that is free: this one */
        }
    }
}

static int run_command(int argc, char **argv)
{
    for (int used = 1; used != 0; argc -= used, argv += used) {
        used = take_option(argc, argv);
        if (used < 0) {
            return EXIT_USAGE;
        }
    }
    if (argc < 2) {
        usage(stderr);
        return EXIT_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        usage(stdout);
        return EXIT_OK;
    }
    if (strcmp(name, "--version") == 0) {
        printf("otasim %s%s\n", OTASIM_VERSION, strict_by_default() ? ", strict build" : "");
        return EXIT_OK;
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(name, commands[i].name) == 0) {
            int status = commands[i].run(argc - 1, argv + 1);
            return host_fault_text() != NULL ? EXIT_UNFIT : status;
        }
    }
    const char *nearest = nearest_name(name, command_name, NULL);
    fprintf(stderr, "otasim: there is no command \"%s\"%s%s%s\n", name,
            nearest != NULL ? "; did you mean \"" : "", nearest != NULL ? nearest : "",
            nearest != NULL ? "\"?" : "; see otasim --help");
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    hold_standard_files();
    /* A reader that has gone away, and a file that may not grow (ulimit -f), are errors of write(),
     * not the end of the program. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    paths_find_installation(argv[0]);
    return finish_output(run_command(argc, argv));
}
