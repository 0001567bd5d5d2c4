/* Reads in virtual time, against a scripted server that is the test itself: what it says is there
 * before the device reads, or comes as the answer to what the device tells it, so nothing here
 * depends on how fast the host is. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "device.h"
#include "net_socket.h"

#define PORT 4711

static jmp_buf given_up;
static char why[600];

static void give_up(const char *reason)
{
    snprintf(why, sizeof why, "%s", reason);
    longjmp(given_up, 1);
}

struct fixture {
    struct net_socket socket;
    int peer;    /* the server's end of the connection */
    int control; /* and of the watch */
};

static int connect_pair(void **state)
{
    static struct fixture fixture;
    int data[2], watch[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, data), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, watch), 0);
    for (int i = 0; i < 2; i++) {
        net_socket_prepare(data[i]);
        net_socket_prepare(watch[i]);
    }
    device_set_current(device_create(&(struct device_config){0}));
    fixture.socket = (struct net_socket){
        .fd = data[0],
        .port = PORT,
        .watch = net_watch_create(watch[0]),
        .give_up = give_up,
    };
    fixture.peer = data[1];
    fixture.control = watch[1];
    *state = &fixture;
    return 0;
}

static int disconnect_pair(void **state)
{
    struct fixture *fixture = *state;
    close(fixture->socket.fd);
    net_watch_destroy(fixture->socket.watch);
    close(fixture->peer);
    close(fixture->control);
    device_destroy(device_current());
    device_set_current(NULL);
    return 0;
}

static void serve(struct fixture *fixture, const char *text)
{
    assert_int_equal(send(fixture->peer, text, strlen(text), NET_SEND_FLAGS), strlen(text));
}

static void announce(struct fixture *fixture, const char *event)
{
    assert_int_equal(send(fixture->control, event, strlen(event), NET_SEND_FLAGS), strlen(event));
}

static void assert_told(struct fixture *fixture, const char *expected)
{
    char text[1000];
    ssize_t got = recv(fixture->control, text, sizeof text - 1, 0);
    text[got > 0 ? got : 0] = '\0';
    assert_string_equal(text, expected);
}

static uint64_t now_ms(void)
{
    return device_current()->now_us / 1000;
}

static int read_text(struct fixture *fixture, char *text, size_t size, int timeout_ms)
{
    int got = net_socket_read(&fixture->socket, text, size - 1, timeout_ms, true);
    text[got > 0 ? got : 0] = '\0';
    return got;
}

static void a_stall_longer_than_the_timeout_times_out_at_once(void **state)
{
    struct fixture *fixture = *state;
    char text[100];
    serve(fixture, "abc");
    announce(fixture, "{\"event\":\"stall\",\"port\":4711,\"sent\":3,\"ms\":5000}\n");
    assert_int_equal(read_text(fixture, text, sizeof text, 1000), 3);
    assert_int_equal(now_ms(), 0);
    assert_int_equal(read_text(fixture, text, sizeof text, 1000), NET_TIMEOUT);
    assert_int_equal(now_ms(), 1000);
    assert_told(fixture, "{\"elapsed\":{\"port\":4711,\"ms\":1000}}\n");
    assert_int_equal(read_text(fixture, text, sizeof text, 3000), NET_TIMEOUT);
    assert_int_equal(now_ms(), 4000);
}

/* What the server does once the device has told it that time has passed. */
struct reaction {
    struct fixture *fixture;
    const char *expected; /* from the device */
    const char *bytes;
    const char *event;
    char told[1000];
    pthread_t thread;
};

