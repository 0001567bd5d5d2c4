#include "sweep_draw.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "markup.h"
#include "sweep.h"
#include "sweep_results.h"

enum { COLUMNS = 90, WINDOWS = SWEEP_CLASSES + 1, ROWS, LISTED = 20 };
/* Rows: the classes, then one that this program does not know, then known windows. */

struct heat {
    const char *sweep, *scenario;
    unsigned request; /* 0: all */
    unsigned long last;
    bool logarithmic;
    unsigned cells[ROWS][COLUMNS];
    unsigned totals[ROWS];
    const json_t *summary;
};

static bool is_of(const struct heat *heat, const json_t *record)
{
    return strcmp(heat->sweep, field_text(record, "sweep")) == 0 &&
           strcmp(heat->scenario, field_text(record, "scenario")) == 0;
}

/* The place of a record's finding; false if it has none or is another request's. */
static bool place_in(const struct heat *heat, const json_t *record, unsigned long *place)
{
    const json_t *finding = json_object_get(record, "finding");
    unsigned request;
    return finding != NULL && is_of(heat, record) &&
           sweep_results_place(field_text(finding, "at"), &request, place) &&
           request == heat->request;
}

static void find_range(struct heat *heat, const json_t *records)
{
    for (size_t i = 0; i < json_array_size(records); i++) {
        const json_t *record = json_array_get(records, i);
        const json_t *summary = json_object_get(record, "summary");
        unsigned long place;
        if (summary != NULL && is_of(heat, record)) {
            heat->summary = summary;
            /* A sweep of the memory has one fault at each place. */
            bool memory = strcmp(heat->sweep, "memory") == 0;
            json_int_t operations =
                json_integer_value(json_object_get(summary, memory ? "faults" : "operations"));
            if (operations > 0 && (unsigned long)operations > heat->last + 1) {
                heat->last = (unsigned long)operations - 1;
            }
        } else if (place_in(heat, record, &place) && place > heat->last) {
            heat->last = place;
        }
    }
}

static unsigned column_of(const struct heat *heat, unsigned long place)
{
    double part = (double)place / ((double)heat->last + 1);
    if (heat->logarithmic) {
        part = log2((double)place + 1) / log2((double)heat->last + 2);
    }
    unsigned column = (unsigned)(part * COLUMNS);
    return column < COLUMNS ? column : COLUMNS - 1;
}

static unsigned row_of(const json_t *finding)
{
    if (json_is_string(json_object_get(finding, "window"))) {
        return WINDOWS;
    }
    for (unsigned i = 0; i < SWEEP_CLASSES; i++) {
        if (strcmp(sweep_class_name((enum sweep_class)i), field_text(finding, "class")) == 0) {
            return i;
        }
    }
    return SWEEP_CLASSES;
}

static const char *name_of(unsigned row)
{
    return row == WINDOWS         ? "known window"
           : row == SWEEP_CLASSES ? "other"
                                  : sweep_class_name((enum sweep_class)row);
}

static void count_findings(struct heat *heat, const json_t *records)
{
    for (size_t i = 0; i < json_array_size(records); i++) {
        const json_t *record = json_array_get(records, i);
        unsigned long place;
        if (place_in(heat, record, &place)) {
            unsigned row = row_of(json_object_get(record, "finding"));
            heat->cells[row][column_of(heat, place)]++;
            heat->totals[row]++;
        }
    }
}

static void draw_row(struct text *out, const struct heat *heat, unsigned row)
{
    unsigned most = 1;
    for (unsigned i = 0; i < COLUMNS; i++) {
        most = heat->cells[row][i] > most ? heat->cells[row][i] : most;
    }
    text_add(out,
             "<div class=\"row\"><span>%s <small>%u</small></span><svg role=\"img\" height=\"14\" "
             "aria-label=\"%s: %u\" class=\"%s\"><rect class=\"none\" width=\"100%%\" "
             "height=\"14\"/>",
             name_of(row), heat->totals[row], name_of(row), heat->totals[row],
             row == WINDOWS ? "window" : "found");
    for (unsigned i = 0; i < COLUMNS; i++) {
        unsigned count = heat->cells[row][i];
        if (count > 0) {
            text_add(out,
                     "<rect x=\"%.2f%%\" width=\"%.2f%%\" height=\"14\" opacity=\"%.2f\"><title>%u"
                     "</title></rect>",
                     i * 100.0 / COLUMNS, 100.0 / COLUMNS,
                     0.35 + 0.65 * (double)count / (double)most, count);
        }
    }
    text_add(out, "</svg></div>");
}

/* Where nothing was found; it stands first, so that an empty map is seen to be a good one. */
static void draw_clean(struct text *out, const struct heat *heat)
{
    text_add(out, "<div class=\"row\"><span>as it should be</span><svg role=\"img\" height=\"14\" "
                  "class=\"clean\" aria-label=\"Where nothing was found\">");
    for (unsigned i = 0; i < COLUMNS;) {
        unsigned begin = i;
        bool clean = true;
        for (; i < COLUMNS; i++) {
            bool now = true;
            for (unsigned row = 0; row < ROWS; row++) {
                now = now && heat->cells[row][i] == 0;
            }
            clean = i == begin ? now : clean;
            if (now != clean) {
                break;
            }
        }
        if (clean) {
            text_add(out, "<rect x=\"%.2f%%\" width=\"%.2f%%\" height=\"14\"/>",
                     begin * 100.0 / COLUMNS, (i - begin) * 100.0 / COLUMNS);
        }
    }
    text_add(out, "</svg></div>");
}

