/* The image alone: what it is, whether it verifies, its signature, its chip. */
#include <stdio.h>
#include <string.h>

#include "device_files.h"
#include "gate.h"

#define DESCRIPTOR APP_IMAGE_DESCRIPTOR_OFFSET

/* Files that are easily taken for an app image, by their first bytes. */
static const struct {
    uint32_t offset;
    const char *bytes;
    const char *what, *advice;
} foreign[] = {
    {0,
     "\x7f"
     "ELF",
     "an ELF file", "take the .bin that the build makes from it: build/PROJECT.bin"},
    {0, "\xaa\x50", "a partition table",
     "it goes with --partitions; here the app's .bin is wanted"},
    {0x8000, "\xaa\x50\x01\x02",
     "an image of a whole flash chip (there is a partition table at 0x8000)",
     "take the app's own .bin: build/PROJECT.bin"},
    {DESCRIPTOR, "\x50", "a bootloader image", "take the app's .bin: build/PROJECT.bin"},
    {0, "\x1f\x8b", "compressed (gzip)", "unpack it: the bootloader does not"},
    {0, "PK\x03\x04", "a ZIP archive", "unpack it, and take the app's .bin"},
    {0, "UF2\n", "a UF2 file", "take the .bin that it was made from"},
    {0, ":02", "an Intel HEX file", "take the .bin that it was made from"},
    {0, "\xcf\xb6\x88\x07", "pre-encrypted", "take the .bin before its encryption"},
    {0, "\xff\xff\xff\xff", "erased flash", "take the app's .bin: build/PROJECT.bin"},
    {0, "<", "a web page or XML", "look at how it was downloaded"},
};

static bool is_foreign(struct gate *gate, const struct gate_image *image)
{
    if (image->length == 0) {
        findings_add(&gate->findings, FINDING_FAIL, "look at the build step that should write it",
                     "%s is empty", image->title);
        return true;
    }
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        size_t length = strlen(foreign[i].bytes);
        /* A bootloader is told from an app by its descriptor alone. */
        bool begins_right = foreign[i].offset != DESCRIPTOR || image->bytes[0] == APP_IMAGE_MAGIC;
        if (begins_right && foreign[i].offset + length <= image->length &&
            memcmp(image->bytes + foreign[i].offset, foreign[i].bytes, length) == 0) {
            findings_add(&gate->findings, FINDING_FAIL, foreign[i].advice,
                         "%s is no app image: it is %s", image->title, foreign[i].what);
            return true;
        }
    }
    return false;
}

static bool verifies(struct gate *gate, struct gate_image *image)
{
    struct app_image_bytes memory = {.data = image->bytes, .size = image->length};
    struct app_image_source source = app_image_from_bytes(&memory);
    const struct app_image_rules rules = {.kind = APP_IMAGE_APP};
    struct error err;
    if (app_image_verify(&source, &rules, &image->info, &err) != ESP_OK) {
        findings_add(&gate->findings, FINDING_FAIL,
                     "build it again, and compare its SHA-256 wherever it is copied",
                     "%s does not verify: %s", image->title, err.text);
        return false;
    }
    printable(image->info.descriptor.version, image->version, sizeof image->version);
    findings_add(&gate->findings, FINDING_OK, NULL, "%s verifies: %u bytes, checksum%s right",
                 image->title, (unsigned)image->info.image_length,
                 image->info.hash_appended ? " and SHA-256" : "");
    return true;
}

/* An app runs from flash; a bootloader has no segment there. */
static bool is_mapped(const struct app_image_info *info)
{
    const struct chip *chip = chip_by_id(info->chip_id);
    for (unsigned i = 0; chip != NULL && i < info->segment_count; i++) {
        if (chip_is_flash_mapped(chip, info->segments[i].load_address)) {
            return true;
        }
    }
    return false;
}

