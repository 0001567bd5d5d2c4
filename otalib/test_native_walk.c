/* Random walks over the native OTA API and the bootloader (test_walk.h).
 *
 *     test_native_walk [--count N] [--first SEED]   N walks, one a seed, on two processes
 *     test_native_walk RECIPE                       one walk, step by step
 *
 * A walk in which a rule is broken, or that crashes or hangs, is shrunk to the steps that it takes,
 * shown, and named by the recipe that repeats it. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "esp_log.h"
#include "test_walk.h"

#define WORKERS 2u
/* A walk takes a millisecond; what takes this long hangs. */
#define HANG_S          30u
#define BROKEN_EXIT     1
#define OTHER_EXIT      3
#define ENOUGH_FOR_EACH 20000u /* walks in which every event has happened */

/* What a worker says, also if it crashes: it lies in memory that is shared. */
struct report {
    uint64_t seed; /* of the walk under way */
    struct walk_counts counts;
    char broken[512];
};

static struct report *share_reports(void)
{
    void *memory = mmap(NULL, WORKERS * sizeof(struct report), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANON, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

/* In each process of its own: the device lies in memory that a child would share. */
static void prepare(void)
{
    esp_log_level_set("*", ESP_LOG_NONE);
    if (!world_create()) {
        fputs("out of memory\n", stderr);
        exit(OTHER_EXIT);
    }
    atexit(world_destroy);
}

static bool run_one(const struct walk *walk, FILE *log, struct report *report)
{
    alarm(HANG_S);
    report->seed = walk->seed;
    return walk_run(walk, log, &report->counts, report->broken, sizeof report->broken);
}

static int work(uint64_t first, uint64_t count, unsigned worker, struct report *report)
{
    prepare();
    for (uint64_t i = worker; i < count; i += WORKERS) {
        struct walk walk;
        walk_make(first + i, &walk);
        if (!run_one(&walk, NULL, report)) {
            return BROKEN_EXIT;
        }
    }
    return EXIT_SUCCESS;
}

/* How the walk ends in a process of its own: 0, or what sets this failure apart from others. */
static int end_of(const struct walk *walk, FILE *log, struct report *report)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        _exit(run_one(walk, log, report) ? EXIT_SUCCESS : BROKEN_EXIT);
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

/* The rule's name is what stands before the colon. */
static bool same_failure(const char *one, const char *other)
{
    size_t length = strcspn(one, ":");
    return length == strcspn(other, ":") && strncmp(one, other, length) == 0;
}

static struct walk without(const struct walk *walk, size_t from, size_t length)
{
    struct walk shorter = *walk;
    memmove(&shorter.steps[from], &walk->steps[from + length],
            (walk->count - from - length) * sizeof walk->steps[0]);
    shorter.count -= length;
    return shorter;
}

/* Leaves steps out, many at once and then fewer, as long as the same thing goes wrong. */
static void shrink(struct walk *walk, struct report *report)
{
    report->broken[0] = '\0';
    int failure = end_of(walk, NULL, report);
    char rule[sizeof report->broken];
    strcpy(rule, report->broken);
    for (size_t length = walk->count; length > 0;) {
        bool shrunk = false;
        for (size_t from = 0; from + length <= walk->count;) {
            struct walk shorter = without(walk, from, length);
            report->broken[0] = '\0';
            if (end_of(&shorter, NULL, report) == failure && same_failure(rule, report->broken)) {
                *walk = shorter;
                shrunk = true;
            } else {
                from++;
            }
        }
        length = shrunk && length == 1 ? 1 : length / 2;
    }
}

static void say_rule(const char *broken)
{
    int length = (int)strcspn(broken, ":");
    printf("broken rule \"%.*s\"%s\n", length, broken, broken + length);
}

static void say_how(int status, const char *broken)
{
    if (WIFSIGNALED(status)) {
        printf("the walk ended by signal %d (%s)%s\n", WTERMSIG(status),
               strsignal(WTERMSIG(status)), WTERMSIG(status) == SIGALRM ? ": it hangs" : "");
    } else if (WEXITSTATUS(status) == BROKEN_EXIT) {
        say_rule(broken);
    } else {
        printf("the walk ended the process with status %d\n", WEXITSTATUS(status));
    }
}

static void show_failure(const char *program, uint64_t seed, struct report *report)
{
    struct walk walk;
    char recipe[512];
    walk_make(seed, &walk);
    int status = end_of(&walk, NULL, report);
    if (status == 0) {
        printf("seed %" PRIu64 " fails, but not alone: walks are not independent\n", seed);
        say_rule(report->broken);
        return;
    }
    bool hangs = WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
    printf("seed %" PRIu64 " fails%s:\n\n", seed, hangs ? "" : "; shrunk to");
    if (!hangs) { /* to shrink it would mean to wait for each try */
        shrink(&walk, report);
    }
    report->broken[0] = '\0';
    status = end_of(&walk, stdout, report);
    walk_recipe(&walk, recipe, sizeof recipe);
    putchar('\n');
    say_how(status, report->broken);
    printf("repeat it with: %s %s\n", program, recipe);
}

static void show_counts(const struct walk_counts *counts, uint64_t walks)
{
    printf("%10" PRIu64 " walks\n", walks);
    for (unsigned i = 0; i < WALK_EVENTS; i++) {
        printf("%10" PRIu64 " %s\n", counts->event[i], walk_event_names[i]);
    }
}

static bool each_happened(const struct walk_counts *counts, uint64_t walks)
{
    bool each = true;
    for (unsigned i = 0; i < WALK_EVENTS && walks >= ENOUGH_FOR_EACH; i++) {
        if (counts->event[i] == 0) {
            printf("never met: %s\n", walk_event_names[i]);
            each = false;
        }
    }
    return each;
}

static int run_many(const char *program, uint64_t first, uint64_t count)
{
    struct report *reports = share_reports();
    pid_t workers[WORKERS];
    if (reports == NULL) {
        return OTHER_EXIT;
    }
    for (unsigned i = 0; i < WORKERS; i++) {
        workers[i] = fork();
        if (workers[i] == 0) {
            exit(work(first, count, i, &reports[i]));
        }
    }
    struct report *failed = NULL;
    struct walk_counts all = {{0}};
    for (unsigned i = 0; i < WORKERS; i++) {
        int status = 0;
        if (workers[i] < 0 || waitpid(workers[i], &status, 0) < 0) {
            return OTHER_EXIT;
        }
        failed = status != 0 && failed == NULL ? &reports[i] : failed;
        for (unsigned k = 0; k < WALK_EVENTS; k++) {
            all.event[k] += reports[i].counts.event[k];
        }
    }
    if (failed != NULL) {
        prepare();
        show_failure(program, failed->seed, failed);
        return BROKEN_EXIT;
    }
    show_counts(&all, count);
    return each_happened(&all, count) ? EXIT_SUCCESS : BROKEN_EXIT;
}

static int run_recipe(const char *recipe)
{
    struct walk walk;
    struct report report = {0};
    if (!walk_from_recipe(recipe, &walk)) {
        fprintf(stderr, "%s: is no recipe (71, or 71:3,4,9)\n", recipe);
        return OTHER_EXIT;
    }
    prepare();
    if (run_one(&walk, stdout, &report)) {
        puts("every rule held");
        return EXIT_SUCCESS;
    }
    putchar('\n');
    say_rule(report.broken);
    return BROKEN_EXIT;
}

static bool read_number(const char *text, uint64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return errno == 0 && end != text && *end == '\0';
}

int main(int argc, char **argv)
{
    uint64_t first = 1, count = WALK_COUNT;
    const char *recipe = NULL;
    for (int i = 1; i < argc; i++) {
        bool has_value = i + 1 < argc;
        if (has_value && strcmp(argv[i], "--count") == 0 && read_number(argv[i + 1], &count)) {
            i++;
        } else if (has_value && strcmp(argv[i], "--first") == 0 &&
                   read_number(argv[i + 1], &first)) {
            i++;
        } else if (argv[i][0] != '-' && recipe == NULL) {
            recipe = argv[i];
        } else {
            fprintf(stderr, "usage: %s [--count N] [--first SEED] | RECIPE\n", argv[0]);
            return OTHER_EXIT;
        }
    }
    return recipe != NULL ? run_recipe(recipe) : run_many(argv[0], first, count);
}
