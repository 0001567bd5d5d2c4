/* One signature block, byte by byte. */
#include <mbedtls/md.h>
#include <string.h>

#include "bytes.h"
#include "signature.h"

#define BLOCK_MAGIC    0xE7u
#define VERSION_RSA    2u
#define VERSION_ECDSA  3u
#define CRC_OFFSET     1196u
#define CURVE_P192     1u
#define CURVE_P256     2u
#define CURVE_P384     3u
#define DIGEST_OFFSET  4u
#define SHORT_KEY      36u /* behind a SHA-256 digest */
#define LONG_KEY       52u /* behind a SHA-384 digest */
#define RESERVED_START 2u
#define RESERVED_END   4u

/* Where the parts of a block lie, by scheme. */
static const struct layout {
    const char *name;
    uint8_t version, curve;
    uint16_t digest_length, key, key_length, signature, signature_length;
} layouts[] = {
    [SIGNATURE_NONE] = {.name = "none"},
    [SIGNATURE_RSA_3072] = {"RSA-3072", VERSION_RSA, 0, 32, 36, 776, 812, 384},
    [SIGNATURE_ECDSA_P256] = {"ECDSA P-256", VERSION_ECDSA, CURVE_P256, 32, SHORT_KEY, 65, 101, 64},
    [SIGNATURE_ECDSA_P384] = {"ECDSA P-384", VERSION_ECDSA, CURVE_P384, 48, LONG_KEY, 97, 149, 96},
    /* The places of P-256; zeros fill up what its smaller numbers leave. */
    [SIGNATURE_ECDSA_P192] = {"ECDSA P-192", VERSION_ECDSA, CURVE_P192, 32, SHORT_KEY, 65, 101, 48},
};
_Static_assert(sizeof layouts / sizeof layouts[0] == SIGNATURE_SCHEMES, "each scheme has a layout");

const char *signature_scheme_name(enum signature_scheme scheme)
{
    return (size_t)scheme < SIGNATURE_SCHEMES ? layouts[scheme].name : "unknown";
}

size_t signature_digest_length(enum signature_scheme scheme)
{
    return (size_t)scheme < SIGNATURE_SCHEMES ? layouts[scheme].digest_length : 0;
}

uint32_t signature_crc(const uint8_t *bytes, size_t length)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < length; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
        }
    }
    return ~crc;
}

static bool all_zero(const uint8_t *bytes, size_t from, size_t to)
{
    while (from < to && bytes[from] == 0) {
        from++;
    }
    return from == to;
}

/* The curve has no place of its own: it follows the digest, whose length goes with the curve. */
static enum signature_scheme scheme_of(const uint8_t *bytes)
{
    if (bytes[1] == VERSION_RSA) {
        return SIGNATURE_RSA_3072;
    }
    if (bytes[1] != VERSION_ECDSA) {
        return SIGNATURE_NONE;
    }
    enum signature_scheme small = bytes[SHORT_KEY] == CURVE_P256   ? SIGNATURE_ECDSA_P256
                                  : bytes[SHORT_KEY] == CURVE_P192 ? SIGNATURE_ECDSA_P192
                                                                   : SIGNATURE_NONE;
    if (bytes[LONG_KEY] != CURVE_P384) {
        return small;
    }
    if (small == SIGNATURE_NONE) {
        return SIGNATURE_ECDSA_P384;
    }
    /* A byte of a smaller curve's point, or of a SHA-384 digest, happens to look like the other's
     * curve. All after a small signature is zero, and a P-384 signature lies just there. */
    size_t end = (size_t)layouts[small].signature + layouts[small].signature_length;
    return all_zero(bytes, end, CRC_OFFSET) ? small : SIGNATURE_ECDSA_P384;
}

static void point_to_parts(const uint8_t *bytes, struct signature_block *out)
{
    const struct layout *layout = &layouts[out->scheme];
    out->image_digest = bytes + DIGEST_OFFSET;
    out->key = bytes + layout->key;
    out->key_length = layout->key_length;
    out->signature = bytes + layout->signature;
    out->signature_length = layout->signature_length;
    mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), out->key, out->key_length,
               out->key_digest);
    size_t end = (size_t)layout->signature + layout->signature_length;
    out->reserved_clean = all_zero(bytes, RESERVED_START, RESERVED_END) &&
                          all_zero(bytes, end, CRC_OFFSET) &&
                          all_zero(bytes, CRC_OFFSET + 4, SIGNATURE_BLOCK_LENGTH);
}

bool signature_block_parse(const uint8_t bytes[SIGNATURE_BLOCK_LENGTH], struct signature_block *out,
                           struct error *err)
{
    memset(out, 0, sizeof *out);
    out->present = bytes[0] == BLOCK_MAGIC;
    if (!out->present) {
        return error_set(err, "no signature: magic 0x%02x, expected 0xe7", bytes[0]);
    }
    out->version = bytes[1];
    out->scheme = scheme_of(bytes);
    if (out->scheme != SIGNATURE_NONE) {
        point_to_parts(bytes, out);
    }
    uint32_t stored = get_u32(bytes + CRC_OFFSET), computed = signature_crc(bytes, CRC_OFFSET);
    out->crc_right = stored == computed;
    if (!out->crc_right) {
        return error_set(err, "CRC 0x%08x, computed 0x%08x", (unsigned)stored, (unsigned)computed);
    }
    if (out->scheme != SIGNATURE_NONE) {
        error_set(err, "%s", "");
        return true;
    }
    return out->version != VERSION_ECDSA
               ? error_set(err, "version %u is of no scheme", out->version)
               : error_set(err, "curve %u is of no scheme", bytes[SHORT_KEY]);
}
