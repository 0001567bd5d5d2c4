#include "sweep_results.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"

#define MAX_LENGTH (64u << 20)

static bool is_record(const json_t *record)
{
    const json_t *finding = json_object_get(record, "finding");
    bool found = json_is_string(json_object_get(finding, "at")) &&
                 json_is_string(json_object_get(finding, "class"));
    return json_is_string(json_object_get(record, "sweep")) &&
           json_is_string(json_object_get(record, "scenario")) &&
           (found || json_is_object(json_object_get(record, "summary")) ||
            json_is_object(json_object_get(record, "way")));
}

static bool read_line(const char *path, size_t number, const char *line, size_t length,
                      json_t *records, struct error *err)
{
    json_error_t why;
    json_t *record = json_loadb(line, length, 0, &why);
    if (record == NULL) {
        return error_set(err, "%s:%zu: %s", path, number, why.text);
    }
    if (!is_record(record)) {
        json_decref(record);
        return error_set(err, "%s:%zu: no record of a sweep (see otasim sweep --jsonl)", path,
                         number);
    }
    return json_array_append_new(records, record) == 0 || error_set(err, "out of memory");
}

bool sweep_results_read(const char *path, json_t *records, struct error *err)
{
    uint8_t *bytes;
    size_t length;
    if (!read_file(path, MAX_LENGTH, &bytes, &length, err)) {
        return false;
    }
    bool ok = true;
    const char *text = (const char *)bytes;
    size_t before = json_array_size(records);
    for (size_t begin = 0, number = 1; begin < length && ok; number++) {
        const char *end = memchr(text + begin, '\n', length - begin);
        size_t line = end != NULL ? (size_t)(end - text) - begin : length - begin;
        if (line > 0) {
            ok = read_line(path, number, text + begin, line, records, err);
        }
        begin += line + 1;
    }
    free(bytes);
    return ok && (json_array_size(records) > before || error_set(err, "%s: no record in it", path));
}

static bool read_number(const char **text, unsigned long *out)
{
    char *end;
    if (**text < '0' || **text > '9') {
        return false;
    }
    errno = 0;
    *out = strtoul(*text, &end, 10);
    *text = end;
    return errno == 0;
}

bool sweep_results_place(const char *at, unsigned *request, unsigned long *place)
{
    *request = 0;
    if (!read_number(&at, place)) {
        return false;
    }
    if (*at != '+') {
        return true;
    }
    at++;
    if (*place > UINT_MAX) {
        return false;
    }
    *request = (unsigned)*place;
    return read_number(&at, place);
}
