/* A scenario: a device, an update that is offered to it, what the server does, and what must come
 * of it. Scenarios are rows of plain C tables; a row states only what it cares about, zero stands
 * for what a reader would assume. scenarios/README.md shows how to write one.
 *
 *     SCENARIOS(redirect) = {
 *         {
 *             .name = "redirect/found-then-image",
 *             .about = "a 302 is followed and its body is not taken for firmware",
 *             .server = {REDIRECT(302, "/moved.bin", .body = TEXT("moved")), IMAGE()},
 *             .expect = {.result = ESP_OK, .requests = {GET("/fw.bin"), GET("/moved.bin")}},
 *         },
 *         END_OF_SCENARIOS,
 *     };
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app_image.h"
#include "esp_err.h"
#include "flash.h"
#include "otadata.h"
#include "update_plan.h"

#define SCENARIO_MAX_RESPONSES  16
#define SCENARIO_MAX_HEADERS    8
#define SCENARIO_MAX_EVENTS     24
#define SCENARIO_MAX_REQUESTS   24
#define SCENARIO_MAX_BOOTS      8
#define SCENARIO_MAX_APPS       6
#define SCENARIO_MAX_MISMATCHES 16
#define SCENARIO_MAX_TRUSTED    3
#define SCENARIO_MAX_PROTOCOLS  3
#define SCENARIO_MAX_SPLITS     4
#define SCENARIO_MAX_KEYS       3
#define SCENARIO_HMAC_BLOCK     2u /* efuse key block */

/* Where an app is: partition labels, as in the partition table. */
#define FACTORY "factory"
#define OTA_0   "ota_0"
#define OTA_1   "ota_1"

/** One entry of otadata before the scenario: ENTRY(3, OTADATA_VALID), or zero for erased (as the
 * chip reads it: on one that encrypts, the first boot has encrypted it). */
struct scenario_otadata_entry {
    bool present;
    uint32_t seq;
    uint32_t state; /* enum otadata_state or OTADATA_UNDEFINED */
    bool bad_crc;
    bool plaintext; /* written past flash encryption, or erased (without .present): a chip that
                       decrypts it reads noise */
};
#define ENTRY(sequence, otadata_state, ...)                                                        \
    {                                                                                              \
        .present = true, .seq = (sequence), .state = (otadata_state), __VA_ARGS__                  \
    }

/** How an image is signed (Secure Boot V2): block n by key n, a key of certs/ ("rsa_a": the file
 * signing_rsa_a.key); no key, no signature. */
struct scenario_signing {
    const char *key[SCENARIO_MAX_KEYS];
    uint32_t flaws; /* enum signature_flaw */
};
#define SIGNED_BY(...)                                                                             \
    {                                                                                              \
        .key = { __VA_ARGS__ }                                                                     \
    }
#define BADLY_SIGNED_BY(flaw, ...)                                                                 \
    {                                                                                              \
        .key = {__VA_ARGS__}, .flaws = (flaw)                                                      \
    }

/** How the file that is served is pre-encrypted (esp_encrypted_img): for the owner of a key of
 * certs/: "rsa_a" (encryption_rsa_a.key), or "hmac_a", the HMAC key from which a device derives its
 * key on P-256; no key, not at all. */
struct scenario_pre_encryption {
    const char *key;
    uint32_t flaws; /* enum encrypted_image_flaw */
};
#define FOR_KEY(name, ...)                                                                         \
    {                                                                                              \
        .key = (name), __VA_ARGS__                                                                 \
    }

/** An app in a slot before the scenario, and the firmware that runs when it boots. */
struct scenario_app {
    const char *label;
    struct app_image_spec image; /* .size 0: 16384 bytes here */
    struct scenario_signing signing;
    const char *file; /* this file instead, as scenario.image_file */
};

/** Which firmware an image version runs: a module ("updater"), or one behaviour of a module that
 * has several ("behaviours-rollback:crashes", a function of it). */
struct scenario_behaviour {
    const char *version;  /* or ANY_VERSION, after the rows that name one */
    const char *firmware; /* NULL: boots and idles */
};

#define ANY_VERSION "*"

