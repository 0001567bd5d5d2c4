#include "encrypted_image.h"

#include <mbedtls/platform_util.h>
#include <mbedtls/version.h>
#include <string.h>

#include "bytes.h"

#define TAG_LENGTH 16u
#define IV_LENGTH  16u

void encrypted_image_begin(struct encrypted_image_reader *reader,
                           const struct encrypted_image_key *key)
{
    memset(reader, 0, sizeof *reader);
    reader->key = *key;
    mbedtls_gcm_init(&reader->gcm);
}

void encrypted_image_end(struct encrypted_image_reader *reader)
{
    mbedtls_gcm_free(&reader->gcm);
    mbedtls_platform_zeroize(reader, sizeof *reader);
}

static int gcm_starts(mbedtls_gcm_context *gcm, const uint8_t *iv)
{
#if MBEDTLS_VERSION_MAJOR >= 3
    return mbedtls_gcm_starts(gcm, MBEDTLS_GCM_DECRYPT, iv, IV_LENGTH);
#else
    return mbedtls_gcm_starts(gcm, MBEDTLS_GCM_DECRYPT, iv, IV_LENGTH, NULL, 0);
#endif
}

static int gcm_update(mbedtls_gcm_context *gcm, const uint8_t *in, size_t length, uint8_t *out)
{
#if MBEDTLS_VERSION_MAJOR >= 3
    size_t given;
    int err = mbedtls_gcm_update(gcm, in, length, out, length, &given);
    return err == 0 && given != length ? MBEDTLS_ERR_GCM_BAD_INPUT : err;
#else
    return mbedtls_gcm_update(gcm, length, in, out);
#endif
}

static int gcm_finish(mbedtls_gcm_context *gcm, uint8_t tag[TAG_LENGTH])
{
#if MBEDTLS_VERSION_MAJOR >= 3
    size_t given;
    return mbedtls_gcm_finish(gcm, NULL, 0, &given, tag, TAG_LENGTH);
#else
    return mbedtls_gcm_finish(gcm, tag, TAG_LENGTH);
#endif
}

static bool open_header(struct encrypted_image_reader *reader, struct error *err)
{
    const uint8_t *header = reader->header;
    uint8_t aes_key[ENCRYPTED_IMAGE_KEY_LENGTH];
    if (!encrypted_image_unwrap(&reader->key, header, aes_key, err)) {
        return false;
    }
    int failed = mbedtls_gcm_setkey(&reader->gcm, MBEDTLS_CIPHER_ID_AES, aes_key,
                                    8 * ENCRYPTED_IMAGE_KEY_LENGTH);
    mbedtls_platform_zeroize(aes_key, sizeof aes_key);
    if (failed != 0 || gcm_starts(&reader->gcm, header + ENCRYPTED_IMAGE_IV_AT) != 0) {
        return error_set(err, "AES-GCM could not be set up");
    }
    reader->size = get_u32(header + ENCRYPTED_IMAGE_SIZE_AT);
    reader->open = true;
    return true;
}

/* The magic is looked at as soon as it is there: a server's error page may be shorter than a
 * header. */
static bool is_magic_so_far(const struct encrypted_image_reader *reader)
{
    uint8_t magic[4];
    size_t length = reader->header_length < sizeof magic ? reader->header_length : sizeof magic;
    put_u32(magic, ENCRYPTED_IMAGE_MAGIC);
    return memcmp(reader->header, magic, length) == 0;
}

bool encrypted_image_take_header(struct encrypted_image_reader *reader, const uint8_t *in,
                                 size_t length, size_t *used, struct error *err)
{
    *used = 0;
    if (reader->broken) {
        return error_set(err, "the decryption has failed before");
    }
    if (reader->open) {
        return true;
    }
    size_t missing = ENCRYPTED_IMAGE_HEADER_LENGTH - reader->header_length;
    *used = length < missing ? length : missing;
    memcpy(reader->header + reader->header_length, in, *used);
    reader->header_length += *used;
    if (!is_magic_so_far(reader)) {
        reader->broken = true;
        return error_set(err, "the file does not begin with the magic of an encrypted image");
    }
    if (reader->header_length < ENCRYPTED_IMAGE_HEADER_LENGTH) {
        return true;
    }
    reader->broken = !open_header(reader, err);
    return !reader->broken;
}