static bool is_app(struct gate *gate, const struct gate_image *image)
{
    char project[33];
    const struct app_image_descriptor *descriptor = &image->info.descriptor;
    if (!is_mapped(&image->info) && !descriptor->present) {
        findings_add(&gate->findings, FINDING_FAIL, "take the app's .bin: build/PROJECT.bin",
                     "%s is no app image: no segment runs from flash (a bootloader?)",
                     image->title);
        return false;
    }
    if (!descriptor->present || image->version[0] == '\0') {
        findings_add(&gate->findings, FINDING_FAIL,
                     "build it with ESP-IDF's linker scripts, and set PROJECT_VER",
                     "%s has no app descriptor with a version: updates can't be told apart",
                     image->title);
        return false;
    }
    findings_add(&gate->findings, FINDING_OK, NULL, "%s is %s %s", image->title,
                 printable(descriptor->project_name, project, sizeof project), image->version);
    return true;
}

static bool suits_chip(struct gate *gate, const struct gate_image *image)
{
    const struct efuse efuse = {.chip_revision = gate->revision};
    const struct app_image_rules rules = {
        .kind = APP_IMAGE_APP, .chip = gate->chip, .efuse = gate->revision_given ? &efuse : NULL};
    struct error err;
    char target[64], advice[160];
    if (app_image_check_chip(image->bytes, &rules, &err) != ESP_OK) {
        bool other = image->info.chip_id != gate->chip->id;
        snprintf(advice, sizeof advice,
                 other ? "build it for that chip (idf.py set-target %s), or say which with --chip"
                       : "lower the minimum revision of the build for %s, or offer it to newer "
                         "chips only",
                 gate->chip->name);
        findings_add(&gate->findings, FINDING_FAIL, advice, "%s is for another chip: %s",
                     image->title, err.text);
        return false;
    }
    const char *wanted = sdkconfig_value(&gate->config, "CONFIG_IDF_TARGET", target);
    if (wanted != NULL && strcmp(wanted, gate->chip->name) != 0) {
        findings_add(&gate->findings, FINDING_WARN, "take both from the same build",
                     "the sdkconfig is for %.32s, %s for %s", wanted, image->title,
                     gate->chip->name);
    }
    uint16_t revision = gate->revision_given ? gate->revision : image->info.min_chip_revision;
    findings_add(&gate->findings, FINDING_OK, NULL, "%s runs on %s, revision v%u.%u%s",
                 image->title, gate->chip->name, revision / 100u, revision % 100u,
                 gate->revision_given ? "" : " or later");
    return true;
}

static const char *block_fault(const struct signature_finding *finding)
{
    return finding->malformed.text[0] != '\0' ? finding->malformed.text
           : !finding->digest_right           ? "it is over other bytes than these"
           : !finding->signature_right        ? "the signature is wrong"
                                              : NULL;
}

/* A wrong signature is a finding also where none is asked for: somebody meant it. */
static bool check_signature(struct gate *gate, struct gate_image *image)
{
    struct app_image_bytes memory = {.data = image->bytes, .size = image->length};
    struct app_image_source source = app_image_from_bytes(&memory);
    uint8_t sector[SIGNATURE_SECTOR_LENGTH];
    struct signature_finding blocks[SIGNATURE_MAX_BLOCKS];
    struct error err;
    bool wanted = gate_wants_signature(gate);
    bool has_sector =
        signature_examine(&source, image->info.image_length, NULL, sector, blocks, &err) == ESP_OK;
    if (!has_sector || !blocks[0].block.present) {
        if (wanted) {
            findings_add(&gate->findings, FINDING_FAIL,
                         "sign it: espsecure.py sign_data --version 2, or otasim image sign",
                         "%s is not signed, and the sdkconfig wants it (Secure Boot V2)",
                         image->title);
        } else if (image->length > image->info.image_length) {
            findings_add(&gate->findings, FINDING_WARN,
                         "ship the file as the build leaves it, unless this is meant",
                         "%u bytes follow the image in %s, and are no Secure Boot V2 signature",
                         (unsigned)(image->length - image->info.image_length), image->title);
        }
        return !wanted;
    }
    for (unsigned i = 0; i < SIGNATURE_MAX_BLOCKS && blocks[i].block.present; i++) {
        const char *fault = block_fault(&blocks[i]);
        if (fault != NULL) {
            findings_add(&gate->findings, FINDING_FAIL,
                         "sign it again; otasim image verify explains each block",
                         "signature block %u of %s: %s", i, image->title, fault);
            return false;
        }
    }
    image->is_signed = true;
    image->scheme = blocks[0].block.scheme;
    const uint8_t *digest = blocks[0].block.key_digest;
    findings_add(&gate->findings, FINDING_OK, NULL,
                 "%s is signed: %s, key digest %02x%02x%02x%02x...", image->title,
                 signature_scheme_name(image->scheme), digest[0], digest[1], digest[2], digest[3]);
    return true;
}

