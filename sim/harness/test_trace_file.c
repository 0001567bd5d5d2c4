#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "trace_file.h"

#define OTA(name, data)                                                                            \
    "{\"t\":1,\"kind\":\"event\",\"base\":\"ESP_HTTPS_OTA_EVENT\",\"id\":6,\"data\":" #data        \
    ",\"len\":4,\"name\":\"ESP_HTTPS_OTA_" name "\"}\n"
#define DATA                                                                                       \
    "{\"t\":1,\"kind\":\"event\",\"base\":\"ESP_HTTP_CLIENT_EVENT\",\"id\":6,\"data\":null,"       \
    "\"len\":16,\"name\":\"HTTP_EVENT_ON_DATA\"}\n"
#define FLASH                                                                                      \
    "{\"t\":1,\"kind\":\"flash\",\"op\":\"program\",\"at\":\"ota_0+0x0\",\"len\":16,\"n\":0}\n"
#define LOG "{\"t\":1,\"kind\":\"log\",\"text\":\"\\\"kind\\\":\\\"flash\\\",\"}\n"

static json_t *read_text(const char *text, bool brief, struct error *err)
{
    FILE *file = tmpfile();
    fputs(text, file);
    fflush(file);
    json_t *records =
        brief ? trace_file_read_brief(fileno(file), err) : trace_file_read(fileno(file), err);
    fclose(file);
    return records;
}

static void assert_brief(const char *text, const char *expected)
{
    struct error err = {""};
    json_t *is = read_text(text, true, &err), *wanted = read_text(expected, false, &err);
    assert_non_null(is);
    assert_true(json_equal(is, wanted));
    json_decref(is);
    json_decref(wanted);
}

static void all_records_are_read(void **state)
{
    (void)state;
    struct error err;
    json_t *records =
        read_text(FLASH DATA OTA("WRITE_FLASH", 1) OTA("WRITE_FLASH", 2) LOG, false, &err);
    assert_int_equal(json_array_size(records), 5);
    json_decref(records);
    records = read_text("", false, &err);
    assert_int_equal(json_array_size(records), 0);
    json_decref(records);
}

static void in_brief_only_the_last_of_a_run_of_writes_is_there(void **state)
{
    (void)state;
    assert_brief(OTA("START", null) DATA OTA("WRITE_FLASH", 1) FLASH DATA OTA("WRITE_FLASH", 2)
                     FLASH OTA("FINISH", null) LOG FLASH,
                 OTA("START", null) OTA("WRITE_FLASH", 2) OTA("FINISH", null) LOG);
    assert_brief(OTA("WRITE_FLASH", 1) LOG OTA("WRITE_FLASH", 2) OTA("WRITE_FLASH", 3),
                 OTA("WRITE_FLASH", 1) LOG OTA("WRITE_FLASH", 3));
    assert_brief(FLASH DATA, "");
}

static void a_line_that_is_no_record_is_named(void **state)
{
    (void)state;
    struct error err = {""};
    assert_null(read_text(LOG "{\"t\":1,\"ki\n" LOG, true, &err));
    assert_non_null(strstr(err.text, "trace:2"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_records_are_read),
        cmocka_unit_test(in_brief_only_the_last_of_a_run_of_writes_is_there),
        cmocka_unit_test(a_line_that_is_no_record_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
