#include "variant.h"

#include <stdio.h>
#include <string.h>

#include "firmware.h"

/* Options of the sdkconfig that are asked when a firmware runs, and mean the same to each. */
static const char *const taken_over[] = {
    "CONFIG_BOOTLOADER_SKIP_VALIDATE_IN_DEEP_SLEEP",
    "CONFIG_ESP_TASK_WDT_EN",
    "CONFIG_ESP_TASK_WDT_INIT",
    "CONFIG_ESP_TASK_WDT_PANIC",
    "CONFIG_ESP_TASK_WDT_TIMEOUT_S",
    "CONFIG_ESP_TASK_WDT_CHECK_IDLE_TASK_CPU0",
};
enum { TAKEN_OVER = sizeof taken_over / sizeof taken_over[0] };
_Static_assert(TAKEN_OVER <= GATE_TAKEN_OVER, "struct gate has room for their values");

static void lay(struct gate *gate, const char *name, const char *value)
{
    size_t count = 0;
    while (gate->laid_over[count].name != NULL) {
        count++;
    }
    if (count + 1 < GATE_MAX_LAID_OVER) {
        gate->laid_over[count] = (struct firmware_option){name, value};
    }
}

static void lay_bool(struct gate *gate, const char *name, bool on)
{
    lay(gate, name, on ? "y" : "n");
}

/* sdkconfig.defaults need not name what follows from what it names: these are what follows. */
static void lay_signing(struct gate *gate)
{
    enum signature_scheme scheme = gate_wanted_scheme(gate);
    bool wanted = gate_wants_signature(gate);
    lay_bool(gate, "CONFIG_SECURE_SIGNED_ON_UPDATE", wanted);
    lay_bool(gate, "CONFIG_SECURE_BOOT_V2_ENABLED", gate_boots_securely(gate));
    lay_bool(gate, "CONFIG_SECURE_SIGNED_APPS_RSA_SCHEME", wanted && scheme == SIGNATURE_RSA_3072);
    lay_bool(gate, "CONFIG_SECURE_SIGNED_APPS_ECDSA_V2_SCHEME",
             wanted && scheme != SIGNATURE_RSA_3072);
    lay_bool(gate, "CONFIG_SECURE_BOOT_ECDSA_KEY_LEN_192_BITS", scheme == SIGNATURE_ECDSA_P192);
    lay_bool(gate, "CONFIG_SECURE_BOOT_ECDSA_KEY_LEN_256_BITS", scheme == SIGNATURE_ECDSA_P256);
    lay_bool(gate, "CONFIG_SECURE_BOOT_ECDSA_KEY_LEN_384_BITS", scheme == SIGNATURE_ECDSA_P384);
}

static void lay_all(struct gate *gate)
{
    if (gate->laid_over[0].name != NULL) {
        return;
    }
    lay_signing(gate);
    for (size_t i = 0; i < TAKEN_OVER; i++) {
        const char *value = sdkconfig_value(&gate->config, taken_over[i], gate->taken_over[i]);
        if (value != NULL) {
            lay(gate, taken_over[i], value);
        }
    }
}

static const char *compiled_for(const struct gate *gate)
{
    if (sdkconfig_on(&gate->config, "CONFIG_BOOTLOADER_APP_ANTI_ROLLBACK")) {
        return "-anti_rollback";
    }
    return sdkconfig_on(&gate->config, "CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE") ? "-rollback" : "";
}

/* One that was built for the chip goes before. */
static bool find(struct gate *gate, const char *kind, const char *entry,
                 char name[GATE_FIRMWARE_NAME], struct error *err)
{
    char base[GATE_FIRMWARE_NAME];
    struct error ignored;
    lay_all(gate);
    snprintf(base, sizeof base, "%s%s-%s%s", kind, compiled_for(gate), gate->chip->name, entry);
    if (firmware_load(base, &ignored) == NULL) {
        snprintf(base, sizeof base, "%s%s%s", kind, compiled_for(gate), entry);
    }
    snprintf(name, GATE_FIRMWARE_NAME, "%.48s+sdkconfig", base);
    return firmware_lay_over(name, base, gate->laid_over, err);
}

bool gate_updater(struct gate *gate, char name[GATE_FIRMWARE_NAME], struct error *err)
{
    return find(gate, "updater", "", name, err);
}

bool gate_confirmer(struct gate *gate, char name[GATE_FIRMWARE_NAME], struct error *err)
{
    return find(gate, "behaviours", ":confirms", name, err);
}

/* What the application makes of these is its own code's doing. */
static const struct {
    const char *option;
    const char *usual; /* the value that is tried */
    const char *text, *advice;
} untried[] = {
    {"CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN", "16384",
     "a receive buffer of less than 16384 bytes: the updates are tried with 16384",
     "a server that sends longer records cannot be read then; otasim run receive_buffer"},
    {"CONFIG_ESP_HTTPS_OTA_DECRYPT_CB", "n",
     "decryption: the updates are tried with the plain image",
     "otasim image decrypt tells what a device makes of the encrypted one"},
    {"CONFIG_ESP_HTTPS_OTA_ENABLE_PARTIAL_DOWNLOAD", "n",
     "partial download: each update is one request", "otasim run range"},
    {"CONFIG_SECURE_BOOT_V1_ENABLED", "n", "Secure Boot V1: its signatures are not looked at",
     "otasim knows Secure Boot V2"},
};

void gate_show_untried(struct gate *gate)
{
    for (size_t i = 0; i < sizeof untried / sizeof untried[0]; i++) {
        char buf[64];
        const char *value = sdkconfig_value(&gate->config, untried[i].option, buf);
        if (value != NULL && strcmp(value, untried[i].usual) != 0) {
            findings_add(&gate->findings, FINDING_SKIP, untried[i].advice, "%s", untried[i].text);
        }
    }
    if (gate_boots_securely(gate)) {
        findings_add(&gate->findings, FINDING_SKIP,
                     "compare the key digest above with those that are burnt",
                     "secure boot: which keys the devices have in efuse is not known here; those "
                     "of %s are taken for them",
                     gate->old.name != NULL ? gate->old.title : gate->new.title);
    }
}
