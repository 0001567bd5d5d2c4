/* The random number source for those without radio, as in ESP-IDF's bootloader_random.h. Random
 * numbers here need none. */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

void bootloader_random_enable(void);
void bootloader_random_disable(void);

#ifdef __cplusplus
}
#endif
