/* Fuzz target: everything that can be sent to a device that decrypts (README.md). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot.h"
#include "bytes.h"
#include "encrypted_image.h"
#include "esp_encrypted_img.h"
#include "esp_heap_caps.h"
#include "esp_log.h"
#include "heap.h"
#include <mbedtls/gcm.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct control {
    uint8_t flags;         /* FLAG_* */
    uint8_t pieces[2];     /* the file comes in pieces of so many bytes in turns; 0: all of it */
    uint8_t failing_alloc; /* that allocation fails, counted from 1; 0: none */
    uint8_t flip[2];       /* which bit FLAG_FLIP flips, little-endian */
};

enum {
    FLAG_MAKE = 1 << 0,   /* the input is a plain image, to be encrypted first */
    FLAG_FLIP = 1 << 1,   /* then one bit of the file is flipped */
    FLAG_ABORT = 1 << 2,  /* abort instead of end */
    FLAG_EXPORT = 1 << 3, /* ask for the public key */
    REAL_MASK = 0xF0,     /* the key is unwrapped in earnest if these bits are REAL */
    REAL = 0x30,
};

static bool earnest;

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "fuzz_decrypt: broken: %s\n", what);
    abort();
}

static void require(bool holds, const char *what)
{
    if (!holds) {
        give_up(what);
    }
}

bool encrypted_image_unwrap_really(const struct encrypted_image_key *key, const uint8_t *header,
                                   uint8_t *aes_key, struct error *err);

/* In place of the component's: the AES key is what stands where it would be wrapped. */
bool encrypted_image_unwrap(const struct encrypted_image_key *key,
                            const uint8_t header[ENCRYPTED_IMAGE_HEADER_LENGTH],
                            uint8_t aes_key[ENCRYPTED_IMAGE_KEY_LENGTH], struct error *err)
{
    if (earnest) {
        return encrypted_image_unwrap_really(key, header, aes_key, err);
    }
    memcpy(aes_key, header + ENCRYPTED_IMAGE_RSA_AT, ENCRYPTED_IMAGE_KEY_LENGTH);
    return true;
}

struct file {
    uint8_t *bytes;
    size_t length;
    const uint8_t *plain; /* NULL: nobody encrypted it */
    size_t plain_length;
};

static void make_file(struct file *file, const uint8_t *plain, size_t length)
{
    static const uint8_t aes_key[ENCRYPTED_IMAGE_KEY_LENGTH] = {1, 2, 3};
    mbedtls_gcm_context gcm;
    file->plain = plain;
    file->plain_length = length;
    file->length = ENCRYPTED_IMAGE_HEADER_LENGTH + length;
    file->bytes = calloc(1, file->length);
    require(file->bytes != NULL, "the host has memory");
    uint8_t *header = file->bytes;
    put_u32(header + ENCRYPTED_IMAGE_MAGIC_AT, ENCRYPTED_IMAGE_MAGIC);
    memcpy(header + ENCRYPTED_IMAGE_RSA_AT, aes_key, sizeof aes_key);
    put_u32(header + ENCRYPTED_IMAGE_SIZE_AT, (uint32_t)length);
    mbedtls_gcm_init(&gcm);
    require(mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, aes_key, 256) == 0 &&
                mbedtls_gcm_crypt_and_tag(&gcm, MBEDTLS_GCM_ENCRYPT, length,
                                          header + ENCRYPTED_IMAGE_IV_AT, 16, NULL, 0, plain,
                                          header + ENCRYPTED_IMAGE_HEADER_LENGTH, 16,
                                          header + ENCRYPTED_IMAGE_TAG_AT) == 0,
            "mbedTLS encrypts");
    mbedtls_gcm_free(&gcm);
}

/* Whether the flip can be noticed: neither the reserved bytes nor the rest of what would be a
 * wrapped key mean anything. */
static bool flip(struct file *file, size_t bit)
{
    size_t at = bit / 8 % file->length;
    file->bytes[at] ^= (uint8_t)(1u << bit % 8);
    bool unused =
        (at >= ENCRYPTED_IMAGE_RSA_AT + ENCRYPTED_IMAGE_KEY_LENGTH && at < ENCRYPTED_IMAGE_IV_AT) ||
        (at >= ENCRYPTED_IMAGE_END && at < ENCRYPTED_IMAGE_HEADER_LENGTH);
    return !unused;
}

