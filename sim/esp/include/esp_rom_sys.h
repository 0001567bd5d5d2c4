/* Functions of the ROM that applications use, as in ESP-IDF's esp_rom_sys.h. */
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Busy waiting, in virtual microseconds: no other task of this priority or less runs. */
void esp_rom_delay_us(uint32_t us);
/** To the console, past the log. */
int esp_rom_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#ifdef __cplusplus
}
#endif
