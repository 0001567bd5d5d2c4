#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "bootloader.h"
#include "commands.h"
#include "device_files.h"
#include "files.h"
#include "flash_cipher.h"
#include "otadata.h"
#include "print_nvs.h"
#include "scenario_device.h"

static void usage(FILE *out)
{
    fputs(
        "usage: otasim flash [OPTIONS] FILE\n\n"
        "Explains a dump of a whole flash chip (esptool read_flash, or otasim run --keep-flash):\n"
        "the partition table, what otadata says, the app in each slot and whether it verifies,\n"
        "the keys and values in NVS, and what the bootloader would do next. FILE is not\n"
        "changed.\n\n"
        "      --target NAME       the chip (default: that of the first app)\n"
        "      --revision N        its revision, major * 100 + minor (default: any will do)\n"
        "      --secure-version N  burnt into efuse (default: 0)\n"
        "      --flash-key FILE    decrypt with this key: 32 or 64 bytes, as the flash encryption\n"
        "                          tools have it, or \"scenario\" for that of all scenarios\n"
        "      --rollback          the bootloader has CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE\n"
        "      --anti-rollback     ... and CONFIG_BOOTLOADER_APP_ANTI_ROLLBACK\n"
        "  -h, --help\n\n"
        "Exit status: 0 an app boots, 1 none does or the dump is wrong, 2 the command line is\n"
        "wrong.\n",
        out);
}

struct options {
    const char *path;
    const struct chip *chip;
    bool revision_given;
    struct efuse efuse;
    uint32_t secure_version;
    struct bootloader_config bootloader;
};

static bool read_flash_key(const char *path, struct efuse *efuse)
{
    struct error err;
    uint8_t *bytes;
    size_t length;
    efuse->flash_encryption = true;
    if (strcmp(path, "scenario") == 0) {
        efuse->flash_key = scenario_flash_key();
        return true;
    }
    if (!read_file(path, FLASH_KEY_MAX_LENGTH, &bytes, &length, &err)) {
        fprintf(stderr, "otasim flash: --flash-key: %s\n", err.text);
        return false;
    }
    bool fits = length == 32 || length == 64;
    if (fits) {
        efuse->flash_key.length = (uint8_t)length;
        memcpy(efuse->flash_key.bytes, bytes, length);
    } else {
        fprintf(stderr, "otasim flash: --flash-key: %s has %zu bytes, not 32 or 64\n", path,
                length);
    }
    free(bytes);
    return fits;
}

