#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net_record.h"

#define HANDSHAKE          22
#define CHANGE_CIPHER_SPEC 20
#define APPLICATION_DATA   23
#define LIMIT              4096
#define GCM                24

/* Feeds a record of that length as TLS reads it, header and body, `step` bytes at a time. */
static int feed(struct net_record *record, int type, size_t length, size_t overhead, size_t step)
{
    size_t total = NET_RECORD_HEADER + length;
    unsigned char *bytes = calloc(1, total);
    assert_non_null(bytes);
    bytes[0] = (unsigned char)type;
    bytes[1] = 3;
    bytes[3] = (unsigned char)(length >> 8);
    bytes[4] = (unsigned char)length;
    int refused = 0;
    for (size_t at = 0; at < total && refused == 0;) {
        size_t room = net_record_room(record);
        size_t count = step < room ? step : room;
        assert_in_range(count, 1, total - at);
        refused = net_record_received(record, bytes + at, count, overhead);
        at += count;
    }
    free(bytes);
    return refused;
}

static void leaves_what_is_no_record_to_the_library(void **state)
{
    (void)state;
    static const char *const texts[] = {"HTTP/", "\x16\x02\x01\x7F\xFF", "\x19\x03\x03\x7F\xFF"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct net_record record = {.limit = LIMIT};
        assert_int_equal(
            net_record_received(&record, (const unsigned char *)texts[i], NET_RECORD_HEADER, 0), 0);
    }
}

static void turn_cipher_on(struct net_record *record)
{
    assert_int_equal(feed(record, CHANGE_CIPHER_SPEC, 1, 0, 100), 0);
}

/* The figures that were measured on the device's library, built for 4096 bytes. */
static void refuses_what_the_device_refuses(void **state)
{
    (void)state;
    static const struct {
        size_t length, overhead;
        int refused;
    } cases[] = {
        {4096 + GCM, GCM, 0},
        {4096 + GCM + 1, GCM, -0x7200},
        {4096 + 320, GCM, -0x7200},
        {4096 + 321, GCM, -0x7100},
        {16384 + GCM, GCM, -0x7100},
        {4096 + 16, 16, 0},
        {4096 + 17, 16, -0x7200},
        {4096 + 320, 0, 0},
        {4096 + 321, 0, -0x7100},
        {1, GCM, 0},
        {0, GCM, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t step = 1; step <= 5; step += 2) {
            struct net_record record = {.limit = LIMIT};
            turn_cipher_on(&record);
            int refused = feed(&record, APPLICATION_DATA, cases[i].length, cases[i].overhead, step);
            if (refused != cases[i].refused) {
                print_error("case %zu: length %zu\n", i, cases[i].length);
            }
            assert_int_equal(refused, cases[i].refused);
        }
    }
}

static void a_handshake_in_the_clear_has_no_overhead(void **state)
{
    (void)state;
    struct net_record record = {.limit = LIMIT};
    assert_int_equal(feed(&record, HANDSHAKE, 4096, GCM, 7), 0);
    assert_int_equal(feed(&record, HANDSHAKE, 4097, GCM, 7), -0x7200);
}

static void records_follow_each_other(void **state)
{
    (void)state;
    struct net_record record = {.limit = LIMIT};
    for (size_t length = 0; length < 300; length++) {
        assert_int_equal(feed(&record, HANDSHAKE, length, 0, 3), 0);
        assert_int_equal(net_record_room(&record), NET_RECORD_HEADER);
    }
}

static void knows_what_ciphers_add(void **state)
{
    (void)state;
    static const struct {
        const char *suite;
        bool tls_1_3;
        size_t overhead;
    } cases[] = {
        {"TLS-ECDHE-ECDSA-WITH-AES-256-GCM-SHA384", false, 24},
        {"TLS-ECDHE-RSA-WITH-AES-128-CCM", false, 24},
        {"TLS-ECDHE-ECDSA-WITH-AES-128-CCM-8", false, 16},
        {"TLS-ECDHE-RSA-WITH-CHACHA20-POLY1305-SHA256", false, 16},
        {"TLS-ECDHE-RSA-WITH-AES-128-CBC-SHA256", false, 0},
        {"TLS1-3-AES-256-GCM-SHA384", true, 17},
        {"TLS1-3-AES-128-CCM-8-SHA256", true, 9},
        {NULL, false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(net_record_overhead(cases[i].suite, cases[i].tls_1_3), cases[i].overhead);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_the_device_refuses),
        cmocka_unit_test(leaves_what_is_no_record_to_the_library),
        cmocka_unit_test(a_handshake_in_the_clear_has_no_overhead),
        cmocka_unit_test(records_follow_each_other),
        cmocka_unit_test(knows_what_ciphers_add),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
