#include "trace_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The whole file, with a NUL behind it; NULL with err set. */
static char *read_text(int fd, size_t *length, struct error *err)
{
    struct stat status;
    if (fstat(fd, &status) != 0) {
        error_set(err, "trace: %s", strerror(errno));
        return NULL;
    }
    size_t size = (size_t)status.st_size;
    char *text = malloc(size + 1);
    *length = 0;
    while (text != NULL && *length < size) {
        ssize_t got = pread(fd, text + *length, size - *length, (off_t)*length);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            error_set(err, "trace: %s", got < 0 ? strerror(errno) : "it is cut short");
            free(text);
            return NULL;
        }
        *length += (size_t)got;
    }
    if (text == NULL) {
        error_set(err, "trace: out of memory");
        return NULL;
    }
    text[size] = '\0';
    return text;
}

enum bulk { NOT_BULK, LEFT_OUT, OF_A_RUN /* unless the last of its run */ };

/* By the look of the line: to parse it is what is to be saved. Quotes within a text are escaped, so
 * none can look like these. */
static enum bulk bulk_of(const char *line)
{
    static const char flash[] = "\"kind\":\"flash\",", event[] = "\"kind\":\"event\",";
    const char *kind = strchr(line, ',');
    if (kind == NULL) {
        return NOT_BULK;
    }
    if (strncmp(kind + 1, flash, sizeof flash - 1) == 0) {
        return LEFT_OUT;
    }
    if (strncmp(kind + 1, event, sizeof event - 1) != 0) {
        return NOT_BULK;
    }
    if (strstr(kind, "\"name\":\"HTTP_EVENT_ON_DATA\"") != NULL) {
        return LEFT_OUT;
    }
    return strstr(kind, "\"name\":\"ESP_HTTPS_OTA_WRITE_FLASH\"") != NULL ? OF_A_RUN : NOT_BULK;
}

struct reader {
    json_t *records;
    struct error *err;
    int number; /* of the line */
};

static bool take(struct reader *reader, const char *line)
{
    json_error_t why;
    json_t *record = json_loads(line, 0, &why);
    if (record == NULL) {
        return error_set(reader->err, "trace:%d: %s", reader->number, why.text);
    }
    json_array_append_new(reader->records, record);
    return true;
}

static bool take_all(struct reader *reader, char *text, const char *end, bool brief)
{
    const char *last_of_run = NULL;
    for (char *line = text; line < end; reader->number++) {
        char *newline = memchr(line, '\n', (size_t)(end - line));
        const char *this = line;
        line = newline != NULL ? newline + 1 : text + (end - text);
        if (newline != NULL) {
            *newline = '\0';
        }
        enum bulk bulk = brief ? bulk_of(this) : NOT_BULK;
        if (bulk == OF_A_RUN) {
            last_of_run = this;
        }
        if (bulk != NOT_BULK) {
            continue;
        }
        if (last_of_run != NULL && !take(reader, last_of_run)) {
            return false;
        }
        last_of_run = NULL;
        if (!take(reader, this)) {
            return false;
        }
    }
    return last_of_run == NULL || take(reader, last_of_run);
}

static json_t *read_records(int fd, bool brief, struct error *err)
{
    size_t length;
    char *text = read_text(fd, &length, err);
    if (text == NULL) {
        return NULL;
    }
    struct reader reader = {.records = json_array(), .err = err, .number = 1};
    if (!take_all(&reader, text, text + length, brief)) {
        json_decref(reader.records);
        reader.records = NULL;
    }
    free(text);
    return reader.records;
}

json_t *trace_file_read(int fd, struct error *err)
{
    return read_records(fd, false, err);
}

json_t *trace_file_read_brief(int fd, struct error *err)
{
    return read_records(fd, true, err);
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
