#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "host_fault.h"

/* In this order: what was noted stays. */
static void without_a_fault_there_is_no_text(void **state)
{
    (void)state;
    host_fault_share();
    assert_null(host_fault_text());
}

static void a_fault_of_a_forked_process_is_seen(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        struct error err;
        bool failed = !host_fault_set(&err, "disk %d is full", 3);
        _exit(failed && strcmp(err.text, "disk 3 is full") == 0 ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_string_equal(host_fault_text(), "disk 3 is full");
}

static void the_first_counts(void **state)
{
    (void)state;
    struct error err;
    host_fault_share();
    assert_false(host_fault_set(&err, "and now the server is gone"));
    assert_string_equal(err.text, "and now the server is gone");
    assert_false(host_fault_set(NULL, "and so on"));
    assert_string_equal(host_fault_text(), "disk 3 is full");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_fault_there_is_no_text),
        cmocka_unit_test(a_fault_of_a_forked_process_is_seen),
        cmocka_unit_test(the_first_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
