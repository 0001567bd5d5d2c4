/* Verification of an image, in the order in which the device does it. */
#include "app_image.h"

#include <mbedtls/md.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "esp_err_image.h"
#include "signature.h"

#define MAX_PARTITION_LENGTH 0x1000000u
#define MAX_SEGMENT_LENGTH   0x1000000u
#define MIN_LOAD_ADDRESS     0x10000000u /* below it a segment is padding */
#define CHECKSUM_START       0xEFu
#define HASH_LENGTH          32u
#define DEFAULT_MMU_PAGE     0x10000u
#define REVISION_UNSET       0xFFFFu

struct verification {
    const struct app_image_source *source;
    const struct app_image_rules *rules;
    struct app_image_info *info;
    struct error *err;
    mbedtls_md_context_t hash;
    uint32_t offset; /* what follows has not been read */
    uint8_t checksum;
    uint32_t mmu_page;
};

static esp_err_t read_bytes(void *context, uint32_t offset, void *out, uint32_t length)
{
    const struct app_image_bytes *bytes = context;
    if (offset > bytes->size || length > bytes->size - offset) {
        return ESP_ERR_INVALID_SIZE;
    }
    memcpy(out, bytes->data + offset, length);
    return ESP_OK;
}

struct app_image_source app_image_from_bytes(struct app_image_bytes *bytes)
{
    return (struct app_image_source){.read = read_bytes, .context = bytes, .size = bytes->size};
}

