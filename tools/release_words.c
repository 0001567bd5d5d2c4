#include "release_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api_changes.h"
#include "explain.h"
#include "release.h"
#include "scenario.h"

void release_names(struct text *out, const char *changes)
{
    struct error err;
    while (*changes != '\0') {
        size_t length = strcspn(changes, " ");
        char one[RELEASE_TEXT_LENGTH], name[RELEASE_TEXT_LENGTH];
        uint32_t release;
        snprintf(one, sizeof one, "%.*s", (int)length, changes);
        bool is_master = release_parse(one, &release, &err) &&
                         strcmp(release_text(release, name), "master") == 0;
        text_add(out, "%s", is_master ? "master" : one);
        changes += length;
        changes += strspn(changes, " ");
        if (*changes != '\0') {
            text_add(out, "%s", strchr(changes, ' ') != NULL ? ", " : " and ");
        }
    }
}

void release_span(struct text *out, const struct quirk_info *row)
{
    if (row->since[0] != '\0') {
        text_add(out, "since ");
        release_names(out, row->since);
    } else {
        text_add(out, "in all older releases");
    }
    if (row->until[0] == '\0') {
        text_add(out, row->since[0] != '\0' ? "; not fixed" : ", and not fixed");
        return;
    }
    text_add(out, "; fixed in ");
    release_names(out, row->until);
    if (row->by[0] != '\0') {
        text_add(out, " (%s)", row->by);
    }
}

bool release_shows(const struct scenario *scenario, const char *hazard)
{
    return (scenario->expect.hazard != NULL && strcmp(scenario->expect.hazard, hazard) == 0) ||
           (scenario->shows != NULL && strcmp(scenario->shows, hazard) == 0);
}

struct shown {
    const char *hazard;
    struct text names;
};

static bool add_name(const struct scenario *scenario, void *context)
{
    struct shown *shown = context;
    if (release_shows(scenario, shown->hazard)) {
        text_add(&shown->names, "%s%s", shown->names.length > 0 ? ", " : "", scenario->name);
    }
    return true;
}

static void add_scenarios(struct text *out, const char *hazard, int indent)
{
    struct shown shown = {.hazard = hazard};

    scenario_each(add_name, &shown);
    bool any = shown.names.length > 0;
    char *names = text_take(&shown.names);
    explain_words(out, indent, "shown by", any ? names : "no scenario");
    free(names);
}

static void add_span(struct text *out, const struct quirk_info *row)
{
    struct text span = {0};
    release_span(&span, row);
    char *words = text_take(&span);
    explain_words(out, 2, "releases", words);
    free(words);
}

size_t release_hazards(struct text *out, uint32_t release)
{
    size_t count = 0;
    for (int i = 0; i < QUIRK_COUNT; i++) {
        const struct quirk_info *row = quirk_info((enum quirk_id)i);
        if (row->kind != QUIRK_KIND_HAZARD ||
            (release != 0 && !quirk_in_release((enum quirk_id)i, release))) {
            continue;
        }
        text_add(out, "%s%s%s%s%s\n", count++ > 0 ? "\n" : "", row->name,
                 row->catalogue[0] != '\0' ? " (catalogue " : "", row->catalogue,
                 row->catalogue[0] != '\0' ? ")" : "");
        explain_words(out, 2, "", row->summary);
        add_span(out, row);
        add_scenarios(out, row->name, 2);
        explain_words(out, 2, "advice", row->advice);
    }
    return count;
}

static bool append_name(const struct scenario *scenario, void *context)
{
    json_t *hazard = context;
    const char *name = json_string_value(json_object_get(hazard, "name"));
    if (release_shows(scenario, name)) {
        json_array_append_new(json_object_get(hazard, "scenarios"), json_string(scenario->name));
    }
    if (scenario->shows != NULL && strcmp(scenario->shows, name) == 0) {
        json_array_append_new(json_object_get(hazard, "safe"), json_string(scenario->name));
    }
    return true;
}

json_t *release_hazards_json(uint32_t release)
{
    json_t *all = json_array();
    for (int id = 0; id < QUIRK_COUNT; id++) {
        const struct quirk_info *row = quirk_info((enum quirk_id)id);
        if (row->kind != QUIRK_KIND_HAZARD ||
            (release != 0 && !quirk_in_release((enum quirk_id)id, release))) {
            continue;
        }
        json_t *releases = json_array();
        for (size_t i = 0; i < release_count(); i++) {
            char name[RELEASE_TEXT_LENGTH];
            if (release_recorded_at(i) && quirk_in_release((enum quirk_id)id, release_at(i))) {
                json_array_append_new(releases, json_string(release_text(release_at(i), name)));
            }
        }
        json_t *hazard = json_pack(
            "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:[], s:[]}", "name", row->name, "summary",
            row->summary, "advice", row->advice, "catalogue", row->catalogue, "since", row->since,
            "until", row->until, "by", row->by, "releases", releases, "scenarios", "safe");
        scenario_each(append_name, hazard);
        json_array_append_new(all, hazard);
    }
    return all;
}

