#include "page.h"

#include "release.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "markup.h"
#include "otasim_quirk.h"
#include "report_case.h"
#include "sweep_draw.h"

/* The files beside this one, as the build embeds them. */
extern const char page_template[] __asm__("_binary_page_html_start");
extern const char page_style[] __asm__("_binary_page_css_start");

/* All steps together stay well below what a page may weigh. */
enum { STEPS_TOGETHER = 800000, STEPS_AT_MOST = 12000, STEPS_AT_LEAST = 1000 };

struct page page_create(const struct scenario *const *scenarios, size_t count)
{
    struct page page = {.scenarios = scenarios, .count = count};
    page.cases = calloc(count + 1, sizeof *page.cases);
    if (page.cases == NULL) {
        fputs("otasim: out of memory\n", stderr);
        abort();
    }
    page.steps = count > 0 ? STEPS_TOGETHER / count : 0;
    page.steps = page.steps > STEPS_AT_MOST    ? STEPS_AT_MOST
                 : page.steps < STEPS_AT_LEAST ? STEPS_AT_LEAST
                                               : page.steps;
    return page;
}

void page_free(struct page *page)
{
    for (size_t i = 0; i < page->count; i++) {
        free(page->cases[i].html);
        json_decref(page->cases[i].quirks);
    }
    free(page->cases);
    memset(page, 0, sizeof *page);
}

void page_take(struct page *page, size_t index, const json_t *facts, const char *why)
{
    struct page_case *row = &page->cases[index];
    struct text html = {0};
    report_case_add(&html, page->scenarios[index], index, facts, why, page->steps);
    row->ended = true;
    row->passed = json_is_true(json_object_get(facts, "passed"));
    row->skipped = json_is_true(json_object_get(facts, "skipped"));
    row->html = text_take(&html);
    row->quirks = json_deep_copy(json_object_get(facts, "quirks"));
}

static bool is_failed(const struct page_case *row)
{
    return !row->ended || (!row->passed && !row->skipped);
}

size_t page_failed(const struct page *page)
{
    size_t count = 0;
    for (size_t i = 0; i < page->count; i++) {
        count += is_failed(&page->cases[i]);
    }
    return count;
}

size_t page_skipped(const struct page *page)
{
    size_t count = 0;
    for (size_t i = 0; i < page->count; i++) {
        count += page->cases[i].ended && page->cases[i].skipped;
    }
    return count;
}

static void add_style(struct text *out, const struct page *page)
{
    (void)page;
    text_add(out, "%s", page_style);
}

static void add_mode(struct text *out, const struct page *page)
{
    text_add(out, "%s",
             page->strict ? "strict: as documented, quirks off"
                          : "as the device behaves, quirks on");
    if (page->release != 0) {
        char name[RELEASE_TEXT_LENGTH];
        text_add(out, ", ESP-IDF %s", release_text(page->release, name));
    }
}

static void add_card(struct text *out, const char *look, size_t count, const char *word)
{
    text_add(out, "<div class=\"card %s\"><b>%zu</b> %s</div>", count > 0 ? look : "", count, word);
}

static void add_summary(struct text *out, const struct page *page)
{
    size_t failed = page_failed(page), skipped = page_skipped(page), hazards = 0;
    for (size_t i = 0; i < page->count; i++) {
        hazards += json_array_size(page->cases[i].quirks) > 0;
    }
    add_card(out, "passed", page->count - failed - skipped, "passed");
    add_card(out, "failed", failed, "failed");
    add_card(out, "skipped", skipped, "skipped");
    add_card(out, "hazards", hazards, "met a hazard");
}

static void add_link(struct text *out, const struct page *page, size_t index)
{
    text_add(out, "<a href=\"#s%zu\">", index);
    markup_add(out, page->scenarios[index]->name);
    text_add(out, "</a>");
}

