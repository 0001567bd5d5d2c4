#include "explain.h"

#include <stdlib.h>
#include <string.h>

#include "explain_parts.h"
#include "otasim_quirk.h"

enum { WIDTH = 96, HEADING = 11 };

static void add_line_start(struct text *out, int column)
{
    text_add(out, "%*s", column, "");
}

/* One line of the words, broken where it is too wide. */
static void add_wrapped(struct text *out, int column, const char *line, size_t length)
{
    size_t room = WIDTH > column ? (size_t)(WIDTH - column) : 20;
    /* What a line begins with, its continuation begins with too. */
    size_t deeper = strspn(line, " ");
    while (length > room) {
        size_t cut = room;
        while (cut > deeper && line[cut] != ' ') {
            cut--;
        }
        if (cut <= deeper) {
            break;
        }
        text_add(out, "%.*s\n", (int)cut, line);
        add_line_start(out, column + (int)deeper);
        line += cut + 1;
        length -= cut + 1;
        room = WIDTH > column + (int)deeper ? (size_t)(WIDTH - column) - deeper : 20;
        deeper = 0;
    }
    text_add(out, "%.*s\n", (int)length, line);
}

void explain_words(struct text *out, int indent, const char *heading, const char *words)
{
    int column = indent + (heading[0] != '\0' ? HEADING : 0);
    add_line_start(out, indent);
    text_add(out, "%-*s", column - indent, heading);
    for (;;) {
        size_t length = strcspn(words, "\n");
        add_wrapped(out, column, words, length);
        words += length;
        if (*words == '\0' || words[1] == '\0') {
            return;
        }
        words++;
        add_line_start(out, column);
    }
}

void explain_hazard(struct text *out, const struct quirk_info *quirk, int indent)
{
    char *title = quirk->catalogue[0] != '\0'
                      ? text_format("%s (catalogue %s)", quirk->name, quirk->catalogue)
                      : text_format("%s", quirk->name);
    text_add(out, "%*s%s\n", indent, "", title);
    free(title);
    explain_words(out, indent + 2, "", quirk->summary);
    explain_words(out, indent + 2, "advice", quirk->advice);
}

static void add_part(struct text *out, const char *heading,
                     void (*describe)(struct text *words, const struct scenario *scenario),
                     const struct scenario *scenario)
{
    struct text words = {0};
    describe(&words, scenario);
    char *bytes = text_take(&words);
    if (bytes[0] != '\0') {
        explain_words(out, 2, heading, bytes);
    }
    free(bytes);
}

static void describe_source(struct text *words, const struct scenario *scenario)
{
    const char *between = scenario->source != NULL && scenario->catalogue != NULL ? ", " : "";
    text_add(words, "%s%s%s%s", scenario->source != NULL ? scenario->source : "", between,
             scenario->catalogue != NULL ? "catalogue " : "",
             scenario->catalogue != NULL ? scenario->catalogue : "");
}

static void add_text(struct text *out, const char *heading, const char *words)
{
    if (words != NULL) {
        explain_words(out, 2, heading, words);
    }
}

void explain_scenario(struct text *out, const struct scenario *scenario)
{
    static const struct {
        const char *heading;
        void (*describe)(struct text *words, const struct scenario *scenario);
    } parts[] = {
        {"source", describe_source},    {"device", explain_device},
        {"firmware", explain_firmware}, {"update", explain_update},
        {"server", explain_server},     {"power", explain_power},
        {"expected", explain_expected}, {"documented", explain_documented},
    };
    text_add(out, "%s\n", scenario->name);
    explain_words(out, 2, "", scenario->about != NULL ? scenario->about : "");
    text_add(out, "\n");
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        add_part(out, parts[i].heading, parts[i].describe, scenario);
    }
    add_text(out, "why", scenario->why);
    add_text(out, "advice", scenario->advice);
    const char *hazard = scenario->expect.hazard;
    enum quirk_id quirk = hazard != NULL ? quirk_named(hazard) : QUIRK_COUNT;
    if (quirk != QUIRK_COUNT) {
        text_add(out, "\n  What the device gets wrong here:\n");
        explain_hazard(out, quirk_info(quirk), 4);
    }
}
