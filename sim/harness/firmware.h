/* Firmware modules as the harness loads them: shared objects made by otasim_add_firmware. Loaded in
 * the harness, never run there: each boot is a fork with statics that nobody has touched. */
#pragma once

#include <stdbool.h>

#include "boot.h"
#include "bootloader.h"
#include "error.h"

struct firmware;
struct firmware_info;
struct firmware_module;
struct firmware_option;

/** Loads the module of that name ("updater"), or for "module:function" another entry of it than
 * app_main, from the firmware folder (paths.h) or from those that come with this program, once per
 * process. NULL with err set: no such module, or it does not load. */
const struct firmware *firmware_load(const char *name, struct error *err);

/** Adds a firmware of that name: the one called `base`, with another sdkconfig as far as that is
 * asked when it runs: by the bootloader, the verification of signatures, the watchdogs. What it was
 * compiled with stays. `options` ends with a NULL name and must outlive it. Does nothing if there
 * is one of that name. */
bool firmware_lay_over(const char *name, const char *base, const struct firmware_option *options,
                       struct error *err);

const char *firmware_name(const struct firmware *firmware);

/** The value of a CONFIG_ option, without quotes; NULL if the module's sdkconfig lacks it. */
const char *firmware_option(const struct firmware *firmware, const char *name);

/** The option is y. */
bool firmware_option_on(const struct firmware *firmware, const char *name);

/** What the sdkconfig says of signed updates. */
struct boot_signing firmware_signing(const struct firmware *firmware);

/** From now on firmware_bootloader gives a bootloader that is wrong on purpose
 * (bootloader_config.seeded_fault): a self-test of what must find that. */
void firmware_use_wrong_bootloader(void);

/** The bootloader that is built from the same sdkconfig. */
struct bootloader_config firmware_bootloader(const struct firmware *firmware);

/** Adds the buttons that this bootloader looks at (CONFIG_BOOTLOADER_FACTORY_RESET with
 * ..._OTA_DATA_ERASE, and ..._APP_TEST), given the GPIOs, bit n, that are held at a level for long
 * enough. Data partitions that a factory reset erases stay as they are. */
void firmware_read_buttons(const struct firmware *firmware, uint64_t pins_low, uint64_t pins_high,
                           struct bootloader_config *bootloader);

/** A whole number among the options; `otherwise` if the sdkconfig lacks it. */
long firmware_option_number(const struct firmware *firmware, const char *name, long otherwise);

/** What the module was built from and with. */
const struct firmware_info *firmware_info(const struct firmware *firmware);

/** What the module says of itself: its release, its RTC variables (firmware_module.h). */
const struct firmware_module *firmware_module(const struct firmware *firmware);

/** Whether the module's ESP-IDF release has an event of that name ("ESP_HTTPS_OTA_START"). */
bool firmware_has_event(const struct firmware *firmware, const char *name);

/** Calls the module's app_main, or the entry that it was loaded for. Only in a boot process. */
void firmware_run(const struct firmware *firmware);