struct scenario_device {
    const char *chip;       /* NULL: "esp32s3" */
    uint32_t flash_size;    /* bytes; 0: 4 MB */
    uint16_t chip_revision; /* major * 100 + minor */
    uint16_t efuse_block_revision;
    bool ignore_wafer_major; /* the efuse bit that lifts the maximum chip revision */
    uint32_t secure_version;
    bool flash_encryption;
    bool flash_encryption_is_a_flag; /* and has no key: flash is plain, as in the recordings */
    uint64_t
        flash_fails_at; /* the flash operation of the first boot, from 1, that fails; 0: none */
    size_t heap_size;   /* bytes of RAM that are free when the app begins; 0: 320 KB */
    const char *secure_boot[SCENARIO_MAX_KEYS]; /* keys whose digests are burnt; none: secure boot
                                                   is off */
    const char *secure_boot_by; /* or the keys that have signed this app: a file, as image_file */
    uint8_t revoked_keys;       /* bit n: the n-th of them */
    bool aggressive_revoke;
    const char *hmac_key; /* "hmac_a": burnt into SCENARIO_HMAC_BLOCK of efuse; NULL: none */
    int64_t epoch_s;      /* wall clock, seconds since 1970; 0: 2026-01-01 */
    bool clock_not_set;
    const char *partitions; /* a table of fixtures/partitions by name, or a path; NULL: the
                               firmware's own, else "std" */
    struct scenario_app apps[SCENARIO_MAX_APPS]; /* none: 1.0.0, or PROJECT_VER of the
                               firmware, in factory or, if there is none, in ota_0 */
    bool no_apps;                                /* all slots are empty */
    struct scenario_otadata_entry otadata[2];
    uint64_t pins_low, pins_high; /* GPIOs held at a level: PIN(4) | PIN(5); the rest floats */
    const char *stdin_text;       /* what is typed at the console in each boot; NULL: nothing */
};

#define PIN(n) (1ULL << (n))

/** What the server does with one request. The n-th response answers the n-th request, the last one
 * every further request; a response with .path answers requests for that path only. */
struct scenario_response {
    int status;         /* 0 ends the list */
    const char *path;   /* NULL: any, in order */
    const char *method; /* NULL: any */
    const char *reason;
    const char *http; /* "1.0"; NULL: "1.1" */
    struct {
        const char *name, *value;
    } headers[SCENARIO_MAX_HEADERS];
    const char *body; /* words of the server: "image", "none", "text:...", "hex:504b+random:N" */
    const char *content_length; /* "auto" (NULL), "omit", or a value as text */
    bool close;                 /* close the connection after this response */
    bool keep_open;             /* keep it, although the response has no length */
    unsigned chunked;           /* chunk size in bytes, 0: not chunked */
    const char *chunk_extension;
    const char *chunk_trailer; /* "Name: value" */
    bool no_last_chunk;
    int cut_after;           /* bytes of body (after framing) before the connection closes; < 0 from
                                the end; 0: no cut, CUT_AT_START: none sent */
    bool reset;              /* the cut is a TCP reset */
    bool no_close_notify;    /* TLS ends without close_notify */
    bool cut_record;         /* the last TLS record is only half sent */
    const char *tls_records; /* "coalesce": header and body in one record; NULL: apart */
    const char *range;       /* "honor", ...; NULL: ranges are ignored */
    int stall_after;         /* bytes of body (after framing) before a pause; 0: none */
    int stall_ms;            /* how long that is; 0: for ever */
    int header_stall_ms;     /* a pause in the middle of the header; 0: none */
    int header_pause_ms;     /* a pause between header and body; 0: none */
    int hold_open_ms;        /* silence after the body, the connection open; 0: none */
    int joined;              /* so many bytes of the body come with the header; 0: none */
    unsigned header_pieces;  /* the header comes in pieces of so many bytes; 0: in one */
    struct {
        unsigned bytes; /* the body comes in pieces of so many; 0: in one */
        int ms;         /* apart */
    } drip;
    unsigned split_at[SCENARIO_MAX_SPLITS]; /* a new piece begins at these offsets of the body */
    int interim;                            /* a response with this status goes before; 0: none */
    const char *coding;                     /* how Transfer-Encoding spells "chunked"; NULL: so */
    bool content_length_too;                /* with chunks, also a Content-Length */
    const char *raw;         /* these bytes instead of a response, with \\r, \\n, \\xNN as in C */
    const char *no_response; /* instead of one: "close", "rst", or "stall" for stall_ms */
};
#define CUT_AT_START INT32_MIN

