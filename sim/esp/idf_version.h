/* The ESP-IDF release that the running firmware was compiled for, for code that is shared by all
 * modules. Code that is compiled into a module compares ESP_IDF_VERSION instead. */
#pragma once

#include <stdint.h>

/** As ESP_IDF_VERSION_VAL(major, minor, patch); master's where no firmware runs. */
uint32_t idf_version(void);

/** The release that the libraries behave like: the same, unless the run asks for another one. */
uint32_t idf_release(void);
