/* Placement attributes, as in ESP-IDF's esp_attr.h. Here all memory is alike, so those that only
 * choose a RAM mean nothing. Those that promise to keep a value over a reset (RTC_DATA_ATTR,
 * RTC_NOINIT_ATTR and kin) are left out rather than accepted and broken: statics are fresh in every
 * boot. */
#pragma once

#define IRAM_ATTR
#define DRAM_ATTR
#define DMA_ATTR WORD_ALIGNED_ATTR
#define IRAM_BSS_ATTR
#define EXT_RAM_BSS_ATTR
#define EXT_RAM_NOINIT_ATTR
#define RTC_IRAM_ATTR
#define COREDUMP_IRAM_ATTR
#define FORCE_INLINE_ATTR      static inline __attribute__((always_inline))
#define NOINLINE_ATTR          __attribute__((noinline))
#define WORD_ALIGNED_ATTR      __attribute__((aligned(4)))
#define PACKED_ATTR            __attribute__((packed))
#define DRAM_STR(str)          (str)
#define IDF_DEPRECATED(REASON) __attribute__((deprecated(REASON)))
