#include "boot_crash.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include "boot_rtc.h"

#ifdef OTASIM_HAVE_BACKTRACE
#include <execinfo.h>
#endif

/* Processor time without progress of the device's clock that counts as a hang. Processor time, so
 * that a busy host changes nothing. */
#define TICK_US     100000
#define TICKS_HANGS 20

#define FAULT_STACK_SIZE 65536

/* An access this near to address 0 is one through a null pointer. */
#define NULL_PAGE 4096u

/* How far off the end of its stack an overflowing frame lands. */
#define STACK_MARGIN (512u * 1024)

static struct boot_crash *shared;
static struct boot_watchdog task_watchdog;
static uint64_t last_progress_us;
static unsigned ticks_without_progress;
static _Thread_local const char *stack_low;

struct fault_kind {
    int signal;
    const char *name;
    const char *cause; /* as the device's panic handler names it, or what comes nearest */
};

static const struct fault_kind fault_kinds[] = {
    {SIGSEGV, "SIGSEGV", "LoadProhibited or StoreProhibited"},
    {SIGBUS, "SIGBUS", "LoadStoreAlignment or LoadStoreError"},
    {SIGILL, "SIGILL", "IllegalInstruction"},
    {SIGFPE, "SIGFPE", "IntegerDivideByZero"},
    {SIGABRT, "SIGABRT", "abort() was called"},
};

struct boot_crash *boot_crash_share(void)
{
    if (shared == NULL) {
        void *memory =
            mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANON, -1, 0);
        shared = memory != MAP_FAILED ? memory : NULL;
        /* The first backtrace loads a library, which is no work for a signal handler. */
        boot_crash_note_frames();
    }
    if (shared != NULL) {
        memset(shared, 0, sizeof *shared);
    }
    return shared;
}

void boot_crash_note_frames(void)
{
#ifdef OTASIM_HAVE_BACKTRACE
    if (shared != NULL) {
        shared->frames = backtrace(shared->frame, BOOT_CRASH_MAX_FRAMES);
    }
#endif
}

/* What follows runs in signal handlers: no stdio, no memory, no locks. */

static void say(const char *text)
{
    size_t used = strlen(shared->reason), length = strlen(text);
    if (length > sizeof shared->reason - 1 - used) {
        length = sizeof shared->reason - 1 - used;
    }
    memcpy(shared->reason + used, text, length);
}

static void say_number(uintmax_t value, unsigned base)
{
    char digits[24];
    size_t at = sizeof digits - 1;
    digits[at] = '\0';
    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    say(digits + at);
}

static _Noreturn void leave(enum boot_end_kind kind)
{
    boot_crash_note_frames();
    boot_rtc_save();
    _exit(BOOT_EXIT_BASE + (int)kind);
}

static void describe(const struct fault_kind *kind, const siginfo_t *info)
{
    const char *address = info->si_addr;
    bool memory = kind->signal == SIGSEGV || kind->signal == SIGBUS;
    say("Guru Meditation Error: ");
    say(kind->name);
    say(": ");
    if (memory && stack_low != NULL && address >= stack_low - STACK_MARGIN &&
        address < stack_low + STACK_MARGIN) {
        say("stack overflow");
    } else {
        say(kind->cause);
        if (memory && (uintptr_t)address < NULL_PAGE) {
            say(" at 0x");
            say_number((uintptr_t)address, 16);
            say(", through a null pointer");
        }
    }
}

static void catch_fault(int number, siginfo_t *info, void *context)
{
    (void)context;
    for (size_t i = 0; i < sizeof fault_kinds / sizeof fault_kinds[0]; i++) {
        if (fault_kinds[i].signal == number) {
            describe(&fault_kinds[i], info);
        }
    }
    leave(BOOT_END_PANIC);
}

static void catch_tick(int number)
{
    (void)number;
    struct device *device = device_current();
    if (device->now_us != last_progress_us) {
        last_progress_us = device->now_us;
        ticks_without_progress = 0;
        return;
    }
    if (++ticks_without_progress < TICKS_HANGS) {
        return;
    }
    if (!task_watchdog.on) {
        say("a loop without end, and no task watchdog (CONFIG_ESP_TASK_WDT_EN=n)");
        leave(BOOT_END_HANG);
    }
    device->now_us += (uint64_t)task_watchdog.timeout_s * 1000000;
    say("a loop without end: the idle task did not run for ");
    say_number(task_watchdog.timeout_s, 10);
    if (task_watchdog.panics) {
        say(" s, the task watchdog resets");
        leave(BOOT_END_WATCHDOG);
    }
    say(" s, the task watchdog only complains (CONFIG_ESP_TASK_WDT_PANIC=n)");
    leave(BOOT_END_HANG);
}

void boot_crash_watch_thread(const void *stack, size_t size)
{
    (void)size; /* stacks grow downwards wherever this runs: only the low end can overflow */
    stack_low = stack;
    /* Not of the heap: the kernel's pointer to it would be no pointer for a search for leaks. */
    stack_t fault_stack = {.ss_sp = mmap(NULL, FAULT_STACK_SIZE, PROT_READ | PROT_WRITE,
                                         MAP_PRIVATE | MAP_ANON, -1, 0),
                           .ss_size = FAULT_STACK_SIZE};
    if (fault_stack.ss_sp != MAP_FAILED) {
        sigaltstack(&fault_stack, NULL);
    }
}

/* The first thread's stack ends a limit below where it began; its beginning is near here. */
static const char *first_stack_low(void)
{
    struct rlimit limit;
    char here;
    uintptr_t near = (uintptr_t)&here;
    if (getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
        near < limit.rlim_cur) {
        return NULL;
    }
    return (const char *)(near - (uintptr_t)limit.rlim_cur);
}

void boot_crash_watch(const struct boot_watchdog *watchdog)
{
    if (shared == NULL) {
        return;
    }
    task_watchdog = *watchdog;
    last_progress_us = device_current()->now_us;
    boot_crash_watch_thread(first_stack_low(), 0);
    struct sigaction fault = {.sa_sigaction = catch_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&fault.sa_mask);
    for (size_t i = 0; i < sizeof fault_kinds / sizeof fault_kinds[0]; i++) {
        sigaction(fault_kinds[i].signal, &fault, NULL);
    }
    struct sigaction tick = {.sa_flags = SA_ONSTACK | SA_RESTART};
    tick.sa_handler = catch_tick;
    sigemptyset(&tick.sa_mask);
    sigaction(SIGVTALRM, &tick, NULL);
    struct itimerval interval = {{0, TICK_US}, {0, TICK_US}};
    setitimer(ITIMER_VIRTUAL, &interval, NULL);
}