void release_hazard_matrix(struct text *out)
{
    text_add(out, "| hazard |");
    for (size_t i = 0; i < release_count(); i++) {
        char name[RELEASE_TEXT_LENGTH];
        if (release_recorded_at(i)) {
            text_add(out, " %s |", release_text(release_at(i), name));
        }
    }
    text_add(out, " fixed in | what happens |\n|---|");
    for (size_t i = 0; i < release_count(); i++) {
        text_add(out, "%s", release_recorded_at(i) ? ":-:|" : "");
    }
    text_add(out, "---|---|\n");
    for (int id = 0; id < QUIRK_COUNT; id++) {
        const struct quirk_info *row = quirk_info((enum quirk_id)id);
        if (row->kind != QUIRK_KIND_HAZARD) {
            continue;
        }
        text_add(out, "| %s |", row->name);
        for (size_t i = 0; i < release_count(); i++) {
            if (release_recorded_at(i)) {
                bool has = quirk_in_release((enum quirk_id)id, release_at(i));
                text_add(out, "%s", has ? " ✗ |" : " |");
            }
        }
        text_add(out, " ");
        release_names(out, row->until);
        text_add(out, "%s| %s |\n", row->until[0] != '\0' ? " " : "", row->summary);
    }
}

enum section { FIXED, NEW, RETURNS, CHANGES, SECTION_COUNT };

/* Which section tells of the row; SECTION_COUNT if it stays as it is. */
static enum section section_of(enum quirk_id id, uint32_t from, uint32_t to)
{
    bool before = quirk_in_release(id, from), after = quirk_in_release(id, to);
    if (before == after) {
        return SECTION_COUNT;
    }
    switch (quirk_info(id)->kind) {
    case QUIRK_KIND_HAZARD:
        return before ? FIXED : NEW;
    case QUIRK_KIND_RETURN:
        return RETURNS;
    default:
        return CHANGES;
    }
}

static void add_change(struct text *out, const struct quirk_info *row, bool is_new)
{
    text_add(out, "  %s\n", row->name);
    if (row->kind == QUIRK_KIND_HAZARD) {
        explain_words(out, 4, is_new ? "now" : "was", row->summary);
        add_scenarios(out, row->name, 4);
        if (is_new) {
            explain_words(out, 4, "advice", row->advice);
        }
        return;
    }
    explain_words(out, 4, "was", is_new ? row->advice : row->summary);
    explain_words(out, 4, "now", is_new ? row->summary : row->advice);
}

static size_t add_api(struct text *out, uint32_t from, uint32_t to, bool gone)
{
    size_t count = 0;
    for (size_t i = 0; i < api_change_count; i++) {
        const struct api_change *row = &api_changes[i];
        bool before = release_between(from, row->since, row->until);
        bool after = release_between(to, row->since, row->until);
        if (before == after || before != gone) {
            continue;
        }
        if (count++ == 0) {
            text_add(out, "%s\n", gone ? "API: gone" : "API: new");
        }
        explain_words(out, 2, "", row->name);
    }
    text_add(out, "%s", count > 0 ? "\n" : "");
    return count;
}

size_t release_upgrade(struct text *out, uint32_t from, uint32_t to)
{
    static const char *const headings[SECTION_COUNT] = {
        [FIXED] = "Hazards that are gone",
        [NEW] = "Hazards that are new",
        [RETURNS] = "Other codes are returned",
        [CHANGES] = "Done in another way",
    };
    size_t total = 0;
    for (enum section section = 0; section < SECTION_COUNT; section++) {
        size_t count = 0;
        for (int i = 0; i < QUIRK_COUNT; i++) {
            enum quirk_id id = (enum quirk_id)i;
            if (section_of(id, from, to) != section) {
                continue;
            }
            if (count++ == 0) {
                text_add(out, "%s\n", headings[section]);
            }
            add_change(out, quirk_info(id), quirk_in_release(id, to));
        }
        text_add(out, "%s", count > 0 ? "\n" : "");
        total += count;
    }
    return total + add_api(out, from, to, false) + add_api(out, from, to, true);
}
