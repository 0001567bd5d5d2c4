#include "record_line.h"

#include <string.h>

#include "device.h"
#include "trace.h"

static void add(struct record_line *line, const char *bytes, size_t length)
{
    if (length > sizeof line->text - line->length) {
        line->lost = true;
        return;
    }
    memcpy(line->text + line->length, bytes, length);
    line->length += length;
}

static void add_literal(struct record_line *line, const char *text)
{
    add(line, text, strlen(text));
}

static void add_number(struct record_line *line, int64_t number)
{
    char digits[20];
    size_t at = sizeof digits;
    uint64_t left = number < 0 ? -(uint64_t)number : (uint64_t)number;
    do {
        digits[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (number < 0) {
        add(line, "-", 1);
    }
    add(line, digits + at, sizeof digits - at);
}

static void add_hex(struct record_line *line, const char *before, const char hex[16],
                    unsigned char byte)
{
    const char digits[2] = {hex[byte >> 4], hex[byte & 0x0F]};
    add_literal(line, before);
    add(line, digits, sizeof digits);
}

/* What JSON wants escaped, the way jansson does it. */
static void add_escaped(struct record_line *line, unsigned char byte)
{
    static const char names[] = "\b\f\n\r\t\"\\", letters[] = "bfnrt\"\\";
    const char *name = strchr(names, byte);
    if (name != NULL) {
        const char escape[2] = {'\\', letters[name - names]};
        add(line, escape, sizeof escape);
    } else {
        add_hex(line, "\\u00", "0123456789ABCDEF", byte);
    }
}

static bool is_plain(unsigned char byte)
{
    return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

static size_t add_character(struct record_line *line, const unsigned char *at, size_t left)
{
    size_t whole = trace_utf8_length(at, left);
    if (whole == 0) {
        add_hex(line, "\\\\x", "0123456789abcdef", *at);
        return 1;
    }
    if (whole == 1) {
        add_escaped(line, *at);
    } else {
        add(line, (const char *)at, whole);
    }
    return whole;
}

static void add_string(struct record_line *line, const char *text)
{
    size_t length = strlen(text);
    add(line, "\"", 1);
    for (size_t i = 0; i < length;) {
        size_t plain = i;
        while (plain < length && is_plain((unsigned char)text[plain])) {
            plain++;
        }
        add(line, text + i, plain - i);
        i = plain;
        if (i < length) {
            i += add_character(line, (const unsigned char *)text + i, length - i);
        }
    }
    add(line, "\"", 1);
}

static void add_key(struct record_line *line, const char *key)
{
    add(line, ",", 1);
    add_string(line, key);
    add(line, ":", 1);
}

void record_begin(struct record_line *line, const char *kind)
{
    line->open = trace_is_open();
    line->lost = false;
    line->kind = kind;
    line->length = 0;
    if (line->open) {
        const struct device *device = device_current();
        add_literal(line, "{\"t\":");
        add_number(line, device != NULL ? (int64_t)device->now_us : 0);
        record_text(line, "kind", kind);
    }
}

void record_text(struct record_line *line, const char *key, const char *text)
{
    if (text == NULL) {
        record_null(line, key);
    } else if (line->open) {
        add_key(line, key);
        add_string(line, text);
    }
}

void record_number(struct record_line *line, const char *key, int64_t number)
{
    if (line->open) {
        add_key(line, key);
        add_number(line, number);
    }
}

void record_bool(struct record_line *line, const char *key, bool value)
{
    if (line->open) {
        add_key(line, key);
        add_literal(line, value ? "true" : "false");
    }
}

void record_null(struct record_line *line, const char *key)
{
    if (line->open) {
        add_key(line, key);
        add_literal(line, "null");
    }
}

void record_end(struct record_line *line)
{
    if (!line->open) {
        return;
    }
    add_literal(line, "}\n");
    if (line->lost) {
        trace_recordf(line->kind, "{s:s}", "lost", "fields that are too long");
        return;
    }
    trace_append(line->text, line->length);
}
