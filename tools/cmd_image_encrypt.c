/* otasim image encrypt, otasim image decrypt: pre-encrypted images (esp_encrypted_img). */
#include <getopt.h>
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/ecp.h>
#include <mbedtls/entropy.h>
#include <mbedtls/hmac_drbg.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "commands.h"
#include "device_files.h"
#include "encrypted_image_make.h"
#include "encrypted_image_mbedtls.h"
#include "files.h"
#include "image_commands.h"
#include "nearest.h"

#define MAX_IMAGE (64u << 20)
#define MAX_KEY   (1u << 16)

static void encrypt_usage(FILE *out)
{
    fputs(
        "usage: otasim image encrypt (--key KEY | --hmac-key FILE) IN OUT\n\n"
        "Encrypts the image IN for the devices that have a key, as esp_encrypted_img reads it.\n\n"
        "  -k, --key KEY        a PEM file with a public or private key: RSA-3072, or EC P-256 "
        "for\n"
        "                       ECIES; or 64 hex digits, a private scalar of P-256\n"
        "      --hmac-key FILE  32 bytes, the HMAC key in the device's efuses, from which its key "
        "on\n"
        "                       P-256 derives\n"
        "      --seed N         the same bytes for the same N, in tests: no secret is kept then\n"
        "      --flaw NAME      something wrong with it; may be repeated: bad-magic, bad-tag,\n"
        "                       bit-flip, cut, header-only, bad-size, surplus\n"
        "  -h, --help\n\n"
        "Exit status: 0 encrypted, 1 it is not, 2 the command line is wrong.\n"
        "Example: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out device.pem\n"
        "         otasim image encrypt --key device.pem app.bin app-encrypted.bin\n",
        out);
}

static void decrypt_usage(FILE *out)
{
    fputs("usage: otasim image decrypt (--key KEY | --hmac-key FILE) IN [OUT]\n\n"
          "Decrypts a file as a device with that key does, and checks its tag. OUT is written only "
          "if\n"
          "everything is right.\n\n"
          "  -k, --key KEY        a PEM file with the private key: RSA-3072, or EC P-256 for "
          "ECIES; or\n"
          "                       64 hex digits, a private scalar of P-256\n"
          "      --hmac-key FILE  32 bytes, the HMAC key in the device's efuses\n"
          "  -h, --help\n\n"
          "Exit status: 0 it is right, 1 it is not, 2 the command line is wrong.\n"
          "Example: otasim image decrypt --key device.pem app-encrypted.bin app.bin\n",
          out);
}

struct options {
    const char *command;
    const char *key, *hmac_key; /* as given; one of them */
    uint8_t *text;              /* what the key's file holds, with a zero byte behind it */
    size_t text_length;         /* and that counted */
    struct encrypted_image_key device;
    bool public_only; /* .device is not set: .text has to do */
    bool seeded;
    uint32_t seed;
    uint32_t flaws;
    const char *in, *out;
};

static const char *flaw_name(size_t index, void *context)
{
    (void)context;
    return encrypted_image_flaw_name((unsigned)index);
}

static bool parse_flaw(const char *name, uint32_t *flaws)
{
    for (unsigned bit = 0; encrypted_image_flaw_name(bit) != NULL; bit++) {
        if (strcmp(encrypted_image_flaw_name(bit), name) == 0) {
            *flaws |= 1u << bit;
            return true;
        }
    }
    const char *nearest = nearest_name(name, flaw_name, NULL);
    fprintf(stderr, "otasim image encrypt: --flaw: there is no flaw \"%s\"%s%s%s\n", name,
            nearest != NULL ? "; did you mean \"" : "", nearest != NULL ? nearest : "",
            nearest != NULL ? "\"?" : "; see otasim image encrypt --help");
    return false;
}

static bool complain(const struct options *options, const char *path, const char *why)
{
    fprintf(stderr, "otasim image %s: %s%s%s\n", options->command, path,
            path[0] != '\0' ? ": " : "", why);
    return false;
}

static bool parse_hex(const char *text, uint8_t out[ENCRYPTED_IMAGE_KEY_LENGTH])
{
    static const char digits[] = "0123456789abcdef";
    if (strlen(text) != 2 * ENCRYPTED_IMAGE_KEY_LENGTH) {
        return false;
    }
    for (size_t i = 0; i < 2 * ENCRYPTED_IMAGE_KEY_LENGTH; i++) {
        char c = text[i] >= 'A' && text[i] <= 'F' ? (char)(text[i] - 'A' + 'a') : text[i];
        const char *digit = strchr(digits, c);
        if (digit == NULL) {
            return false;
        }
        out[i / 2] = (uint8_t)(out[i / 2] << 4 | (digit - digits));
    }
    return true;
}

