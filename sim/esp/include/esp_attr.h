/* Placement attributes, as in ESP-IDF's esp_attr.h. Here all memory is alike, so those that only
 * choose a RAM mean nothing. RTC variables keep their values as on the device: RTC_DATA_ATTR,
 * RTC_FAST_ATTR and RTC_SLOW_ATTR over deep sleep (any other reset initialises them again),
 * RTC_NOINIT_ATTR over every reset but the loss of power, after which they hold noise. */
#pragma once

#ifdef __APPLE__
#define OTASIM_SECTION(name) __attribute__((section("__DATA," name)))
#else
#define OTASIM_SECTION(name) __attribute__((section(name)))
#endif

#define IRAM_ATTR
#define DRAM_ATTR
#define DMA_ATTR WORD_ALIGNED_ATTR
#define IRAM_BSS_ATTR
#define EXT_RAM_BSS_ATTR
#define EXT_RAM_NOINIT_ATTR
#define RTC_IRAM_ATTR
#define RTC_RODATA_ATTR
#define RTC_DATA_ATTR   OTASIM_SECTION("otasim_rtc_data")
#define RTC_FAST_ATTR   RTC_DATA_ATTR
#define RTC_SLOW_ATTR   RTC_DATA_ATTR
#define RTC_NOINIT_ATTR OTASIM_SECTION("otasim_noinit")
#define COREDUMP_IRAM_ATTR
#define FORCE_INLINE_ATTR      static inline __attribute__((always_inline))
#define NOINLINE_ATTR          __attribute__((noinline))
#define WORD_ALIGNED_ATTR      __attribute__((aligned(4)))
#define PACKED_ATTR            __attribute__((packed))
#define DRAM_STR(str)          (str)
#define IDF_DEPRECATED(REASON) __attribute__((deprecated(REASON)))
