/* Building images: valid ones for every chip, and ones with a named flaw, the same bytes for the
 * same fields on any host. */
#include <mbedtls/md.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app_image.h"
#include "bytes.h"

#define DEFAULT_SIZE       65536u
#define HASH_LENGTH        32u
#define CHECKSUM_START     0xEFu
#define CHECKSUM_PADDING   4u /* segment data ends 4 bytes before a 16-byte block does */
#define MMU_PAGE           0x10000u
#define SPI_MODE_DIO       2u
#define BOOTLOADER_MAGIC   80u
#define MIN_SEGMENT_LENGTH 16u
#define SMALLEST           320u
#define LARGEST            0x1000000u

static const char *const flaw_names[] = {
    "bad-magic",
    "bad-checksum",
    "bad-hash",
    "bit-flip",
    "bad-descriptor",
    "17-segments",
    "last-byte-missing",
    "misaligned-segment",
    "odd-segment-length",
    "short-first-segment",
    "first-segment-in-dram",
};

const char *app_image_flaw_name(unsigned bit)
{
    return bit < sizeof flaw_names / sizeof flaw_names[0] ? flaw_names[bit] : NULL;
}

struct plan {
    const struct chip *chip;
    unsigned segments;
    uint32_t length[4];
    uint32_t address[4];
};

/* xorshift32: contents only have to differ between seeds, and never between hosts. */
static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static void put_text(uint8_t *at, size_t size, const char *text)
{
    memcpy(at, text, strnlen(text, size));
}

static void put_descriptor(const struct app_image_spec *spec, uint8_t *at)
{
    memset(at, 0, APP_IMAGE_DESCRIPTOR_LENGTH);
    uint32_t magic = APP_IMAGE_DESCRIPTOR_MAGIC;
    put_u32(at, spec->flaws & APP_IMAGE_FLAW_DESCRIPTOR_MAGIC ? ~magic : magic);
    put_u32(at + 4, spec->secure_version);
    put_text(at + 16, 32, spec->version != NULL ? spec->version : "2.0.0");
    put_text(at + 48, 32, spec->project_name != NULL ? spec->project_name : "otasim");
    put_text(at + 80, 16, "12:00:00");
    put_text(at + 96, 16, "Jan  1 2026");
    put_text(at + 112, 32, spec->idf_version != NULL ? spec->idf_version : "v6.2-dev");
    uint32_t state = spec->seed * 2654435761u + 97;
    for (size_t i = 0; i < 32; i++) {
        at[144 + i] = (uint8_t)next_random(&state);
    }
    put_u16(at + 176, spec->min_block_revision);
    put_u16(at + 178, spec->max_block_revision);
    at[180] = spec->mmu_page_size;
    at[181] = spec->spi_flash_mode;
}

static void put_bootloader_descriptor(const struct app_image_spec *spec, uint8_t *at)
{
    memset(at, 0, 80);
    at[0] = spec->flaws & APP_IMAGE_FLAW_DESCRIPTOR_MAGIC ? 0 : BOOTLOADER_MAGIC;
    at[3] = (uint8_t)spec->secure_version;
    put_u32(at + 4, 1);
    put_text(at + 8, 32, spec->idf_version != NULL ? spec->idf_version : "v6.2-dev");
    put_text(at + 40, 24, "Jan  1 2026 12:00:00");
}

/* How the data is spread: descriptor and read-only data, DRAM, code in flash, IRAM. Load addresses
 * of mapped segments take the file's own offset within an MMU page, so no padding is needed. */
static void plan_segments(const struct app_image_spec *spec, uint32_t total, struct plan *plan)
{
    uint32_t data = total - APP_IMAGE_HEADER_LENGTH - CHECKSUM_PADDING;
    bool one = data < APP_IMAGE_SEGMENT_HEADER + APP_IMAGE_DESCRIPTOR_LENGTH +
                          3 * (APP_IMAGE_SEGMENT_HEADER + MIN_SEGMENT_LENGTH);
    plan->segments = one ? 1 : 4;
    data -= plan->segments * APP_IMAGE_SEGMENT_HEADER;
    if (one) {
        plan->length[0] = data;
    } else if (spec->flaws & APP_IMAGE_FLAW_SHORT_FIRST_SEGMENT) {
        plan->length[0] = APP_IMAGE_DESCRIPTOR_LENGTH / 2;
    } else {
        uint32_t rest = data - APP_IMAGE_DESCRIPTOR_LENGTH - 3 * MIN_SEGMENT_LENGTH;
        plan->length[0] = APP_IMAGE_DESCRIPTOR_LENGTH + rest / 4 / 4 * 4;
    }
    if (!one) {
        uint32_t rest = data - plan->length[0];
        plan->length[1] = rest / 8 / 4 * 4;
        plan->length[3] = rest / 8 / 4 * 4;
        plan->length[2] = rest - plan->length[1] - plan->length[3];
    }
    const struct chip *chip = plan->chip;
    const uint32_t bases[4] = {chip->drom.start, chip->dram.start,
                               /* past the read-only data where both share one range */
                               chip->irom.start +
                                   (chip->irom.start == chip->drom.start ? 0x200000u : 0u),
                               chip->iram.start};
    uint32_t offset = APP_IMAGE_HEADER_LENGTH;
    for (unsigned i = 0; i < plan->segments; i++) {
        offset += APP_IMAGE_SEGMENT_HEADER;
        bool mapped = i % 2 == 0;
        plan->address[i] = bases[i] + (mapped ? offset % MMU_PAGE : 0);
        offset += plan->length[i];
    }
    if (spec->flaws & APP_IMAGE_FLAW_FIRST_SEGMENT_DRAM) {
        plan->address[0] = chip->dram.start + 0x8000;
    }
    if (spec->flaws & APP_IMAGE_FLAW_SEGMENT_ALIGNMENT) {
        plan->address[one ? 0 : 2] += 4;
    }
    if (spec->kind == APP_IMAGE_BOOTLOADER) {
        plan->address[0] = chip->dram.start + 0x8000;
        plan->address[2] = chip->iram.start + 0x8000;
    }
}