static bool parse_options(int argc, char **argv, struct options *options, int *status)
{
    static const struct option names[] = {
        {"target", required_argument, NULL, 't'},
        {"revision", required_argument, NULL, 'r'},
        {"secure-version", required_argument, NULL, 's'},
        {"flash-key", required_argument, NULL, 'k'},
        {"rollback", no_argument, NULL, 'b'},
        {"anti-rollback", no_argument, NULL, 'a'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;
    *status = EXIT_USAGE;
    while ((option = getopt_long(argc, argv, "h", names, NULL)) != -1) {
        uint32_t number;
        switch (option) {
        case 't':
            options->chip = parse_chip_option("flash", "--target", optarg);
            if (options->chip == NULL) {
                return false;
            }
            break;
        case 'r':
            if (!parse_size_option("flash", "--revision", optarg, UINT16_MAX, &number)) {
                return false;
            }
            options->revision_given = true;
            options->efuse.chip_revision = (uint16_t)number;
            break;
        case 's':
            if (!parse_size_option("flash", "--secure-version", optarg, 32,
                                   &options->secure_version)) {
                return false;
            }
            break;
        case 'k':
            if (!read_flash_key(optarg, &options->efuse)) {
                return false;
            }
            break;
        case 'a':
            options->bootloader.anti_rollback = true;
            options->bootloader.rollback = true;
            break;
        case 'b':
            options->bootloader.rollback = true;
            break;
        case 'h':
            usage(stdout);
            *status = EXIT_OK;
            return false;
        default:
            usage(stderr);
            return false;
        }
    }
    if (optind + 1 != argc) {
        usage(stderr);
        return false;
    }
    options->path = argv[optind];
    return true;
}

static esp_err_t read_partition(void *context, uint32_t offset, void *out, uint32_t length)
{
    uint8_t *const *bytes = context;
    memcpy(out, *bytes + offset, length);
    return ESP_OK;
}

static esp_err_t verify_app(const struct device *device, const struct partition *partition,
                            const struct app_image_rules *rules, struct app_image_info *info,
                            struct error *err)
{
    uint8_t *bytes = flash_decrypted_copy(device->flash, partition->offset, partition->size);
    if (bytes == NULL) {
        memset(info, 0, sizeof *info);
        error_set(err, "it is empty, or memory is short");
        return ESP_FAIL;
    }
    const struct app_image_source source = {
        .read = read_partition, .context = &bytes, .size = partition->size};
    esp_err_t result = app_image_verify(&source, rules, info, err);
    free(bytes);
    return result;
}

static bool is_app(const struct partition *partition)
{
    return partition->type == PARTITION_TYPE_APP;
}

/* Where nothing is said about the chip, it is one that suits the apps. */
static void guess_chip(const struct options *options, const struct partition_table *table,
                       struct device *device)
{
    const struct app_image_rules any = {.kind = APP_IMAGE_APP};
    bool known = options->chip != NULL;
    for (size_t i = 0; i < table->count; i++) {
        struct app_image_info info;
        if (!is_app(&table->entries[i])) {
            continue;
        }
        (void)verify_app(device, &table->entries[i], &any, &info, NULL);
        if (info.segment_count == 0) {
            continue;
        }
        if (!known && chip_by_id(info.chip_id) != NULL) {
            device->chip = chip_by_id(info.chip_id);
            known = true;
        }
        struct efuse *efuse = &device->efuse;
        if (!options->revision_given && info.min_chip_revision > efuse->chip_revision) {
            efuse->chip_revision = info.min_chip_revision;
        }
        if (info.descriptor.present && info.descriptor.min_block_revision != UINT16_MAX &&
            info.descriptor.min_block_revision > efuse->block_revision) {
            efuse->block_revision = info.descriptor.min_block_revision;
        }
    }
}

static void print_otadata(struct device *device, const struct partition_table *table,
                          const char *title)
{
    const struct partition *partition =
        partition_table_find(table, PARTITION_TYPE_DATA, PARTITION_DATA_OTA);
    struct otadata otadata;
    if (partition == NULL || partition->size < 2 * FLASH_SECTOR_SIZE ||
        otadata_read(device->flash, partition->offset, &otadata) != ESP_OK) {
        printf("%s: none, or too small\n", title);
        return;
    }
    unsigned slots = partition_table_ota_count(table);
    int active = otadata_active(&otadata);
    printf("%s\n", title);
    for (int i = 0; i < 2; i++) {
        char text[64];
        printf("  entry %d  %-32s", i, otadata_entry_text(&otadata.entry[i], text));
        if (otadata.entry[i].seq != OTADATA_NO_SEQ && slots != 0) {
            printf("  names ota_%u", (unsigned)otadata_slot(otadata.entry[i].seq, slots));
        }
        puts(i == active ? "  <- counts" : "");
    }
}

static bool is_erased(const uint8_t *bytes, uint32_t length)
{
    return bytes[0] == 0xFF && memcmp(bytes, bytes + 1, length - 1) == 0;
}

static void print_app(const struct device *device, const struct partition *partition)
{
    char label[PARTITION_LABEL_LENGTH + 1], version[33], project[33];
    printf("  %-16s  ", printable(partition->label, label, sizeof label));
    const uint8_t *bytes = flash_view(device->flash, partition->offset, partition->size);
    if (partition->size == 0 || is_erased(bytes, partition->size)) {
        puts("empty");
        return;
    }
    struct app_image_info info;
    struct error err;
    const struct app_image_rules rules = {
        .kind = APP_IMAGE_APP, .chip = device->chip, .efuse = &device->efuse};
    esp_err_t result = verify_app(device, partition, &rules, &info, &err);
    if (info.descriptor.present) {
        printf("%s %s, ", printable(info.descriptor.project_name, project, sizeof project),
               printable(info.descriptor.version, version, sizeof version));
    }
    if (result != ESP_OK) {
        printf("INVALID: %s\n", err.text);
        return;
    }
    printf("%u bytes, secure version %u, valid\n", (unsigned)info.image_length,
           (unsigned)info.descriptor.secure_version);
}

static void print_settings(struct device *device, const struct partition_table *table)
{
    device_set_current(device);
    for (size_t i = 0; i < table->count; i++) {
        const struct partition *partition = &table->entries[i];
        if (partition->type == PARTITION_TYPE_DATA && partition->subtype == PARTITION_DATA_NVS) {
            putchar('\n');
            print_nvs(partition);
        }
    }
    device_set_current(NULL);
}

static void print_boot(const struct bootloader_report *report)
{
    char text[sizeof report->reason.text], label[PARTITION_LABEL_LENGTH + 1], version[33];
    puts("next boot");
    printf("  %s\n", printable(report->reason.text, text, sizeof text));
    for (unsigned i = 0; i < report->attempts; i++) {
        const struct bootloader_attempt *attempt = &report->attempt[i];
        printf("  tries %s: %s\n", printable(attempt->partition.label, label, sizeof label),
               attempt->result == ESP_OK ? "boots"
                                         : printable(attempt->error.text, text, sizeof text));
    }
    if (report->booted) {
        printf("boots: %s %s\n", printable(report->app.label, label, sizeof label),
               printable(report->image.descriptor.version, version, sizeof version));
    } else {
        puts("boots: NOTHING");
    }
}

static bool explain(const struct options *options, struct device *device, struct error *err)
{
    struct partition_table table;
    struct error why;
    if (device_partition_table(device, &table, &why) != ESP_OK) {
        return error_set(err, "%s: %s%s", options->path, why.text,
                         options->efuse.flash_encryption
                             ? ""
                             : " (if the flash is encrypted, name its key by --flash-key)");
    }
    guess_chip(options, &table, device);
    char size[16];
    printf("%s: %s of %s\n\npartition table at 0x%x\n", options->path,
           size_text(flash_size(device->flash), size), device->chip->name, PARTITION_TABLE_OFFSET);
    print_partition_table(&table, stdout);
    putchar('\n');
    print_otadata(device, &table, "otadata");
    puts("\napps");
    for (size_t i = 0; i < table.count; i++) {
        if (is_app(&table.entries[i])) {
            print_app(device, &table.entries[i]);
        }
    }
    print_settings(device, &table);
    putchar('\n');
    uint64_t operations = flash_op_count(device->flash);
    static struct bootloader_report report;
    bool booted = bootloader_run(device, &options->bootloader, &report);
    if (flash_op_count(device->flash) != operations) {
        print_otadata(device, &table, "otadata after the next boot");
        putchar('\n');
    }
    print_boot(&report);
    return booted || error_set(err, "%s: no app boots", options->path);
}

static bool load_dump(const struct options *options, const uint8_t *bytes, size_t length,
                      struct error *err)
{
    if (length == 0 || length % FLASH_SECTOR_SIZE != 0) {
        return error_set(err, "%s: %zu bytes are not whole sectors of %u: not a flash dump",
                         options->path, length, FLASH_SECTOR_SIZE);
    }
    const struct device_config config = {
        .chip = options->chip,
        .flash_size = (uint32_t)length,
        .efuse = options->efuse,
    };
    struct device *device = device_create(&config);
    if (device == NULL) {
        return error_set(err, "%s: out of memory", options->path);
    }
    bool ok = efuse_raise_secure_version(&device->efuse, options->secure_version) == ESP_OK ||
              error_set(err, "--secure-version %u is more than the %u bits of the field",
                        (unsigned)options->secure_version, device->efuse.secure_version_length);
    if (ok) {
        (void)flash_load(device->flash, 0, bytes, (uint32_t)length);
        ok = explain(options, device, err);
    }
    device_destroy(device);
    return ok;
}

int cmd_flash(int argc, char **argv)
{
    struct options options = {0};
    int status;
    if (!parse_options(argc, argv, &options, &status)) {
        return status;
    }
    struct error err;
    uint8_t *bytes;
    size_t length;
    bool ok = read_file(options.path, DEVICE_FILE_LIMIT, &bytes, &length, &err);
    if (ok) {
        ok = load_dump(&options, bytes, length, &err);
        free(bytes);
    }
    if (!ok) {
        fflush(stdout);
        fprintf(stderr, "otasim flash: %s\n", err.text);
    }
    return ok ? EXIT_OK : EXIT_FAILED;
}
