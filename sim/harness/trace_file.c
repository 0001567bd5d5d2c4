#include "trace_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static json_t *read_records(FILE *file, struct error *err)
{
    json_t *records = json_array();
    for (int number = 1;; number++) {
        int next = fgetc(file);
        if (next == EOF) {
            return records;
        }
        ungetc(next, file);
        json_error_t why;
        json_t *record = json_loadf(file, JSON_DISABLE_EOF_CHECK, &why);
        if (record == NULL) {
            error_set(err, "trace:%d: %s", number, why.text);
            json_decref(records);
            return NULL;
        }
        json_array_append_new(records, record);
        for (next = fgetc(file); next == '\n'; next = fgetc(file)) {
        }
        if (next != EOF) {
            ungetc(next, file);
        }
    }
}

json_t *trace_file_read(int fd, struct error *err)
{
    int copy = dup(fd);
    FILE *file = copy >= 0 ? fdopen(copy, "r") : NULL;
    if (file == NULL) {
        error_set(err, "trace: %s", strerror(errno));
        if (copy >= 0) {
            close(copy);
        }
        return NULL;
    }
    rewind(file);
    json_t *records = read_records(file, err);
    fclose(file);
    return records;
}

static bool is_kind(const json_t *record, const char *kind)
{
    const char *actual = json_string_value(json_object_get(record, "kind"));
    return actual != NULL && strcmp(actual, kind) == 0;
}

const json_t *trace_first(const json_t *trace, const char *kind)
{
    for (size_t i = 0; i < json_array_size(trace); i++) {
        const json_t *record = json_array_get(trace, i);
        if (is_kind(record, kind)) {
            return record;
        }
    }
    return NULL;
}

json_t *trace_names(const json_t *trace, const char *kind)
{
    json_t *seen = json_object();
    json_t *names = json_array();
    for (size_t i = 0; i < json_array_size(trace); i++) {
        const json_t *record = json_array_get(trace, i);
        const char *name = json_string_value(json_object_get(record, "name"));
        if (is_kind(record, kind) && name != NULL && json_object_get(seen, name) == NULL) {
            json_object_set_new(seen, name, json_true());
            json_array_append_new(names, json_string(name));
        }
    }
    json_decref(seen);
    return names;
}
