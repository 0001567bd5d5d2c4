/* Boots of the device as processes: each is a fork of this one in which the bootloader model runs,
 * then the firmware that belongs to the image it chose. */
#pragma once

#include "boot.h"
#include "firmware.h"
#include "server.h"

/** Power fails: at that flash operation of the device's life, in whichever boot it comes; */
struct boot_power_cut {
    enum flash_cut_mode mode; /* FLASH_CUT_NONE: power stays on */
    uint64_t at;
    uint64_t after_received; /* or when a boot has read so many bytes from the network; 0: no */
};

/** or at that time of the device's clock in this boot. */
struct boot_power_dip {
    uint64_t after_us; /* 0: power stays on */
    bool brownout;     /* it only dips: the brownout detector resets the chip */
};

/** What fails in this boot, once; each from 1, 0: does not. */
struct boot_fault {
    uint64_t allocation; /* that one of the firmware's */
    uint64_t flash_op;   /* that one of the device's life returns ESP_ERR_FLASH_OP_FAIL */
    uint64_t flash_rot;  /* a bit of what that one has written flips afterwards */
};

struct boot_request {
    struct device *device;
    struct bootloader_config bootloader;
    const struct partition *resume_at; /* run this app without the bootloader, which has been by;
                                          NULL: the bootloader chooses */
    size_t heap_size;                  /* bytes of the device's heap; 0: the usual */
    uint64_t time_limit_us; /* of the device's clock; the watchdog ends the boot then. 0: none */
    struct boot_power_cut power_cut;
    struct boot_fault fault;
    struct boot_power_dip power_dip;
    /** The firmware for the version that was booted; NULL, as function or as what it gives: it
     * idles. Called in the boot process. */
    const struct firmware *(*firmware_for)(const char *version, void *context);
    void *context;
    bool idles; /* firmware_for gives NULL whatever was booted: the bootloader is all that runs */
    const struct net_env *net;
    const void *argument; /* boot_current()->argument */
    const char *input;    /* what stdin reads before its end; NULL: nothing */
    uint32_t release;     /* boot_current()->release */
    bool strict;
    bool check_leaks; /* boot_current()->check_leaks */
    bool verbose;     /* print the log */
    int number;       /* 0 for the first boot */
    int trace_fd;
    int journal_fd; /* receives a record of each flash operation (journal_writer.h); 0: none */
    struct server *server; /* let go of in the child; may be NULL */
};

struct boot_result {
    enum boot_end_kind end;
    char detail[200];     /* of a panic or watchdog, as seen from outside */
    bool sleeps_for_ever; /* a deep sleep that nothing ends */
};

/** Runs one boot to its end: in a process of its own, unless only the bootloader model runs and
 * nothing is armed that would end it. False with err set if the process could not be made. */
bool boot_process_run(const struct boot_request *request, struct boot_result *result,
                      struct error *err);

/** That bootloader as one of the release (0: it stays what it is); strict: as it should be. */
struct bootloader_config boot_process_bootloader(struct bootloader_config config, uint32_t release,
                                                 bool strict);

/** The reset reason that the next boot sees after such an end. */
enum device_reset_reason boot_reset_reason(enum boot_end_kind end);

/** Brings the device to its next boot after such an end: the reset reason, the time that a deep
 * sleep takes and what ends it. Nothing else happens to a device that sleeps for ever. */
void boot_reset(struct device *device, const struct boot_result *result);

/** A pipe that tells every process that is forked from the runner when the runner is gone. Open it
 * in the runner before the first fork; */
bool lifeline_open(struct error *err);
/** in each fork let go of the runner's end, or nobody will notice; */
void lifeline_let_go(void);
/** and in a process that may run for long, end when the runner does. */
void lifeline_watch(void);