/* What a PEM file is to a device: nothing if it holds a public key. */
static bool read_pem(struct options *options)
{
    mbedtls_pk_context pk;
    mbedtls_pk_init(&pk);
    bool private = encrypted_image_parse_private(&pk, options->text, options->text_length) == 0;
    bool ok = true;
    options->public_only = !private;
    if (private && mbedtls_pk_get_type(&pk) == MBEDTLS_PK_ECKEY) {
        options->device.scheme = ENCRYPTED_IMAGE_ECIES_P256;
        ok = mbedtls_pk_get_bitlen(&pk) == 256 &&
             mbedtls_ecp_write_key(mbedtls_pk_ec(pk), options->device.scalar,
                                   sizeof options->device.scalar) == 0;
    } else if (private) {
        options->device.rsa = options->text;
        options->device.rsa_length = options->text_length;
    }
    mbedtls_pk_free(&pk);
    return ok || complain(options, options->key, "an EC key must be of the curve P-256");
}

static bool read_key(struct options *options)
{
    struct error err;
    if (options->key != NULL && parse_hex(options->key, options->device.scalar)) {
        options->device.scheme = ENCRYPTED_IMAGE_ECIES_P256;
        return true;
    }
    const char *path = options->key != NULL ? options->key : options->hmac_key;
    if (!read_file(path, MAX_KEY, &options->text, &options->text_length, &err)) {
        return complain(options, "", err.text);
    }
    options->text_length++;
    if (options->key != NULL) {
        return read_pem(options);
    }
    options->device.scheme = ENCRYPTED_IMAGE_ECIES_P256;
    if (options->text_length != ENCRYPTED_IMAGE_KEY_LENGTH + 1) {
        return complain(options, path, "an HMAC key has 32 bytes");
    }
    return encrypted_image_derive_scalar(options->text, options->device.scalar) ||
           complain(options, path, "no P-256 key derives from it");
}

enum { OPT_HMAC_KEY = 256, OPT_SEED, OPT_FLAW };

static bool parse_option(int option, struct options *options)
{
    switch (option) {
    case 'k':
        options->key = optarg;
        return true;
    case OPT_HMAC_KEY:
        options->hmac_key = optarg;
        return true;
    case OPT_SEED:
        options->seeded = true;
        return parse_size_option("image encrypt", "--seed", optarg, UINT32_MAX, &options->seed);
    case OPT_FLAW:
        return parse_flaw(optarg, &options->flaws);
    default:
        return false;
    }
}

/* False: *status is what to end with. */
static bool parse(int argc, char **argv, bool encrypts, struct options *options, int *status)
{
    static const struct option names[] = {
        {"key", required_argument, NULL, 'k'},
        {"hmac-key", required_argument, NULL, OPT_HMAC_KEY},
        {"help", no_argument, NULL, 'h'},
        {"seed", required_argument, NULL, OPT_SEED},
        {"flaw", required_argument, NULL, OPT_FLAW},
        {NULL, 0, NULL, 0},
    };
    static const struct option decrypt_names[] = {
        {"key", required_argument, NULL, 'k'},
        {"hmac-key", required_argument, NULL, OPT_HMAC_KEY},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;
    options->command = encrypts ? "encrypt" : "decrypt";
    *status = EXIT_USAGE;
    while ((option = getopt_long(argc, argv, "k:h", encrypts ? names : decrypt_names, NULL)) !=
           -1) {
        if (option == 'h') {
            (encrypts ? encrypt_usage : decrypt_usage)(stdout);
            *status = EXIT_OK;
            return false;
        }
        if (!parse_option(option, options)) {
            return false;
        }
    }
    int files = argc - optind;
    bool one_key = (options->key != NULL) != (options->hmac_key != NULL);
    if (!one_key || files > 2 || files < (encrypts ? 2 : 1)) {
        fprintf(stderr,
                "otasim image %s: --key or --hmac-key, then the files IN and OUT; see otasim image "
                "%s --help\n",
                options->command, options->command);
        return false;
    }
    options->in = argv[optind];
    options->out = files == 2 ? argv[optind + 1] : NULL;
    return read_key(options);
}

static const char *scheme_name(enum encrypted_image_scheme scheme)
{
    return scheme == ENCRYPTED_IMAGE_RSA_3072 ? "RSA-3072" : "ECIES P-256";
}

static bool find_recipient(const struct options *options, struct encrypted_image_recipient *to,
                           struct error *err)
{
    if (options->text != NULL && options->key != NULL) {
        struct error why;
        return encrypted_image_recipient_from_key(to, options->text, options->text_length, &why) ||
               error_set(err, "%s: %s", options->key, why.text);
    }
    return encrypted_image_recipient_from_device(to, &options->device, err);
}

static bool make_seeded(const struct options *options, const uint8_t *plain, size_t length,
                        const struct encrypted_image_recipient *to, uint8_t **file,
                        size_t *file_length, struct error *err)
{
    mbedtls_hmac_drbg_context numbers;
    const struct encrypted_image_random random = {mbedtls_hmac_drbg_random, &numbers};
    uint8_t seed[4];
    put_u32(seed, options->seed);
    mbedtls_hmac_drbg_init(&numbers);
    bool ok =
        (mbedtls_hmac_drbg_seed_buf(&numbers, mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), seed,
                                    sizeof seed) == 0 ||
         error_set(err, "mbedTLS has no random numbers")) &&
        encrypted_image_make(plain, length, to, &random, options->flaws, file, file_length, err);
    mbedtls_hmac_drbg_free(&numbers);
    return ok;
}