/* Of so many bytes, those that belong to the image. */
static size_t within_image(const struct encrypted_image_reader *reader, size_t length)
{
    uint64_t left = reader->received < reader->size ? reader->size - reader->received : 0;
    return length < left ? length : (size_t)left;
}

size_t encrypted_image_plain_length(const struct encrypted_image_reader *reader, size_t length)
{
    size_t usable = within_image(reader, length);
    size_t there = reader->held_length + usable;
    bool last = reader->received + usable == reader->size;
    return last ? there : there - there % ENCRYPTED_IMAGE_BLOCK;
}

static void hold(struct encrypted_image_reader *reader, const uint8_t *in, size_t length)
{
    memcpy(reader->held + reader->held_length, in, length);
    reader->held_length += length;
}

/* The block that has waited, with what comes now. *in moves on. */
static int decrypt_held(struct encrypted_image_reader *reader, const uint8_t **in, size_t *length,
                        uint8_t *out, size_t *given)
{
    *given = 0;
    if (reader->held_length == 0) {
        return 0;
    }
    size_t missing = ENCRYPTED_IMAGE_BLOCK - reader->held_length;
    size_t taken = *length < missing ? *length : missing;
    hold(reader, *in, taken);
    *in += taken;
    *length -= taken;
    *given = reader->held_length;
    reader->held_length = 0;
    return gcm_update(&reader->gcm, reader->held, *given, out);
}

bool encrypted_image_decrypt(struct encrypted_image_reader *reader, const uint8_t *in,
                             size_t length, uint8_t *out, struct error *err)
{
    if (!reader->open || reader->broken) {
        return error_set(err, "the header of the encrypted image is missing");
    }
    size_t plain = encrypted_image_plain_length(reader, length);
    size_t usable = within_image(reader, length);
    reader->received += length;
    if (plain == 0) {
        hold(reader, in, usable);
        return true;
    }
    size_t given;
    int failed = decrypt_held(reader, &in, &usable, out, &given);
    size_t rest = plain - given;
    if (failed == 0 && rest > 0) {
        failed = gcm_update(&reader->gcm, in, rest, out + given);
    }
    if (failed != 0) {
        reader->broken = true;
        return error_set(err, "AES-GCM failed: -0x%x", (unsigned)-failed);
    }
    hold(reader, in + rest, usable - rest);
    return true;
}

bool encrypted_image_is_complete(const struct encrypted_image_reader *reader)
{
    return reader->open && !reader->broken && reader->received == reader->size;
}

bool encrypted_image_check(struct encrypted_image_reader *reader, struct error *err)
{
    uint8_t tag[TAG_LENGTH];
    if (reader->broken) {
        return error_set(err, "the decryption has failed before");
    }
    if (!reader->open) {
        return error_set(err, "%zu bytes of the header have come, of %u", reader->header_length,
                         ENCRYPTED_IMAGE_HEADER_LENGTH);
    }
    if (reader->received != reader->size) {
        return error_set(err, "%llu bytes of the image have come, of %lu",
                         (unsigned long long)reader->received, (unsigned long)reader->size);
    }
    reader->broken = true;
    if (gcm_finish(&reader->gcm, tag) != 0) {
        return error_set(err, "AES-GCM could not be finished");
    }
    /* In the same time wherever they differ. */
    uint8_t difference = 0;
    for (size_t i = 0; i < TAG_LENGTH; i++) {
        difference |= (uint8_t)(tag[i] ^ reader->header[ENCRYPTED_IMAGE_TAG_AT + i]);
    }
    return difference == 0 || error_set(err, "the tag is wrong: the image was tampered with");
}
