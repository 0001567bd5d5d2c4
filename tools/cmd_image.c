#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "app_image.h"
#include "commands.h"
#include "device_files.h"
#include "files.h"
#include "image_commands.h"
#include "nearest.h"
#include "scenario_device.h"

#define MAX_IMAGE (16u << 20)

static void usage(FILE *out)
{
    fputs("usage: otasim image info [OPTIONS] FILE\n"
          "       otasim image make [OPTIONS] -o FILE\n"
          "       otasim image sign --key PEM [--key PEM]... IN OUT\n"
          "       otasim image verify [--trust DIGEST | --trust-image FILE] FILE\n"
          "       otasim image encrypt (--key KEY | --hmac-key FILE) IN OUT\n"
          "       otasim image decrypt (--key KEY | --hmac-key FILE) IN [OUT]\n\n"
          "info verifies an app or bootloader image as the device does, and prints what is in it:\n"
          "      --chip NAME       the image must be for this chip (default: any)\n"
          "      --revision N      ... and run on this chip revision (major * 100 + minor)\n"
          "      --bootloader      take it for a bootloader (default: seen from its contents)\n\n"
          "make builds an image for tests; the same options give the same bytes:\n"
          "  -o, --output FILE     where to\n"
          "      --chip NAME       (default: esp32s3)\n"
          "      --version V       (default: 2.0.0)\n"
          "      --project P       (default: otasim)\n"
          "      --size N          of the whole image: 20480, 64K, 1MB (default: 64K)\n"
          "      --seed N          varies the contents\n"
          "      --secure-version N, --min-rev N, --max-rev N\n"
          "      --no-hash         without the appended SHA-256\n"
          "      --bootloader      a bootloader image\n"
          "      --flaw NAME,...   something wrong with it; may be repeated:\n",
          out);
    for (unsigned bit = 0; app_image_flaw_name(bit) != NULL; bit++) {
        fprintf(out, "%s%s", bit % 4 == 0 ? "                          " : ", ",
                app_image_flaw_name(bit));
        if (bit % 4 == 3 || app_image_flaw_name(bit + 1) == NULL) {
            fputs(app_image_flaw_name(bit + 1) == NULL ? "\n" : ",\n", out);
        }
    }
    fputs("  -h, --help\n\n"
          "sign appends a Secure Boot V2 signature, verify explains one; encrypt and decrypt are "
          "for\n"
          "pre-encrypted updates (esp_encrypted_img); each has a --help.\n\n"
          "Exit status: 0 the image is right or was written, 1 it is not, 2 the command line is\n"
          "wrong.\n"
          "Example: otasim image make --version 2.1.0 --flaw bad-hash -o broken.bin\n"
          "         otasim image info --chip esp32s3 broken.bin\n",
          out);
}

struct options {
    const char *path; /* what info reads, or make writes */
    const struct chip *chip;
    bool bootloader;
    bool revision_given;
    struct efuse efuse;
    struct app_image_spec spec;
};

static const char *flaw_name(size_t index, void *context)
{
    (void)context;
    return app_image_flaw_name((unsigned)index);
}

static bool parse_flaws(char *names, uint32_t *flaws)
{
    char *rest = names;
    for (char *name = strtok_r(names, ",", &rest); name != NULL;
         name = strtok_r(NULL, ",", &rest)) {
        unsigned bit = 0;
        while (app_image_flaw_name(bit) != NULL && strcmp(app_image_flaw_name(bit), name) != 0) {
            bit++;
        }
        if (app_image_flaw_name(bit) == NULL) {
            const char *nearest = nearest_name(name, flaw_name, NULL);
            fprintf(stderr, "otasim image: --flaw: there is no flaw \"%s\"%s%s%s\n", name,
                    nearest != NULL ? "; did you mean \"" : "", nearest != NULL ? nearest : "",
                    nearest != NULL ? "\"?" : "; see otasim image --help");
            return false;
        }
        *flaws |= 1u << bit;
    }
    return true;
}

static bool parse_text(const char *option, const char *text, const char **out)
{
    if (strlen(text) > 31) {
        fprintf(stderr, "otasim image: %s: \"%s\" is longer than the 31 characters there are\n",
                option, text);
        return false;
    }
    *out = text;
    return true;
}

static bool parse_u16(const char *option, const char *text, uint16_t *out)
{
    uint32_t value;
    if (!parse_size_option("image", option, text, UINT16_MAX, &value)) {
        return false;
    }
    *out = (uint16_t)value;
    return true;
}