static void take_output(const struct file *file, size_t *total, const char *out, size_t length,
                        bool intact)
{
    require(*total + length <= file->length, "no more comes out than went in");
    if (intact && length > 0) {
        require(*total + length <= file->plain_length &&
                    memcmp(file->plain + *total, out, length) == 0,
                "what comes out is the image");
    }
    *total += length;
}

/* Feeds the file; returns what the last call returned. */
static esp_err_t feed(esp_decrypt_handle_t handle, const struct file *file,
                      const struct control *control, bool intact, size_t *total)
{
    esp_err_t err = ESP_ERR_NOT_FINISHED;
    size_t at = 0;
    for (unsigned turn = 0; at < file->length; turn++) {
        size_t piece = control->pieces[turn % 2], left = file->length - at;
        piece = piece == 0 || piece > left ? left : piece;
        char *exactly = malloc(piece); /* a sanitizer minds its end */
        require(exactly != NULL, "the host has memory");
        memcpy(exactly, file->bytes + at, piece);
        pre_enc_decrypt_arg_t args = {.data_in = exactly, .data_in_len = piece};
        err = esp_encrypted_img_decrypt_data(handle, &args);
        require(args.data_out_len == 0 || args.data_out != NULL, "output is somewhere");
        require(err == ESP_OK || err == ESP_ERR_NOT_FINISHED || args.data_out == NULL,
                "an error has no output");
        take_output(file, total, args.data_out, args.data_out_len, intact);
        heap_caps_free(args.data_out);
        free(exactly);
        at += piece;
    }
    return err;
}

#define PEM(label, text) "-----BEGIN " label "-----\n" text "\n-----END " label "-----\n"

static void export_key(esp_decrypt_handle_t handle)
{
    uint8_t *key = NULL;
    size_t length = 0;
    if (esp_encrypted_img_export_public_key(handle, &key, &length) == ESP_OK) {
        give_up("there is a public key of what is no key");
    }
}

static void exercise(const struct file *file, const struct control *control, bool intact)
{
    static const char no_key[] = PEM("PRIVATE KEY", "AAAA");
    esp_decrypt_cfg_t config = {.rsa_priv_key = no_key, .rsa_priv_key_len = sizeof no_key};
    size_t total = 0;
    esp_decrypt_handle_t handle = esp_encrypted_img_decrypt_start(&config);
    if (handle == NULL) {
        require(control->failing_alloc != 0, "it starts where there is memory");
        return;
    }
    if (control->flags & FLAG_EXPORT) {
        export_key(handle);
    }
    esp_err_t fed = feed(handle, file, control, intact, &total);
    bool complete = esp_encrypted_img_is_complete_data_received(handle);
    require(!intact || (fed == ESP_OK && complete && total == file->plain_length),
            "an image that was not touched comes out whole");
    if (control->flags & FLAG_ABORT) {
        require(esp_encrypted_img_decrypt_abort(handle) == ESP_OK, "abort frees");
        return;
    }
    esp_err_t ended = esp_encrypted_img_decrypt_end(handle);
    require(!intact || ended == ESP_OK, "the tag of an untouched image is right");
    require(ended != ESP_OK || file->plain != NULL, "no tag is taken that nobody made");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct control control;
    struct file file = {.plain = NULL};
    if (size < sizeof control) {
        return 0;
    }
    memcpy(&control, data, sizeof control);
    const uint8_t *rest = data + sizeof control;
    size_t length = size - sizeof control;
    bool intact = false;
    earnest = (control.flags & REAL_MASK) == REAL;
    if ((control.flags & FLAG_MAKE) && length > 0) {
        make_file(&file, rest, length);
        bool spoilt = (control.flags & FLAG_FLIP) && flip(&file, get_u16(control.flip));
        intact = !spoilt && !earnest && control.failing_alloc == 0;
        file.plain = spoilt || earnest ? NULL : file.plain;
    } else {
        file.bytes = malloc(length + 1);
        require(file.bytes != NULL, "the host has memory");
        memcpy(file.bytes, rest, length);
        file.length = length;
    }
    struct boot boot = {.strict = false};
    boot_set_current(&boot);
    esp_log_level_set("*", ESP_LOG_NONE);
    struct heap_stats before = heap_stats();
    heap_arm_failure(control.failing_alloc != 0 ? before.allocations + control.failing_alloc - 1
                                                : UINT64_MAX);
    exercise(&file, &control, intact);
    heap_arm_failure(UINT64_MAX);
    struct heap_stats after = heap_stats();
    require(after.blocks == before.blocks && after.in_use == before.in_use,
            "all of the device's heap is given back");
    boot_set_current(NULL);
    free(file.bytes);
    return 0;
}
