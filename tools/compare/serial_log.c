#include "serial_log.h"

#include <stdlib.h>
#include <string.h>

#define TAG_MAX       64
#define TIMESTAMP_MAX 16
#define ESCAPE_MAX    32

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_word(char c)
{
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z');
}

const char *serial_text_find(struct serial_text text, const char *words)
{
    size_t length = strlen(words);
    for (size_t i = 0; length > 0 && length <= text.length && i <= text.length - length; i++) {
        size_t same = 0;
        while (same < length && lower(text.bytes[i + same]) == lower(words[same])) {
            same++;
        }
        if (same == length) {
            return text.bytes + i;
        }
    }
    return NULL;
}

struct serial_text serial_text_from(struct serial_text text, const char *position)
{
    return (struct serial_text){position, text.length - (size_t)(position - text.bytes)};
}

bool serial_text_is(struct serial_text text, const char *word)
{
    return strlen(word) == text.length &&
           (text.length == 0 || serial_text_find(text, word) == text.bytes);
}

static int digit_value(char c)
{
    if (is_digit(c)) {
        return c - '0';
    }
    return lower(c) >= 'a' && lower(c) <= 'f' ? lower(c) - 'a' + 10 : 16;
}

bool serial_text_number(struct serial_text text, unsigned base, uint32_t *out)
{
    size_t i = 0;
    while (i < text.length && text.bytes[i] == ' ') {
        i++;
    }
    if (base == 16 && i + 1 < text.length && text.bytes[i] == '0' &&
        lower(text.bytes[i + 1]) == 'x') {
        i += 2;
    }
    size_t first = i;
    uint64_t value = 0;
    for (; i < text.length && digit_value(text.bytes[i]) < (int)base; i++) {
        value = value * base + (unsigned)digit_value(text.bytes[i]);
        if (value > UINT32_MAX) {
            return false;
        }
    }
    *out = (uint32_t)value;
    return i > first;
}

/* So many bytes are an escape sequence of a terminal (ECMA-48), from its ESC on. */
static size_t escape_length(const uint8_t *bytes, size_t length)
{
    if (length < 2 || bytes[1] < 0x40 || bytes[1] > 0x5F) {
        return 1;
    }
    if (bytes[1] != '[') {
        return 2;
    }
    size_t i = 2;
    while (i < length && i < ESCAPE_MAX && bytes[i] >= 0x20 && bytes[i] <= 0x3F) {
        i++;
    }
    return i < length && bytes[i] >= 0x40 && bytes[i] <= 0x7E ? i + 1 : i;
}

/* One line without its end, as printable text. NULs are left out: a log that was saved as UTF-16
 * is ASCII then. */
static size_t clean_line(const uint8_t *bytes, size_t length, char *out)
{
    size_t used = 0;
    for (size_t i = 0; i < length && used < SERIAL_LINE_MAX; i++) {
        uint8_t byte = bytes[i];
        if (byte == 0x1B) {
            i += escape_length(bytes + i, length - i) - 1;
        } else if (byte == '\t') {
            out[used++] = ' ';
        } else if (byte != 0) {
            out[used++] = byte >= 0x20 && byte < 0x7F ? (char)byte : '?';
        }
    }
    return used;
}

/* Whether a header can begin there: at no letter of a word, but right behind a colour that has lost
 * its ESC ("[0;32mI (27) boot: "). */
static bool starts_word(const char *line, size_t at)
{
    if (at == 0 || !is_word(line[at - 1])) {
        return true;
    }
    return at >= 2 && line[at - 1] == 'm' && (is_digit(line[at - 2]) || line[at - 2] == '[');
}

/* "I (1234) tag: " or "I (00:00:01.234) tag: " */
static size_t idf_header(struct serial_text rest, struct serial_entry *entry)
{
    const char *p = rest.bytes;
    size_t n = rest.length, i = 3;
    if (n < 7 || strchr("EWIDV", p[0]) == NULL || p[1] != ' ' || p[2] != '(') {
        return 0;
    }
    while (i < n && i < 3 + TIMESTAMP_MAX && (is_digit(p[i]) || strchr(":.-, ", p[i]) != NULL)) {
        i++;
    }
    if (i == 3 || i + 2 >= n || p[i] != ')' || p[i + 1] != ' ') {
        return 0;
    }
    size_t tag = i + 2, end = tag;
    while (end < n && end < tag + TAG_MAX && p[end] != ':') {
        end++;
    }
    if (end == tag || end == n || p[end] != ':') {
        return 0;
    }
    entry->level = p[0];
    entry->tag = (struct serial_text){p + tag, end - tag};
    return end + 1;
}

