/* Releases of ESP-IDF: which one, and what was in it. A release is a number as
 * ESP_IDF_VERSION_VAL makes it: 0x050107 is 5.1.7. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

#define RELEASE_TEXT_LENGTH 16

/** Development's head, the newest that is known. */
uint32_t release_master(void);

/** Those that are known, the oldest first, each by its newest known patch. */
size_t release_count(void);
uint32_t release_at(size_t index);

/** Whether runs of the real libraries of that one are replayed: what is said of it is not only
 * read. */
bool release_recorded_at(size_t index);

/** Reads "5.3.5", "v5.3.5", "5.3" (its newest patch) or "master". */
bool release_parse(const char *text, uint32_t *release, struct error *err);

/** "5.3.5", or "master"; writes at most RELEASE_TEXT_LENGTH bytes. Returns text. */
const char *release_text(uint32_t release, char *text);

/** Whether a change is in a release. `changes` names the releases that brought it, the oldest
 * first: "5.0.6 5.1.3 5.2" is in 5.0 from 5.0.6 on, in 5.1 from 5.1.3 on, and in everything from
 * 5.2 on. "" is in none. */
bool release_has(uint32_t release, const char *changes);

/** Whether a behaviour that came with the changes `since` ("": it was always there) and went with
 * `until` ("": it still is) is there in a release. */
bool release_between(uint32_t release, const char *since, const char *until);
