#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net_certificate_time.h"

/* Known points: `date -u -d ... +%s`. */
static void counts_seconds_since_1970(void **state)
{
    (void)state;
    static const struct {
        mbedtls_x509_time time;
        int64_t seconds;
    } cases[] = {
        {{1970, 1, 1, 0, 0, 0}, 0},
        {{1969, 12, 31, 23, 59, 59}, -1},
        {{2000, 2, 29, 12, 0, 0}, 951825600},
        {{2000, 3, 1, 0, 0, 0}, 951868800},
        {{2024, 12, 31, 23, 59, 59}, 1735689599},
        {{2038, 1, 19, 3, 14, 8}, INT64_C(2147483648)},
        {{2100, 3, 1, 0, 0, 0}, INT64_C(4107542400)},
        {{9999, 12, 31, 23, 59, 59}, INT64_C(253402300799)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(net_certificate_time(&cases[i].time), cases[i].seconds);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_seconds_since_1970),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
