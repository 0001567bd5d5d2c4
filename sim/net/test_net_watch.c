#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "net_socket.h"
#include "net_watch.h"

struct fixture {
    struct net_watch *watch;
    int server; /* the server's end */
};

static int open_watch(void **state)
{
    static struct fixture fixture;
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    net_socket_prepare(ends[0]);
    net_socket_prepare(ends[1]);
    fixture.watch = net_watch_create(ends[0]);
    fixture.server = ends[1];
    *state = &fixture;
    return 0;
}

static int close_watch(void **state)
{
    struct fixture *fixture = *state;
    net_watch_destroy(fixture->watch);
    close(fixture->server);
    return 0;
}

static void say(struct fixture *fixture, const char *text)
{
    assert_int_equal(send(fixture->server, text, strlen(text), NET_SEND_FLAGS), strlen(text));
}

static const char *heard(struct fixture *fixture)
{
    static char text[1000];
    ssize_t got = recv(fixture->server, text, sizeof text - 1, 0);
    text[got > 0 ? got : 0] = '\0';
    return text;
}

static void takes_announcements_however_they_are_cut(void **state)
{
    struct fixture *fixture = *state;
    const char *text =
        "{\"ok\":true}\n{\"event\":\"stall\",\"port\":7,\"sent\":90,\"ms\":300}\n"
        "{\"event\":\"idle\",\"port\":8,\"sent\":1,\"got\":2}\n{\"event\":\"new\"}\n";
    struct error err;
    for (const char *at = text; *at != '\0'; at++) {
        assert_int_equal(send(fixture->server, at, 1, NET_SEND_FLAGS), 1);
        assert_true(net_watch_receive(fixture->watch, &err));
    }
    const struct net_pause *stall = net_watch_pause(fixture->watch, 7);
    assert_non_null(stall);
    assert_false(stall->idle);
    assert_int_equal(stall->sent, 90);
    assert_int_equal(stall->total_us, 300000);
    const struct net_pause *idle = net_watch_pause(fixture->watch, 8);
    assert_true(idle->idle);
    assert_int_equal(idle->got, 2);
    assert_null(net_watch_pause(fixture->watch, 9));
    net_watch_forget(fixture->watch, 7);
    assert_null(net_watch_pause(fixture->watch, 7));
}

static void a_later_pause_of_a_port_takes_the_place_of_the_earlier(void **state)
{
    struct fixture *fixture = *state;
    struct error err;
    for (int i = 0; i < 1000; i++) {
        char line[100];
        snprintf(line, sizeof line, "{\"event\":\"stall\",\"port\":7,\"sent\":%d,\"ms\":-1}", i);
        assert_true(net_watch_announcement(fixture->watch, line, &err));
    }
    assert_int_equal(net_watch_pause(fixture->watch, 7)->sent, 999);
    assert_true(net_watch_pause(fixture->watch, 7)->total_us == UINT64_MAX);
}

static void what_is_said_of_closed_connections_makes_room(void **state)
{
    struct fixture *fixture = *state;
    struct error err;
    net_watch_follow(fixture->watch, 7);
    for (int port = 7; port < 1000; port++) {
        char line[100];
        snprintf(line, sizeof line, "{\"event\":\"idle\",\"port\":%d,\"sent\":0,\"got\":0}", port);
        assert_true(net_watch_announcement(fixture->watch, line, &err));
        assert_non_null(net_watch_pause(fixture->watch, (uint16_t)port));
    }
    assert_non_null(net_watch_pause(fixture->watch, 7));
}

static void open_connections_that_pause_are_all_kept_or_refused(void **state)
{
    struct fixture *fixture = *state;
    struct error err;
    bool ok = true;
    uint16_t port = 1;
    for (; port < 1000 && ok; port++) {
        char line[100];
        snprintf(line, sizeof line, "{\"event\":\"idle\",\"port\":%d,\"sent\":0,\"got\":0}", port);
        net_watch_follow(fixture->watch, port);
        ok = net_watch_announcement(fixture->watch, line, &err);
    }
    assert_false(ok);
    for (uint16_t kept = 1; kept < port - 1; kept++) {
        assert_non_null(net_watch_pause(fixture->watch, kept));
    }
}

static void tells_the_server_in_whole_milliseconds_that_add_up(void **state)
{
    struct fixture *fixture = *state;
    struct error err;
    say(fixture, "{\"event\":\"stall\",\"port\":7,\"sent\":0,\"ms\":3}\n");
    assert_true(net_watch_receive(fixture->watch, &err));
    struct net_pause *pause = net_watch_pause(fixture->watch, 7);

    pause->spent_us = 999;
    assert_false(net_watch_elapsed(fixture->watch, pause));
    assert_string_equal(heard(fixture), "");
    pause->spent_us = 2500;
    assert_false(net_watch_elapsed(fixture->watch, pause));
    assert_string_equal(heard(fixture), "{\"elapsed\":{\"port\":7,\"ms\":2}}\n");
    pause->spent_us = 9000;
    assert_true(net_watch_elapsed(fixture->watch, pause));
    assert_string_equal(heard(fixture), "{\"elapsed\":{\"port\":7,\"ms\":1}}\n");
    assert_null(net_watch_pause(fixture->watch, 7));
}

static void refuses_nonsense(void **state)
{
    struct fixture *fixture = *state;
    static const char *const lines[] = {
        "",
        "hello",
        "[]",
        "{\"ok\":false,\"error\":\"session: there is none\"}",
        "{\"event\":\"stall\",\"port\":0,\"sent\":0,\"ms\":1}",
        "{\"event\":\"stall\",\"port\":65536,\"sent\":0,\"ms\":1}",
        "{\"event\":\"stall\",\"port\":7,\"sent\":-1,\"ms\":1}",
        "{\"event\":\"stall\",\"port\":7,\"sent\":0,\"ms\":-2}",
        "{\"event\":\"stall\",\"port\":7,\"sent\":0,\"ms\":9223372036854775807}",
        "{\"event\":\"stall\",\"port\":7,\"sent\":0}",
        "{\"event\":\"idle\",\"port\":7,\"sent\":0}",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct error err = {.text = ""};
        assert_false(net_watch_announcement(fixture->watch, lines[i], &err));
        assert_string_not_equal(err.text, "");
    }
    assert_null(net_watch_pause(fixture->watch, 7));
}

static void notices_that_the_server_is_gone_or_never_ends_a_line(void **state)
{
    struct fixture *fixture = *state;
    struct error err;
    char flood[5000];
    memset(flood, 'x', sizeof flood);
    assert_int_equal(send(fixture->server, flood, sizeof flood, NET_SEND_FLAGS), sizeof flood);
    assert_false(net_watch_receive(fixture->watch, &err));
    assert_non_null(strstr(err.text, "longer than"));

    close_watch(state);
    open_watch(state);
    assert_true(net_watch_receive(fixture->watch, &err));
    shutdown(fixture->server, SHUT_WR);
    assert_false(net_watch_receive(fixture->watch, &err));
    assert_string_equal(err.text, "server: it has ended");
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, open_watch, close_watch)
    const struct CMUnitTest tests[] = {
        TEST(takes_announcements_however_they_are_cut),
        TEST(a_later_pause_of_a_port_takes_the_place_of_the_earlier),
        TEST(what_is_said_of_closed_connections_makes_room),
        TEST(open_connections_that_pause_are_all_kept_or_refused),
        TEST(tells_the_server_in_whole_milliseconds_that_add_up),
        TEST(refuses_nonsense),
        TEST(notices_that_the_server_is_gone_or_never_ends_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
