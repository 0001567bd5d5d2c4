#include "scenario_check.h"

#include <stdlib.h>
#include <string.h>

static bool is_name_letter(char c)
{
    return c > ' ' && c <= '~' && strchr("\"\\$;#()", c) == NULL;
}

static bool check_name(const struct scenario *row, struct error *err)
{
    const char *slash = strchr(row->name, '/');
    for (const char *c = row->name; *c != '\0'; c++) {
        if (!is_name_letter(*c)) {
            return error_set(err, "scenario \"%.60s\": a name has no blanks and none of \"\\$;#()",
                             row->name);
        }
    }
    return (slash != NULL && slash != row->name && slash[1] != '\0') ||
           error_set(err, "scenario \"%.60s\": a name is \"family/what-happens\"", row->name);
}

/* A response without a status ends the list. */
static bool check_responses(const struct scenario *row, struct error *err)
{
    static const struct scenario_response none;
    size_t count = 0;
    while (count < SCENARIO_MAX_RESPONSES && row->server[count].status != 0) {
        count++;
    }
    for (size_t i = count; i < SCENARIO_MAX_RESPONSES; i++) {
        if (memcmp(&row->server[i], &none, sizeof none) != 0) {
            return error_set(err,
                             "scenario \"%.60s\": response %zu has no status: begin it with "
                             "IMAGE, RESPONSE or REDIRECT",
                             row->name, count + 1);
        }
    }
    return true;
}

/* An updater that comes to its download asks somebody. Of another firmware nobody knows whether it
 * does. */
static bool downloads(const struct scenario *row, const char *usual)
{
    const char *firmware = row->firmware != NULL ? row->firmware : usual;
    bool is_updater = firmware == NULL || strncmp(firmware, "updater", strlen("updater")) == 0;
    return is_updater && row->update.api != UPDATE_NOTHING && !row->listeners.external &&
           !row->expect.no_requests;
}

static bool check_server(const struct scenario *row, const char *usual, struct error *err)
{
    return row->server[0].status != 0 || !downloads(row, usual) ||
           error_set(err,
                     "scenario \"%.60s\": .server is missing: its firmware downloads "
                     "(.expect.no_requests, if it must not come to that)",
                     row->name);
}

static bool check_row(const struct scenario *row, const char *usual, struct error *err)
{
    return check_name(row, err) &&
           (row->about != NULL ||
            error_set(err, "scenario \"%.60s\": .about is missing", row->name)) &&
           check_responses(row, err) && check_server(row, usual, err);
}

/* `end` ends a table: with something in it, it is a row whose name was forgotten. */
static bool check_end(const struct scenario *table, const struct scenario *end, struct error *err)
{
    static const struct scenario none;
    if (memcmp(end, &none, sizeof none) == 0) {
        return true;
    }
    if (end == table) {
        return error_set(err, "the first row of a table has no .name: \"%.60s\"",
                         end->about != NULL ? end->about : "");
    }
    return error_set(err, "the row after \"%.60s\" has no .name, or END_OF_SCENARIOS is missing",
                     end[-1].name);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static size_t gather_names(const struct scenario *const *tables, const char **names)
{
    size_t count = 0;
    for (; *tables != NULL; tables++) {
        for (const struct scenario *row = *tables; row->name != NULL; row++, count++) {
            if (names != NULL) {
                names[count] = row->name;
            }
        }
    }
    return count;
}

static bool check_each_once(const struct scenario *const *tables, struct error *err)
{
    size_t count = gather_names(tables, NULL);
    const char **names = malloc((count + 1) * sizeof *names);
    if (names == NULL) {
        return error_set(err, "out of memory");
    }
    gather_names(tables, names);
    qsort(names, count, sizeof *names, compare_names);
    bool ok = true;
    for (size_t i = 1; ok && i < count; i++) {
        ok = strcmp(names[i - 1], names[i]) != 0 ||
             error_set(err, "two scenarios are named \"%.60s\"", names[i]);
    }
    free(names);
    return ok;
}

bool scenario_check(const struct scenario *const *tables, const char *usual, struct error *err)
{
    for (const struct scenario *const *table = tables; *table != NULL; table++) {
        const struct scenario *row = *table;
        for (; row->name != NULL; row++) {
            if (!check_row(row, usual, err)) {
                return false;
            }
        }
        if (!check_end(*table, row, err)) {
            return false;
        }
    }
    return check_each_once(tables, err);
}
