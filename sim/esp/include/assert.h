/* assert as the device has it: a failed one ends the boot as a panic that says which. As the
 * standard wants, the file may be included again with another NDEBUG. */
#undef assert
#ifdef NDEBUG
#define assert(expression) ((void)0)
#else
#define assert(expression)                                                                         \
    ((expression) ? (void)0 : __assert_func(__FILE__, __LINE__, __func__, #expression))
#endif

#ifndef OTASIM_ASSERT_H
#define OTASIM_ASSERT_H

#ifdef __cplusplus
extern "C" {
#else
#define static_assert _Static_assert
#endif

/** What newlib calls for a failed assert. Outside of a boot it aborts. */
void __assert_func(const char *file, int line, const char *function, const char *expression)
    __attribute__((__noreturn__));

#ifdef __cplusplus
}
#endif
#endif
