/* ESP-IDF's partition CSV. Read as if attacked: any bytes, any length, any numbers. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "partition_names.h"
#include "partition_table.h"

#define LINE_MAX_LENGTH 512u
#define APP_ALIGNMENT   0x10000u
#define DATA_ALIGNMENT  0x1000u
#define TABLE_SIZE      0x1000u
#define OTADATA_SIZE    0x2000u
#define FIRST_OFFSET    (PARTITION_TABLE_OFFSET + TABLE_SIZE)
#define MAX_ROWS        (PARTITION_TABLE_MAX_LENGTH / 32u - 2u) /* an MD5 and an end entry follow */

enum { NAME, TYPE, SUBTYPE, OFFSET, SIZE, FLAGS, FIELD_COUNT };

struct csv {
    const char *file;
    unsigned line;
    uint32_t flash_size;
    uint32_t bootloader_offset;
    struct partition_table *table;
    unsigned lines[PARTITION_TABLE_MAX_ENTRIES]; /* line of each entry, for later complaints */
    uint32_t next_free;
    struct error *err;
};

static bool complain(const struct csv *csv, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool complain(const struct csv *csv, const char *format, ...)
{
    char what[400];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return error_set(csv->err, "%s:%u: %s", csv->file, csv->line, what);
}

static char *trim(char *text)
{
    while (isspace((unsigned char)*text)) {
        text++;
    }
    size_t length = strlen(text);
    while (length > 0 && isspace((unsigned char)text[length - 1])) {
        text[--length] = '\0';
    }
    return text;
}

/* Splits at commas, in place. Missing fields at the end are empty. */
static bool split(const struct csv *csv, char *line, char *fields[FIELD_COUNT])
{
    size_t count = 0;
    static char empty[] = "";
    for (char *at = line; at != NULL;) {
        char *comma = strchr(at, ',');
        if (comma != NULL) {
            *comma = '\0';
        }
        char *field = trim(at);
        if (count < FIELD_COUNT) {
            fields[count] = field;
        } else if (field[0] != '\0') {
            return complain(csv,
                            "more than %d fields: expected name, type, subtype, offset, size, "
                            "flags",
                            FIELD_COUNT);
        }
        count++;
        at = comma != NULL ? comma + 1 : NULL;
    }
    for (; count < FIELD_COUNT; count++) {
        fields[count] = empty;
    }
    return true;
}

/* Decimal, 0x hex, with an optional K or M. */
static bool parse_number(const struct csv *csv, const char *field, const char *text, uint32_t *out)
{
    char *end;
    errno = 0;
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    unsigned long long value = strtoull(text, &end, hex ? 16 : 10);
    if (errno != 0 || end == text || !isxdigit((unsigned char)text[0])) {
        return complain(csv, "%s: \"%.40s\" is not a number (decimal or 0x hex, K or M may follow)",
                        field, text);
    }
    unsigned long long unit = 1;
    if (*end == 'k' || *end == 'K') {
        unit = 1024;
        end++;
    } else if (*end == 'm' || *end == 'M') {
        unit = 1024 * 1024;
        end++;
    }
    if (*end != '\0') {
        return complain(csv, "%s: \"%.40s\" is not a number (decimal or 0x hex, K or M may follow)",
                        field, text);
    }
    if (value > UINT32_MAX / unit) {
        return complain(csv, "%s: %.40s is beyond 32 bits", field, text);
    }
    *out = (uint32_t)(value * unit);
    return true;
}

static bool parse_byte(const struct csv *csv, const char *field, const char *text, uint8_t *out)
{
    uint32_t value;
    if (!isdigit((unsigned char)text[0])) {
        return complain(csv, "%s: unknown word \"%.40s\"", field, text);
    }
    if (!parse_number(csv, field, text, &value)) {
        return false;
    }
    if (value > 0xFE) {
        return complain(csv, "%s: %.40s is above 0xFE", field, text);
    }
    *out = (uint8_t)value;
    return true;
}

static bool parse_type(const struct csv *csv, char *const *fields, struct partition *out)
{
    if (fields[TYPE][0] == '\0') {
        return complain(csv, "type: it is missing: app, data, bootloader, partition_table or a "
                             "number from 0x40");
    }
    if (!partition_type_from_word(fields[TYPE], &out->type)) {
        if (!parse_byte(csv, "type", fields[TYPE], &out->type)) {
            return false;
        }
        if (out->type > PARTITION_TYPE_TABLE && out->type < 0x40) {
            return complain(csv, "type: 0x%02x is reserved; your own begin at 0x40", out->type);
        }
    }
    if (fields[SUBTYPE][0] == '\0') {
        if (out->type == PARTITION_TYPE_APP) {
            return complain(csv, "subtype: an app needs one: factory, test or ota_0 to ota_15");
        }
        out->subtype = out->type == PARTITION_TYPE_DATA ? 0x06 : 0x00;
        return true;
    }
    return partition_subtype_from_word(out->type, fields[SUBTYPE], &out->subtype) ||
           parse_byte(csv, "subtype", fields[SUBTYPE], &out->subtype);
}

static bool parse_flags(const struct csv *csv, char *text, struct partition *out)
{
    for (char *at = text; at != NULL && *text != '\0';) {
        char *colon = strchr(at, ':');
        if (colon != NULL) {
            *colon = '\0';
        }
        char *word = trim(at);
        if (strcmp(word, "encrypted") == 0) {
            out->encrypted = true;
        } else if (strcmp(word, "readonly") == 0) {
            out->readonly = true;
        } else {
            return complain(csv,
                            "flags: unknown word \"%.40s\": encrypted and readonly are known, "
                            "joined by a colon",
                            word);
        }
        at = colon != NULL ? colon + 1 : NULL;
    }
    return true;
}

static uint32_t alignment(const struct partition *partition)
{
    return partition->type == PARTITION_TYPE_APP ? APP_ALIGNMENT : DATA_ALIGNMENT;
}

static bool is_fixed(const struct partition *partition)
{
    return partition->type == PARTITION_TYPE_BOOTLOADER || partition->type == PARTITION_TYPE_TABLE;
}

/* What the tool knows of the bootloader and the table itself where the row says N/A. */
static uint32_t fixed_size(const struct csv *csv, const struct partition *partition)
{
    return partition->type == PARTITION_TYPE_TABLE
               ? TABLE_SIZE
               : PARTITION_TABLE_OFFSET - csv->bootloader_offset;
}

static bool parse_offset(const struct csv *csv, const char *text, struct partition *out)
{
    if (strcmp(text, "N/A") == 0 || (text[0] == '\0' && is_fixed(out) && out->subtype == 0)) {
        if (!is_fixed(out) || out->subtype != 0) {
            return complain(csv,
                            "offset: N/A stands for the primary bootloader and partition table "
                            "only");
        }
        out->offset =
            out->type == PARTITION_TYPE_TABLE ? PARTITION_TABLE_OFFSET : csv->bootloader_offset;
        return true;
    }
    if (text[0] == '\0') {
        uint64_t aligned =
            ((uint64_t)csv->next_free + alignment(out) - 1) / alignment(out) * alignment(out);
        if (aligned > UINT32_MAX) {
            return complain(csv, "offset: no room is left in 32 bits; give one");
        }
        out->offset = (uint32_t)aligned;
        return true;
    }
    return parse_number(csv, "offset", text, &out->offset);
}

static bool parse_size(const struct csv *csv, const char *text, struct partition *out)
{
    if (is_fixed(out) && (text[0] == '\0' || strcmp(text, "N/A") == 0)) {
        out->size = fixed_size(csv, out);
        return true;
    }
    if (text[0] == '\0') {
        return complain(csv, "size: it is missing");
    }
    return parse_number(csv, "size", text, &out->size);
}

static bool is_otadata(const struct partition *partition)
{
    return partition->type == PARTITION_TYPE_DATA && partition->subtype == PARTITION_DATA_OTA;
}

static bool check_place(const struct csv *csv, const struct partition *partition)
{
    if (partition->offset % alignment(partition) != 0) {
        return complain(csv, "offset 0x%x of \"%s\" is not aligned to 0x%x",
                        (unsigned)partition->offset, partition->label,
                        (unsigned)alignment(partition));
    }
    if (partition->size == 0) {
        return complain(csv, "size of \"%s\" is zero", partition->label);
    }
    if (is_otadata(partition) && partition->size != OTADATA_SIZE) {
        return complain(csv, "size 0x%x of \"%s\": an otadata partition (data, ota) has 0x%x",
                        (unsigned)partition->size, partition->label, OTADATA_SIZE);
    }
    if (partition->type == PARTITION_TYPE_APP && partition->size % DATA_ALIGNMENT != 0) {
        return complain(csv, "size 0x%x of \"%s\" is not a multiple of 0x%x",
                        (unsigned)partition->size, partition->label, DATA_ALIGNMENT);
    }
    uint32_t end = csv->flash_size != 0 ? csv->flash_size : UINT32_MAX;
    if (partition->offset > end || partition->size > end - partition->offset) {
        return complain(csv, "\"%s\" (0x%x + 0x%x) leaves the flash chip of 0x%x bytes",
                        partition->label, (unsigned)partition->offset, (unsigned)partition->size,
                        (unsigned)end);
    }
    if (!is_fixed(partition) && partition->offset < FIRST_OFFSET) {
        return complain(csv,
                        "offset 0x%x of \"%s\" is before the end of the partition table at "
                        "0x%x",
                        (unsigned)partition->offset, partition->label, FIRST_OFFSET);
    }
    return true;
}

/* ESP-IDF's tool wants rows in the order of their offsets, and calls anything else an overlap. */
static bool check_order(const struct csv *csv, const struct partition *partition)
{
    if (is_fixed(partition) || partition->offset >= csv->next_free) {
        return true;
    }
    return complain(csv,
                    "offset 0x%x of \"%s\" lies before 0x%x, where the row above ends: put rows in "
                    "the order of their offsets, or leave the offset empty",
                    (unsigned)partition->offset, partition->label, (unsigned)csv->next_free);
}

static bool check_others(const struct csv *csv, const struct partition *partition)
{
    bool otadata = is_otadata(partition);
    for (size_t i = 0; i < csv->table->count; i++) {
        const struct partition *other = &csv->table->entries[i];
        if (otadata && is_otadata(other)) {
            return complain(csv,
                            "\"%s\" is a second otadata partition (data, ota); line %u has one",
                            partition->label, csv->lines[i]);
        }
        if (strcmp(other->label, partition->label) == 0) {
            return complain(csv, "name \"%s\" was given to line %u already", partition->label,
                            csv->lines[i]);
        }
        if (partition->offset < other->offset + other->size &&
            other->offset < partition->offset + partition->size) {
            return complain(csv, "\"%s\" (0x%x + 0x%x) overlaps \"%s\" of line %u (0x%x + 0x%x)",
                            partition->label, (unsigned)partition->offset,
                            (unsigned)partition->size, other->label, csv->lines[i],
                            (unsigned)other->offset, (unsigned)other->size);
        }
    }
    return true;
}

static bool parse_name(const struct csv *csv, const char *text, struct partition *out)
{
    if (text[0] == '\0') {
        return complain(csv, "name: it is missing");
    }
    /* ESP-IDF cuts longer names, with a warning that few have read. */
    snprintf(out->label, sizeof out->label, "%.*s", (int)PARTITION_LABEL_LENGTH, text);
    return true;
}

static bool parse_row(struct csv *csv, char *line)
{
    char *fields[FIELD_COUNT];
    struct partition partition = {0};
    if (!split(csv, line, fields) || !parse_name(csv, fields[NAME], &partition) ||
        !parse_type(csv, fields, &partition) || !parse_offset(csv, fields[OFFSET], &partition) ||
        !parse_size(csv, fields[SIZE], &partition) ||
        !parse_flags(csv, fields[FLAGS], &partition) || !check_place(csv, &partition) ||
        !check_others(csv, &partition) || !check_order(csv, &partition)) {
        return false;
    }
    if (csv->table->count == MAX_ROWS) {
        return complain(csv, "more than %u partitions", MAX_ROWS);
    }
    csv->lines[csv->table->count] = csv->line;
    csv->table->entries[csv->table->count++] = partition;
    if (!is_fixed(&partition) || partition.offset >= FIRST_OFFSET) {
        csv->next_free = partition.offset + partition.size;
    }
    return true;
}

static int by_offset(const void *a, const void *b)
{
    uint32_t left = ((const struct partition *)a)->offset;
    uint32_t right = ((const struct partition *)b)->offset;
    return left < right ? -1 : left > right;
}

bool partition_table_from_csv(const char *file_name, const char *text, size_t length,
                              uint32_t flash_size, uint32_t bootloader_offset,
                              struct partition_table *out, struct error *err)
{
    struct csv csv = {
        .file = file_name,
        .flash_size = flash_size,
        .bootloader_offset = bootloader_offset,
        .table = out,
        .next_free = FIRST_OFFSET,
        .err = err,
    };
    out->count = 0;
    for (size_t at = 0; at < length;) {
        const char *newline = memchr(text + at, '\n', length - at);
        size_t line_length = newline != NULL ? (size_t)(newline - (text + at)) : length - at;
        char line[LINE_MAX_LENGTH + 1];
        csv.line++;
        if (line_length > 0 && text[at] == '#') {
            at += line_length + 1;
            continue;
        }
        if (line_length > LINE_MAX_LENGTH) {
            return complain(&csv, "the line is longer than %u bytes", LINE_MAX_LENGTH);
        }
        if (memchr(text + at, '\0', line_length) != NULL) {
            return complain(&csv, "the line holds a zero byte: this is no CSV file");
        }
        memcpy(line, text + at, line_length);
        line[line_length] = '\0';
        at += line_length + 1;
        char *row = trim(line);
        if (row[0] != '\0' && row[0] != '#' && !parse_row(&csv, row)) {
            return false;
        }
    }
    if (out->count == 0) {
        return error_set(err, "%s:%u: no partition in the file", file_name, csv.line);
    }
    /* ESP-IDF's tool writes the table in the order of offsets, whatever the file's order is. */
    qsort(out->entries, out->count, sizeof out->entries[0], by_offset);
    return true;
}