static void put_header(const struct app_image_spec *spec, const struct plan *plan, uint8_t *at)
{
    bool too_many = (spec->flaws & APP_IMAGE_FLAW_SEGMENT_COUNT) != 0;
    at[0] = spec->flaws & APP_IMAGE_FLAW_MAGIC ? 0xEA : APP_IMAGE_MAGIC;
    at[1] = (uint8_t)(too_many ? APP_IMAGE_MAX_SEGMENTS + 1 : plan->segments);
    at[2] = spec->spi_mode != 0 ? spec->spi_mode : SPI_MODE_DIO;
    at[3] = 0x2F; /* 4 MB, 80 MHz */
    put_u32(at + 4, plan->address[plan->segments > 1 ? 3 : 0]);
    at[8] = 0xEE;
    put_u16(at + 12, plan->chip->id);
    at[14] = (uint8_t)(spec->min_chip_revision / 100);
    put_u16(at + 15, spec->min_chip_revision);
    put_u16(at + 17, spec->max_chip_revision != 0 ? spec->max_chip_revision : 0xFFFFu);
    at[23] = !spec->no_hash;
}

static uint8_t put_segments(const struct app_image_spec *spec, const struct plan *plan, uint8_t *at)
{
    uint32_t state = spec->seed * 2246822519u + 0x9E3779B9u;
    uint8_t checksum = CHECKSUM_START;
    for (unsigned i = 0; i < plan->segments; i++) {
        bool odd = (spec->flaws & APP_IMAGE_FLAW_SEGMENT_LENGTH) && i == plan->segments - 1;
        put_u32(at, plan->address[i]);
        put_u32(at + 4, plan->length[i] - (odd ? 2 : 0));
        at += APP_IMAGE_SEGMENT_HEADER;
        for (uint32_t k = 0; k < plan->length[i]; k++) {
            at[k] = (uint8_t)next_random(&state);
        }
        if (i == 0 && spec->kind == APP_IMAGE_BOOTLOADER) {
            put_bootloader_descriptor(spec, at);
        } else if (i == 0) {
            uint8_t descriptor[APP_IMAGE_DESCRIPTOR_LENGTH];
            put_descriptor(spec, descriptor);
            memcpy(at, descriptor,
                   plan->length[0] < sizeof descriptor ? plan->length[0] : sizeof descriptor);
        }
        for (uint32_t k = 0; k < plan->length[i]; k++) {
            checksum ^= at[k];
        }
        at += plan->length[i];
    }
    return checksum;
}

static bool check_size(const struct app_image_spec *spec, uint32_t size, struct error *err)
{
    if (size < SMALLEST || size > LARGEST) {
        return error_set(err, "image size %u: it must be between %u and %u bytes", (unsigned)size,
                         SMALLEST, LARGEST);
    }
    if (size % 16 != 0) {
        return error_set(err, "image size %u: images are multiples of 16 bytes; take %u",
                         (unsigned)size, (unsigned)(size + 15) / 16 * 16);
    }
    if ((spec->flaws & APP_IMAGE_FLAW_SHORT_FIRST_SEGMENT) && size < 1024) {
        return error_set(err, "image size %u: a short first segment needs 1024 bytes",
                         (unsigned)size);
    }
    return true;
}

bool app_image_build(const struct app_image_spec *spec, uint8_t **out, size_t *length,
                     struct error *err)
{
    uint32_t size = spec->size != 0 ? spec->size : DEFAULT_SIZE;
    if (!check_size(spec, size, err)) {
        return false;
    }
    struct plan plan = {.chip = spec->chip != NULL ? spec->chip : chip_by_name("esp32s3")};
    uint32_t hashed = size - (spec->no_hash ? 0 : HASH_LENGTH);
    plan_segments(spec, hashed, &plan);
    uint8_t *image = calloc(1, size);
    if (image == NULL) {
        return error_set(err, "out of memory for an image of %u bytes", (unsigned)size);
    }
    put_header(spec, &plan, image);
    uint8_t checksum = put_segments(spec, &plan, image + APP_IMAGE_HEADER_LENGTH);
    image[hashed - 1] = (uint8_t)(checksum ^ (spec->flaws & APP_IMAGE_FLAW_CHECKSUM ? 1 : 0));
    if (!spec->no_hash) {
        mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), image, hashed, image + hashed);
    }
    if (spec->flaws & APP_IMAGE_FLAW_HASH) {
        image[size - 1] ^= 1;
    }
    if (spec->flaws & APP_IMAGE_FLAW_BIT_FLIP) {
        image[hashed / 2] ^= 0x10;
    }
    *out = image;
    *length = size - (spec->flaws & APP_IMAGE_FLAW_LAST_BYTE_MISSING ? 1 : 0);
    return true;
}
