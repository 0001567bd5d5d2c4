/* The words that ESP-IDF's CSV has for partition types and subtypes. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/** The word for a type or subtype, or NULL if there is none. */
const char *partition_type_word(uint8_t type);
const char *partition_subtype_word(uint8_t type, uint8_t subtype);

/** The number for a word; false if it is none. */
bool partition_type_from_word(const char *word, uint8_t *type);
bool partition_subtype_from_word(uint8_t type, const char *word, uint8_t *subtype);