/* The scheme that the sdkconfig has; RSA is the default. */
enum signature_scheme gate_wanted_scheme(const struct gate *gate)
{
    const struct sdkconfig *config = &gate->config;
    if (!sdkconfig_on(config, "CONFIG_SECURE_SIGNED_APPS_ECDSA_V2_SCHEME")) {
        return SIGNATURE_RSA_3072;
    }
    if (sdkconfig_on(config, "CONFIG_SECURE_BOOT_ECDSA_KEY_LEN_384_BITS")) {
        return SIGNATURE_ECDSA_P384;
    }
    return sdkconfig_on(config, "CONFIG_SECURE_BOOT_ECDSA_KEY_LEN_192_BITS") ? SIGNATURE_ECDSA_P192
                                                                             : SIGNATURE_ECDSA_P256;
}

static bool suits_scheme(struct gate *gate, const struct gate_image *image)
{
    enum signature_scheme wanted = gate_wanted_scheme(gate);
    if (!image->is_signed || !gate_wants_signature(gate) || image->scheme == wanted) {
        return true;
    }
    findings_add(&gate->findings, FINDING_FAIL, "sign it with a key of that scheme",
                 "%s is signed by %s, the sdkconfig takes %s only", image->title,
                 signature_scheme_name(image->scheme), signature_scheme_name(wanted));
    return false;
}

static bool check(struct gate *gate, struct gate_image *image)
{
    if (is_foreign(gate, image) || !verifies(gate, image)) {
        return false;
    }
    if (gate->chip == NULL) {
        gate->chip = chip_by_id(image->info.chip_id);
    }
    if (gate->chip == NULL) {
        findings_add(&gate->findings, FINDING_FAIL, "look at what the image was built for",
                     "%s is for a chip that is not known here (0x%04x)", image->title,
                     image->info.chip_id);
        return false;
    }
    /* All of them: each is a finding of its own. */
    bool app = is_app(gate, image), suits = suits_chip(gate, image);
    return check_signature(gate, image) && suits_scheme(gate, image) && app && suits;
}

/* Version 2 is the default of CONFIG_SECURE_BOOT: sdkconfig.defaults need not name it. */
bool gate_boots_securely(const struct gate *gate)
{
    const struct sdkconfig *config = &gate->config;
    return sdkconfig_on(config, "CONFIG_SECURE_BOOT_V2_ENABLED") ||
           (sdkconfig_on(config, "CONFIG_SECURE_BOOT") &&
            !sdkconfig_on(config, "CONFIG_SECURE_BOOT_V1_ENABLED"));
}

bool gate_wants_signature(const struct gate *gate)
{
    return sdkconfig_on(&gate->config, "CONFIG_SECURE_SIGNED_APPS_NO_SECURE_BOOT") ||
           gate_boots_securely(gate) ||
           sdkconfig_on(&gate->config, "CONFIG_SECURE_SIGNED_ON_UPDATE");
}

void gate_check_image(struct gate *gate)
{
    findings_section("image");
    gate->blocked = !check(gate, &gate->new);
    if (gate->old.name != NULL && !check(gate, &gate->old)) {
        gate->blocked = true;
    }
}
