/* What a log must agree with, and that each departure is seen, with its line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compare_log.h"

/* The harness wants to know all tables; here are none. */
const struct scenario *const scenario_tables[] = {NULL};

static const struct scenario good = {.name = "test/good", .expect = {.result = ESP_OK}};
static const struct scenario refused = {
    .name = "test/refused",
    .expect = {.result = 0x1503, .events = {START, CONNECTED, VERIFY_CHIP_ID, WRITE_FLASH, ABORT}},
};

#define POWER_ON       "rst:0x1 (POWERON),boot:0x8 (SPI_FAST_FLASH_BOOT)\n"
#define SOFTWARE       "rst:0xc (RTC_SW_CPU_RST),boot:0x8 (SPI_FAST_FLASH_BOOT)\n"
#define LOADED(offset) "I (60) boot: Loaded app from partition at offset " offset "\n"
#define BEGINS                                                                                     \
    "I (1) app: OTA started\nI (2) app: Connected to server\n"                                     \
    "I (3) esp_https_ota: Writing to partition subtype 16 at offset 0x110000\n"                    \
    "I (4) app: Verifying chip id of new image: 9\n"                                               \
    "I (5) app: Verifying chip revision of new image: 0\n"
#define ENDS "I (6) app: Boot partition updated. Next Partition: 16\nI (7) app: OTA finish\n"

struct checked {
    struct serial_log log;
    struct comparisons found;
};

static struct checked check(const struct scenario *scenario, const char *text,
                            const struct comparison_board *board)
{
    struct checked checked;
    struct error err;
    static const struct comparison_board none;
    assert_true(serial_log_parse((const uint8_t *)text, strlen(text), &checked.log, &err));
    if (!compare_log(scenario, false, &checked.log, board != NULL ? board : &none, &checked.found,
                     &err)) {
        fail_msg("%s", err.text);
    }
    return checked;
}

static void done(struct checked *checked)
{
    comparisons_free(&checked->found);
    serial_log_free(&checked->log);
}

static const struct comparison *find(const struct checked *checked, const char *field,
                                     enum comparison_verdict verdict)
{
    for (size_t i = 0; i < checked->found.count; i++) {
        const struct comparison *row = &checked->found.list[i];
        if (strcmp(row->field, field) == 0 && row->verdict == verdict) {
            return row;
        }
    }
    return NULL;
}

static void assert_agrees(const struct scenario *scenario, const char *text, size_t at_least)
{
    struct checked checked = check(scenario, text, NULL);
    for (size_t i = 0; i < checked.found.count; i++) {
        const struct comparison *row = &checked.found.list[i];
        if (row->verdict == COMPARISON_DEPARTS) {
            fail_msg("%s: expected %s, the log: %s", row->field, row->expected, row->logged);
        }
    }
    assert_true(comparisons_with(&checked.found, COMPARISON_AGREES) >= at_least);
    done(&checked);
}

/* One departure, of that field, told of that line of the log (0: of none). */
static void assert_departs(const struct scenario *scenario, const char *text, const char *field,
                           unsigned line)
{
    struct checked checked = check(scenario, text, NULL);
    const struct comparison *row = find(&checked, field, COMPARISON_DEPARTS);
    if (row == NULL) {
        fail_msg("no departure of %s in:\n%s", field, text);
    }
    assert_int_equal(comparisons_with(&checked.found, COMPARISON_DEPARTS), 1);
    assert_int_equal(row->entry != NULL ? row->entry->line : 0, line);
    done(&checked);
}

static void a_good_update(void **state)
{
    (void)state;
    assert_agrees(&good, POWER_ON LOADED("0x10000") BEGINS ENDS SOFTWARE LOADED("0x110000"), 3);
}

static void the_log_begins_with_the_update(void **state)
{
    (void)state;
    assert_agrees(&good, BEGINS ENDS SOFTWARE LOADED("0x110000"), 3);
}

static void events_by_their_names(void **state)
{
    (void)state;
    assert_agrees(&good,
                  "I (1) x: ESP_HTTPS_OTA_START\nI (1) y: ESP_HTTPS_OTA_CONNECTED\n"
                  "got ESP_HTTPS_OTA_VERIFY_CHIP_ID\nESP_HTTPS_OTA_WRITE_FLASH\n"
                  "ESP_HTTPS_OTA_WRITE_FLASH\nESP_HTTPS_OTA_UPDATE_BOOT_PARTITION\n"
                  "ESP_HTTPS_OTA_FINISH\n",
                  2);
}

