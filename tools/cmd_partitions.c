#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "device_files.h"
#include "files.h"
#include "partition_file.h"
#include "scenario_device.h"

static void usage(FILE *out)
{
    fputs("usage: otasim partitions [OPTIONS] FILE\n\n"
          "Checks a partition table and prints it. FILE is a partitions.csv as ESP-IDF projects\n"
          "have it, or its binary form; which one is seen from its contents.\n\n"
          "  -o, --output F      also write it to F: as CSV if F ends in .csv, else as binary\n"
          "      --flash-size S  every partition must lie inside (4MB; default: not checked)\n"
          "      --target NAME   the chip: says where the bootloader is (default: esp32s3)\n"
          "  -h, --help\n\n"
          "Exit status: 0 the table is right, 1 it is not, 2 the command line is wrong.\n"
          "Example: otasim partitions partitions.csv --flash-size 4MB -o partitions.bin\n",
          out);
}

struct options {
    const char *input;
    const char *output;
    uint32_t flash_size;
    const struct chip *chip;
};

static bool print_csv(const struct partition_table *table, FILE *out, struct error *err)
{
    fputs("# Name, Type, SubType, Offset, Size, Flags\n", out);
    for (size_t i = 0; i < table->count; i++) {
        const struct partition *entry = &table->entries[i];
        char type[8], subtype[16];
        if (entry->label[0] == '\0' || entry->label[0] == '#' ||
            strpbrk(entry->label, ",\r\n") != NULL) {
            return error_set(err, "the name of entry %zu can't be written as CSV", i);
        }
        fprintf(out, "%s, %s, %s, 0x%x, 0x%x, %s\n", entry->label,
                partition_type_name(entry->type, type),
                partition_subtype_name(entry->type, entry->subtype, subtype),
                (unsigned)entry->offset, (unsigned)entry->size, partition_flags_text(entry));
    }
    return true;
}

static bool write_csv(const char *path, const struct partition_table *table, struct error *err)
{
    char *text = NULL;
    size_t length = 0;
    FILE *memory = open_memstream(&text, &length);
    if (memory == NULL) {
        return error_set(err, "%s: out of memory", path);
    }
    bool ok = print_csv(table, memory, err);
    if (fclose(memory) != 0 && ok) {
        ok = error_set(err, "%s: out of memory", path);
    }
    ok = ok && write_file(path, text, length, err);
    free(text);
    return ok;
}

static bool write_table(const char *path, const struct partition_table *table, struct error *err)
{
    size_t length = strlen(path);
    if (length >= 4 && strcmp(path + length - 4, ".csv") == 0) {
        return write_csv(path, table, err);
    }
    uint8_t binary[PARTITION_TABLE_MAX_LENGTH];
    partition_table_to_binary(table, binary);
    return write_file(path, binary, sizeof binary, err);
}

static void print_summary(const struct options *options, const struct partition_table *table)
{
    uint64_t end = 0;
    for (size_t i = 0; i < table->count; i++) {
        uint64_t here = (uint64_t)table->entries[i].offset + table->entries[i].size;
        end = here > end ? here : end;
    }
    unsigned slots = partition_table_ota_count(table);
    bool factory = partition_table_find(table, PARTITION_TYPE_APP, PARTITION_APP_FACTORY) != NULL;
    bool otadata = partition_table_find(table, PARTITION_TYPE_DATA, PARTITION_DATA_OTA) != NULL;
    printf("\n%zu partitions, %u OTA slot%s, %s factory app; ends at 0x%llx", table->count, slots,
           slots == 1 ? "" : "s", factory ? "a" : "no", (unsigned long long)end);
    if (options->flash_size != 0) {
        char free_text[16];
        printf(", %s after it free", size_text((uint32_t)(options->flash_size - end), free_text));
    }
    putchar('\n');
    if (slots + factory < 2) {
        puts("hint: an update needs a second app: two OTA slots, or factory and one");
    } else if (!otadata) {
        puts("hint: without an otadata partition (data, ota, 0x2000) no update can be selected");
    }
}

static bool parse_options(int argc, char **argv, struct options *options, int *status)
{
    static const struct option names[] = {
        {"output", required_argument, NULL, 'o'},
        {"flash-size", required_argument, NULL, 'f'},
        {"target", required_argument, NULL, 't'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;
    *status = EXIT_USAGE;
    while ((option = getopt_long(argc, argv, "o:h", names, NULL)) != -1) {
        switch (option) {
        case 'o':
            options->output = optarg;
            break;
        case 'f':
            if (!parse_size_option("partitions", "--flash-size", optarg, UINT32_MAX,
                                   &options->flash_size)) {
                return false;
            }
            break;
        case 't':
            options->chip = parse_chip_option("partitions", "--target", optarg);
            if (options->chip == NULL) {
                return false;
            }
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
    options->input = argv[optind];
    return true;
}

int cmd_partitions(int argc, char **argv)
{
    struct options options = {.chip = chip_by_name("esp32s3")};
    int status;
    if (!parse_options(argc, argv, &options, &status)) {
        return status;
    }
    struct error err;
    struct partition_table table;
    uint8_t *bytes;
    size_t length;
    if (!read_file(options.input, DEVICE_FILE_LIMIT, &bytes, &length, &err)) {
        fprintf(stderr, "otasim partitions: %s\n", err.text);
        return EXIT_FAILED;
    }
    bool ok = partition_file_parse(options.input, bytes, length, options.flash_size,
                                   options.chip->bootloader_offset, &table, &err);
    free(bytes);
    if (ok) {
        print_partition_table(&table, stdout);
        print_summary(&options, &table);
        ok = options.output == NULL || write_table(options.output, &table, &err);
    }
    if (!ok) {
        fprintf(stderr, "otasim partitions: %s\n", err.text);
    }
    return ok ? EXIT_OK : EXIT_FAILED;
}