static void add_failures(struct text *out, const struct page *page)
{
    if (page_failed(page) == 0) {
        return;
    }
    text_add(out, "<section><h2>Failed</h2><ul>");
    for (size_t i = 0; i < page->count; i++) {
        if (is_failed(&page->cases[i])) {
            text_add(out, "<li>");
            add_link(out, page, i);
            text_add(out, ": ");
            markup_add(out, page->scenarios[i]->about);
            text_add(out, "</li>");
        }
    }
    text_add(out, "</ul></section>\n");
}

static bool same_family(const struct page *page, size_t a, size_t b)
{
    size_t length = scenario_family_length(page->scenarios[a]);
    return length == scenario_family_length(page->scenarios[b]) &&
           memcmp(page->scenarios[a]->name, page->scenarios[b]->name, length) == 0;
}

/* The first scenario after those of the family that begins there. */
static size_t family_end(const struct page *page, size_t begin)
{
    size_t end = begin;
    while (end < page->count && same_family(page, begin, end)) {
        end++;
    }
    return end;
}

static void add_family_name(struct text *out, const struct page *page, size_t index)
{
    markup_addf(out, "%.*s", (int)scenario_family_length(page->scenarios[index]),
                page->scenarios[index]->name);
}

static void add_family_row(struct text *out, const struct page *page, size_t begin, size_t end)
{
    size_t failed = 0, skipped = 0, hazards = 0, count = end - begin;
    for (size_t i = begin; i < end; i++) {
        failed += is_failed(&page->cases[i]);
        skipped += page->cases[i].ended && page->cases[i].skipped;
        hazards += json_array_size(page->cases[i].quirks) > 0;
    }
    size_t passed = count - failed - skipped;
    text_add(out, "<tr><th scope=\"row\"><a href=\"#f%zu\">", begin);
    add_family_name(out, page, begin);
    double all = (double)count;
    text_add(out,
             "</a></th><td>%zu</td><td>%zu</td><td>%zu</td><td>%zu</td><td class=\"bar\"><svg "
             "role=\"img\" height=\"12\" aria-label=\"%zu of %zu passed\"><rect class=\"passed\" "
             "width=\"%.1f%%\" height=\"12\"/><rect class=\"failed\" x=\"%.1f%%\" width=\"%.1f%%\" "
             "height=\"12\"/></svg></td></tr>\n",
             passed, failed, skipped, hazards, passed, count, (double)passed * 100 / all,
             (double)passed * 100 / all, (double)failed * 100 / all);
}

static void add_families(struct text *out, const struct page *page)
{
    for (size_t i = 0; i < page->count;) {
        size_t end = family_end(page, i);
        add_family_row(out, page, i, end);
        i = end;
    }
}

static bool has_met(const struct page_case *row, const char *hazard)
{
    for (size_t i = 0; i < json_array_size(row->quirks); i++) {
        const char *name = json_string_value(json_array_get(row->quirks, i));
        if (name != NULL && strcmp(name, hazard) == 0) {
            return true;
        }
    }
    return false;
}

static bool add_hazard(struct text *out, const struct page *page, const struct quirk_info *quirk)
{
    size_t met = 0;
    for (size_t i = 0; i < page->count; i++) {
        if (!has_met(&page->cases[i], quirk->name)) {
            continue;
        }
        if (met++ == 0) {
            text_add(out, "<dt><b>");
            markup_add(out, quirk->name);
            text_add(out, "</b></dt><dd>On the device, ");
            markup_addf(out, "%s.", quirk->summary);
            text_add(out, "<br><b>Advice:</b> ");
            markup_addf(out, "%s.", quirk->advice);
            text_add(out, "<br>Met by ");
        } else {
            text_add(out, ", ");
        }
        add_link(out, page, i);
    }
    text_add(out, met > 0 ? "</dd>\n" : "");
    return met > 0;
}

static void add_hazards(struct text *out, const struct page *page)
{
    struct text list = {0};
    bool any = false;
    for (int i = 0; i < QUIRK_COUNT; i++) {
        any = add_hazard(&list, page, quirk_info((enum quirk_id)i)) || any;
    }
    char *html = text_take(&list);
    if (any) {
        text_add(out,
                 "<section><h2>Hazards met</h2><p>What the device's library gets wrong, the "
                 "simulator gets wrong too. A scenario that meets such a thing passes if all else "
                 "is as expected, but your application has to be ready for it.</p>\n<dl>%s</dl>"
                 "</section>\n",
                 html);
    }
    free(html);
}

