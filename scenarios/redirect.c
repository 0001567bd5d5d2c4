/* Redirects and URLs: catalogue family R. */
#include "scenario.h"

#include "esp_http_client.h"

#define MOVED "/moved.bin"

/* 700 bytes, as release hosts sign their URLs. */
#define TEN_BYTES "0123456789"
#define HUNDRED_BYTES                                                                              \
    TEN_BYTES TEN_BYTES TEN_BYTES TEN_BYTES TEN_BYTES TEN_BYTES TEN_BYTES TEN_BYTES TEN_BYTES      \
        TEN_BYTES
#define SIGNED                                                                                     \
    "/signed.bin?sig=" HUNDRED_BYTES HUNDRED_BYTES HUNDRED_BYTES HUNDRED_BYTES HUNDRED_BYTES       \
        HUNDRED_BYTES HUNDRED_BYTES

#define ON_HTTP     .firmware = "updater-allow_http"
#define HTTP_ORIGIN .url = "http://localhost:8070/dir/fw.bin"

/* A Location that is no URL, on an http origin: catalogue R08. */
#define RELATIVE_REFUSED(what, location, resolved)                                                 \
    {                                                                                              \
        .name = "redirect/http-" what,                                                             \
        .about = "http origin, Location: " location " is an error instead of " resolved,           \
        .source = "espressif/esp-idf#14562", .catalogue = "R08", ON_HTTP, .update = {HTTP_ORIGIN}, \
        .server = {REDIRECT(302, location), IMAGE()},                                              \
        .advice = "let the server send absolute URLs or paths that begin with a slash",            \
        .expect = {.result = ESP_ERR_INVALID_ARG,                                                  \
                   .state = STATE_K0,                                                              \
                   .events = {START},                                                              \
                   .requests = {GET("/dir/fw.bin")},                                               \
                   .hazard = "redirect-relative-unresolved"},                                      \
        .documented = DOCUMENTED(.requests = {GET("/dir/fw.bin"), GET(resolved)}),                 \
    }

#define HOP(n) REDIRECT(302, "https://localhost:8443/hop" #n)

/* Each status that means "go there". */
#define FOLLOWED(code)                                                                             \
    {                                                                                              \
        .name = "redirect/status-" #code,                                                          \
        .about = "a " #code " to another path of the same server is followed",                     \
        .source = "espressif/esp-idf#3218", .catalogue = "R03",                                    \
        .server = {REDIRECT(code, "https://localhost:8443" MOVED), IMAGE()},                       \
        .expect = {.requests = {GET("/fw.bin", .status = code), GET(MOVED, .status = 200)}},       \
    }

