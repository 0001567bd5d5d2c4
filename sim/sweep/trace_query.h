/* Questions to a trace that sweeps ask. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

/** Whether the record is of that kind. */
bool trace_is(const json_t *record, const char *kind);

/** Whether a field of the record is that text. */
bool trace_text_is(const json_t *record, const char *field, const char *text);

/** The first record of that kind (borrowed), or NULL. */
const json_t *trace_find(const json_t *trace, const char *kind);

/** That field of all records of that kind, in order: a new array. */
json_t *trace_all(const json_t *trace, const char *kind, const char *field);

/** That field of the last record of that kind, as text (borrowed); NULL if there is none. */
const char *trace_last(const json_t *trace, const char *kind, const char *field);