#define RESPONSE(code, ...)                                                                        \
    {                                                                                              \
        .status = (code), __VA_ARGS__                                                              \
    }
#define IMAGE(...)                                                                                 \
    {                                                                                              \
        .status = 200, .body = "image", __VA_ARGS__                                                \
    }
#define REDIRECT(code, to, ...)                                                                    \
    {                                                                                              \
        .status = (code), .body = "none", .headers = {{"Location", (to)}}, __VA_ARGS__             \
    }
#define TEXT(text) "text:" text

/** How the server's listeners look to the device. */
struct scenario_listeners {
    const char *certificate;       /* of certs/, for https://localhost:8443; NULL: "server" */
    const char *certificate2;      /* for port 8444; NULL: the same */
    const char *client_ca;         /* of certs/; a client certificate by it is wanted; NULL: none */
    const char *tls_min, *tls_max; /* "1.2" or "1.3"; NULL: both */
    const char *handshake;         /* is spoilt: "close", "reset" or "stall"; NULL: it is not */
    const char *alpn[SCENARIO_MAX_PROTOCOLS]; /* protocols that the server knows */
    bool plain;                               /* plain HTTP where TLS is expected */
    bool external; /* no scripted server: names lead where they lead outside */
};

/** The certificates that the device has, by names of files of certs/. */
struct scenario_trust {
    const char
        *ca[SCENARIO_MAX_TRUSTED]; /* "root_ca.crt": all become cert_pem, one after the other;
                                      one that ends in .der becomes DER; none: the root */
    const char *client;            /* certificate and key for mutual TLS; NULL: none */
};

enum scenario_event {
    EVENT_END,
    EVENT_START,
    EVENT_CONNECTED,
    EVENT_GET_IMG_DESC,
    EVENT_VERIFY_CHIP_ID,
    EVENT_VERIFY_CHIP_REVISION,
    EVENT_DECRYPT_CB,
    EVENT_WRITE_FLASH,
    EVENT_UPDATE_BOOT_PARTITION,
    EVENT_FINISH,
    EVENT_ABORT,
};

/** An ESP_HTTPS_OTA event; a run of WRITE_FLASH is one, with the data of the last. */
struct expected_event {
    enum scenario_event event;
    bool has_data; /* compare data too */
    int64_t data;  /* EXPECT_IMAGE_SIZE: the size of the image */
};
#define EXPECT_IMAGE_SIZE INT64_MIN
#define IMAGE_SIZE        EXPECT_IMAGE_SIZE

/* clang-format off: one event a line reads as a list */
#define START                                                                                      \
    {                                                                                              \
        .event = EVENT_START                                                                       \
    }
#define CONNECTED                                                                                  \
    {                                                                                              \
        .event = EVENT_CONNECTED                                                                   \
    }
#define GET_IMG_DESC                                                                               \
    {                                                                                              \
        .event = EVENT_GET_IMG_DESC                                                                \
    }
#define VERIFY_CHIP_ID                                                                             \
    {                                                                                              \
        .event = EVENT_VERIFY_CHIP_ID                                                              \
    }
#define VERIFY_CHIP_ID_IS(id)                                                                      \
    {                                                                                              \
        EVENT_VERIFY_CHIP_ID, true, (id)                                                           \
    }
#define VERIFY_CHIP_REVISION                                                                       \
    {                                                                                              \
        .event = EVENT_VERIFY_CHIP_REVISION                                                        \
    }
#define VERIFY_CHIP_REVISION_IS(rev)                                                               \
    {                                                                                              \
        EVENT_VERIFY_CHIP_REVISION, true, (rev)                                                    \
    }
#define WRITE_FLASH                                                                                \
    {                                                                                              \
        .event = EVENT_WRITE_FLASH                                                                 \
    }
#define WRITE_FLASH_TO(bytes)                                                                      \
    {                                                                                              \
        EVENT_WRITE_FLASH, true, (bytes)                                                           \
    }
#define UPDATE_BOOT_PARTITION                                                                      \
    {                                                                                              \
        .event = EVENT_UPDATE_BOOT_PARTITION                                                       \
    }
#define UPDATE_BOOT_PARTITION_IS(sub)                                                              \
    {                                                                                              \
        EVENT_UPDATE_BOOT_PARTITION, true, (sub)                                                   \
    }
#define FINISH                                                                                     \
    {                                                                                              \
        .event = EVENT_FINISH                                                                      \
    }
