/* The release against the one that is in the field. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "device_files.h"
#include "gate.h"
#include "otasim_quirk.h"
#include "release.h"

/* "v1.10.0-3-gabc" is above "1.9": numbers compare as numbers, as far as there are any. 0 if they
 * are alike or can't be compared. */
static int compare_versions(const char *a, const char *b)
{
    a += *a == 'v' || *a == 'V';
    b += *b == 'v' || *b == 'V';
    while (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
        char *a_end, *b_end;
        unsigned long long x = strtoull(a, &a_end, 10), y = strtoull(b, &b_end, 10);
        if (x != y) {
            return x < y ? -1 : 1;
        }
        if (*a_end != '.' || *b_end != '.') {
            return *a_end == '.' ? 1 : *b_end == '.' ? -1 : 0;
        }
        a = a_end + 1;
        b = b_end + 1;
    }
    return 0;
}

static void check_version(struct gate *gate)
{
    const char *new = gate->new.version, *old = gate->old.version;
    if (strcmp(new, old) == 0) {
        findings_add(&gate->findings, FINDING_WARN,
                     "raise PROJECT_VER: applications that compare versions skip this update",
                     "same version as before: %s", new);
    } else if (compare_versions(new, old) < 0) {
        findings_add(&gate->findings, FINDING_WARN,
                     "look at --from and at PROJECT_VER, unless it is meant",
                     "a downgrade: %s after %s", new, old);
    } else {
        findings_add(&gate->findings, FINDING_OK, NULL, "version %s after %s", new, old);
    }
}

static void check_secure_version(struct gate *gate)
{
    unsigned new = (unsigned)gate->new.info.descriptor.secure_version;
    unsigned old = (unsigned)gate->old.info.descriptor.secure_version;
    bool enforced = sdkconfig_on(&gate->config, "CONFIG_BOOTLOADER_APP_ANTI_ROLLBACK");
    if (new < old) {
        gate->blocked |= enforced;
        findings_add(&gate->findings, enforced ? FINDING_FAIL : FINDING_WARN,
                     "CONFIG_BOOTLOADER_APP_SECURE_VERSION must never fall: devices with "
                     "anti-rollback refuse it for ever",
                     "lower secure version: %u after %u", new, old);
    } else {
        findings_add(&gate->findings, FINDING_OK, NULL, "secure version %u after %u", new, old);
    }
    if (new > 16) {
        findings_add(&gate->findings, FINDING_WARN,
                     "see CONFIG_BOOTLOADER_APP_SEC_VER_SIZE_EFUSE_FIELD",
                     "secure version %u: most chips can count to 16, some to 4", new);
    }
}

static void check_project(struct gate *gate)
{
    char new[33], old[33];
    printable(gate->new.info.descriptor.project_name, new, sizeof new);
    printable(gate->old.info.descriptor.project_name, old, sizeof old);
    if (strcmp(new, old) != 0) {
        findings_add(&gate->findings, FINDING_WARN, "is it the right file?",
                     "another project: %s after %s", new, old);
    }
}

static const char *mode_name(uint8_t mode)
{
    static const char *const names[] = {"QIO", "QOUT", "DIO", "DOUT", "FAST_READ", "SLOW_READ"};
    return mode < sizeof names / sizeof names[0] ? names[mode] : "unknown";
}

static void check_flash_mode(struct gate *gate)
{
    const struct app_image_info *new = &gate->new.info, *old = &gate->old.info;
    static const char advice[] = "the bootloader in the field was built for the old settings and "
                                 "stays: keep CONFIG_ESPTOOLPY_FLASHMODE, _FLASHFREQ, _FLASHSIZE";
    uint8_t mode = new->descriptor.spi_flash_mode, old_mode = old->descriptor.spi_flash_mode;
    bool refused = mode != 0 && old_mode != 0 && mode != old_mode;
    bool differs = new->spi_mode != old->spi_mode || new->spi_speed != old->spi_speed ||
                   new->spi_size != old->spi_size;
    if (refused && quirk_in_release(QUIRK_SPI_MODE_UNCHECKED, gate->release)) {
        char name[RELEASE_TEXT_LENGTH];
        findings_add(
            &gate->findings, FINDING_FAIL, advice,
            "flash mode %u after %u in the app descriptor: ESP-IDF %s does not look at it, "
            "and installs an app that may not start (spi-mode-unchecked)",
            mode, old_mode, release_text(gate->release, name));
    } else if (refused) {
        gate->blocked = true;
        findings_add(&gate->findings, FINDING_FAIL, advice,
                     "flash mode %u after %u in the app descriptor: the update is refused "
                     "(ESP_ERR_OTA_SPI_MODE_MISMATCH)",
                     mode, old_mode);
    } else if (differs) {
        findings_add(&gate->findings, FINDING_WARN, advice,
                     "flash settings differ: %s, speed 0x%x, %u MB after %s, speed 0x%x, %u MB",
                     mode_name(new->spi_mode), new->spi_speed, 1u << (new->spi_size & 7u),
                     mode_name(old->spi_mode), old->spi_speed, 1u << (old->spi_size & 7u));
    } else {
        findings_add(&gate->findings, FINDING_OK, NULL, "flash settings as before: %s",
                     mode_name(new->spi_mode));
    }
}

/* A device takes what is signed by the key of the first block of the app that runs; with secure
 * boot by any that is burnt, and those of the app are. */
static void trust_old(const struct gate *gate, const struct app_image_source *old,
                      struct signature_policy *policy, struct error *err)
{
    uint32_t length = gate->old.info.image_length;
    struct efuse efuse = {0};
    if (!gate_boots_securely(gate)) {
        signature_policy_from_app(old, length, gate->old.scheme, policy, err);
    } else {
        signature_burn_signers(old, length, &efuse, err);
        signature_policy_from_efuse(&efuse, gate->chip, gate->old.scheme, policy);
    }
}

static void check_keys(struct gate *gate)
{
    if (!gate->old.is_signed && !gate->new.is_signed) {
        return;
    }
    struct app_image_bytes old = {.data = gate->old.bytes, .size = gate->old.length};
    struct app_image_bytes new = {.data = gate->new.bytes, .size = gate->new.length};
    struct app_image_source old_source = app_image_from_bytes(&old);
    struct app_image_source new_source = app_image_from_bytes(&new);
    struct signature_policy policy;
    struct signature_result result;
    struct error err = {""};
    trust_old(gate, &old_source, &policy, &err);
    if (signature_verify(&new_source, gate->new.info.image_length, &policy, &result, &err) ==
        ESP_OK) {
        findings_add(&gate->findings, FINDING_OK, NULL, "signed by %s key of %s",
                     gate_boots_securely(gate) ? "a" : "the", gate->old.title);
        return;
    }
    bool enforced = gate_wants_signature(gate);
    gate->blocked |= enforced;
    findings_add(&gate->findings, enforced ? FINDING_FAIL : FINDING_WARN,
                 "sign it with the key whose digest the devices have",
                 "not signed by %s key of %s: %s", gate_boots_securely(gate) ? "a" : "the",
                 gate->old.title, err.text);
}

void gate_check_old(struct gate *gate)
{
    if (gate->old.info.image_length == 0 || gate->new.info.image_length == 0) {
        return;
    }
    findings_section("against the release in the field");
    check_project(gate);
    check_version(gate);
    check_secure_version(gate);
    check_flash_mode(gate);
    check_keys(gate);
}
