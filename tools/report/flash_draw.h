/* The flash of a run as HTML: what flash_facts found. */
#pragma once

#include <jansson.h>

#include "text.h"

/** Adds the map: a strip for each partition, its sectors before, after, and how often each was
 * erased. */
void flash_draw_map(struct text *out, const json_t *flash);

/** Adds otadata, decoded, before and after; nothing if the device has none. */
void flash_draw_otadata(struct text *out, const json_t *flash);
