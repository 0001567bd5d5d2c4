#include "junit.h"

#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "markup.h"

/* Only what all the schemas in use have in common: the one of Ant (no attributes on <testsuites>;
 * id, package, timestamp, hostname, properties and both outputs must be there) and Jenkins' own. */

struct suite {
    size_t begin, end; /* rows */
    size_t failures, errors, skipped;
    unsigned milliseconds;
};

static bool same_family(const struct scenario *a, const struct scenario *b)
{
    size_t length = scenario_family_length(a);
    return length == scenario_family_length(b) && memcmp(a->name, b->name, length) == 0;
}

/* The rows of the family that begins there. */
static struct suite suite_from(const struct verdicts *verdicts, size_t begin)
{
    struct suite suite = {.begin = begin, .end = begin};
    const struct scenario *first = verdicts->rows[begin].scenario;
    while (suite.end < verdicts->count && same_family(first, verdicts->rows[suite.end].scenario)) {
        const struct verdict *row = &verdicts->rows[suite.end++];
        suite.errors += !row->ended;
        suite.skipped += row->ended && row->skipped;
        suite.failures += row->ended && !row->skipped && !row->passed;
        suite.milliseconds += row->milliseconds;
    }
    return suite;
}

static void add_family(struct text *out, const struct scenario *scenario)
{
    markup_addf(out, "%.*s", (int)scenario_family_length(scenario), scenario->name);
}

/* The first line that says something, for the lists that show only that. */
static void add_message(struct text *out, const char *text)
{
    text += strspn(text, " \n");
    markup_addf(out, "%.*s", (int)strcspn(text, "\n"), text);
}

static void add_outcome(struct text *out, const struct verdict *row)
{
    if (!row->ended) {
        text_add(out, "    <error type=\"not run\" message=\"the run broke off before it\"/>\n");
        return;
    }
    text_add(out, row->skipped ? "    <skipped message=\""
                               : "    <failure type=\"expectation\" message=\"");
    add_message(out, row->text);
    text_add(out, "\">");
    markup_add(out, row->text);
    text_add(out, row->skipped ? "</skipped>\n" : "</failure>\n");
}

static void add_case(struct text *out, const struct verdict *row)
{
    const char *name = row->scenario->name;
    size_t family = scenario_family_length(row->scenario);
    text_add(out, "   <testcase classname=\"");
    add_family(out, row->scenario);
    text_add(out, "\" name=\"");
    markup_add(out, name[family] == '/' ? name + family + 1 : name);
    text_add(out, "\" time=\"%u.%03u\"", row->milliseconds / 1000, row->milliseconds % 1000);
    if (row->ended && row->passed && !row->skipped) {
        text_add(out, "/>\n");
        return;
    }
    text_add(out, ">\n");
    add_outcome(out, row);
    text_add(out, "   </testcase>\n");
}

static void add_hazards(struct text *out, const struct verdict *row)
{
    for (size_t i = 0; i < json_array_size(row->quirks); i++) {
        markup_addf(out, "%s met the hazard %s\n", row->scenario->name,
                    json_string_value(json_array_get(row->quirks, i)));
    }
}

static void add_properties(struct text *out, const char *ota_library)
{
    if (ota_library == NULL) {
        text_add(out, "   <properties/>\n");
        return;
    }
    text_add(out, "   <properties>\n    <property name=\"ota_library\" value=\"");
    markup_add(out, ota_library);
    text_add(out, "\"/>\n   </properties>\n");
}

static void add_suite(struct text *out, const struct verdicts *verdicts, const struct suite *suite,
                      unsigned number, const char *timestamp)
{
    text_add(out, "  <testsuite name=\"");
    add_family(out, verdicts->rows[suite->begin].scenario);
    text_add(out,
             "\" id=\"%u\" package=\"otasim\" hostname=\"localhost\" timestamp=\"%s\" "
             "tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" time=\"%u.%03u\">\n",
             number, timestamp, suite->end - suite->begin, suite->failures, suite->errors,
             suite->skipped, suite->milliseconds / 1000, suite->milliseconds % 1000);
    add_properties(out, verdicts->rows[suite->begin].ota_library);
    for (size_t i = suite->begin; i < suite->end; i++) {
        add_case(out, &verdicts->rows[i]);
    }
    text_add(out, "   <system-out>");
    for (size_t i = suite->begin; i < suite->end; i++) {
        add_hazards(out, &verdicts->rows[i]);
    }
    text_add(out, "</system-out>\n   <system-err/>\n  </testsuite>\n");
}

void junit_add(struct text *out, const struct verdicts *verdicts, time_t when)
{
    char timestamp[32] = "1970-01-01T00:00:00";
    struct tm utc;
    if (gmtime_r(&when, &utc) != NULL) {
        strftime(timestamp, sizeof timestamp, "%Y-%m-%dT%H:%M:%S", &utc);
    }
    text_add(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    unsigned number = 0;
    for (size_t i = 0; i < verdicts->count;) {
        struct suite suite = suite_from(verdicts, i);
        add_suite(out, verdicts, &suite, number++, timestamp);
        i = suite.end;
    }
    text_add(out, "</testsuites>\n");
}

bool junit_write(const char *path, const struct verdicts *verdicts, time_t when, struct error *err)
{
    struct text text = {0};
    junit_add(&text, verdicts, when);
    size_t length = text.length;
    char *bytes = text_take(&text);
    bool ok = write_file(path, (const uint8_t *)bytes, length, err);
    free(bytes);
    return ok;
}