static void an_event_too_few(void **state)
{
    (void)state;
    assert_departs(&good,
                   "I (1) app: OTA started\nI (2) app: Connected to server\n"
                   "I (6) app: Boot partition updated. Next Partition: 16\nI (7) app: OTA finish\n",
                   "events", 3);
}

static void an_event_too_many(void **state)
{
    (void)state;
    assert_departs(&good, BEGINS ENDS "I (8) app: OTA abort\n", "events", 8);
}

static void words_of_others_are_no_events(void **state)
{
    (void)state;
    assert_agrees(&good, BEGINS "I (5) mqtt: Connected to server\n" ENDS, 2);
    struct checked checked = check(&good, "I (5) mqtt: Connected to server\n", NULL);
    assert_non_null(find(&checked, "events", COMPARISON_NOT_SAID));
    done(&checked);
}

static void it_fails_and_should_not(void **state)
{
    (void)state;
    assert_departs(&good, "E (9) app: ESP_HTTPS_OTA upgrade failed 0x1503\n", "result", 1);
    assert_departs(&good, "E (9) ota: esp_ota_begin failed (ESP_ERR_OTA_PARTITION_CONFLICT)\n",
                   "result", 1);
}

static void it_fails_as_it_should(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "E (9) app: ESP_HTTPS_OTA upgrade failed 0x1503\n",
        "E (9) app: esp_ota_end failed (ESP_ERR_OTA_VALIDATE_FAILED)!\n",
        "E (9) example: esp_ota_set_boot_partition failed! err=0x1503\n",
        "E (9) app: Image validation failed, image is corrupted\n",
        "13:27:59.686 -> E (9) app: update failed: ESP_ERR_OTA_VALIDATE_FAILED\r\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct checked checked = check(&refused, lines[i], NULL);
        assert_non_null(find(&checked, "result", COMPARISON_AGREES));
        assert_int_equal(comparisons_with(&checked.found, COMPARISON_DEPARTS), 0);
        done(&checked);
    }
}

static void it_fails_otherwise(void **state)
{
    (void)state;
    assert_departs(&refused, "I (1) a: b\nE (9) ota: esp_ota_begin failed (ESP_ERR_NO_MEM)\n",
                   "result", 2);
    assert_departs(&refused, "I (1) a: b\nI (9) ota: OTA Succeed, Rebooting...\n", "result", 2);
}

static void errors_of_something_else(void **state)
{
    (void)state;
    struct checked checked = check(
        &good, "E (1) nvs: nvs_open failed (ESP_ERR_NVS_NOT_FOUND)\nE (2) wifi: err=0x102\n", NULL);
    assert_non_null(find(&checked, "result", COMPARISON_NOT_SAID));
    assert_int_equal(comparisons_with(&checked.found, COMPARISON_DEPARTS), 0);
    done(&checked);
}

static void another_app_boots(void **state)
{
    (void)state;
    assert_departs(&good, POWER_ON LOADED("0x10000") BEGINS ENDS SOFTWARE LOADED("0x10000"), "boot",
                   11);
    assert_departs(
        &refused,
        POWER_ON LOADED("0x10000") "E (9) ota: esp_ota_end failed "
                                   "(ESP_ERR_OTA_VALIDATE_FAILED)\n" SOFTWARE LOADED("0x110000"),
        "boot", 5);
}

static void the_boards_own_table(void **state)
{
    (void)state;
#define TABLE                                                                                      \
    "I (70) boot:  2 app0             OTA app          00 10 00020000 00140000\n"                  \
    "I (77) boot:  3 app1             OTA app          00 11 00160000 00140000\n"
    /* It begins in app0: the update is app1. */
    assert_agrees(&good,
                  TABLE LOADED("0x20000") "I (3) esp_https_ota: Writing to <app1> partition at "
                                          "offset 0x160000\nI (9) app: OTA Succeed\n" POWER_ON TABLE
                                              LOADED("0x160000"),
                  2);
    assert_departs(
        &good,
        TABLE LOADED("0x20000") "I (3) esp_https_ota: Writing to <app1> partition at "
                                "offset 0x160000\nI (9) app: OTA Succeed\n" POWER_ON TABLE LOADED(
                                    "0x20000"),
        "boot", 9);
}

