#include "fields.h"

const char *field_text(const json_t *record, const char *key)
{
    const char *value = json_string_value(json_object_get(record, key));
    return value != NULL ? value : "";
}

long long field_number(const json_t *record, const char *key)
{
    return json_integer_value(json_object_get(record, key));
}
