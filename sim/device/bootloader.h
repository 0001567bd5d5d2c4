/* The second-stage bootloader's choice of app, with the writes to otadata and efuse that it makes
 * (native OTA page, "Bootloader"). Runs in any process: it needs only the device. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "app_image.h"
#include "device.h"
#include "signature.h"

/** How the bootloader was built; an app built with other options may meet an old bootloader. */
struct bootloader_config {
    bool rollback;      /* CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE */
    bool anti_rollback; /* CONFIG_BOOTLOADER_APP_ANTI_ROLLBACK. In a real sdkconfig it implies
                           rollback; the recordings also have it alone, so neither sets the other
                           here. */
    enum signature_scheme scheme; /* CONFIG_SECURE_SIGNED_APPS_*_SCHEME: of the signatures that it
                                     takes when secure boot is on in efuse; NONE: RSA-3072 */
    unsigned lenience;            /* enum app_image_leniency: of the release that it was built of */
    bool skip_validate_in_deep_sleep; /* a wake-up boots the app that ran before, unhashed; not
                                         under secure boot */
    bool factory_reset_pin_held;      /* long hold: otadata is erased first */
    bool test_app_pin_held;           /* the test app is tried first, if there is one */
    bool seeded_fault; /* wrong on purpose, for tests of the sweeps: it believes entries of otadata
                          whose CRC is bad, and tries no other app */
};

#define BOOTLOADER_INDEX_FACTORY (-1)
#define BOOTLOADER_INDEX_TEST    (-2)
#define BOOTLOADER_INDEX_INVALID (-99)

struct bootloader_attempt {
    struct partition partition;
    esp_err_t result;   /* ESP_OK: this one was loaded */
    struct error error; /* why it was not */
};

struct bootloader_report {
    int selected_index; /* >= 0 an OTA slot, else BOOTLOADER_INDEX_* */
    bool booted;
    struct partition app;        /* valid if booted */
    struct app_image_info image; /* of the booted app */
    unsigned attempts; /* images that were read; an app passed over by anti-rollback is in reason */
    struct bootloader_attempt attempt[PARTITION_TABLE_MAX_ENTRIES];
    struct error reason; /* why this selection, or why nothing boots ("brick: ...") */
};

/** Whose signatures the bootloader takes. False if secure boot is off: none is needed. */
bool bootloader_signature_policy(const struct bootloader_config *config, const struct chip *chip,
                                 const struct efuse *efuse, struct signature_policy *out);

/** Runs the bootloader: selects, writes state changes, loads. Always fills the report; true if an
 * app boots. */
bool bootloader_run(struct device *device, const struct bootloader_config *config,
                    struct bootloader_report *report);