SCENARIOS(redirect) = {
    {
        .name = "redirect/without-a-port",
        .about = "a Location without a port is that of its scheme, where nobody listens here",
        .source = "RFC 9110, 4.2.2",
        .catalogue = "R01",
        .server = {REDIRECT(302, "https://localhost/moved.bin"), IMAGE()},
        .expect = {.result = ESP_ERR_HTTP_CONNECT,
                   .state = STATE_K0,
                   .events = {START},
                   .requests = {GET("/fw.bin")},
                   .hazard = "host-header-stale"},
    },
    {
        .name = "redirect/in-capitals",
        .about = "a Location in capitals is the same scheme and host: no downgrade, and the "
                 "connection stays",
        .source = "RFC 3986, 6.2.2.1",
        .catalogue = "R01",
        .server = {REDIRECT(302, "HTTPS://LOCALHOST:8443/moved.bin"), IMAGE()},
        .expect = {.requests = {GET("/fw.bin", .connection = 1),
                                GET("/moved.bin", .connection = 1)}},
    },
    {
        .name = "redirect/found-then-image",
        .about = "a 302 is followed and its body is not taken for firmware",
        .source = "espressif/esp-idf#3218",
        .catalogue = "R04",
        .server = {REDIRECT(302, "https://localhost:8443" MOVED,
                            .body = TEXT("<html><body>This file has moved.</body></html>")),
                   IMAGE()},
        .expect =
            {
                .result = ESP_OK,
                .events = {START, CONNECTED, VERIFY_CHIP_ID, VERIFY_CHIP_REVISION,
                           WRITE_FLASH_TO(IMAGE_SIZE), UPDATE_BOOT_PARTITION_IS(0x10), FINISH},
                .requests = {GET("/fw.bin"), GET(MOVED)},
                .boots = {{OTA_0, "2.0.0"}},
            },
    },
    FOLLOWED(301),
    FOLLOWED(302),
    FOLLOWED(303),
    FOLLOWED(307),
    FOLLOWED(308),
    {
        .name = "redirect/two-hops",
        .about = "the second Location replaces the first",
        .source = "espressif/esp-idf#8873",
        .catalogue = "R05",
        .server = {REDIRECT(302, "https://localhost:8443/a/first.bin"),
                   REDIRECT(307, "https://localhost:8443/second.bin"), IMAGE()},
        .expect = {.requests = {GET("/fw.bin"), GET("/a/first.bin"), GET("/second.bin")}},
    },
    {
        .name = "redirect/without-location",
        .about = "a 302 that does not say where to",
        .catalogue = "R13",
        .server = {RESPONSE(302)},
        .expect = {.result = ESP_ERR_INVALID_ARG, .events = {START}, .requests = {GET("/fw.bin")}},
    },
    {
        .name = "redirect/downgrade-to-http",
        .shows = "downgrade-followed",
        .about = "from https to http is refused, and nothing is fetched in clear",
        .catalogue = "R09",
        .server = {REDIRECT(302, "http://localhost:8070" MOVED), IMAGE()},
        .expect = {.result = ESP_ERR_HTTP_REDIRECT_DOWNGRADE,
                   .events = {START},
                   .requests = {GET("/fw.bin")}},
    },
    {
        .name = "redirect/relative-location-on-https",
        .about = "a relative Location on an https origin is refused as if it were a downgrade",
        .source = "espressif/esp-idf#14562",
        .catalogue = "R07",
        .server = {REDIRECT(302, MOVED), IMAGE()},
        .expect = {.result = ESP_ERR_HTTP_REDIRECT_DOWNGRADE,
                   .events = {START},
                   .requests = {GET("/fw.bin")},
                   .hazard = "redirect-relative-is-downgrade"},
        .documented = DOCUMENTED(.requests = {GET("/fw.bin"), GET(MOVED)}),
    },
    {
        .name = "redirect/final-403",
        .about = "the redirect is followed to a server that refuses the signed URL",
        .source = "arduino-libraries/Arduino_ESP32_OTA#37",
        .catalogue = "R17",
        .server = {REDIRECT(302, "https://localhost:8443/cdn.bin?sig=expired"),
                   RESPONSE(403, .body = TEXT("expired"))},
        .expect = {.result = ESP_FAIL,
                   .events = {START},
                   .requests = {GET("/fw.bin"), GET("/cdn.bin?sig=expired", .status = 403)}},
    },
    {
        .name = "redirect/long-signed-url",
        .about = "the request line for a signed URL of 700 bytes does not fit buffer_size_tx",
        .source = "espressif/esp-idf#9164",
        .catalogue = "R01",
        .why = "a request line that is cut would ask for something else",
        .advice = "set buffer_size_tx to 2048 where a CDN signs its URLs",
        .server = {REDIRECT(302, "https://localhost:8443" SIGNED), IMAGE()},
        .update = {.buffer_size_tx = 512},
        .expect = {.result = ESP_FAIL,
                   .state = STATE_K0,
                   .events = {START},
                   .requests = {GET("/fw.bin")}},
    },
    {
        .name = "redirect/long-signed-url-fits",
        .about = "with buffer_size_tx of 2048 the signed URL is fetched",
        .source = "esphome/esphome#7101",
        .catalogue = "R02",
        .server = {REDIRECT(302, "https://localhost:8443/release"),
                   REDIRECT(302, "https://localhost:8443" SIGNED), IMAGE()},
        .update = {.buffer_size_tx = 2048},
        .expect = {.requests = {GET("/fw.bin"), GET("/release"), GET(SIGNED)}},
    },
    {
        .name = "redirect/more-than-allowed",
        .about = "a chain longer than max_redirection_count is followed to its end",
        .source = "espressif/esp-idf#10629",
        .catalogue = "R06",
        .advice =
            "your application must limit redirects itself: count HTTP_EVENT_REDIRECT and fail "
            "the handler",
        .server = {HOP(1), HOP(2), HOP(3), HOP(4), HOP(5), IMAGE()},
        .update = {.max_redirection_count = 3},
        .expect = {.requests = {GET("/fw.bin"), GET("/hop1"), GET("/hop2"), GET("/hop3"),
                                GET("/hop4"), GET("/hop5")},
                   .hazard = "redirect-unlimited"},
        .documented =
            DOCUMENTED(.result = ESP_ERR_HTTP_MAX_REDIRECT, .state = STATE_K0, .events = {START},
                       .requests = {GET("/fw.bin"), GET("/hop1"), GET("/hop2"), GET("/hop3")}),
    },
    {
        .name = "redirect/http-absolute-path",
        .about = "http origin, Location: /moved.bin",
        .source = "espressif/esp-idf#14562",
        .catalogue = "R08",
        ON_HTTP,
        .update = {HTTP_ORIGIN},
        .server = {REDIRECT(302, MOVED), IMAGE()},
        .expect = {.requests = {GET("/dir/fw.bin"), GET(MOVED)}},
    },
    RELATIVE_REFUSED("file", "other.bin", "/dir/other.bin"),
    RELATIVE_REFUSED("parent", "../other.bin", "/other.bin"),
    RELATIVE_REFUSED("query", "?v=2", "/dir/fw.bin?v=2"),
    {
        .name = "redirect/http-other-authority",
        .about = "http origin, Location: //cdn:8071/fw.bin is taken for a path of the same host",
        .source = "espressif/esp-idf#14562",
        .catalogue = "R08",
        ON_HTTP,
        .update = {HTTP_ORIGIN},
        .server = {REDIRECT(302, "//cdn.example:8071/fw.bin"), IMAGE()},
        .expect = {.requests = {GET("/dir/fw.bin", .host = "localhost:8070"),
                                GET("//cdn.example:8071/fw.bin", .host = "localhost:8070")},
                   .hazard = "redirect-relative-unresolved"},
        .documented = DOCUMENTED(.requests = {GET("/dir/fw.bin", .host = "localhost:8070"),
                                              GET("/fw.bin", .host = "cdn.example:8071")}),
    },
    {
        .name = "redirect/upgrade-without-ca",
        .about = "http leads to https, and the device trusts nobody",
        .source = "esp8266/Arduino#9065",
        .catalogue = "R10",
        ON_HTTP,
        .update = {HTTP_ORIGIN, .no_cert = true},
        .server = {REDIRECT(302, "https://localhost:8443" MOVED), IMAGE()},
        .expect = {.result = ESP_FAIL,
                   .state = STATE_K0,
                   .events = {START},
                   .hazard = "transport-chosen-once"},
        .documented = DOCUMENTED(.result = ESP_ERR_HTTP_CONNECT, .state = STATE_K0,
                                 .events = {START}, .requests = {GET("/dir/fw.bin"), NO_HANDSHAKE}),
    },
    {
        .name = "redirect/upgrade-with-ca",
        .about = "http leads to https, and the device has the CA of that server",
        .source = "esp8266/Arduino#9065",
        .catalogue = "R10",
        ON_HTTP,
        .update = {HTTP_ORIGIN},
        .server = {REDIRECT(302, "https://localhost:8443" MOVED), IMAGE()},
        .expect = {.result = ESP_FAIL,
                   .state = STATE_K0,
                   .events = {START},
                   .hazard = "transport-chosen-once"},
        .documented = DOCUMENTED(.requests = {GET("/dir/fw.bin"), GET(MOVED)}),
    },
    {
        .name = "redirect/authorization-stays-at-home",
        .shows = "credentials-follow-redirect",
        .about = "credentials are not sent to the host that a redirect leads to",
        .source = "IDF unit test set_url() to a different host strips Authorization header",
        .catalogue = "R11",
        .firmware = "updater-auth-allow_http",
        .update = {HTTP_ORIGIN, .username = "u", .password = "p",
                   .auth_type = HTTP_AUTH_TYPE_BASIC},
        .server = {REDIRECT(302, "http://cdn.example:8071/fw.bin"), IMAGE()},
        .expect = {.requests = {GET("/dir/fw.bin", .authorization = "Basic dTpw"),
                                GET("/fw.bin", .authorization = NONE)},
                   .hazard = "host-header-stale"},
    },
    {
        .name = "redirect/authorization-of-the-same-host",
        .about = "a redirect to the same host keeps the credentials",
        .source = "IDF unit test set_url() to same host preserves Authorization header",
        .catalogue = "R11",
        .firmware = "updater-auth-allow_http",
        .update = {HTTP_ORIGIN, .username = "u", .password = "p",
                   .auth_type = HTTP_AUTH_TYPE_BASIC},
        .server = {REDIRECT(302, "http://localhost:8070" MOVED), IMAGE()},
        .expect = {.requests = {GET("/dir/fw.bin", .authorization = "Basic dTpw"),
                                GET(MOVED, .authorization = "Basic dTpw")}},
    },
    {
        .name = "redirect/host-header-other-port",
        .about = "a redirect to another port of the same host keeps the old Host header",
        .source = "espressif/esp-idf#3628",
        .catalogue = "R12",
        .server = {REDIRECT(302, "https://localhost:8444" MOVED), IMAGE()},
        .expect = {.requests = {GET("/fw.bin", .host = "localhost:8443"),
                                GET(MOVED, .host = "localhost:8443")},
                   .hazard = "host-header-stale"},
        .documented = DOCUMENTED(.requests = {GET("/fw.bin", .host = "localhost:8443"),
                                              GET(MOVED, .host = "localhost:8444")}),
    },
    {
        .name = "redirect/host-header-other-host",
        .about = "a redirect to another host on an unusual port names it without the port",
        .source = "espressif/esp-idf#3628",
        .catalogue = "R12",
        ON_HTTP,
        .update = {HTTP_ORIGIN},
        .server = {REDIRECT(302, "http://cdn.example:8071" MOVED), IMAGE()},
        .expect = {.requests = {GET("/dir/fw.bin", .host = "localhost:8070"),
                                GET(MOVED, .host = "cdn.example")},
                   .hazard = "host-header-stale"},
        .documented = DOCUMENTED(.requests = {GET("/dir/fw.bin", .host = "localhost:8070"),
                                              GET(MOVED, .host = "cdn.example:8071")}),
    },
    {
        .name = "redirect/keep-alive-without-length",
        .about = "a 302 that says neither length nor close is drained until the timeout",
        .catalogue = "R14",
        .advice = "let the server send Content-Length: 0 with its redirects",
        .server = {REDIRECT(302, "https://localhost:8443" MOVED, .content_length = "omit",
                            .keep_open = true),
                   IMAGE()},
        .update = {.timeout_ms = 4000, .keep_alive_enable = true},
        .expect = {.requests = {GET("/fw.bin"), GET(MOVED)},
                   .lasts_ms = 4500,
                   .hazard = "drain-waits"},
        .documented = DOCUMENTED(.requests = {GET("/fw.bin"), GET(MOVED)}),
    },
    {
        .name = "redirect/target-of-another-ca",
        .about = "the redirect leads to a server whose CA the device does not know",
        .source = "emfcamp/badge-2024-software#202",
        .catalogue = "R15",
        .advice = "cert_pem must hold the CAs of all hosts that redirects can lead to",
        .listeners = {.certificate2 = "other_ca"},
        .server = {REDIRECT(302, "https://localhost:8444" MOVED), IMAGE()},
        .expect = {.result = ESP_ERR_HTTP_CONNECT,
                   .state = STATE_K0,
                   .events = {START},
                   .requests = {GET("/fw.bin"), NO_HANDSHAKE},
                   .hazard = "host-header-stale"},
        .documented = DOCUMENTED(.result = ESP_ERR_HTTP_CONNECT, .state = STATE_K0,
                                 .events = {START}, .requests = {GET("/fw.bin"), NO_HANDSHAKE}),
    },
    {
        .name = "redirect/one-tls-session-at-a-time",
        .about = "two redirects between hosts with memory for one TLS session only",
        .source = "OpenEVSE/openevse_esp32_firmware#1188",
        .catalogue = "R16",
        .why = "the first connection must be gone before the second handshake begins",
        .device = {.heap_size = 60 * 1024},
        .server = {REDIRECT(302, "https://localhost:8444" MOVED),
                   REDIRECT(302, "https://localhost:8443/second.bin"), IMAGE()},
        .expect = {.requests = {GET("/fw.bin"), GET(MOVED), GET("/second.bin")},
                   .hazard = "host-header-stale"},
        .documented = DOCUMENTED(.requests = {GET("/fw.bin"), GET(MOVED), GET("/second.bin")}),
    },
    {
        .name = "redirect/location-with-a-blank",
        .about = "a Location that is not encoded: a blank in the path",
        .catalogue = "R18",
        .server = {REDIRECT(302, "https://localhost:8443/my firmware.bin"), IMAGE()},
        .expect = {.result = ESP_ERR_INVALID_ARG,
                   .state = STATE_K0,
                   .events = {START},
                   .requests = {GET("/fw.bin")}},
    },
    {
        .name = "redirect/location-in-utf-8",
        .about = "a Location that is not encoded: UTF-8 in the path",
        .catalogue = "R18",
        .server = {REDIRECT(302, "https://localhost:8443/f\xc3\xbcr.bin"), IMAGE()},
        .expect = {.result = ESP_ERR_INVALID_ARG,
                   .state = STATE_K0,
                   .events = {START},
                   .requests = {GET("/fw.bin")}},
    },
    END_OF_SCENARIOS,
};
