/* Where the linker has put the RTC variables of a firmware module (esp_attr.h); compiled into each.
 */
#include "firmware_module.h"

#ifdef __APPLE__
#define SECTION_BEGIN(name) __asm("section$start$__DATA$" name)
#define SECTION_END(name)   __asm("section$end$__DATA$" name)
extern char data_begin SECTION_BEGIN("otasim_rtc_data");
extern char data_end SECTION_END("otasim_rtc_data");
extern char noinit_begin SECTION_BEGIN("otasim_noinit");
extern char noinit_end SECTION_END("otasim_noinit");
#else
/* Weak: a module without such variables has no such section. */
#define SECTION_BOUND(name) __asm(name) __attribute__((weak, visibility("hidden")))
extern char data_begin SECTION_BOUND("__start_otasim_rtc_data");
extern char data_end SECTION_BOUND("__stop_otasim_rtc_data");
extern char noinit_begin SECTION_BOUND("__start_otasim_noinit");
extern char noinit_end SECTION_BOUND("__stop_otasim_noinit");
#endif

const struct firmware_rtc otasim_rtc = {&data_begin, &data_end, &noinit_begin, &noinit_end};
