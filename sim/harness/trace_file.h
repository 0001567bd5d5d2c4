/* Reading a trace back, and finding things in it. */
#pragma once

#include <jansson.h>

#include "error.h"

/** All records of the file, in order: a new array; NULL with err set if a line is not a record. */
json_t *trace_file_read(int fd, struct error *err);

/** The same without what comes by the thousand and no verdict asks for: flash operations, events of
 * body data, and of a run of WRITE_FLASH events all but the last. */
json_t *trace_file_read_brief(int fd, struct error *err);

/** The first record of that kind (borrowed), or NULL. */
const json_t *trace_first(const json_t *trace, const char *kind);

/** The distinct "name" fields of the records of that kind, in order: a new array. */
json_t *trace_names(const json_t *trace, const char *kind);