static void *react(void *argument)
{
    struct reaction *reaction = argument;
    struct fixture *fixture = reaction->fixture;
    size_t length = 0;
    while (length < strlen(reaction->expected)) {
        struct pollfd wait = {.fd = fixture->control, .events = POLLIN};
        poll(&wait, 1, 10000);
        ssize_t got =
            recv(fixture->control, reaction->told + length, sizeof reaction->told - 1 - length, 0);
        if (got <= 0) {
            break;
        }
        length += (size_t)got;
    }
    send(fixture->peer, reaction->bytes, strlen(reaction->bytes), NET_SEND_FLAGS);
    send(fixture->control, reaction->event, strlen(reaction->event), NET_SEND_FLAGS);
    return NULL;
}

static void start_reaction(struct reaction *reaction)
{
    assert_int_equal(pthread_create(&reaction->thread, NULL, react, reaction), 0);
}

static void assert_reacted(struct reaction *reaction)
{
    pthread_join(reaction->thread, NULL);
    assert_string_equal(reaction->told, reaction->expected);
}

static void a_stall_shorter_than_the_timeout_takes_its_time(void **state)
{
    struct fixture *fixture = *state;
    char text[100];
    serve(fixture, "abc");
    announce(fixture, "{\"event\":\"stall\",\"port\":4711,\"sent\":3,\"ms\":700}\n");
    assert_int_equal(read_text(fixture, text, sizeof text, 1000), 3);
    assert_int_equal(read_text(fixture, text, sizeof text, 300), NET_TIMEOUT);
    struct reaction reaction = {
        .fixture = fixture,
        .expected = "{\"elapsed\":{\"port\":4711,\"ms\":300}}\n"
                    "{\"elapsed\":{\"port\":4711,\"ms\":400}}\n",
        .bytes = "def",
        .event = "{\"event\":\"idle\",\"port\":4711,\"sent\":6,\"got\":0}\n",
    };
    start_reaction(&reaction);
    assert_int_equal(read_text(fixture, text, sizeof text, 1000), 3);
    assert_reacted(&reaction);
    assert_string_equal(text, "def");
    assert_int_equal(now_ms(), 700);
}

static void time_that_the_device_spends_elsewhere_counts(void **state)
{
    struct fixture *fixture = *state;
    char text[100];
    serve(fixture, "abc");
    announce(fixture, "{\"event\":\"stall\",\"port\":4711,\"sent\":3,\"ms\":700}\n"
                      "{\"event\":\"stall\",\"port\":12,\"sent\":0,\"ms\":1}\n");
    assert_int_equal(read_text(fixture, text, sizeof text, 1000), 3);
    device_advance_us(device_current(), 650000); /* erasing flash, say */
    assert_int_equal(read_text(fixture, text, sizeof text, 20), NET_TIMEOUT);
    assert_told(fixture, "{\"elapsed\":{\"port\":4711,\"ms\":650}}\n"
                         "{\"elapsed\":{\"port\":4711,\"ms\":20}}\n");
    assert_int_equal(now_ms(), 670);
}

static void bytes_are_gathered_until_the_server_pauses(void **state)
{
    struct fixture *fixture = *state;
    char text[100];
    serve(fixture, "ab");
    serve(fixture, "cd");
    announce(fixture, "{\"event\":\"stall\",\"port\":4711,\"sent\":4,\"ms\":0}\n");
    assert_int_equal(read_text(fixture, text, sizeof text, 1000), 4);
    assert_told(fixture, "");
    struct reaction reaction = {
        .fixture = fixture,
        .expected = "{\"elapsed\":{\"port\":4711,\"ms\":0}}\n",
        .bytes = "efghi",
        .event = "{\"event\":\"idle\",\"port\":4711,\"sent\":9,\"got\":0}\n",
    };
    start_reaction(&reaction);
    assert_int_equal(read_text(fixture, text, 4, 1000), 3);
    assert_string_equal(text, "efg");
    assert_int_equal(read_text(fixture, text, sizeof text, 1000), 2);
    assert_reacted(&reaction);
    assert_string_equal(text, "hi");
    assert_int_equal(now_ms(), 0);
}

