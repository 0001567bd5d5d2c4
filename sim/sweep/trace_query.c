#include "trace_query.h"

#include <string.h>

bool trace_text_is(const json_t *record, const char *field, const char *text)
{
    const char *value = json_string_value(json_object_get(record, field));
    return value != NULL && strcmp(value, text) == 0;
}

bool trace_is(const json_t *record, const char *kind)
{
    return trace_text_is(record, "kind", kind);
}

const json_t *trace_find(const json_t *trace, const char *kind)
{
    size_t i;
    json_t *record;
    json_array_foreach(trace, i, record)
    {
        if (trace_is(record, kind)) {
            return record;
        }
    }
    return NULL;
}

json_t *trace_all(const json_t *trace, const char *kind, const char *field)
{
    json_t *values = json_array();
    size_t i;
    json_t *record;
    json_array_foreach(trace, i, record)
    {
        if (trace_is(record, kind)) {
            json_array_append(values, json_object_get(record, field));
        }
    }
    return values;
}

const char *trace_last(const json_t *trace, const char *kind, const char *field)
{
    const char *text = NULL;
    size_t i;
    json_t *record;
    json_array_foreach(trace, i, record)
    {
        if (trace_is(record, kind)) {
            text = json_string_value(json_object_get(record, field));
        }
    }
    return text;
}