#define ABORT                                                                                      \
    {                                                                                              \
        .event = EVENT_ABORT                                                                       \
    }
/* clang-format on */

/** The right answer to a Digest challenge: of this user, to the challenge of that nonce (and
 * opaque, where it had one), for the n-th time. */
struct expected_digest {
    const char *username; /* NULL: not compared */
    const char *password, *nonce, *opaque;
    unsigned count;
};

/** A request as the server saw it. Fields that are NULL are not compared, but for range: NULL
 * expects no Range header. */
struct expected_request {
    const char *method; /* NULL ends the list */
    const char *path;
    const char *host, *range, *user_agent;
    const char *authorization; /* NONE: the header is not there */
    struct expected_digest digest;
    int status;       /* as answered; 0: not compared */
    int connection;   /* number of the connection, from 1; 0: not compared */
    const char *alpn; /* the protocol that was agreed on */
};
#define NONE ""
#define GET(target, ...)                                                                           \
    {                                                                                              \
        .method = "GET", .path = (target), __VA_ARGS__                                             \
    }
#define HEAD(target, ...)                                                                          \
    {                                                                                              \
        .method = "HEAD", .path = (target), __VA_ARGS__                                            \
    }
#define POST(target, ...)                                                                          \
    {                                                                                              \
        .method = "POST", .path = (target), __VA_ARGS__                                            \
    }

/** A connection on which TLS did not come about: no byte of HTTP was sent. */
#define NO_HANDSHAKE                                                                               \
    {                                                                                              \
        .method = "(no handshake)"                                                                 \
    }

/** A boot after the first: which partition and which version, after what reset and to what end. */
struct expected_boot {
    const char *partition; /* NULL ends the list */
    const char *version;
    const char *reset; /* "power-on", "software", "panic", "task-wdt", "deep-sleep", "brownout";
                          NULL: not compared */
    const char *end;   /* enum boot_end_kind by name: "idle", "restart", ...; NULL: not compared */
};
#define NO_APP "(no app)" /* as partition: the bootloader finds nothing to boot, for ever */

/** The supply fails once, and comes back: at a time in a boot after the first, or at a flash
 * operation, or when so much was received. */
struct scenario_power {
    int in_boot;              /* 1 is the first boot of `expect.boots`; 0: not by time */
    unsigned after_ms;        /* of the device's clock, from the start of that boot */
    bool brownout;            /* it only dips, and the brownout detector resets the chip */
    uint64_t after_received;  /* bytes that a boot has read from the network; 0: not by that */
    uint64_t at_operation;    /* flash operation, from 1, of all boots together; 0: not by that */
    enum flash_cut_mode mode; /* of that operation; FLASH_CUT_NONE (0): before it */
};

/** What the update leaves behind, as the failure catalogue names it. */
enum scenario_state {
    STATE_AS_RESULT, /* K2 after ESP_OK, else K1 */
    STATE_K0,        /* slot, otadata and boot target are untouched */
    STATE_K1,        /* the same app boots; the slot may be erased or partly written */
    STATE_K2,        /* the update is verified, and otadata selects it */
};

/** What must come of it. Left out: `events` is the good run's list if the result is ESP_OK, and
 * holds no UPDATE_BOOT_PARTITION otherwise; `boots` is the updated slot with the offered version if
 * the result is ESP_OK, else the app that ran before. Always checked: after ESP_OK the slot holds
 * the image byte for byte, otherwise otadata is what it was; no program without an erase; no boot
 * ends in a panic or hangs. */
