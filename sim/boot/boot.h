/* One boot of the device: a forked process in which the bootloader has chosen an app and the
 * firmware module runs it, with statics that were never used before. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bootloader.h"
#include "device.h"
#include "net_env.h"
#include "signature.h"

enum boot_end_kind {
    BOOT_END_IDLE,       /* app_main returned and nothing will ever run again */
    BOOT_END_RESTART,    /* esp_restart */
    BOOT_END_DEEP_SLEEP, /* esp_deep_sleep_start */
    BOOT_END_PANIC,      /* signal, abort, failed check */
    BOOT_END_WATCHDOG,   /* a watchdog resets the chip; or a limit of the harness ends it */
    BOOT_END_POWER_CUT,
    BOOT_END_NO_APP,   /* the bootloader found nothing to boot */
    BOOT_END_BROWNOUT, /* the supply has dipped, and the brownout detector resets */
    BOOT_END_HANG,     /* a loop without end that no watchdog ends: somebody switches it off */
    BOOT_END_COUNT,
};

struct firmware_module;

/** A boot process ends with this exit status plus its boot_end_kind. */
#define BOOT_EXIT_BASE 32

/** "restart", "idle", ... */
const char *boot_end_name(enum boot_end_kind kind);

/** Which signatures the app wants to see on updates: the CONFIG_SECURE_* words of its sdkconfig. */
struct boot_signing {
    bool on_update;               /* CONFIG_SECURE_SIGNED_ON_UPDATE */
    bool secure_boot;             /* CONFIG_SECURE_BOOT_V2_ENABLED: trust is in efuse, else in the
                                     running app's own signature */
    enum signature_scheme scheme; /* CONFIG_SECURE_SIGNED_APPS_*_SCHEME */
};

/** What a boot process knows of itself. Set by the harness before app_main runs. */
struct boot {
    struct device *device;
    struct partition running;             /* the partition that the bootloader booted */
    struct app_image_info image;          /* of the running app */
    const struct net_env *net;            /* where host names lead */
    const struct firmware_module *module; /* of the app that runs; NULL: none, it idles */
    const void *argument; /* what the scenario hands to a fixture firmware; may be NULL */
    struct boot_signing signing;
    uint32_t release; /* of ESP-IDF, whose behaviour the app's libraries have; 0: the one that the
                         module was compiled for */
    bool strict;      /* hazards are off (otasim_quirk.h) */
    bool check_leaks; /* where LeakSanitizer is built in, lost memory ends the boot as a panic */
};

/** The boot of this process; NULL in the harness itself. */
const struct boot *boot_current(void);
void boot_set_current(const struct boot *boot);

/** Has boot_end call `last` before it traces how the boot ended. */
void boot_at_end(void (*last)(void));

/** The record of the trace that says so; detail may be NULL. */
void boot_record_end(enum boot_end_kind kind, const char *detail);

/** Ends this boot process, after saying how in the trace. detail may be NULL. */
_Noreturn void boot_end(enum boot_end_kind kind, const char *detail);

/** Whether this process prints the firmware's log to stdout; it is always traced. Default: no. */
void boot_set_verbose(bool verbose);
bool boot_is_verbose(void);

/** Traces the flash operations of this process ("flash" and "otadata" records) from now on. `also`
 * is told of each as well; it may be NULL. */
void boot_observe_flash(struct device *device, flash_observer *also, void *context);
