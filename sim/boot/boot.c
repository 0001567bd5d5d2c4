#include "boot.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "boot_crash.h"
#include "boot_rtc.h"
#include "trace.h"

#if defined(__SANITIZE_ADDRESS__)
#define HAS_LEAK_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_LEAK_SANITIZER 1
#endif
#endif
#ifdef HAS_LEAK_SANITIZER
#include <sanitizer/lsan_interface.h>
#endif

static const struct boot *current;
static bool verbose_log;
static void (*at_end)(void);

static const char *const end_names[] = {
    [BOOT_END_IDLE] = "idle",
    [BOOT_END_RESTART] = "restart",
    [BOOT_END_DEEP_SLEEP] = "deep-sleep",
    [BOOT_END_PANIC] = "panic",
    [BOOT_END_WATCHDOG] = "watchdog",
    [BOOT_END_POWER_CUT] = "power-cut",
    [BOOT_END_NO_APP] = "no-app",
    [BOOT_END_BROWNOUT] = "brownout",
    [BOOT_END_HANG] = "hang",
};

const char *boot_end_name(enum boot_end_kind kind)
{
    return (size_t)kind < sizeof end_names / sizeof end_names[0] ? end_names[kind] : "unknown";
}

const struct boot *boot_current(void)
{
    return current;
}

void boot_set_current(const struct boot *boot)
{
    current = boot;
}

void boot_set_verbose(bool verbose)
{
    verbose_log = verbose;
}

bool boot_is_verbose(void)
{
    return verbose_log;
}

void boot_at_end(void (*last)(void))
{
    at_end = last;
}

/* A boot ends without exit handlers, so LeakSanitizer must be asked; and it takes what only shared
 * memory points to for lost. */
static bool memory_is_lost(enum boot_end_kind kind)
{
#ifdef HAS_LEAK_SANITIZER
    static const void *volatile reachable;
    bool in_order = kind == BOOT_END_IDLE || kind == BOOT_END_RESTART;
    if (current != NULL && current->check_leaks && in_order) {
        reachable = current->device->flash;
        return reachable != NULL && __lsan_do_recoverable_leak_check() != 0;
    }
#endif
    (void)kind;
    return false;
}

void boot_record_end(enum boot_end_kind kind, const char *detail)
{
    json_t *fields = json_pack("{s:s}", "how", boot_end_name(kind));
    if (detail != NULL) {
        json_object_set_new(fields, "detail", trace_text(detail, strlen(detail)));
    }
    trace_record("end", fields);
}

_Noreturn void boot_end(enum boot_end_kind kind, const char *detail)
{
    fflush(NULL);
    if (at_end != NULL) {
        at_end();
    }
    if (memory_is_lost(kind)) {
        kind = BOOT_END_PANIC;
        detail = "LeakSanitizer: the boot lost memory of the host";
    }
    boot_record_end(kind, detail);
    if (verbose_log && detail != NULL) {
        puts(detail);
        fflush(stdout);
    }
    if (kind == BOOT_END_PANIC) {
        boot_crash_note_frames();
    }
    if (kind != BOOT_END_POWER_CUT && kind != BOOT_END_BROWNOUT) {
        boot_rtc_save();
    }
    /* A reset runs no exit handlers, and those of the harness are not this process's to run. */
    _exit(BOOT_EXIT_BASE + (int)kind);
}