static esp_err_t invalid(struct verification *v, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static esp_err_t invalid(struct verification *v, const char *format, ...)
{
    char what[256];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    error_set(v->err, "%s", what);
    return ESP_ERR_IMAGE_INVALID;
}

/* Reads on, through the hash. */
static esp_err_t take(struct verification *v, void *out, uint32_t length)
{
    if (v->offset > v->source->size || length > v->source->size - v->offset) {
        return invalid(v, "the image runs past the end: 0x%x + 0x%x of 0x%x bytes",
                       (unsigned)v->offset, (unsigned)length, (unsigned)v->source->size);
    }
    esp_err_t err = v->source->read(v->source->context, v->offset, out, length);
    if (err != ESP_OK) {
        error_set(v->err, "reading 0x%x bytes at 0x%x failed", (unsigned)length,
                  (unsigned)v->offset);
        return err;
    }
    mbedtls_md_update(&v->hash, out, length);
    v->offset += length;
    return ESP_OK;
}

void app_image_descriptor_decode(const uint8_t bytes[APP_IMAGE_DESCRIPTOR_LENGTH],
                                 struct app_image_descriptor *out)
{
    memset(out, 0, sizeof *out);
    out->present = get_u32(bytes) == APP_IMAGE_DESCRIPTOR_MAGIC;
    out->secure_version = get_u32(bytes + 4);
    memcpy(out->version, bytes + 16, 32);
    memcpy(out->project_name, bytes + 48, 32);
    memcpy(out->time, bytes + 80, 16);
    memcpy(out->date, bytes + 96, 16);
    memcpy(out->idf_version, bytes + 112, 32);
    memcpy(out->elf_sha256, bytes + 144, 32);
    out->min_block_revision = get_u16(bytes + 176);
    out->max_block_revision = get_u16(bytes + 178);
    out->mmu_page_size = bytes[180];
    out->spi_flash_mode = bytes[181];
}

esp_err_t app_image_check_chip(const uint8_t header[APP_IMAGE_HEADER_LENGTH],
                               const struct app_image_rules *rules, struct error *err)
{
    uint16_t id = get_u16(header + 12);
    if (rules->chip == NULL) {
        return ESP_OK;
    }
    if (id != rules->chip->id) {
        const struct chip *other = chip_by_id(id);
        error_set(err, "chip id 0x%04x (%s), the chip is %s (0x%04x)", id,
                  other != NULL ? other->name : "unknown", rules->chip->name, rules->chip->id);
        return ESP_FAIL;
    }
    if (rules->efuse == NULL) {
        return ESP_OK;
    }
    uint16_t revision = rules->efuse->chip_revision;
    uint16_t min = get_u16(header + 15), max = get_u16(header + 17);
    if (revision < min) {
        error_set(err, "needs chip revision v%u.%u, the chip has v%u.%u", min / 100, min % 100,
                  revision / 100, revision % 100);
        return ESP_FAIL;
    }
    bool check_max = rules->kind == APP_IMAGE_APP && max != 0 && max != REVISION_UNSET &&
                     !rules->efuse->ignore_wafer_major;
    if (check_max && revision > max) {
        error_set(err, "allows chip revisions up to v%u.%u, the chip has v%u.%u", max / 100,
                  max % 100, revision / 100, revision % 100);
        return ESP_FAIL;
    }
    return ESP_OK;
}

static esp_err_t verify_header(struct verification *v)
{
    uint8_t header[APP_IMAGE_HEADER_LENGTH];
    struct app_image_info *info = v->info;
    esp_err_t err = take(v, header, sizeof header);
    if (err != ESP_OK) {
        return err;
    }
    info->segment_count = header[1];
    info->spi_mode = header[2];
    info->spi_speed = header[3] & 0x0F;
    info->spi_size = header[3] >> 4;
    info->entry_address = get_u32(header + 4);
    info->chip_id = get_u16(header + 12);
    info->min_chip_revision_legacy = header[14];
    info->min_chip_revision = get_u16(header + 15);
    info->max_chip_revision = get_u16(header + 17);
    info->hash_appended = header[23] == 1;
    if (header[0] != APP_IMAGE_MAGIC) {
        return invalid(v, "magic 0x%02x at offset 0, expected 0xe9", header[0]);
    }
    err = app_image_check_chip(header, v->rules, v->err);
    if (err != ESP_OK) {
        return err;
    }
    if (info->segment_count > APP_IMAGE_MAX_SEGMENTS) {
        return invalid(v, "%u segments, at most %u are allowed", info->segment_count,
                       APP_IMAGE_MAX_SEGMENTS);
    }
    return ESP_OK;
}

static bool lets_through(struct verification *v, enum app_image_leniency what)
{
    v->info->let_through |= v->rules->lenience & what;
    return (v->rules->lenience & what) != 0;
}

static esp_err_t verify_segment_header(struct verification *v, unsigned index,
                                       struct app_image_segment *segment)
{
    uint8_t header[APP_IMAGE_SEGMENT_HEADER];
    esp_err_t err = take(v, header, sizeof header);
    if (err != ESP_OK) {
        return err;
    }
    *segment = (struct app_image_segment){
        .load_address = get_u32(header),
        .length = get_u32(header + 4),
        .offset = v->offset,
    };
    if (segment->length % 4 != 0 || segment->length >= MAX_SEGMENT_LENGTH) {
        return invalid(v, "segment %u: length 0x%x is not a multiple of 4 below 16 MB", index,
                       (unsigned)segment->length);
    }
    if (index == 0 && v->rules->kind == APP_IMAGE_APP &&
        segment->length < APP_IMAGE_DESCRIPTOR_LENGTH &&
        !lets_through(v, APP_IMAGE_CUT_OFF_DESCRIPTOR)) {
        return invalid(v, "segment 0: %u bytes cannot hold the app descriptor",
                       (unsigned)segment->length);
    }
    return ESP_OK;
}

static const struct chip *chip_of(const struct verification *v)
{
    return v->rules->chip != NULL ? v->rules->chip : chip_by_id(v->info->chip_id);
}

static esp_err_t verify_mapping(struct verification *v, unsigned index,
                                const struct app_image_segment *segment)
{
    const struct chip *chip = chip_of(v);
    if (v->rules->kind == APP_IMAGE_APP && segment->load_address >= MIN_LOAD_ADDRESS &&
        chip != NULL && chip_is_flash_mapped(chip, segment->load_address) &&
        segment->offset % v->mmu_page != segment->load_address % v->mmu_page) {
        return invalid(v,
                       "segment %u: load address 0x%08x and file offset 0x%x differ within the "
                       "0x%x page",
                       index, (unsigned)segment->load_address, (unsigned)segment->offset,
                       (unsigned)v->mmu_page);
    }
    return ESP_OK;
}

/* The page size is in the descriptor, which is in the first segment: look ahead. */
static void read_descriptor(struct verification *v)
{
    uint8_t bytes[APP_IMAGE_DESCRIPTOR_LENGTH];
    const struct chip *chip = chip_of(v);
    v->mmu_page = DEFAULT_MMU_PAGE;
    if (v->rules->kind != APP_IMAGE_APP || v->source->size < v->offset + sizeof bytes ||
        v->source->read(v->source->context, v->offset, bytes, sizeof bytes) != ESP_OK) {
        return;
    }
    app_image_descriptor_decode(bytes, &v->info->descriptor);
    uint8_t log2 = v->info->descriptor.mmu_page_size;
    if (v->info->descriptor.present && chip != NULL && chip->mmu_page_from_descriptor &&
        log2 >= 13 && log2 <= 16) {
        v->mmu_page = UINT32_C(1) << log2;
    }
}

/* Eight bytes at a time: images are large. */
static uint8_t xor_of(const uint8_t *bytes, uint32_t length)
{
    uint64_t words = 0;
    for (; length >= sizeof words; length -= (uint32_t)sizeof words, bytes += sizeof words) {
        uint64_t word;
        memcpy(&word, bytes, sizeof word);
        words ^= word;
    }
    for (uint32_t i = 0; i < length; i++) {
        words ^= bytes[i];
    }
    words ^= words >> 32;
    words ^= words >> 16;
    words ^= words >> 8;
    return (uint8_t)words;
}

static esp_err_t verify_data(struct verification *v, uint32_t length)
{
    uint8_t block[4096];
    if (v->rules->skip_digest && v->offset <= v->source->size &&
        length <= v->source->size - v->offset) {
        v->offset += length;
        return ESP_OK;
    }
    while (length > 0) {
        uint32_t part = length < sizeof block ? length : (uint32_t)sizeof block;
        esp_err_t err = take(v, block, part);
        if (err != ESP_OK) {
            return err;
        }
        v->checksum ^= xor_of(block, part);
        length -= part;
    }
    return ESP_OK;
}

static esp_err_t verify_segments(struct verification *v)
{
    for (unsigned i = 0; i < v->info->segment_count; i++) {
        struct app_image_segment *segment = &v->info->segments[i];
        esp_err_t err = verify_segment_header(v, i, segment);
        if (err == ESP_OK && i == 0) {
            read_descriptor(v);
        }
        if (err == ESP_OK) {
            err = verify_mapping(v, i, segment);
        }
        if (err == ESP_OK) {
            err = verify_data(v, segment->length);
        }
        if (err != ESP_OK) {
            return err;
        }
    }
    return ESP_OK;
}

static esp_err_t verify_block_revision(struct verification *v)
{
    const struct app_image_descriptor *descriptor = &v->info->descriptor;
    const struct app_image_rules *rules = v->rules;
    if (rules->kind != APP_IMAGE_APP || rules->chip == NULL || rules->efuse == NULL ||
        !rules->chip->checks_efuse_block_revision || !descriptor->present) {
        return ESP_OK;
    }
    uint16_t revision = rules->efuse->block_revision;
    uint16_t min = descriptor->min_block_revision, max = descriptor->max_block_revision;
    bool below = min != 0 && min != REVISION_UNSET && revision < min;
    bool above =
        max != 0 && max != REVISION_UNSET && revision > max && !rules->efuse->ignore_block_major;
    if ((below || above) && lets_through(v, APP_IMAGE_ANY_BLOCK_REVISION)) {
        return ESP_OK;
    }
    if (below) {
        error_set(v->err, "needs efuse block revision v%u.%u, the chip has v%u.%u", min / 100,
                  min % 100, revision / 100, revision % 100);
        return ESP_FAIL;
    }
    if (above) {
        error_set(v->err, "allows efuse block revisions up to v%u.%u, the chip has v%u.%u",
                  max / 100, max % 100, revision / 100, revision % 100);
        return ESP_FAIL;
    }
    return ESP_OK;
}

static esp_err_t verify_checksum(struct verification *v)
{
    uint8_t padding[16];
    uint32_t length = 16 - v->offset % 16;
    esp_err_t err = take(v, padding, length);
    if (err != ESP_OK) {
        return err;
    }
    v->info->checksum_offset = v->offset - 1;
    v->info->checksum_stored = padding[length - 1];
    v->info->checksum_computed = v->checksum;
    if (!v->rules->skip_digest && v->info->checksum_stored != v->checksum) {
        return invalid(v, "checksum 0x%02x at 0x%x, computed 0x%02x", v->info->checksum_stored,
                       (unsigned)v->info->checksum_offset, v->checksum);
    }
    return ESP_OK;
}

static esp_err_t verify_hash(struct verification *v)
{
    mbedtls_md_finish(&v->hash, v->info->digest);
    v->info->image_length = v->offset;
    if (!v->info->hash_appended) {
        return ESP_OK;
    }
    uint8_t stored[HASH_LENGTH];
    if (v->source->size - v->offset < sizeof stored) {
        return invalid(v, "the image runs past the end: no room for its SHA-256 at 0x%x",
                       (unsigned)v->offset);
    }
    v->info->image_length += HASH_LENGTH;
    if (v->rules->skip_digest) {
        return ESP_OK;
    }
    esp_err_t err = v->source->read(v->source->context, v->offset, stored, sizeof stored);
    if (err != ESP_OK) {
        error_set(v->err, "reading the SHA-256 at 0x%x failed", (unsigned)v->offset);
        return err;
    }
    return memcmp(stored, v->info->digest, sizeof stored) == 0
               ? ESP_OK
               : invalid(v, "the appended SHA-256 does not match");
}

static esp_err_t verify_signature(struct verification *v)
{
    if (v->rules->signature == NULL || v->rules->skip_digest) {
        return ESP_OK;
    }
    struct signature_result found;
    esp_err_t err =
        signature_verify(v->source, v->info->image_length, v->rules->signature, &found, v->err);
    v->info->refused_keys = found.refused_keys;
    return err;
}

static esp_err_t verify_all(struct verification *v)
{
    esp_err_t (*const steps[])(struct verification *) = {
        verify_header,   verify_segments, verify_block_revision,
        verify_checksum, verify_hash,     verify_signature,
    };
    if (v->source->size > MAX_PARTITION_LENGTH) {
        error_set(v->err, "the partition is larger than 16 MB");
        return ESP_ERR_INVALID_ARG;
    }
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        esp_err_t err = steps[i](v);
        if (err != ESP_OK) {
            return err;
        }
    }
    return ESP_OK;
}

esp_err_t app_image_verify(const struct app_image_source *source,
                           const struct app_image_rules *rules, struct app_image_info *info,
                           struct error *err)
{
    struct app_image_info unused;
    struct verification v = {
        .source = source,
        .rules = rules,
        .info = info != NULL ? info : &unused,
        .err = err,
        .checksum = CHECKSUM_START,
    };
    memset(v.info, 0, sizeof *v.info);
    error_set(err, "%s", "");
    mbedtls_md_init(&v.hash);
    esp_err_t result = ESP_ERR_NO_MEM;
    if (mbedtls_md_setup(&v.hash, mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), 0) == 0 &&
        mbedtls_md_starts(&v.hash) == 0) {
        result = verify_all(&v);
    } else {
        error_set(err, "out of memory for the hash");
    }
    mbedtls_md_free(&v.hash);
    return result;
}
