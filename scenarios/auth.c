/* Servers that ask who is there: catalogue family A. */
#include "scenario.h"

#include "esp_http_client.h"

#define CHALLENGE(text) RESPONSE(401, .body = "none", .headers = {{"WWW-Authenticate", (text)}})
#define BASIC           CHALLENGE("Basic realm=\"fw\"")
#define CAN_BASIC       .firmware = "updater-auth-allow_http"
#define CREDENTIALS     .username = "u", .password = "p"
#define TRY             GET("/fw.bin", .status = 401)

#define NOT_UNDERSTOOD                                                                             \
    {                                                                                              \
        .result = ESP_ERR_NOT_SUPPORTED, .state = STATE_K0, .events = {START}, .requests = { TRY } \
    }

/* So many retries of a wrong password, and the requests that come of it. */
#define WRONG_PASSWORD(name_, retries, ...)                                                        \
    {                                                                                              \
        .name = "auth/wrong-password-" name_, .shows = "endless-401",                              \
        .about = "401 for ever, with max_authorization_retries of " #retries,                      \
        .source = "espressif/esp-idf#5407", .catalogue = "A03", CAN_BASIC,                         \
        .advice = "set max_authorization_retries where servers lock accounts out",                 \
        .update = {CREDENTIALS, .max_authorization_retries = (retries)}, .server = {BASIC},        \
        .expect = {                                                                                \
            .result = ESP_FAIL, .state = STATE_K0, .events = {START}, .requests = {__VA_ARGS__}},  \
    }

#define NONCE         "0123456789abcdef"
#define ANOTHER_NONCE "fedcba9876543210"
#define OPAQUE        "fedcba"
#define ASKS_DIGEST(algorithm, nonce)                                                              \
    CHALLENGE("Digest realm=\"fw\", qop=\"auth\", nonce=\"" nonce "\", opaque=\"" OPAQUE           \
              "\", algorithm=" algorithm)
#define ANSWERS(nonce_) .digest = {"u", "p", nonce_, OPAQUE, .count = 1}

#define DIGEST(algorithm)                                                                          \
    {                                                                                              \
        .name = "auth/digest-" algorithm,                                                          \
        .about = "a Digest challenge with " algorithm ", qop and opaque is answered",              \
        .catalogue = "A06", CAN_BASIC, .update = {CREDENTIALS},                                    \
        .server = {ASKS_DIGEST(algorithm, NONCE), IMAGE()},                                        \
        .expect = {.requests = {TRY, GET("/fw.bin", ANSWERS(NONCE), .status = 200)}},              \
    }

SCENARIOS(auth) = {
    {
        .name = "auth/basic",
        .about = "the challenge is answered with the right credentials",
        .source = "espressif/esp-idf#2921",
        .catalogue = "A01",
        CAN_BASIC,
        .update = {CREDENTIALS},
        .server = {BASIC, IMAGE()},
        .expect = {.requests = {GET("/fw.bin", .authorization = NONE, .status = 401),
                                GET("/fw.bin", .authorization = "Basic dTpw", .status = 200)}},
    },
    {
        .name = "auth/basic-not-compiled",
        .about = "CONFIG_ESP_HTTP_CLIENT_ENABLE_BASIC_AUTH is off, as in a fresh project",
        .source = "espressif/arduino-esp32#4482",
        .catalogue = "A02",
        .update = {CREDENTIALS},
        .server = {BASIC, IMAGE()},
        .expect = NOT_UNDERSTOOD,
    },
    WRONG_PASSWORD("default", 0, TRY, TRY, TRY, TRY, TRY, TRY, TRY, TRY, TRY, TRY, TRY),
    WRONG_PASSWORD("1", 1, TRY, TRY),
    WRONG_PASSWORD("3", 3, TRY, TRY, TRY, TRY),
    {
        .name = "auth/retries-disabled",
        .about = "with max_authorization_retries of -1 nothing is tried again",
        .source = "espressif/esp-idf#5407",
        .catalogue = "A04",
        CAN_BASIC,
        .update = {CREDENTIALS, .max_authorization_retries = -1},
        .server = {BASIC, IMAGE()},
        .expect = {.result = ESP_FAIL, .state = STATE_K0, .events = {START}, .requests = {TRY}},
    },
    {
        .name = "auth/challenge-missing",
        .shows = "unanswerable-401-repeated",
        .about = "401 does not say what it wants",
        .source = "recording A-401-no-header",
        .catalogue = "A05",
        CAN_BASIC,
        .update = {CREDENTIALS},
        .server = {RESPONSE(401, .body = TEXT("no"))},
        .expect = NOT_UNDERSTOOD,
    },
    {
        .name = "auth/challenge-in-lower-case",
        .about = "a gateway writes all header names in lower case, that of the challenge too",
        .source = "espressif/esp-idf#2921",
        .catalogue = "A01",
        CAN_BASIC,
        .update = {CREDENTIALS},
        .server = {RESPONSE(401, .body = "none",
                            .headers = {{"www-authenticate", "Basic realm=\"fw\""}}),
                   IMAGE()},
        .expect = {.requests = {TRY, GET("/fw.bin", .authorization = "Basic dTpw", .status = 200)}},
    },
    {
        .name = "auth/challenge-bearer",
        .about = "401 wants a bearer token",
        .source = "recording A-401-unknown-scheme",
        .catalogue = "A05",
        CAN_BASIC,
        .update = {CREDENTIALS},
        .server = {CHALLENGE("Bearer realm=\"x\"")},
        .expect = NOT_UNDERSTOOD,
    },
    DIGEST("MD5"),
    DIGEST("SHA-256"),
    DIGEST("MD5-sess"),
    DIGEST("SHA-256-sess"),
    {
        .name = "auth/digest-stale",
        .about = "the nonce has aged meanwhile: the answer is to the new one, and its first",
        .catalogue = "A06",
        CAN_BASIC,
        .update = {CREDENTIALS},
        .server = {ASKS_DIGEST("MD5", NONCE), ASKS_DIGEST("MD5, stale=true", ANOTHER_NONCE),
                   IMAGE()},
        .expect = {.requests = {TRY, GET("/fw.bin", ANSWERS(NONCE), .status = 401),
                                GET("/fw.bin", ANSWERS(ANOTHER_NONCE), .status = 200)}},
    },
    {
        .name = "auth/digest-with-a-query",
        .about = "who asks is where the redirect led to: the answer is for that path and query",
        .catalogue = "A06",
        CAN_BASIC,
        .update = {CREDENTIALS},
        .server = {REDIRECT(302, "https://localhost:8443/fw.bin?v=2", .body = "none"),
                   ASKS_DIGEST("MD5", NONCE), IMAGE()},
        .expect = {.requests = {GET("/fw.bin", .status = 302), GET("/fw.bin?v=2", .status = 401),
                                GET("/fw.bin?v=2", ANSWERS(NONCE), .status = 200)}},
    },
    END_OF_SCENARIOS,
};