static void add_caption(struct text *out, const struct heat *heat)
{
    text_add(out, "<figcaption><b>");
    markup_addf(out, "%s: %s", heat->sweep, heat->scenario);
    text_add(out, "</b>");
    if (heat->request != 0) {
        text_add(out, ", answer to request %u", heat->request);
    }
    const char *field;
    json_t *value;
    json_object_foreach((json_t *)heat->summary, field, value)
    {
        markup_addf(out, ", %lld %s", (long long)json_integer_value(value), field);
    }
    text_add(out, "</figcaption>");
}

static const char *unit_of(const struct heat *heat)
{
    static const struct {
        const char *sweep, *unit;
    } units[] = {
        {"power", "flash operation"},
        {"memory", "allocation"},
        {"flash", "flash operation"},
        {"network", "byte of the answer"},
    };
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(units[i].sweep, heat->sweep) == 0) {
            return units[i].unit;
        }
    }
    return "place";
}

/* What has no place in the flow ("none": it fails without a fault) is listed with the whole. */
static bool is_listed(const struct heat *heat, const json_t *record)
{
    unsigned request;
    unsigned long place;
    const json_t *finding = json_object_get(record, "finding");
    bool placeless = finding != NULL && is_of(heat, record) && heat->request == 0 &&
                     !sweep_results_place(field_text(finding, "at"), &request, &place);
    return placeless || place_in(heat, record, &place);
}

static void add_list(struct text *out, const struct heat *heat, const json_t *records)
{
    size_t listed = 0, left = 0;
    for (size_t i = 0; i < json_array_size(records); i++) {
        const json_t *record = json_array_get(records, i);
        const json_t *finding = json_object_get(record, "finding");
        if (!is_listed(heat, record)) {
            continue;
        }
        if (listed == LISTED) {
            left++;
            continue;
        }
        text_add(out, "%s<li>",
                 listed++ == 0 ? "<details><summary>The findings</summary><ul>" : "");
        markup_addf(out, "%s: %s", field_text(finding, "class"), field_text(finding, "text"));
        text_add(out, " <code>otasim sweep ");
        markup_add(out, field_text(finding, "id"));
        text_add(out, "</code></li>");
    }
    if (left > 0) {
        text_add(out, "<li>and %zu more</li>", left);
    }
    text_add(out, "%s", listed > 0 ? "</ul></details>" : "");
}

static void draw_heat(struct text *out, const struct heat *heat, const json_t *records)
{
    text_add(out, "<figure class=\"heat\">");
    add_caption(out, heat);
    draw_clean(out, heat);
    for (unsigned row = 0; row < ROWS; row++) {
        if (heat->totals[row] > 0) {
            draw_row(out, heat, row);
        }
    }
    if (heat->last > 0) {
        text_add(out,
                 "<div class=\"row\"><span></span><small class=\"ends\"><span>%s 0</span>"
                 "<span>%lu%s</span></small></div>",
                 unit_of(heat), heat->last, heat->logarithmic ? " (logarithmic)" : "");
    }
    add_list(out, heat, records);
    text_add(out, "</figure>\n");
}

/* Whether this figure was drawn already; if not, it is from now on. */
static bool drawn_before(json_t *drawn, const struct heat *heat)
{
    char *key = text_format("%s %u %s", heat->sweep, heat->request, heat->scenario);
    bool before = json_object_get(drawn, key) != NULL;
    json_object_set_new(drawn, key, json_true());
    free(key);
    return before;
}

static bool has_requests(const json_t *records, const struct heat *heat)
{
    for (size_t i = 0; i < json_array_size(records); i++) {
        const json_t *record = json_array_get(records, i);
        unsigned request;
        unsigned long place;
        const char *at = field_text(json_object_get(record, "finding"), "at");
        if (is_of(heat, record) && sweep_results_place(at, &request, &place) && request != 0) {
            return true;
        }
    }
    return false;
}

void sweep_draw(struct text *out, const json_t *records)
{
    json_t *drawn = json_object();
    for (size_t i = 0; i < json_array_size(records); i++) {
        const json_t *record = json_array_get(records, i);
        const json_t *finding = json_object_get(record, "finding");
        unsigned long place;
        struct heat *heat = calloc(1, sizeof *heat);
        if (heat == NULL) {
            break;
        }
        heat->sweep = field_text(record, "sweep");
        heat->scenario = field_text(record, "scenario");
        heat->logarithmic = strcmp(heat->sweep, "network") == 0;
        bool placed = finding == NULL ||
                      sweep_results_place(field_text(finding, "at"), &heat->request, &place);
        /* The summary of a sweep whose findings are drawn by request is in their captions. */
        bool told = finding == NULL && has_requests(records, heat);
        if (placed && !told && !drawn_before(drawn, heat)) {
            find_range(heat, records);
            count_findings(heat, records);
            draw_heat(out, heat, records);
        }
        free(heat);
    }
    json_decref(drawn);
}
