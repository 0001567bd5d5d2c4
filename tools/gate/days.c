#include "days.h"

#include "esp_err.h"
#include "esp_http_client.h"
#include "esp_ota_ops.h"
#include "otasim_quirk.h"

#define REFUSED(day, story_, code, ...)                                                            \
    {                                                                                              \
        .name = "gate/" day, .story = story_, .outcome = DAY_REFUSED, .result = (code),            \
        __VA_ARGS__                                                                                \
    }
#define UPDATED(day, story_, ...)                                                                  \
    {                                                                                              \
        .name = "gate/" day, .story = story_, .outcome = DAY_UPDATED, .result = ESP_OK,            \
        __VA_ARGS__                                                                                \
    }

const struct gate_day gate_days[] = {
    REFUSED("half-the-body", "the connection ends half-way", ESP_FAIL, .server = {IMAGE()},
            .cut = HALF_SENT),
    REFUSED("reset-half-way", "the connection is reset half-way", ESP_FAIL,
            .server = {IMAGE(.reset = true)}, .cut = HALF_SENT),
    REFUSED("last-byte", "the last byte is missing", ESP_FAIL, .server = {IMAGE(.cut_after = -1)}),
    REFUSED("file-cut", "the file on the server is one byte short", ESP_ERR_OTA_VALIDATE_FAILED,
            .server = {IMAGE()}, .cut = ONE_BYTE_SHORT),
    REFUSED("silent", "the server takes the request and says nothing", -ESP_ERR_HTTP_EAGAIN,
            .server = {RESPONSE(200, .no_response = "stall", .stall_ms = 30000)},
            .otherwise = {{"one-shot-hides-begin", .outcome = DAY_REFUSED, .result = ESP_FAIL}}),
    REFUSED("not-modified", "304, nothing is new", ESP_ERR_HTTP_NOT_MODIFIED,
            .server = {RESPONSE(304)},
            .otherwise = {{"not-modified-unnamed", .outcome = DAY_REFUSED, .result = ESP_FAIL}}),
    REFUSED(
        "locked-out", "401 that does not say what it wants", ESP_ERR_NOT_SUPPORTED,
        .server = {RESPONSE(401, .body = TEXT("no"))},
        .otherwise = {{"endless-401", .outcome = DAY_ENDLESS},
                      {"unanswerable-401-repeated", .outcome = DAY_REFUSED, .result = ESP_FAIL}}),
    REFUSED("not-found", "404 with a page", ESP_FAIL,
            .server = {RESPONSE(404, .body = TEXT("not found"))}),
    REFUSED("unavailable", "503 with a word", ESP_FAIL,
            .server = {RESPONSE(503, .body = TEXT("later"))}),
    REFUSED("captive-portal", "a captive portal answers 200 with something else",
            ESP_ERR_INVALID_VERSION, .server = {RESPONSE(200, .body = "random:9000")}),
    REFUSED("wrong-chip", "the image of another chip is offered", ESP_ERR_INVALID_VERSION,
            .server = {IMAGE()}, .offer = ANOTHER_CHIPS),
    REFUSED("newer-chip", "an image for later revisions of the chip is offered",
            ESP_ERR_INVALID_VERSION, .server = {IMAGE()}, .offer = NEWER_CHIPS,
            .otherwise = {{"chip-revision-late", .outcome = DAY_REFUSED,
                           .result = ESP_ERR_OTA_VALIDATE_FAILED}}),
    REFUSED("newer-blocks", "an image for later efuse blocks of the chip is offered",
            ESP_ERR_OTA_VALIDATE_FAILED, .server = {IMAGE()}, .offer = NEWER_EFUSE_BLOCKS,
            .otherwise = {{"block-revision-ignored", .outcome = DAY_UPDATED}}),
    REFUSED("unknown-ca", "the server's certificate is by an unknown CA", ESP_ERR_HTTP_CONNECT,
            .server = {IMAGE()}, .certificate = "other_server",
            .otherwise = {{"one-shot-hides-begin", .outcome = DAY_REFUSED, .result = ESP_FAIL}}),
    REFUSED("downgrade", "a 302 leads to plain http", ESP_ERR_HTTP_REDIRECT_DOWNGRADE,
            .server = {REDIRECT(302, "http://localhost:8070/moved.bin"), IMAGE()},
            /* With the transport of the first URL it speaks TLS to the http port. */
            .otherwise = {{"downgrade-followed", "transport-chosen-once", DAY_REFUSED,
                           ESP_ERR_HTTP_CONNECT},
                          {"downgrade-followed", .outcome = DAY_UPDATED}}),
    UPDATED("redirect", "a 302 leads to the image",
            .server = {REDIRECT(302, "https://localhost:8443/moved.bin"), IMAGE()}),
    UPDATED("chunked", "the image comes in chunks", .server = {IMAGE(.chunked = 1000)}),
    UPDATED("no-length", "the image comes without a length",
            .server = {IMAGE(.content_length = "omit")},
            .otherwise = {{"close-delimited-fails", .outcome = DAY_REFUSED, .result = ESP_FAIL}}),
};
const size_t gate_day_count = sizeof gate_days / sizeof gate_days[0];

const char *gate_outcome_text(enum gate_outcome outcome)
{
    static const char *const texts[] = {"?", "refused", "updated", "the update never ends"};
    return texts[outcome];
}

static bool has(uint32_t release, const char *row)
{
    enum quirk_id id = quirk_named(row);
    return id != QUIRK_COUNT && quirk_in_release(id, release);
}

const struct gate_otherwise *gate_day_in(const struct gate_day *day, uint32_t release)
{
    for (const struct gate_otherwise *other = day->otherwise; other->row != NULL; other++) {
        if (has(release, other->row) && (other->with == NULL || has(release, other->with))) {
            return other;
        }
    }
    return NULL;
}