static void an_idle_server_is_waited_for_until_the_timeout(void **state)
{
    struct fixture *fixture = *state;
    char text[100];
    announce(fixture, "{\"event\":\"idle\",\"port\":4711,\"sent\":0,\"got\":3}\n");
    assert_int_equal(net_socket_write(&fixture->socket, "GET", 3, 1000), 3);
    assert_int_equal(read_text(fixture, text, sizeof text, 5000), NET_TIMEOUT);
    assert_int_equal(now_ms(), 5000);
    assert_told(fixture, "");
}

static void what_was_announced_before_the_last_request_is_history(void **state)
{
    struct fixture *fixture = *state;
    char text[100];
    announce(fixture, "{\"event\":\"idle\",\"port\":4711,\"sent\":0,\"got\":0}\n");
    assert_int_equal(net_socket_write(&fixture->socket, "GET", 3, 1000), 3);
    announce(fixture, "{\"event\":\"stall\",\"port\":4711,\"sent\":0,\"ms\":-1}\n");
    assert_int_equal(read_text(fixture, text, sizeof text, 200), NET_TIMEOUT);
    assert_int_equal(now_ms(), 200);
}

static void the_end_of_the_stream_comes_after_the_bytes(void **state)
{
    struct fixture *fixture = *state;
    char text[100];
    serve(fixture, "abc");
    shutdown(fixture->peer, SHUT_WR);
    assert_int_equal(read_text(fixture, text, sizeof text, 1000), 3);
    assert_int_equal(read_text(fixture, text, sizeof text, 1000), NET_CLOSED);
    assert_int_equal(read_text(fixture, text, sizeof text, 1000), NET_CLOSED);
    assert_true(net_socket_is_dead(&fixture->socket));
    assert_int_equal(now_ms(), 0);
}

static void a_peer_that_is_gone_is_an_error_and_no_signal(void **state)
{
    struct fixture *fixture = *state;
    close(fixture->peer);
    fixture->peer = -1;
    assert_int_equal(net_socket_write(&fixture->socket, "GET", 3, 1000), NET_ERROR);
    assert_int_equal(errno, EPIPE);
}

static void a_server_that_dies_is_no_verdict(void **state)
{
    struct fixture *fixture = *state;
    char text[100];
    shutdown(fixture->control, SHUT_WR);
    if (setjmp(given_up) == 0) {
        read_text(fixture, text, sizeof text, 1000);
        fail_msg("the read returned");
    }
    assert_string_equal(why, "harness: server: it has ended");
}

static void waiting_for_ever_ends_the_boot(void **state)
{
    struct fixture *fixture = *state;
    char text[100];
    announce(fixture, "{\"event\":\"stall\",\"port\":4711,\"sent\":0,\"ms\":-1}\n");
    if (setjmp(given_up) == 0) {
        read_text(fixture, text, sizeof text, -1);
        fail_msg("the read returned");
    }
    assert_non_null(strstr(why, "waits for ever"));
    volatile int timeouts = 0;
    if (setjmp(given_up) == 0) {
        while (read_text(fixture, text, sizeof text, 60000) == NET_TIMEOUT) {
            assert_in_range(++timeouts, 1, 100);
        }
    }
    assert_in_range(now_ms() / 1000, 3600, 3700);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, connect_pair, disconnect_pair)
    const struct CMUnitTest tests[] = {
        TEST(a_stall_longer_than_the_timeout_times_out_at_once),
        TEST(a_stall_shorter_than_the_timeout_takes_its_time),
        TEST(time_that_the_device_spends_elsewhere_counts),
        TEST(bytes_are_gathered_until_the_server_pauses),
        TEST(an_idle_server_is_waited_for_until_the_timeout),
        TEST(what_was_announced_before_the_last_request_is_history),
        TEST(the_end_of_the_stream_comes_after_the_bytes),
        TEST(a_peer_that_is_gone_is_an_error_and_no_signal),
        TEST(a_server_that_dies_is_no_verdict),
        TEST(waiting_for_ever_ends_the_boot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
