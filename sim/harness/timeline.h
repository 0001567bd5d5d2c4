/* A trace as text that an engineer reads from top to bottom. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/** Prints the records of a trace, a line each, with device time in front. Runs of flash operations
 * and of WRITE_FLASH events are drawn together unless `full`. `requests`, as the server saw them,
 * come last. */
void timeline_print(const json_t *trace, const json_t *requests, bool full, FILE *out);
