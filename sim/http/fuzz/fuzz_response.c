/* Fuzz target: everything that a server can say to a client. A real client, over the network of
 * fuzz_net.h, goes through what the OTA library does with it (or esp_http_client_perform); after
 * each input it must have given back all of the device's heap, and never have made up a byte. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot.h"
#include "fuzz_net.h"
#include "heap.h"
#include "http_client.h"

/* In front of the response: what the client is like. */
struct control {
    uint8_t flags;         /* FLAG_* */
    uint8_t pieces[2];     /* fuzz_net_set_input; '0' too means: as much as is asked for */
    uint8_t failing_alloc; /* that allocation fails, counted from 'A'; below 'A': none */
};

enum {
    FLAG_STRICT = 1,  /* quirks off */
    FLAG_HTTPS = 2,   /* for set_redirection's downgrade */
    FLAG_PERFORM = 4, /* esp_http_client_perform in place of open, fetch_headers, read */
    FLAG_CREDENTIALS = 8,
};

#define ROUNDS_AT_MOST 12 /* redirects and challenges together */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "fuzz_response: broken: %s\n", what);
        abort();
    }
}

static size_t input_length;
static size_t body_seen; /* through events */

/* Bytes that a handler is shown must be there: a sanitizer sees this read them. */
static volatile unsigned checksum;

static unsigned sum(const unsigned char *bytes, size_t length)
{
    unsigned total = 0;
    for (size_t i = 0; i < length; i++) {
        total += bytes[i];
    }
    return total;
}

static esp_err_t on_event(esp_http_client_event_t *event)
{
    switch (event->event_id) {
    case HTTP_EVENT_ON_HEADER:
        require(strlen(event->header_key) + strlen(event->header_value) <= input_length,
                "a header is no longer than the input");
        break;
    case HTTP_EVENT_ON_DATA:
        body_seen += (size_t)event->data_len;
        require(body_seen <= input_length, "events bring no more body than came in");
        checksum += sum(event->data, (size_t)event->data_len);
        break;
    default:
        break;
    }
    return ESP_OK;
}

static void look_around(esp_http_client_handle_t client)
{
    char url[600];
    int chunk;
    esp_http_client_get_url(client, url, sizeof url);
    esp_http_client_get_chunk_length(client, &chunk);
    require(esp_http_client_get_content_length(client) >= -1, "a length is -1 or more");
    require(esp_http_client_get_content_range(client) >= -1, "a total is -1 or more");
    esp_http_client_is_complete_data_received(client);
    esp_http_client_is_persistent_connection(client);
}

/* The body in reads of odd sizes, until it ends or nothing comes twice in a row. */
static size_t read_body(esp_http_client_handle_t client)
{
    static char buffer[1000];
    size_t total = 0;
    int in_vain = 0, want = 1;
    while (in_vain < 2) {
        int got = esp_http_client_read(client, buffer, want);
        require(got <= want, "a read returns no more than was asked for");
        in_vain = got > 0 ? 0 : in_vain + 1;
        total += got > 0 ? (size_t)got : 0;
        want = want * 7 % 997 + 1;
    }
    return total;
}

/* Whether another request follows. */
static bool answer(esp_http_client_handle_t client)
{
    int status = esp_http_client_get_status_code(client);
    if (status >= 300 && status < 400) {
        bool moved = esp_http_client_set_redirection(client) == ESP_OK;
        esp_http_client_flush_response(client, NULL);
        return moved;
    }
    if (status == 401) {
        bool answered = esp_http_client_add_auth(client) == ESP_OK;
        esp_http_client_flush_response(client, NULL);
        return answered;
    }
    return false;
}

/* As the OTA library does: begin's loop, then reads. */
static void download(esp_http_client_handle_t client)
{
    size_t total = 0;
    for (int round = 0; round < ROUNDS_AT_MOST; round++) {
        if (esp_http_client_open(client, 0) != ESP_OK) {
            return;
        }
        int64_t length = esp_http_client_fetch_headers(client);
        look_around(client);
        if (length >= 0 && answer(client)) {
            continue;
        }
        total += read_body(client);
        require(total <= input_length, "reads bring no more than came in");
        look_around(client);
        return;
    }
}

static void exercise(const struct control *control)
{
    const esp_http_client_config_t config = {
        .url = control->flags & FLAG_HTTPS ? "https://localhost/dir/fw.bin?v=1"
                                           : "http://localhost/dir/fw.bin?v=1",
        .event_handler = on_event,
        .username = control->flags & FLAG_CREDENTIALS ? "user" : NULL,
        .password = control->flags & FLAG_CREDENTIALS ? "secret" : NULL,
        .buffer_size = 64 + control->pieces[0],
        .buffer_size_tx = 1024,
    };
    esp_http_client_handle_t client = esp_http_client_init(&config);
    if (client == NULL) {
        return;
    }
    if ((control->flags & FLAG_PERFORM) != 0) {
        esp_http_client_perform(client);
        look_around(client);
    } else {
        download(client);
    }
    esp_http_client_cleanup(client);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct control control;
    if (size < sizeof control) {
        return 0;
    }
    memcpy(&control, data, sizeof control);
    for (int i = 0; i < 2; i++) {
        control.pieces[i] = control.pieces[i] == '0' ? 0 : control.pieces[i];
    }
    input_length = size - sizeof control;
    body_seen = 0;
    fuzz_net_set_input(data + sizeof control, input_length, control.pieces);
    struct boot boot = {.strict = (control.flags & FLAG_STRICT) != 0};
    boot_set_current(&boot);

    struct heap_stats before = heap_stats();
    bool fails = control.failing_alloc >= 'A';
    heap_arm_failure(fails ? before.allocations + control.failing_alloc - 'A' : UINT64_MAX);
    exercise(&control);
    heap_arm_failure(UINT64_MAX);
    struct heap_stats after = heap_stats();
    require(after.blocks == before.blocks && after.in_use == before.in_use,
            "all of the device's heap is given back");
    boot_set_current(NULL);
    return 0;
}
