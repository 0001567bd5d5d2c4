/* Fields of a record that may lack them. */
#pragma once

#include <jansson.h>

/** The text of that field; "" if there is none, or no record. */
const char *field_text(const json_t *record, const char *key);

/** The number of that field; 0 if there is none, or no record. */
long long field_number(const json_t *record, const char *key);
