#include "report_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain.h"
#include "fields.h"
#include "flash_draw.h"
#include "markup.h"
#include "otasim_quirk.h"
#include "timeline.h"
#include "timeline_draw.h"

static void add_pre(struct text *out, const char *text)
{
    text_add(out, "<pre>");
    markup_add_lines(out, text);
    text_add(out, "</pre>");
}

static void add_departures(struct text *out, const json_t *facts)
{
    const json_t *list = json_object_get(facts, "mismatches");
    if (field_text(facts, "error")[0] != '\0') {
        text_add(out, "<p class=\"why\">");
        markup_add(out, field_text(facts, "error"));
        text_add(out, "</p>\n");
    }
    if (json_array_size(list) == 0) {
        return;
    }
    text_add(out, "<table class=\"departure\"><caption>Departure from the expectation</caption><tr>"
                  "<td></td><th scope=\"col\">expected</th><th scope=\"col\">actual</th></tr>");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i);
        text_add(out, "<tr><th scope=\"row\">");
        markup_add(out, field_text(row, "field"));
        text_add(out, "</th><td>");
        add_pre(out, field_text(row, "expected"));
        text_add(out, "</td><td>");
        add_pre(out, field_text(row, "actual"));
        text_add(out, "</td></tr>");
    }
    text_add(out, "</table>\n");
}

static void add_hazards(struct text *out, const json_t *facts)
{
    const json_t *names = json_object_get(facts, "quirks");
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        enum quirk_id id = name != NULL ? quirk_named(name) : QUIRK_COUNT;
        text_add(out, "<p class=\"hazard\"><b>Hazard: ");
        markup_add(out, name);
        text_add(out, ".</b> ");
        if (id != QUIRK_COUNT) {
            markup_addf(out, "On the device, %s. ", quirk_info(id)->summary);
            text_add(out, "<b>Advice:</b> ");
            markup_addf(out, "%s.", quirk_info(id)->advice);
        }
        text_add(out, "</p>\n");
    }
}

/* The first lines that fit into `limit` bytes, and how many do not. */
static void add_lines(struct text *out, const char *text, size_t limit, const char *name)
{
    size_t length = strlen(text);
    if (length <= limit) {
        markup_add_lines(out, text);
        return;
    }
    size_t cut = limit;
    while (cut > 0 && text[cut - 1] != '\n') {
        cut--;
    }
    size_t left = 0;
    for (const char *line = text + cut; *line != '\0'; line++) {
        left += *line == '\n';
    }
    char *head = text_format("%.*s", (int)cut, text);
    markup_add_lines(out, head);
    free(head);
    markup_addf(out, "... and %zu lines more: otasim trace %s\n", left, name);
}

/* In place: times of a thousand seconds are rare, and a page has tens of thousands of lines. */
static void take_margin_off(char *text)
{
    const char *from = text;
    while (*from != '\0') {
        from += strncmp(from, "    ", 4) == 0 ? 4 : 0;
        size_t length = strcspn(from, "\n");
        length += from[length] == '\n';
        memmove(text, from, length);
        from += length;
        text += length;
    }
    *text = '\0';
}

static void add_steps(struct text *out, const struct scenario *scenario, const json_t *facts,
                      size_t limit)
{
    char *steps = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&steps, &length);
    if (stream == NULL) {
        return;
    }
    timeline_print(json_object_get(facts, "trace"), json_object_get(facts, "requests"), false,
                   stream);
    if (fclose(stream) == 0) {
        take_margin_off(steps);
        text_add(out, "<details><summary>Every step, as text</summary><pre>");
        add_lines(out, steps + strspn(steps, "\n"), limit, scenario->name);
        text_add(out, "</pre></details>\n");
    }
    free(steps);
}

static void add_explanation(struct text *out, const struct scenario *scenario)
{
    struct text text = {0};
    explain_scenario(&text, scenario);
    char *words = text_take(&text);
    text_add(out, "<details><summary>What is replayed, and what must come of it</summary>");
    add_pre(out, words);
    text_add(out, "</details>\n");
    free(words);
}

static void add_body(struct text *out, const struct scenario *scenario, const json_t *facts,
                     size_t steps)
{
    const json_t *trace = json_object_get(facts, "trace");
    add_departures(out, facts);
    add_hazards(out, facts);
    if (json_array_size(trace) > 0) {
        timeline_draw(out, scenario->name, trace);
        add_steps(out, scenario, facts, steps);
    }
    const json_t *flash = json_object_get(facts, "flash");
    if (json_is_object(flash)) {
        flash_draw_map(out, flash);
        flash_draw_otadata(out, flash);
    }
    add_explanation(out, scenario);
}

void report_case_add(struct text *out, const struct scenario *scenario, size_t number,
                     const json_t *facts, const char *why, size_t steps)
{
    bool skipped = json_is_true(json_object_get(facts, "skipped"));
    bool passed = json_is_true(json_object_get(facts, "passed"));
    const char *verdict = skipped ? "skipped" : passed ? "passed" : "failed";
    text_add(out,
             "<details class=\"case %s\" id=\"s%zu\"%s><summary><span class=\"verdict\">%s</span> "
             "<b>",
             verdict, number, passed || skipped ? "" : " open", verdict);
    markup_add(out, scenario->name);
    text_add(out, "</b>");
    if (json_array_size(json_object_get(facts, "quirks")) > 0) {
        text_add(out, " <span class=\"warn\">hazard</span>");
    }
    text_add(out, " <span class=\"about\">");
    markup_add(out, scenario->about);
    text_add(out, "</span></summary>\n<div class=\"body\">");
    if (facts != NULL) {
        add_body(out, scenario, facts, steps);
    } else {
        text_add(out, "<p class=\"why\">");
        markup_add(out, why);
        text_add(out, "</p>");
    }
    text_add(out, "</div></details>\n");
}
