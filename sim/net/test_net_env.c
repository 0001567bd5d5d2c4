#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net_env.h"

static const struct net_env env = {
    .count = 3,
    .routes =
        {
            {.host = "Localhost", .port = 8443, .real_port = 40001},
            {.host = "*", .port = 8443, .real_port = 40002},
            {.host = "cdn.example", .port = 443, .real_port = 40003},
        },
};

static void the_first_route_that_matches_wins(void **state)
{
    (void)state;
    assert_int_equal(net_env_route(&env, "localhost", 8443)->real_port, 40001);
    assert_int_equal(net_env_route(&env, "other", 8443)->real_port, 40002);
    assert_int_equal(net_env_route(&env, "CDN.EXAMPLE", 443)->real_port, 40003);
}

static void a_name_or_port_without_a_route_leads_nowhere(void **state)
{
    (void)state;
    assert_null(net_env_route(&env, "localhost", 443));
    assert_null(net_env_route(&env, "cdn.example.org", 443));
    assert_null(net_env_route(&(struct net_env){0}, "localhost", 8443));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_route_that_matches_wins),
        cmocka_unit_test(a_name_or_port_without_a_route_leads_nowhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
