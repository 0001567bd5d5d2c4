/* The subcommands. argv[0] is the subcommand's name. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
    EXIT_OK = 0,
    EXIT_FAILED = 1,   /* a scenario failed, a file is wrong */
    EXIT_USAGE = 2,    /* the command line is wrong */
    EXIT_UNFIT = 2,    /* or the machine is not fit for it (host_fault.h): nothing was judged */
    EXIT_SKIPPED = 77, /* nothing could be run: inputs are missing */
};

int cmd_list(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_trace(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_sweep(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_hazards(int argc, char **argv);
int cmd_upgrade(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_compare(int argc, char **argv);
int cmd_gate(int argc, char **argv);
int cmd_image(int argc, char **argv);
int cmd_partitions(int argc, char **argv);
int cmd_flash(int argc, char **argv);

/** Parses an option's number; says what is wrong with it if it is none. */
bool parse_count(const char *command, const char *option, const char *text, unsigned *out);

/** Parses --release; says what is wrong with it. */
bool parse_release(const char *command, const char *text, uint32_t *out);

/** Whether scenarios run as documented unless the command line says otherwise: a strict build
 * (OTASIM_STRICT). */
bool strict_by_default(void);

/** One job a processor. */
unsigned default_jobs(void);