static bool make(const struct options *options, const uint8_t *plain, size_t length,
                 const struct encrypted_image_recipient *to, uint8_t **file, size_t *file_length,
                 struct error *err)
{
    if (options->seeded) {
        return make_seeded(options, plain, length, to, file, file_length, err);
    }
    mbedtls_entropy_context entropy;
    mbedtls_ctr_drbg_context numbers;
    const struct encrypted_image_random random = {mbedtls_ctr_drbg_random, &numbers};
    mbedtls_entropy_init(&entropy);
    mbedtls_ctr_drbg_init(&numbers);
    bool ok =
        (mbedtls_ctr_drbg_seed(&numbers, mbedtls_entropy_func, &entropy, NULL, 0) == 0 ||
         error_set(err, "mbedTLS has no random numbers")) &&
        encrypted_image_make(plain, length, to, &random, options->flaws, file, file_length, err);
    mbedtls_ctr_drbg_free(&numbers);
    mbedtls_entropy_free(&entropy);
    return ok;
}

static int encrypt_file(const struct options *options)
{
    struct error err;
    struct encrypted_image_recipient to;
    uint8_t *plain = NULL, *file = NULL;
    size_t length, file_length = 0;
    bool ok = find_recipient(options, &to, &err) &&
              read_file(options->in, MAX_IMAGE, &plain, &length, &err) &&
              make(options, plain, length, &to, &file, &file_length, &err) &&
              write_file(options->out, file, file_length, &err);
    if (ok) {
        printf("%s: %zu bytes, %s\n", options->out, file_length, scheme_name(to.scheme));
    } else {
        complain(options, "", err.text);
    }
    encrypted_image_recipient_free(&to);
    free(plain);
    free(file);
    return ok ? EXIT_OK : EXIT_FAILED;
}

/* *plain has room for the whole file. */
static bool decrypt(const struct options *options, const uint8_t *file, size_t length,
                    uint8_t *plain, size_t *plain_length, struct error *err)
{
    struct encrypted_image_reader reader;
    size_t used;
    encrypted_image_begin(&reader, &options->device);
    bool ok = encrypted_image_take_header(&reader, file, length, &used, err);
    if (ok && reader.open) {
        *plain_length = encrypted_image_plain_length(&reader, length - used);
        ok = encrypted_image_decrypt(&reader, file + used, length - used, plain, err);
    }
    ok = ok && encrypted_image_check(&reader, err);
    encrypted_image_end(&reader);
    return ok && (encrypted_image_reserved_clean(options->device.scheme, file) ||
                  error_set(err, "bytes that the format reserves are not zero (no device looks at "
                                 "them)"));
}

static int decrypt_file(const struct options *options)
{
    struct error err, why;
    uint8_t *file, *plain;
    size_t length, plain_length = 0;
    if (!read_file(options->in, MAX_IMAGE, &file, &length, &err)) {
        complain(options, "", err.text);
        return EXIT_FAILED;
    }
    plain = malloc(length + 1);
    bool ok = plain != NULL || error_set(&err, "out of memory for the image");
    if (ok && !decrypt(options, file, length, plain, &plain_length, &why)) {
        ok = error_set(&err, "%s: %s", options->in, why.text);
    }
    ok = ok && (options->out == NULL || write_file(options->out, plain, plain_length, &err));
    free(file);
    free(plain);
    if (!ok) {
        complain(options, "", err.text);
        return EXIT_FAILED;
    }
    printf("%s: %s, %zu bytes of image, the tag is right\n", options->in,
           scheme_name(options->device.scheme), plain_length);
    return EXIT_OK;
}

int image_encrypt(int argc, char **argv)
{
    struct options options = {.key = NULL};
    int status;
    if (parse(argc, argv, true, &options, &status)) {
        status = encrypt_file(&options);
    }
    free(options.text);
    return status;
}

int image_decrypt(int argc, char **argv)
{
    struct options options = {.key = NULL};
    int status;
    if (parse(argc, argv, false, &options, &status)) {
        if (options.public_only) {
            complain(&options, options.key, "no private key without a password");
            status = EXIT_USAGE;
        } else {
            status = decrypt_file(&options);
        }
    }
    free(options.text);
    return status;
}