static void resets_are_compared_where_a_row_has_them(void **state)
{
    (void)state;
    static const struct scenario crashes = {
        .name = "test/crashes",
        .expect = {.result = ESP_OK,
                   .any_events = true,
                   .boots = {{OTA_0, "2.0.0", .reset = "software"},
                             {FACTORY, "1.0.0", .reset = "panic"}},
                   .crash = true},
    };
#define UPDATED LOADED("0x10000") "I (9) app: OTA Succeed\n" SOFTWARE LOADED("0x110000")
    assert_agrees(
        &crashes,
        UPDATED
        "Guru Meditation Error: Core  0 panic'ed (LoadProhibited)\n" SOFTWARE LOADED("0x10000"),
        6);
    assert_departs(&crashes, UPDATED SOFTWARE LOADED("0x10000"), "reset", 5);
}

static void a_crash_that_nobody_expects(void **state)
{
    (void)state;
    assert_departs(&good, BEGINS ENDS "Guru Meditation Error: Core  1 panic'ed (StoreProhibited)\n",
                   "crash", 8);
}

static void tls_codes(void **state)
{
    (void)state;
    static const struct scenario distrusts = {
        .name = "test/distrusts",
        .expect = {.result = 0x7002, .tls_error = -0x2700, .any_events = true},
    };
    assert_agrees(&distrusts,
                  "E (1) esp-tls-mbedtls: mbedtls_ssl_handshake returned -0x2700\n"
                  "E (2) app: OTA failed ESP_ERR_HTTP_CONNECT\n",
                  2);
    assert_departs(&distrusts, "E (1) esp-tls-mbedtls: mbedtls_ssl_handshake returned -0x7780\n",
                   "TLS error", 1);
}

static void the_version_of_the_given_image(void **state)
{
    (void)state;
    const struct comparison_board board = {.version = "3.1.4"};
    struct checked checked = check(
        &good, BEGINS ENDS SOFTWARE LOADED("0x110000") "I (9) app_init: App version:      3.1.4\n",
        &board);
    assert_non_null(find(&checked, "version", COMPARISON_AGREES));
    done(&checked);
    checked = check(
        &good, BEGINS ENDS SOFTWARE LOADED("0x110000") "I (9) app_init: App version:      3.1.3\n",
        &board);
    assert_non_null(find(&checked, "version", COMPARISON_DEPARTS));
    done(&checked);
}

static void what_is_not_in_the_log_is_said(void **state)
{
    (void)state;
    struct checked checked = check(&good, "I (9) app: OTA Succeed, Rebooting...\n", NULL);
    assert_non_null(find(&checked, "events", COMPARISON_NOT_SAID));
    assert_non_null(find(&checked, "boot", COMPARISON_NOT_SAID));
    assert_int_equal(comparisons_with(&checked.found, COMPARISON_AGREES), 1);
    done(&checked);
}

static void a_log_of_nothing(void **state)
{
    (void)state;
    struct checked checked = check(&good, "", NULL);
    assert_int_equal(comparisons_with(&checked.found, COMPARISON_AGREES), 0);
    assert_int_equal(comparisons_with(&checked.found, COMPARISON_DEPARTS), 0);
    done(&checked);
}

static void no_app_boots(void **state)
{
    (void)state;
    static const struct scenario brick = {
        .name = "test/brick",
        .expect = {.result = ESP_OK, .any_events = true, .boots = {{.partition = NO_APP}}},
    };
    assert_agrees(&brick,
                  LOADED("0x10000") "I (9) app: OTA Succeed\n" POWER_ON
                                    "E (60) boot: No bootable app partitions in the partition "
                                    "table\n",
                  2);
    assert_departs(&brick, LOADED("0x10000") "I (9) app: OTA Succeed\n" POWER_ON LOADED("0x10000"),
                   "boot", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_update),
        cmocka_unit_test(the_log_begins_with_the_update),
        cmocka_unit_test(events_by_their_names),
        cmocka_unit_test(an_event_too_few),
        cmocka_unit_test(an_event_too_many),
        cmocka_unit_test(words_of_others_are_no_events),
        cmocka_unit_test(it_fails_and_should_not),
        cmocka_unit_test(it_fails_as_it_should),
        cmocka_unit_test(it_fails_otherwise),
        cmocka_unit_test(errors_of_something_else),
        cmocka_unit_test(another_app_boots),
        cmocka_unit_test(the_boards_own_table),
        cmocka_unit_test(resets_are_compared_where_a_row_has_them),
        cmocka_unit_test(a_crash_that_nobody_expects),
        cmocka_unit_test(tls_codes),
        cmocka_unit_test(the_version_of_the_given_image),
        cmocka_unit_test(what_is_not_in_the_log_is_said),
        cmocka_unit_test(a_log_of_nothing),
        cmocka_unit_test(no_app_boots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