static void add_sweeps(struct text *out, const struct page *page)
{
    if (json_array_size(page->sweeps) == 0) {
        return;
    }
    text_add(out, "<section><h2>Sweeps</h2><p>The same update again and again, with one fault at "
                  "every place where there can be one: from left to right where it was, from top "
                  "to bottom what came of it; the stronger the colour, the more often.</p>\n");
    sweep_draw(out, page->sweeps);
    text_add(out, "</section>\n");
}

static void add_releases(struct text *out, const struct page *page)
{
    const json_t *releases = json_object_get(page->releases, "releases");
    const json_t *rows = json_object_get(page->releases, "scenarios");
    if (json_array_size(releases) == 0) {
        return;
    }
    text_add(out, "<section><h2>Releases</h2><p>The same scenarios with the OTA libraries of other "
                  "releases of ESP-IDF. Hazard: passed, and met what that release gets wrong.</p>\n"
                  "<table class=\"families\"><tr><th scope=\"col\">scenario</th>");
    for (size_t i = 0; i < json_array_size(releases); i++) {
        text_add(out, "<th scope=\"col\">");
        markup_add(out, json_string_value(json_array_get(releases, i)));
        text_add(out, "</th>");
    }
    text_add(out, "</tr>\n");
    for (size_t row = 0; row < json_array_size(rows); row++) {
        const json_t *scenario = json_array_get(rows, row);
        text_add(out, "<tr><td>");
        markup_add(out, json_string_value(json_object_get(scenario, "name")));
        text_add(out, "</td>");
        for (size_t i = 0; i < json_array_size(releases); i++) {
            const json_t *verdict = json_object_get(json_object_get(scenario, "verdicts"),
                                                    json_string_value(json_array_get(releases, i)));
            text_add(out, "<td>");
            markup_add(out, json_string_value(json_object_get(verdict, "cell")));
            text_add(out, "</td>");
        }
        text_add(out, "</tr>\n");
    }
    text_add(out, "</table></section>\n");
}

static void add_scenarios(struct text *out, const struct page *page)
{
    for (size_t i = 0; i < page->count;) {
        size_t end = family_end(page, i);
        text_add(out, "<section><h2 id=\"f%zu\">", i);
        add_family_name(out, page, i);
        text_add(out, "</h2>\n");
        for (; i < end; i++) {
            if (page->cases[i].html != NULL) {
                text_add(out, "%s", page->cases[i].html);
            } else {
                report_case_add(out, page->scenarios[i], i, NULL, "the run broke off before it", 0);
            }
        }
        text_add(out, "</section>\n");
    }
}

static void add_place(struct text *out, const char *name, size_t length, const struct page *page)
{
    static const struct {
        const char *name;
        void (*add)(struct text *out, const struct page *page);
    } places[] = {
        {"style", add_style},       {"mode", add_mode},         {"summary", add_summary},
        {"failures", add_failures}, {"families", add_families}, {"hazards", add_hazards},
        {"sweeps", add_sweeps},     {"releases", add_releases}, {"scenarios", add_scenarios},
    };
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (strlen(places[i].name) == length && memcmp(places[i].name, name, length) == 0) {
            places[i].add(out, page);
        }
    }
}

void page_add(struct text *out, const struct page *page)
{
    const char *rest = page_template;
    for (;;) {
        const char *open = strstr(rest, "{{");
        const char *close = open != NULL ? strstr(open, "}}") : NULL;
        if (close == NULL) {
            text_add(out, "%s", rest);
            return;
        }
        text_add(out, "%.*s", (int)(open - rest), rest);
        add_place(out, open + 2, (size_t)(close - open) - 2, page);
        rest = close + 2;
    }
}
