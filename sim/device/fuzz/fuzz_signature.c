/* Everything that can lie in a signature sector. An input is a control byte, then the file: the
 * image in its first sectors, its signature in what follows. Fails on sanitizer findings, and when
 * a signature is taken that the keys of this program have not made: it has none. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "signature.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    FIX_CRC = 1 << 0,    /* make the CRC of the first block right, or few inputs get past it */
    FIX_DIGEST = 1 << 1, /* and its image digest */
    FIRST_ONLY = 1 << 2, /* only the first block counts */
    LONG_IMAGE = 1 << 3, /* the image has two sectors, else one */
    SCHEME_SHIFT = 4,    /* of the policy: three bits */
};

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "%s\n", what);
    abort();
}

static void make_right(uint8_t *block, const struct app_image_source *source, uint32_t length,
                       unsigned control)
{
    struct signature_block parsed;
    uint8_t digest[SIGNATURE_MAX_DIGEST];
    (void)signature_block_parse(block, &parsed, NULL);
    if ((control & FIX_DIGEST) && parsed.scheme != SIGNATURE_NONE &&
        signature_image_digest(source, length, parsed.scheme, digest) == ESP_OK) {
        memcpy(block + 4, digest, signature_digest_length(parsed.scheme));
    }
    if (control & FIX_CRC) {
        put_u32(block + 1196, signature_crc(block, 1196));
    }
}

/* Trusts whoever the first block says it is: nobody can have signed it all the same. */
static void judge(const struct app_image_source *source, uint32_t length, unsigned control)
{
    struct signature_policy policy;
    struct signature_result result;
    struct error err;
    signature_policy_from_app(
        source, length, (enum signature_scheme)((control >> SCHEME_SHIFT & 7u) % SIGNATURE_SCHEMES),
        &policy, &err);
    policy.first_block_only = (control & FIRST_ONLY) != 0;
    if (signature_verify(source, length, &policy, &result, &err) == ESP_OK) {
        give_up("a signature that nobody made was taken");
    }
    if (result.key != -1 || err.text[0] == '\0') {
        give_up("a refusal names a key, or no reason");
    }
}

static void examine(const struct app_image_source *source, uint32_t length)
{
    uint8_t sector[SIGNATURE_SECTOR_LENGTH];
    struct signature_finding findings[SIGNATURE_MAX_BLOCKS];
    struct error err;
    if (signature_examine(source, length, NULL, sector, findings, &err) != ESP_OK) {
        return;
    }
    for (unsigned i = 0; i < SIGNATURE_MAX_BLOCKS; i++) {
        bool well_formed = findings[i].malformed.text[0] == '\0';
        if (well_formed && (!findings[i].block.present || !findings[i].block.crc_right)) {
            give_up("a block without magic or CRC is called well formed");
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    unsigned control = data[0];
    uint32_t length = control & LONG_IMAGE ? 2 * SIGNATURE_SECTOR_LENGTH : SIGNATURE_SECTOR_LENGTH;
    size_t whole = length + size - 1;
    uint8_t *file = malloc(whole); /* exactly: a sanitizer minds its end */
    if (file == NULL) {
        return 0;
    }
    memset(file, 0xA5, length);
    memcpy(file + length, data + 1, size - 1);
    struct app_image_bytes bytes = {.data = file, .size = (uint32_t)whole};
    struct app_image_source source = app_image_from_bytes(&bytes);
    if (size - 1 >= SIGNATURE_BLOCK_LENGTH) {
        make_right(file + length, &source, length, control);
    }
    judge(&source, length, control);
    examine(&source, length);
    free(file);
    return 0;
}
