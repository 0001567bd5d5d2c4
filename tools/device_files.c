#include "device_files.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "nearest.h"

static unsigned unit_shift(const char *unit)
{
    static const struct {
        const char *name;
        unsigned shift;
    } units[] = {{"", 0}, {"K", 10}, {"KB", 10}, {"k", 10}, {"M", 20}, {"MB", 20}, {"m", 20}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(unit, units[i].name) == 0) {
            return units[i].shift;
        }
    }
    return 64;
}

bool parse_size(const char *text, uint32_t *out)
{
    if (text[0] < '0' || text[0] > '9') {
        return false;
    }
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, hex ? 16 : 10);
    unsigned shift = unit_shift(end);
    if (errno != 0 || shift == 64 || (hex && end == text + 1) || value > UINT32_MAX >> shift) {
        return false;
    }
    *out = (uint32_t)(value << shift);
    return true;
}

bool parse_size_option(const char *command, const char *option, const char *text, uint32_t limit,
                       uint32_t *out)
{
    uint32_t value;
    if (!parse_size(text, &value)) {
        fprintf(stderr, "otasim %s: %s: \"%s\" is not a number (4096, 0x1000, 4K, 4MB)\n", command,
                option, text);
        return false;
    }
    if (value > limit) {
        fprintf(stderr, "otasim %s: %s: %s is above %u\n", command, option, text, (unsigned)limit);
        return false;
    }
    *out = value;
    return true;
}

static const char *chip_name(size_t index, void *context)
{
    (void)context;
    size_t count;
    const struct chip *chips = chip_all(&count);
    return index < count ? chips[index].name : NULL;
}

const struct chip *parse_chip_option(const char *command, const char *option, const char *name)
{
    const struct chip *chip = chip_by_name(name);
    if (chip != NULL) {
        return chip;
    }
    const char *nearest = nearest_name(name, chip_name, NULL);
    fprintf(stderr, "otasim %s: %s: no chip is named \"%s\"", command, option, name);
    if (nearest != NULL) {
        fprintf(stderr, "; did you mean \"%s\"?\n", nearest);
        return NULL;
    }
    fputs("; there are", stderr);
    for (size_t i = 0; chip_name(i, NULL) != NULL; i++) {
        fprintf(stderr, "%s %s", i == 0 ? "" : ",", chip_name(i, NULL));
    }
    fputc('\n', stderr);
    return NULL;
}

const char *printable(const char *text, char *buf, size_t size)
{
    size_t length = 0;
    for (; text[length] != '\0' && length + 1 < size; length++) {
        buf[length] = text[length] >= ' ' && text[length] <= '~' ? text[length] : '?';
    }
    buf[length] = '\0';
    return buf;
}

const char *size_text(uint32_t size, char buf[16])
{
    if (size != 0 && size % (1u << 20) == 0) {
        snprintf(buf, 16, "%u MB", (unsigned)(size >> 20));
    } else if (size != 0 && size % 1024 == 0) {
        snprintf(buf, 16, "%u KB", (unsigned)(size >> 10));
    } else {
        snprintf(buf, 16, "%u bytes", (unsigned)size);
    }
    return buf;
}

const char *partition_flags_text(const struct partition *partition)
{
    static const char *const texts[] = {"", "encrypted", "readonly", "encrypted:readonly"};
    return texts[(partition->encrypted ? 1 : 0) + (partition->readonly ? 2 : 0)];
}

void print_partition_table(const struct partition_table *table, FILE *out)
{
    fprintf(out, "  %-16s  %-15s  %-9s  %-10s  %-10s  %10s  flags\n", "name", "type", "subtype",
            "offset", "size", "");
    for (size_t i = 0; i < table->count; i++) {
        const struct partition *entry = &table->entries[i];
        char label[PARTITION_LABEL_LENGTH + 1], type[8], subtype[16], size[16];
        const char *flags = partition_flags_text(entry);
        fprintf(out, "  %-16s  %-15s  %-9s  0x%08x  0x%08x  %10s%s%s\n",
                printable(entry->label, label, sizeof label),
                partition_type_name(entry->type, type),
                partition_subtype_name(entry->type, entry->subtype, subtype),
                (unsigned)entry->offset, (unsigned)entry->size, size_text(entry->size, size),
                flags[0] != '\0' ? "  " : "", flags);
    }
}

/* Asked of the pipe itself: why an earlier write failed, stdio has not kept. */
static bool reader_is_gone(void)
{
    struct pollfd output = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&output, 1, 0) > 0 && (output.revents & (POLLERR | POLLHUP)) != 0;
}

int finish_output(int status)
{
    errno = 0;
    if ((fflush(stdout) == 0 && ferror(stdout) == 0) || reader_is_gone()) {
        return status;
    }
    fprintf(stderr, "otasim: writing the output failed%s%s\n", errno != 0 ? ": " : "",
            errno != 0 ? strerror(errno) : "");
    return EXIT_FAILED;
}