enum {
    OPT_CHIP = 256,
    OPT_REVISION,
    OPT_BOOTLOADER,
    OPT_VERSION,
    OPT_PROJECT,
    OPT_SIZE,
    OPT_SEED,
    OPT_SECURE_VERSION,
    OPT_MIN_REV,
    OPT_MAX_REV,
    OPT_NO_HASH,
    OPT_FLAW,
};

static const struct option info_names[] = {
    {"chip", required_argument, NULL, OPT_CHIP},
    {"revision", required_argument, NULL, OPT_REVISION},
    {"bootloader", no_argument, NULL, OPT_BOOTLOADER},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static const struct option make_names[] = {
    {"output", required_argument, NULL, 'o'},
    {"chip", required_argument, NULL, OPT_CHIP},
    {"version", required_argument, NULL, OPT_VERSION},
    {"project", required_argument, NULL, OPT_PROJECT},
    {"size", required_argument, NULL, OPT_SIZE},
    {"seed", required_argument, NULL, OPT_SEED},
    {"secure-version", required_argument, NULL, OPT_SECURE_VERSION},
    {"min-rev", required_argument, NULL, OPT_MIN_REV},
    {"max-rev", required_argument, NULL, OPT_MAX_REV},
    {"no-hash", no_argument, NULL, OPT_NO_HASH},
    {"bootloader", no_argument, NULL, OPT_BOOTLOADER},
    {"flaw", required_argument, NULL, OPT_FLAW},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static bool parse_option(int option, struct options *options)
{
    struct app_image_spec *spec = &options->spec;
    switch (option) {
    case 'o':
        options->path = optarg;
        return true;
    case OPT_CHIP:
        options->chip = parse_chip_option("image", "--chip", optarg);
        return options->chip != NULL;
    case OPT_REVISION:
        options->revision_given = true;
        return parse_u16("--revision", optarg, &options->efuse.chip_revision);
    case OPT_BOOTLOADER:
        options->bootloader = true;
        return true;
    case OPT_VERSION:
        return parse_text("--version", optarg, &spec->version);
    case OPT_PROJECT:
        return parse_text("--project", optarg, &spec->project_name);
    case OPT_SIZE:
        return parse_size_option("image", "--size", optarg, MAX_IMAGE, &spec->size);
    case OPT_SEED:
        return parse_size_option("image", "--seed", optarg, UINT32_MAX, &spec->seed);
    case OPT_SECURE_VERSION:
        return parse_size_option("image", "--secure-version", optarg, UINT32_MAX,
                                 &spec->secure_version);
    case OPT_MIN_REV:
        return parse_u16("--min-rev", optarg, &spec->min_chip_revision);
    case OPT_MAX_REV:
        return parse_u16("--max-rev", optarg, &spec->max_chip_revision);
    case OPT_NO_HASH:
        spec->no_hash = true;
        return true;
    default:
        return parse_flaws(optarg, &spec->flaws);
    }
}

/* *help is set if help was asked for and given. */
static bool parse_options(int argc, char **argv, const struct option *names,
                          const char *short_names, struct options *options, bool *help)
{
    int option;
    *help = false;
    while ((option = getopt_long(argc, argv, short_names, names, NULL)) != -1) {
        if (option == 'h') {
            usage(stdout);
            *help = true;
            return false;
        }
        if (option == '?' || option == ':') {
            fputs("see otasim image --help\n", stderr);
            return false;
        }
        if (!parse_option(option, options)) {
            return false;
        }
    }
    return true;
}

static const char *const spi_modes[] = {"QIO", "QOUT", "DIO", "DOUT", "FAST_READ", "SLOW_READ"};

static const char *spi_speed_text(uint8_t speed)
{
    switch (speed) {
    case 0x0:
        return "40 MHz";
    case 0x1:
        return "26 MHz";
    case 0x2:
        return "20 MHz";
    case 0xF:
        return "80 MHz";
    default:
        return "unknown speed";
    }
}

static void print_revisions(const char *what, uint16_t min, uint16_t max)
{
    printf("  %-18s v%u.%u or later", what, min / 100u, min % 100u);
    if (max != 0 && max != UINT16_MAX) {
        printf(", at most v%u.%u", max / 100u, max % 100u);
    }
    putchar('\n');
}

static void print_header(const struct app_image_info *info)
{
    const struct chip *chip = chip_by_id(info->chip_id);
    printf("header\n  %-18s %s (0x%04x)\n", "chip", chip != NULL ? chip->name : "unknown",
           info->chip_id);
    print_revisions("chip revision", info->min_chip_revision, info->max_chip_revision);
    printf("  %-18s %s, %s, %u MB\n", "flash",
           info->spi_mode < sizeof spi_modes / sizeof spi_modes[0] ? spi_modes[info->spi_mode]
                                                                   : "unknown mode",
           spi_speed_text(info->spi_speed), 1u << info->spi_size);
    printf("  %-18s 0x%08x\n", "entry", (unsigned)info->entry_address);
}

static bool in_range(struct chip_range range, uint32_t address)
{
    return address >= range.start && address < range.end;
}

static const char *memory_name(const struct chip *chip, uint32_t address)
{
    if (address < 0x10000000u) {
        return "padding";
    }
    if (chip == NULL) {
        return "";
    }
    bool data = in_range(chip->drom, address), code = in_range(chip->irom, address);
    return data && code                    ? "flash"
           : data                          ? "flash, data"
           : code                          ? "flash, code"
           : in_range(chip->iram, address) ? "RAM, code"
           : in_range(chip->dram, address) ? "RAM, data"
                                           : "RAM";
}

static void print_segments(const struct app_image_info *info)
{
    printf("segments\n   n  %-10s  %10s  %10s  memory\n", "load", "length", "in file");
    for (unsigned i = 0; i < info->segment_count && i < APP_IMAGE_MAX_SEGMENTS; i++) {
        const struct app_image_segment *segment = &info->segments[i];
        if (segment->offset == 0) {
            break; /* the verification did not come so far */
        }
        printf("  %2u  0x%08x  %10u  0x%08x  %s\n", i, (unsigned)segment->load_address,
               (unsigned)segment->length, (unsigned)segment->offset,
               memory_name(chip_by_id(info->chip_id), segment->load_address));
    }
}

static void print_hex(const char *what, const uint8_t bytes[32])
{
    printf("  %-18s ", what);
    for (size_t i = 0; i < 32; i++) {
        printf("%02x", bytes[i]);
    }
    putchar('\n');
}

static void print_descriptor(const struct app_image_descriptor *descriptor)
{
    if (!descriptor->present) {
        puts("no app descriptor");
        return;
    }
    char text[33], more[33];
    puts("app descriptor");
    printf("  %-18s %s\n", "project", printable(descriptor->project_name, text, sizeof text));
    printf("  %-18s %s\n", "version", printable(descriptor->version, text, sizeof text));
    printf("  %-18s %s %s\n", "built", printable(descriptor->date, text, sizeof text),
           printable(descriptor->time, more, sizeof more));
    printf("  %-18s %s\n", "ESP-IDF", printable(descriptor->idf_version, text, sizeof text));
    printf("  %-18s %u\n", "secure version", (unsigned)descriptor->secure_version);
    print_revisions("efuse block", descriptor->min_block_revision, descriptor->max_block_revision);
    if (descriptor->mmu_page_size != 0) {
        printf("  %-18s 2^%u bytes\n", "MMU page", descriptor->mmu_page_size);
    }
    print_hex("ELF SHA-256", descriptor->elf_sha256);
}

static void print_integrity(const struct app_image_info *info)
{
    puts("integrity");
    if (info->checksum_offset == 0) {
        puts("  the verification did not come to the checksum");
        return;
    }
    printf("  %-18s 0x%02x at 0x%x, %s\n", "checksum", info->checksum_stored,
           (unsigned)info->checksum_offset,
           info->checksum_stored == info->checksum_computed ? "right" : "WRONG");
    if (info->image_length != 0) {
        printf("  %-18s %u bytes, %s\n", "image length", (unsigned)info->image_length,
               info->hash_appended ? "with its SHA-256" : "no SHA-256 appended");
        print_hex("SHA-256", info->digest);
    }
}

static int verify_and_print(const struct options *options, const uint8_t *bytes, size_t length)
{
    struct app_image_bytes memory = {.data = bytes, .size = (uint32_t)length};
    struct app_image_source source = app_image_from_bytes(&memory);
    /* A bootloader's descriptor begins with its length, 80; an app's with 0xABCD5432. */
    bool bootloader = options->bootloader || (length > APP_IMAGE_DESCRIPTOR_OFFSET &&
                                              bytes[APP_IMAGE_DESCRIPTOR_OFFSET] == 80);
    struct app_image_rules rules = {
        .kind = bootloader ? APP_IMAGE_BOOTLOADER : APP_IMAGE_APP,
        .chip = options->chip,
        .efuse = options->revision_given ? &options->efuse : NULL,
    };
    /* A revision is one of the chip that the image itself names, unless --chip says otherwise. */
    if (rules.chip == NULL && options->revision_given && length >= APP_IMAGE_HEADER_LENGTH) {
        rules.chip = chip_by_id((uint16_t)(bytes[12] | bytes[13] << 8));
    }
    struct app_image_info info;
    struct error err;
    esp_err_t result = app_image_verify(&source, &rules, &info, &err);
    if (result == ESP_FAIL) {
        /* Not for this chip: what is in it can be shown nevertheless. */
        const struct app_image_rules any = {.kind = rules.kind};
        (void)app_image_verify(&source, &any, &info, NULL);
    }
    printf("%s: %s image, %zu bytes\n", options->path, bootloader ? "bootloader" : "app", length);
    if (info.segment_count != 0) {
        print_header(&info);
        print_segments(&info);
        if (!bootloader && info.segments[0].offset != 0) {
            print_descriptor(&info.descriptor);
        }
        print_integrity(&info);
    }
    if (result == ESP_OK && info.image_length < length) {
        printf(
            "note: %zu bytes follow the image (a signature, or padding: see otasim image verify)\n",
            length - info.image_length);
    }
    if (result != ESP_OK) {
        printf("verdict: INVALID: %s\n", err.text);
        return EXIT_FAILED;
    }
    puts("verdict: valid");
    return EXIT_OK;
}

static int image_info(int argc, char **argv)
{
    struct options options = {0};
    bool help;
    if (!parse_options(argc, argv, info_names, "h", &options, &help)) {
        return help ? EXIT_OK : EXIT_USAGE;
    }
    if (optind + 1 != argc) {
        fputs("otasim image info: which FILE? see otasim image --help\n", stderr);
        return EXIT_USAGE;
    }
    options.path = argv[optind];
    struct error err;
    uint8_t *bytes;
    size_t length;
    if (!read_file(options.path, MAX_IMAGE, &bytes, &length, &err)) {
        fprintf(stderr, "otasim image: %s\n", err.text);
        return EXIT_FAILED;
    }
    int status = verify_and_print(&options, bytes, length);
    free(bytes);
    return status;
}

static int image_make(int argc, char **argv)
{
    struct options options = {0};
    bool help;
    if (!parse_options(argc, argv, make_names, "o:h", &options, &help)) {
        return help ? EXIT_OK : EXIT_USAGE;
    }
    if (optind != argc || options.path == NULL) {
        fputs("otasim image make: -o FILE says where to, and nothing else is expected; see otasim "
              "image --help\n",
              stderr);
        return EXIT_USAGE;
    }
    options.spec.chip = options.chip;
    options.spec.kind = options.bootloader ? APP_IMAGE_BOOTLOADER : APP_IMAGE_APP;
    struct error err;
    uint8_t *image;
    size_t length;
    if (!app_image_build(&options.spec, &image, &length, &err)) {
        fprintf(stderr, "otasim image make: %s\n", err.text);
        return EXIT_USAGE;
    }
    bool ok = write_file(options.path, image, length, &err);
    free(image);
    if (!ok) {
        fprintf(stderr, "otasim image make: %s\n", err.text);
        return EXIT_FAILED;
    }
    printf("%s: %zu bytes\n", options.path, length);
    return EXIT_OK;
}

int cmd_image(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    int status = EXIT_USAGE;
    if (strcmp(what, "info") == 0) {
        status = image_info(argc - 1, argv + 1);
    } else if (strcmp(what, "make") == 0) {
        status = image_make(argc - 1, argv + 1);
    } else if (strcmp(what, "sign") == 0) {
        status = image_sign(argc - 1, argv + 1);
    } else if (strcmp(what, "verify") == 0) {
        status = image_verify(argc - 1, argv + 1);
    } else if (strcmp(what, "encrypt") == 0) {
        status = image_encrypt(argc - 1, argv + 1);
    } else if (strcmp(what, "decrypt") == 0) {
        status = image_decrypt(argc - 1, argv + 1);
    } else if (strcmp(what, "--help") == 0 || strcmp(what, "-h") == 0) {
        usage(stdout);
        status = EXIT_OK;
    } else {
        usage(stderr);
    }
    return status;
}
