/* For tests: what is traced between capture_begin and capture_end, as a JSON array. */
#pragma once

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "trace.h"

static inline FILE *capture_begin(void)
{
    FILE *file = tmpfile();
    trace_open(fileno(file));
    return file;
}

/** The records so far, also those of child processes; the caller gives them back with
 * json_decref. Lines that are not JSON are left out: count them where that matters. */
static inline json_t *capture_end(FILE *file)
{
    trace_open(-1);
    json_t *records = json_array();
    char line[4096];
    rewind(file);
    while (fgets(line, sizeof line, file) != NULL) {
        json_t *record = json_loads(line, 0, NULL);
        if (record != NULL) {
            json_array_append_new(records, record);
        }
    }
    fclose(file);
    return records;
}

/** The text of a field of record number n of that kind; "" if there is none. */
static inline const char *captured_text(const json_t *records, const char *kind, size_t n,
                                        const char *field)
{
    for (size_t i = 0; i < json_array_size(records); i++) {
        const json_t *record = json_array_get(records, i);
        if (strcmp(json_string_value(json_object_get(record, "kind")), kind) == 0 && n-- == 0) {
            const char *text = json_string_value(json_object_get(record, field));
            return text != NULL ? text : "";
        }
    }
    return "";
}

static inline size_t captured_count(const json_t *records, const char *kind)
{
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(records); i++) {
        const json_t *record = json_array_get(records, i);
        count += strcmp(json_string_value(json_object_get(record, "kind")), kind) == 0;
    }
    return count;
}
