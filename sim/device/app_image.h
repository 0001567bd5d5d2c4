/* The image that the bootloader and the OTA library verify, and the tools that build one
 * (formats page, "App image"). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chip.h"
#include "efuse.h"
#include "error.h"
#include "esp_err.h"

#define APP_IMAGE_MAX_SEGMENTS      16u
#define APP_IMAGE_HEADER_LENGTH     24u
#define APP_IMAGE_SEGMENT_HEADER    8u
#define APP_IMAGE_DESCRIPTOR_OFFSET 32u
#define APP_IMAGE_DESCRIPTOR_LENGTH 256u
#define APP_IMAGE_MAGIC             0xE9u
#define APP_IMAGE_DESCRIPTOR_MAGIC  0xABCD5432u

enum app_image_kind { APP_IMAGE_APP, APP_IMAGE_BOOTLOADER };

/** Where an image is read from: flash, a file, memory. */
struct app_image_source {
    /** Reads length bytes at offset from the image's start. Not ESP_OK ends the verification. */
    esp_err_t (*read)(void *context, uint32_t offset, void *out, uint32_t length);
    void *context;
    uint32_t size; /* bytes that the image may use: the partition's, or the file's */
};

/** A source over bytes in memory; `bytes` must outlive it. */
struct app_image_bytes {
    const uint8_t *data;
    uint32_t size;
};
struct app_image_source app_image_from_bytes(struct app_image_bytes *bytes);

struct signature_policy;

/** What some releases of ESP-IDF let through; several may be combined. */
enum app_image_leniency {
    APP_IMAGE_ANY_BLOCK_REVISION = 1u << 0, /* on a chip whose efuse blocks do not suit it */
    APP_IMAGE_CUT_OFF_DESCRIPTOR = 1u << 1, /* a first segment too short for it */
};

/** What an image must satisfy. chip NULL: any chip and revision (inspecting a file). */
struct app_image_rules {
    enum app_image_kind kind;
    const struct chip *chip;
    const struct efuse *efuse; /* NULL: revisions are not checked */
    unsigned lenience;         /* enum app_image_leniency */
    bool skip_digest; /* checksum and hash are not looked at, as on waking from deep sleep */
    const struct signature_policy *signature; /* and be signed so; NULL: it need not be */
};

struct app_image_segment {
    uint32_t load_address;
    uint32_t length;
    uint32_t offset; /* of the data, from the start of the image */
};

struct app_image_descriptor {
    bool present; /* its magic is right */
    uint32_t secure_version;
    char version[33], project_name[33], time[17], date[17], idf_version[33];
    uint8_t elf_sha256[32];
    uint16_t min_block_revision, max_block_revision;
    uint8_t mmu_page_size; /* log2, 0: unset */
    uint8_t spi_flash_mode;
};

struct app_image_info {
    uint8_t segment_count, spi_mode, spi_speed, spi_size;
    uint32_t entry_address;
    uint16_t chip_id;
    uint8_t min_chip_revision_legacy;
    uint16_t min_chip_revision, max_chip_revision;
    bool hash_appended;
    struct app_image_segment segments[APP_IMAGE_MAX_SEGMENTS];
    struct app_image_descriptor descriptor;
    uint32_t checksum_offset;
    uint8_t checksum_stored, checksum_computed;
    uint32_t image_length; /* through checksum and hash, without signature */
    uint8_t digest[32];    /* SHA-256 computed over all before the appended hash */
    unsigned let_through;  /* enum app_image_leniency: what it was not refused for */
    uint8_t refused_keys;  /* bit n: trusted key n is named by a signature that is wrong */
};

/** Verifies in the order of the formats page. ESP_OK, ESP_ERR_IMAGE_INVALID, ESP_FAIL (chip,
 * revision), ESP_ERR_INVALID_ARG (partition above 16 MB) or what the source returned. info and err
 * (both may be NULL) hold what was found so far and the first thing that is wrong. */
esp_err_t app_image_verify(const struct app_image_source *source,
                           const struct app_image_rules *rules, struct app_image_info *info,
                           struct error *err);

/** Decodes a 256-byte app descriptor; .present says if its magic is right. */
void app_image_descriptor_decode(const uint8_t bytes[APP_IMAGE_DESCRIPTOR_LENGTH],
                                 struct app_image_descriptor *out);

/** Chip id and revision range of an image header against a chip: ESP_OK or ESP_FAIL. */
esp_err_t app_image_check_chip(const uint8_t header[APP_IMAGE_HEADER_LENGTH],
                               const struct app_image_rules *rules, struct error *err);

/** What can be wrong with a built image; several may be combined. */
enum app_image_flaw {
    APP_IMAGE_FLAW_MAGIC = 1u << 0,    /* first byte is not 0xE9 */
    APP_IMAGE_FLAW_CHECKSUM = 1u << 1, /* XOR checksum off by one bit (hash fits it) */
    APP_IMAGE_FLAW_HASH = 1u << 2,     /* appended SHA-256 is wrong */
    APP_IMAGE_FLAW_BIT_FLIP = 1u << 3, /* one bit of segment data, after hashing */
    APP_IMAGE_FLAW_DESCRIPTOR_MAGIC = 1u << 4,
    APP_IMAGE_FLAW_SEGMENT_COUNT = 1u << 5, /* 17 segments */
    APP_IMAGE_FLAW_LAST_BYTE_MISSING = 1u << 6,
    APP_IMAGE_FLAW_SEGMENT_ALIGNMENT = 1u << 7,   /* a mapped segment off its MMU page */
    APP_IMAGE_FLAW_SEGMENT_LENGTH = 1u << 8,      /* not a multiple of 4 */
    APP_IMAGE_FLAW_SHORT_FIRST_SEGMENT = 1u << 9, /* no room for the descriptor */
    APP_IMAGE_FLAW_FIRST_SEGMENT_DRAM = 1u << 10, /* descriptor lies in DRAM: still valid */
};

/** Name of the n-th flaw (bit n), as the command line takes it ("bad-magic", ...), or NULL. */
const char *app_image_flaw_name(unsigned bit);

/** What to build. Zeroes and NULLs mean the usual, named beside each field. */
struct app_image_spec {
    const struct chip *chip; /* NULL: esp32s3 */
    enum app_image_kind kind;
    uint32_t size;            /* of the whole image in bytes, 0: 65536 */
    uint32_t seed;            /* same seed and fields, same bytes */
    const char *version;      /* NULL: "2.0.0" */
    const char *project_name; /* NULL: "otasim" */
    const char *idf_version;  /* NULL: a release name */
    uint32_t secure_version;
    uint16_t min_chip_revision, max_chip_revision; /* 0: none */
    uint16_t min_block_revision, max_block_revision;
    uint8_t spi_mode;       /* header field, 0: DIO (2); QIO is flashed as DIO anyway */
    uint8_t spi_flash_mode; /* descriptor field, 0 unknown */
    uint8_t mmu_page_size;  /* descriptor field, log2; 0 unset */
    bool no_hash;           /* hash_appended 0 */
    uint32_t flaws;         /* enum app_image_flaw, combined */
};

/** Builds the image into malloc'ed memory (*out, *length: the caller frees). False with err set if
 * the fields don't fit (e.g. a size that can't hold the segments). */
bool app_image_build(const struct app_image_spec *spec, uint8_t **out, size_t *length,
                     struct error *err);
