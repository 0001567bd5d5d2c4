/* Which images a release of ESP-IDF lets through that others refuse. */
#pragma once

#include <stdint.h>

/** enum app_image_leniency, combined: of a release, as ESP_IDF_VERSION_VAL has it. */
unsigned image_leniency_of(uint32_t release);

/** Of the running app's: none in a strict run. */
unsigned image_leniency(void);

/** Records the hazards by which an image was let through. */
void image_leniency_met(unsigned let_through);