/* "[E][HTTPUpdate.cpp:442] runUpdate(): " of Arduino, "[E][ota:102]: " of ESPHome */
static size_t bracket_header(struct serial_text rest, struct serial_entry *entry)
{
    const char *p = rest.bytes;
    size_t n = rest.length;
    if (n < 6 || p[0] != '[' || strchr("EWIDV", p[1]) == NULL || p[2] != ']' || p[3] != '[') {
        return 0;
    }
    size_t end = 4;
    while (end < n && end < 4 + TAG_MAX && p[end] != ']') {
        end++;
    }
    if (end == n || p[end] != ']') {
        return 0;
    }
    const char *colon = memchr(p + 4, ':', end - 4);
    entry->level = p[1];
    entry->tag = (struct serial_text){p + 4, colon != NULL ? (size_t)(colon - p - 4) : end - 4};
    return end + 1 < n && p[end + 1] == ':' ? end + 2 : end + 1;
}

static size_t header_at(struct serial_text line, size_t at, struct serial_entry *entry)
{
    struct serial_text rest = serial_text_from(line, line.bytes + at);
    size_t length = starts_word(line.bytes, at) ? idf_header(rest, entry) : 0;
    return length > 0 ? length : bracket_header(rest, entry);
}

static bool add_entry(struct serial_log *log, size_t *capacity, const struct serial_entry *entry)
{
    if (log->count == *capacity) {
        size_t larger = *capacity > 0 ? *capacity * 2 : 256;
        struct serial_entry *entries = realloc(log->entries, larger * sizeof *entries);
        if (entries == NULL) {
            return false;
        }
        log->entries = entries;
        *capacity = larger;
    }
    log->entries[log->count++] = *entry;
    return true;
}

static struct serial_text trimmed(const char *begin, const char *end)
{
    while (begin < end && *begin == ' ') {
        begin++;
    }
    while (end > begin && end[-1] == ' ') {
        end--;
    }
    return (struct serial_text){begin, (size_t)(end - begin)};
}

/* The entries of a line: one for each header in it, and one for what stands before the first, which
 * may be a terminal program's time. */
static bool split_line(struct serial_log *log, size_t *capacity, struct serial_text line)
{
    struct serial_entry entry = {.line = log->lines};
    const char *begin = line.bytes, *end = line.bytes + line.length;
    size_t at = 0;
    while (at < line.length) {
        struct serial_entry next = {.line = log->lines};
        size_t header = header_at(line, at, &next);
        if (header == 0) {
            at++;
            continue;
        }
        entry.text = trimmed(begin, line.bytes + at);
        if ((entry.level != 0 || entry.text.length > 0) && !add_entry(log, capacity, &entry)) {
            return false;
        }
        entry = next;
        at += header;
        begin = line.bytes + at;
    }
    entry.text = trimmed(begin, end);
    return (entry.level == 0 && entry.text.length == 0) || add_entry(log, capacity, &entry);
}

bool serial_log_parse(const uint8_t *bytes, size_t length, struct serial_log *out,
                      struct error *err)
{
    *out = (struct serial_log){.clean = malloc(length + 1)};
    size_t capacity = 0, used = 0;
    bool ok = out->clean != NULL;
    bool begins = true;
    for (size_t i = 0, end; ok && i < length; i = end + 1) {
        for (end = i; end < length && bytes[end] != '\n' && bytes[end] != '\r';) {
            end++;
        }
        out->lines += begins;
        struct serial_text line = {out->clean + used, 0};
        line.length = clean_line(bytes + i, end - i, out->clean + used);
        used += line.length;
        ok = split_line(out, &capacity, line);
        begins = end < length && bytes[end] == '\n';
    }
    if (!ok) {
        serial_log_free(out);
        return error_set(err, "out of memory");
    }
    return true;
}

void serial_log_free(struct serial_log *log)
{
    free(log->entries);
    free(log->clean);
    *log = (struct serial_log){0};
}
