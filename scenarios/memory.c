/* A device that retries for weeks: whatever fails, and however often, each attempt gives back all
 * memory. The heap is weighed after every attempt, and builds with sanitizers look for what the
 * host lost besides. */
#include "scenario.h"

#include "esp_http_client.h"
#include "esp_https_ota.h"

#define ATTEMPTS 100

/* Most rows are without TLS, whose handshakes would take most of the time. */
#define OVER_HTTP .url = "http://localhost:8070/fw.bin"

/* A row for each way to update: begin, perform, finish or abort; and the one-shot. Each attempt
 * fails as the first does. */
#define BOTH_WAYS(slug, story, code, call, plan, ...)                                              \
    ONE_WAY(slug, story, code, call, UPDATE_STEPS, plan, __VA_ARGS__),                             \
        ONE_WAY(slug "-one-shot", story, code, "esp_https_ota", UPDATE_ONE_SHOT, plan,             \
                __VA_ARGS__)
#define ONE_WAY(slug, story, code, call, way, plan, ...)                                           \
    {                                                                                              \
        .name = "memory/" slug, .about = story, .catalogue = "M02",                                \
        .firmware = "updater-allow_http", .update = {.repeat = ATTEMPTS, .api = way, UNWRAP plan}, \
        .expect = {.result = (code), .failed_in = (call)}, __VA_ARGS__                             \
    }
#define BEGIN       "esp_https_ota_begin"
#define PERFORM     "esp_https_ota_perform"
#define UNWRAP(...) __VA_ARGS__

SCENARIOS(memory) = {
    BOTH_WAYS("no-config", "begin without a configuration", ESP_ERR_INVALID_ARG, BEGIN,
              (.mistake = UPDATE_NO_CONFIG), .server = {IMAGE()}),
    BOTH_WAYS("no-http-config", "begin without a configuration of the client", ESP_ERR_INVALID_ARG,
              BEGIN, (.mistake = UPDATE_NO_HTTP_CONFIG), .server = {IMAGE()}),
    BOTH_WAYS("no-url", "begin with neither URL nor host", ESP_FAIL, BEGIN,
              (.mistake = UPDATE_NO_URL), .server = {IMAGE()}),
    {
        .name = "memory/no-verification",
        .about = "begin with nothing to verify the server with",
        .update = {.repeat = ATTEMPTS, .api = UPDATE_STEPS, .no_cert = true},
        .server = {IMAGE()},
        .expect = {.result = ESP_ERR_INVALID_ARG, .failed_in = BEGIN},
    },
    BOTH_WAYS("refused", "nobody listens", ESP_ERR_HTTP_CONNECT, BEGIN,
              (.url = "http://localhost:8079/fw.bin"), .server = {IMAGE()}),
    BOTH_WAYS("handshake-closed", "the server closes in the middle of the handshake",
              ESP_ERR_HTTP_CONNECT, BEGIN, (), .listeners = {.handshake = "close"},
              .server = {IMAGE()}),
    BOTH_WAYS("no-tls", "the server answers the handshake in plain HTTP", ESP_ERR_HTTP_CONNECT,
              BEGIN, (), .listeners = {.plain = true}, .server = {IMAGE()}),
    BOTH_WAYS("not-found", "404", ESP_FAIL, BEGIN, (OVER_HTTP), .server = {RESPONSE(404)}),
    BOTH_WAYS("not-modified", "304", ESP_ERR_HTTP_NOT_MODIFIED, BEGIN, (OVER_HTTP),
              .server = {RESPONSE(304)}),
    BOTH_WAYS("unauthorized", "401 with a challenge that the firmware cannot answer",
              ESP_ERR_NOT_SUPPORTED, BEGIN, (OVER_HTTP, .username = "u", .password = "p"),
              .server = {RESPONSE(401, .headers = {{"WWW-Authenticate", "Digest realm=\"r\", "
                                                                        "nonce=\"n\""}})}),
    BOTH_WAYS("redirect-without-location", "302 to nowhere", ESP_ERR_INVALID_ARG, BEGIN,
              (OVER_HTTP), .server = {RESPONSE(302)}),
    BOTH_WAYS("redirected-to-refusal", "302 to a port where nobody listens", ESP_ERR_HTTP_CONNECT,
              BEGIN, (OVER_HTTP), .server = {REDIRECT(302, "http://localhost:8079/x")},
              .expect.hazard = "host-header-stale"),
    BOTH_WAYS("garbage-length", "a Content-Length that is no number", ESP_FAIL, BEGIN, (OVER_HTTP),
              .server = {IMAGE(.http = "1.0", .content_length = "4k")}),
    BOTH_WAYS("foreign-staging", "a staging partition that the table does not have", ESP_FAIL,
              BEGIN, (OVER_HTTP, .mistake = UPDATE_FOREIGN_STAGING), .server = {IMAGE()}),
    BOTH_WAYS("foreign-final", "a final partition that the table does not have", ESP_FAIL, BEGIN,
              (OVER_HTTP, .mistake = UPDATE_FOREIGN_FINAL), .server = {IMAGE()}),
    ONE_WAY("resumption-refused", "neither the rest nor the whole can be had",
            ESP_ERR_HTTP_RANGE_NOT_SATISFIABLE, BEGIN, UPDATE_STEPS,
            (OVER_HTTP, .ota_resumption = true, .ota_image_bytes_written = 4096),
            .server = {RESPONSE(416)}),
    ONE_WAY("resumption-one-shot", "the one-shot cannot resume", ESP_ERR_NOT_SUPPORTED,
            "esp_https_ota", UPDATE_ONE_SHOT,
            (OVER_HTTP, .ota_resumption = true, .ota_image_bytes_written = 4096),
            .server = {IMAGE()}),
    BOTH_WAYS("wrong-chip", "the image is for another chip: abort", ESP_ERR_INVALID_VERSION,
              PERFORM, (OVER_HTTP), .image_chip = "esp32c3", .server = {IMAGE()}),
    BOTH_WAYS("short-of-memory", "each allocation of begin fails once", ESP_ERR_NO_MEM, BEGIN,
              (OVER_HTTP, .fail_allocations = true), .catalogue = "M01", .server = {RESPONSE(403)}),
    BOTH_WAYS("short-of-memory-redirected", "each allocation of a begin that is redirected",
              ESP_ERR_NO_MEM, BEGIN, (OVER_HTTP, .fail_allocations = true), .catalogue = "M01",
              .server = {REDIRECT(302, "http://localhost:8070/moved.bin", .path = "/fw.bin"),
                         RESPONSE(403, .path = "/moved.bin")}),
    END_OF_SCENARIOS,
};