struct scenario_expect {
    esp_err_t result;      /* of the update: the first call that failed; ESP_OK if none did, or
                              if none did in a last attempt */
    const char *failed_in; /* by name, the call that fails with `result`: that the right thing is
                              refused too late or too early is a fault; NULL: not compared */
    bool no_update; /* no call fails, but the firmware leaves it: all is as after a failure */
    enum scenario_state state;
    struct expected_event events[SCENARIO_MAX_EVENTS];
    struct expected_request requests[SCENARIO_MAX_REQUESTS];
    bool no_requests;   /* nothing may reach the server: no request, and no handshake */
    int tls_error;      /* mbedTLS code (negative) of the first failure, as the trace has it and as
                           the client's error API tells the application; 0: not compared */
    uint32_t tls_flags; /* MBEDTLS_X509_BADCERT_*, compared with tls_error */
    int tls_memory; /* most bytes of the device's RAM that a TLS session held; 0: not compared */
    bool slot_untouched;    /* not one erase or program where the update would land */
    bool flash_untouched;   /* not one erase or program, over all boots */
    bool any_events;        /* the events are not compared where `events` is empty */
    bool erases_once;       /* no sector of the slot is erased twice */
    bool programs_unerased; /* the device programs where it has not erased */
    bool forgets_entry;     /* the entry of otadata that is not active is erased */
    bool keeps_entry;       /* it is what it was */
    bool erases_otadata;    /* both entries of otadata are erased at last */
    bool reselects;         /* otadata selects the running app anew */
    int lasts_ms;        /* of the device's clock: the first boot takes that at least, and less than
                            half a second more; 0: not compared */
    int longest_call_ms; /* the same of the longest call, which nobody can cancel */
    int64_t downloads;   /* bytes of bodies that cross the wire, over all connections that were
                            closed; 0: not compared */
    struct expected_boot boots[SCENARIO_MAX_BOOTS];
    unsigned more_boots; /* so many further boots are all as the last of these, but for the reset */
    bool crash;          /* a boot ends in a panic or hangs; otherwise none may */
    const char *hazard;  /* a quirk, by name, that this run must meet */
    uint32_t secure_version; /* in efuse at last; 0: as before */
    uint8_t revoked_keys;    /* in efuse at last, those that were before included; 0: as before */
    bool slot_differs;       /* ESP_OK although the slot is not the served file byte for byte */
};

/** What stands after an encrypted image. */
enum scenario_tag { TAG_NONE, TAG_RIGHT, TAG_WRONG };

struct scenario {
    const char *name;      /* "family/short-name"; NULL ends a table */
    const char *about;     /* one line: the story */
    const char *source;    /* the report it comes from; NULL: none */
    const char *catalogue; /* ids in the failure catalogue: "R05", or "O04 O08" */
    const char *why;       /* why this is what must come of it; NULL: the story says it */
    const char *advice;    /* what an application should do about it; NULL: nothing special */
    struct scenario_device device;
    struct app_image_spec image; /* the update that is served */
    struct scenario_signing signing;
    const char *image_chip;      /* it is built for this chip; NULL: the device's */
    bool image_encrypted;        /* the server has it encrypted (scenario_encrypt.h) */
    enum scenario_tag image_tag; /* with image_encrypted: an authentication tag follows it */
    struct scenario_pre_encryption pre_encrypted; /* instead of image_encrypted */
    const char
        *image_file; /* serve this file instead; relative to OTASIM_REAL_IMAGES, or absolute */
    struct scenario_response server[SCENARIO_MAX_RESPONSES];
    struct scenario_listeners listeners;
    struct scenario_trust trust;
    const char *firmware; /* module of the app that runs first; NULL: that of the set of
                             scenarios (scenario_set.h), else "updater" */
    struct scenario_behaviour firmware_of[SCENARIO_MAX_APPS]; /* else `firmware` runs first only */
    struct update_plan update;
    struct scenario_power power;
    struct scenario_expect expect; /* of the device, with all that its library gets wrong */
    /* What the documentation promises, where that is something else: what a strict run expects.
     * NULL: the same. */
    const struct scenario_expect *documented;
    const char *shows; /* name of a hazard: where the release has it, the expectation fails. NULL:
                          the row is not about a hazard of some releases */
};

/** For .documented, with the fields of struct scenario_expect. */
#define DOCUMENTED(...) (&(const struct scenario_expect){__VA_ARGS__})

/** A family's table, in a file of its own: scenarios/FAMILY.c. The build registers every file. */
#define SCENARIOS(family) const struct scenario scenarios_##family[]
#define END_OF_SCENARIOS                                                                           \
    {                                                                                              \
        .name = NULL                                                                               \
    }

/** All tables of this program, NULL-terminated; generated from the files of scenarios/. */
extern const struct scenario *const scenario_tables[];

/** Visits every scenario in table order; a false from visit ends the walk. */
void scenario_each(bool (*visit)(const struct scenario *scenario, void *context), void *context);

/** The scenario with that name, or NULL. */
const struct scenario *scenario_find(const char *name);

/** Length of the family part of the name: up to the first slash. */
size_t scenario_family_length(const struct scenario *scenario);
