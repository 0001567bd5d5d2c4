/* What sweeps have found, read back from `otasim sweep --jsonl`. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "error.h"

/** Appends the file's records to `records`. False with err set, naming file and line, if one is no
 * record of a sweep. */
bool sweep_results_read(const char *path, json_t *records, struct error *err);

/** Where in the flow a fault was, from a finding's "at" ("812/half", "1+42/silence", "17"): the
 * number of the operation, allocation or byte. `request` is the request's number on the network,
 * else 0. False if it says none. */
bool sweep_results_place(const char *at, unsigned *request, unsigned long *place);
