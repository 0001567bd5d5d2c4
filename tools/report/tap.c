#include "tap.h"

#include <stdbool.h>
#include <string.h>

#include "markup.h"

/* One line: what could end it or start a directive is escaped or made visible. */
static void add_line(struct text *out, const char *text, size_t length, bool escape)
{
    for (const char *end = text + length; text < end;) {
        size_t bytes = markup_character(text);
        bool breaks = *text == '\n' || *text == '\r';
        if (bytes == 0 || bytes > (size_t)(end - text) || breaks) {
            text_add(out, "\\x%02X", (unsigned)(unsigned char)*text++);
            continue;
        }
        bool special = escape && (*text == '#' || *text == '\\');
        text_add(out, "%s%.*s", special ? "\\" : "", (int)bytes, text);
        text += bytes;
    }
}

/* A literal block; its own indentation is given, since the text begins with spaces. */
static void add_block(struct text *out, const char *text)
{
    text_add(out, "  ---\n  message: |2\n");
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        text_add(out, "    ");
        add_line(out, text, length, false);
        text_add(out, "\n");
        text += length + (text[length] == '\n');
    }
    text_add(out, "  ...\n");
}

void tap_begin(struct text *out, size_t count)
{
    text_add(out, "TAP version 14\n1..%zu\n", count);
}

void tap_point(struct text *out, size_t number, const struct verdict *verdict)
{
    bool ok = verdict->ended && (verdict->passed || verdict->skipped);
    const char *name = verdict->scenario->name;
    text_add(out, "%s %zu - ", ok ? "ok" : "not ok", number);
    add_line(out, name, strlen(name), true);
    const char *text = verdict->ended ? verdict->text : "the run broke off before it\n";
    if (verdict->skipped) {
        text += strspn(text, " ");
        text_add(out, " # SKIP ");
        add_line(out, text, strcspn(text, "\n"), false);
    }
    text_add(out, "\n");
    if (!ok) {
        add_block(out, text);
    }
}
