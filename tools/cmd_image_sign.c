/* otasim image sign, otasim image verify: Secure Boot V2 signatures of files. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "commands.h"
#include "device_files.h"
#include "files.h"
#include "image_commands.h"
#include "nearest.h"
#include "signature_sign.h"

#define MAX_IMAGE (16u << 20)
#define MAX_PEM   (1u << 16)

static void sign_usage(FILE *out)
{
    fputs("usage: otasim image sign --key PEM [--key PEM]... IN OUT\n\n"
          "Pads the image IN to 4096 bytes and appends a Secure Boot V2 signature sector, with a\n"
          "block for each key, at most three. The same image and keys give the same bytes.\n\n"
          "  -k, --key PEM     an unencrypted private key: RSA-3072, EC P-192, P-256 or P-384\n"
          "      --flaw NAME   something wrong with the first block or the image: bit-flip, "
          "bad-crc,\n"
          "                    other-version, bad-signature, bad-digest, cut, bad-magic\n"
          "  -h, --help\n\n"
          "Exit status: 0 signed, 1 it is not, 2 the command line is wrong.\n"
          "Example: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out key.pem\n"
          "         otasim image sign --key key.pem app.bin app-signed.bin\n",
          out);
}

static void verify_usage(FILE *out)
{
    fputs("usage: otasim image verify [OPTIONS] FILE\n\n"
          "Explains each block of the Secure Boot V2 signature behind an image: its scheme, the\n"
          "digest of its key, and whether the image digest and the signature are right. With\n"
          "--trust or --trust-image it also says whether a device takes the image.\n\n"
          "      --trust DIGEST      a key digest in efuse: 64 hex digits, or a file of 32 bytes;\n"
          "                          up to three, in the order of their places\n"
          "      --trust-image FILE  the running app of a device without secure boot: the key of "
          "its\n"
          "                          first block is trusted, and only the first block of FILE "
          "counts\n"
          "  -h, --help\n\n"
          "Exit status: 0 the device takes it (without --trust: all blocks are right), 1 it does\n"
          "not, 2 the command line is wrong.\n"
          "Example: otasim image verify --trust-image running.bin update.bin\n",
          out);
}

static void print_digest(const uint8_t digest[EFUSE_KEY_DIGEST_LENGTH])
{
    for (size_t i = 0; i < EFUSE_KEY_DIGEST_LENGTH; i++) {
        printf("%02x", digest[i]);
    }
}

static const char *flaw_name(size_t index, void *context)
{
    (void)context;
    return signature_flaw_name((unsigned)index);
}

static bool parse_flaw(const char *name, uint32_t *flaws)
{
    for (unsigned bit = 0; signature_flaw_name(bit) != NULL; bit++) {
        if (strcmp(signature_flaw_name(bit), name) == 0) {
            *flaws |= 1u << bit;
            return true;
        }
    }
    const char *nearest = nearest_name(name, flaw_name, NULL);
    fprintf(stderr, "otasim image sign: --flaw: there is no flaw \"%s\"%s%s%s\n", name,
            nearest != NULL ? "; did you mean \"" : "", nearest != NULL ? nearest : "",
            nearest != NULL ? "\"?" : "; see otasim image sign --help");
    return false;
}

struct signing {
    struct signature_key *keys[SIGNATURE_MAX_BLOCKS];
    size_t count;
    uint32_t flaws;
    const char *in, *out;
};

static bool add_key(struct signing *signing, const char *path)
{
    struct error err;
    uint8_t *pem;
    size_t length;
    if (signing->count == SIGNATURE_MAX_BLOCKS) {
        fprintf(stderr, "otasim image sign: --key: at most %u keys have room\n",
                SIGNATURE_MAX_BLOCKS);
        return false;
    }
    if (!read_file(path, MAX_PEM, &pem, &length, &err)) {
        fprintf(stderr, "otasim image sign: %s\n", err.text);
        return false;
    }
    struct signature_key *key = signature_key_from_pem((const char *)pem, &err);
    free(pem);
    if (key == NULL) {
        fprintf(stderr, "otasim image sign: %s: %s\n", path, err.text);
        return false;
    }
    signing->keys[signing->count++] = key;
    return true;
}

/* False: *status is what to end with. */
static bool parse_sign(int argc, char **argv, struct signing *signing, int *status)
{
    static const struct option names[] = {
        {"key", required_argument, NULL, 'k'},
        {"flaw", required_argument, NULL, 'f'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;
    *status = EXIT_USAGE;
    while ((option = getopt_long(argc, argv, "k:h", names, NULL)) != -1) {
        if (option == 'h') {
            sign_usage(stdout);
            *status = EXIT_OK;
            return false;
        }
        bool ok = option == 'k'   ? add_key(signing, optarg)
                  : option == 'f' ? parse_flaw(optarg, &signing->flaws)
                                  : false;
        if (!ok) {
            return false;
        }
    }
    if (signing->count == 0 || optind + 2 != argc) {
        fputs("otasim image sign: --key PEM, then the files IN and OUT; see otasim image sign "
              "--help\n",
              stderr);
        return false;
    }
    signing->in = argv[optind];
    signing->out = argv[optind + 1];
    return true;
}

/* The image's own length; 0: it is none that verifies. */
static uint32_t image_length(const uint8_t *bytes, size_t length, struct error *err)
{
    struct app_image_bytes memory = {.data = bytes, .size = (uint32_t)length};
    struct app_image_source source = app_image_from_bytes(&memory);
    for (int kind = APP_IMAGE_APP; kind <= APP_IMAGE_BOOTLOADER; kind++) {
        struct app_image_rules rules = {.kind = (enum app_image_kind)kind};
        struct app_image_info info;
        struct error why;
        if (app_image_verify(&source, &rules, &info, &why) == ESP_OK) {
            return info.image_length;
        }
        if (kind == APP_IMAGE_APP) {
            *err = why;
        }
    }
    return 0;
}

static bool has_block_at(const uint8_t *bytes, size_t length, size_t at)
{
    struct signature_block block;
    if (at > length || length - at < SIGNATURE_SECTOR_LENGTH) {
        return false;
    }
    (void)signature_block_parse(bytes + at, &block, NULL);
    return block.present;
}

static int sign_file(const struct signing *signing)
{
    struct error err;
    uint8_t *image, *file = NULL;
    size_t length, file_length = 0;
    if (!read_file(signing->in, MAX_IMAGE, &image, &length, &err)) {
        fprintf(stderr, "otasim image sign: %s\n", err.text);
        return EXIT_FAILED;
    }
    bool ok = length < SIGNATURE_SECTOR_LENGTH ||
              !has_block_at(image, length, length - SIGNATURE_SECTOR_LENGTH) ||
              error_set(&err, "%s is signed already", signing->in);
    ok = ok && signature_sign(image, length, (const struct signature_key *const *)signing->keys,
                              signing->count, signing->flaws, &file, &file_length, &err);
    ok = ok && write_file(signing->out, file, file_length, &err);
    free(image);
    free(file);
    if (!ok) {
        fprintf(stderr, "otasim image sign: %s\n", err.text);
        return EXIT_FAILED;
    }
    printf("%s: %zu bytes, signature at 0x%x\n", signing->out, file_length,
           (unsigned)signature_offset((uint32_t)length));
    for (size_t i = 0; i < signing->count; i++) {
        uint8_t digest[EFUSE_KEY_DIGEST_LENGTH];
        signature_key_digest(signing->keys[i], digest);
        printf("block %zu  %-11s  key digest ", i,
               signature_scheme_name(signature_key_scheme(signing->keys[i])));
        print_digest(digest);
        putchar('\n');
    }
    return EXIT_OK;
}

int image_sign(int argc, char **argv)
{
    struct signing signing = {.count = 0};
    int status;
    if (parse_sign(argc, argv, &signing, &status)) {
        status = sign_file(&signing);
    }
    for (size_t i = 0; i < signing.count; i++) {
        signature_key_free(signing.keys[i]);
    }
    return status;
}

struct checking {
    const char *path, *trust_path;
    struct signature_policy policy; /* .keys 0: nobody asked for trust */
};

static int hex_digit(char c)
{
    const char *const digits = "0123456789abcdef";
    const char *at = c != '\0' ? strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

static bool parse_hex(const char *text, uint8_t out[EFUSE_KEY_DIGEST_LENGTH])
{
    if (strlen(text) != 2 * EFUSE_KEY_DIGEST_LENGTH) {
        return false;
    }
    for (size_t i = 0; i < EFUSE_KEY_DIGEST_LENGTH; i++) {
        int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static bool read_digest(const char *path, uint8_t out[EFUSE_KEY_DIGEST_LENGTH])
{
    uint8_t *bytes;
    size_t length;
    if (!read_file(path, MAX_PEM, &bytes, &length, NULL)) {
        return false;
    }
    bool ok = length == EFUSE_KEY_DIGEST_LENGTH;
    if (ok) {
        memcpy(out, bytes, EFUSE_KEY_DIGEST_LENGTH);
    }
    free(bytes);
    return ok;
}

static bool add_trust(struct signature_policy *policy, const char *text)
{
    unsigned place = 0;
    while (place < EFUSE_MAX_KEY_DIGESTS && ((unsigned)policy->keys >> place & 1u) != 0) {
        place++;
    }
    if (place == EFUSE_MAX_KEY_DIGESTS) {
        fprintf(stderr, "otasim image verify: --trust: efuse has room for %u digests\n",
                EFUSE_MAX_KEY_DIGESTS);
        return false;
    }
    if (!parse_hex(text, policy->key_digest[place]) &&
        !read_digest(text, policy->key_digest[place])) {
        fprintf(stderr,
                "otasim image verify: --trust: \"%s\" is neither 64 hex digits nor a file of 32 "
                "bytes\n",
                text);
        return false;
    }
    policy->keys |= (uint8_t)(1u << place);
    return true;
}

static bool parse_verify(int argc, char **argv, struct checking *checking, int *status)
{
    static const struct option names[] = {
        {"trust", required_argument, NULL, 't'},
        {"trust-image", required_argument, NULL, 'i'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;
    *status = EXIT_USAGE;
    while ((option = getopt_long(argc, argv, "h", names, NULL)) != -1) {
        switch (option) {
        case 'h':
            verify_usage(stdout);
            *status = EXIT_OK;
            return false;
        case 't':
            if (!add_trust(&checking->policy, optarg)) {
                return false;
            }
            break;
        case 'i':
            checking->trust_path = optarg;
            break;
        default:
            return false;
        }
    }
    if (optind + 1 != argc || (checking->trust_path != NULL && checking->policy.keys != 0)) {
        fputs(
            "otasim image verify: one FILE, and --trust or --trust-image; see otasim image verify "
            "--help\n",
            stderr);
        return false;
    }
    checking->path = argv[optind];
    return true;
}

/* What a running app would trust. */
static bool trust_image(struct checking *checking, struct error *err)
{
    uint8_t *bytes;
    size_t length;
    struct error why = {.text = ""};
    if (!read_file(checking->trust_path, MAX_IMAGE, &bytes, &length, err)) {
        return false;
    }
    struct app_image_bytes memory = {.data = bytes, .size = (uint32_t)length};
    struct app_image_source source = app_image_from_bytes(&memory);
    uint32_t image = image_length(bytes, length, &why);
    if (image != 0) {
        /* Of whichever scheme it is signed: the device's is that of its own app. */
        for (int scheme = SIGNATURE_RSA_3072;
             scheme < SIGNATURE_SCHEMES && checking->policy.keys == 0; scheme++) {
            signature_policy_from_app(&source, image, (enum signature_scheme)scheme,
                                      &checking->policy, &why);
        }
    }
    free(bytes);
    return checking->policy.keys != 0 || error_set(err, "%s: %s", checking->trust_path, why.text);
}

static const char *right(bool is)
{
    return is ? "right" : "WRONG";
}

static void print_finding(unsigned index, const struct signature_finding *finding, bool asked)
{
    const struct signature_block *block = &finding->block;
    bool well_formed = finding->malformed.text[0] == '\0';
    if (!block->present) {
        printf("block %u  none\n", index);
        return;
    }
    printf("block %u  %s\n", index,
           block->scheme != SIGNATURE_NONE ? signature_scheme_name(block->scheme)
                                           : "of no known scheme");
    printf("  %-13s %s\n", "CRC", right(block->crc_right));
    if (block->scheme != SIGNATURE_NONE) {
        printf("  %-13s ", "key digest");
        print_digest(block->key_digest);
        putchar('\n');
    }
    if (!well_formed) {
        printf("  %-13s %s\n", "malformed", finding->malformed.text);
    } else {
        printf("  %-13s %s\n", "image digest", right(finding->digest_right));
        printf("  %-13s %s\n", "signature", right(finding->signature_right));
    }
    if (block->scheme != SIGNATURE_NONE && !block->reserved_clean) {
        printf("  %-13s NOT ZERO (no device looks at them)\n", "unused bytes");
    }
    if (asked && block->scheme != SIGNATURE_NONE) {
        printf("  %-13s %s\n", "trusted", finding->trusted ? "yes" : "NO");
    }
}

static bool all_right(const struct signature_finding findings[SIGNATURE_MAX_BLOCKS])
{
    bool any = false;
    for (unsigned i = 0; i < SIGNATURE_MAX_BLOCKS; i++) {
        const struct signature_finding *finding = &findings[i];
        bool good = finding->malformed.text[0] == '\0' && finding->digest_right &&
                    finding->signature_right && finding->block.reserved_clean;
        if (finding->block.present && !good) {
            return false;
        }
        any = any || finding->block.present;
    }
    return any;
}

/* Digests in efuse say nothing of the scheme: it is that of the first block that is trusted. */
static void choose_scheme(const struct signature_finding findings[SIGNATURE_MAX_BLOCKS],
                          struct signature_policy *policy)
{
    for (unsigned i = 0; i < SIGNATURE_MAX_BLOCKS && policy->scheme == SIGNATURE_NONE; i++) {
        policy->scheme = findings[i].trusted ? findings[i].block.scheme : SIGNATURE_NONE;
    }
    if (policy->scheme == SIGNATURE_NONE) {
        policy->scheme = findings[0].block.scheme != SIGNATURE_NONE ? findings[0].block.scheme
                                                                    : SIGNATURE_RSA_3072;
    }
}

static int judge_trust(const struct app_image_source *source, uint32_t length,
                       const struct signature_finding findings[SIGNATURE_MAX_BLOCKS],
                       struct checking *checking)
{
    struct signature_result result;
    struct error err;
    choose_scheme(findings, &checking->policy);
    if (signature_verify(source, length, &checking->policy, &result, &err) != ESP_OK) {
        printf("verdict: the device REFUSES it: %s\n", err.text);
        return EXIT_FAILED;
    }
    if (checking->trust_path != NULL) {
        puts("verdict: the device takes it: signed with the running app's key");
    } else {
        printf("verdict: the device takes it: signed with key %d\n", result.key);
    }
    return EXIT_OK;
}

/* The older scheme, whose signature names no key: a version word of 0 right behind the image, then
 * 64 bytes. No Secure Boot V2 device looks at it. */
static bool has_v1_signature(const uint8_t *bytes, size_t size, uint32_t length)
{
    return length != 0 && size >= length + 4u + 64u && get_u32(bytes + length) == 0 &&
           get_u32(bytes + length + 4) != 0 && get_u32(bytes + length + 4) != UINT32_MAX;
}

static int explain(struct checking *checking, const uint8_t *bytes, size_t size)
{
    struct app_image_bytes memory = {.data = bytes, .size = (uint32_t)size};
    struct app_image_source source = app_image_from_bytes(&memory);
    struct error not_valid = {.text = ""}, err;
    uint32_t length = image_length(bytes, size, &not_valid);
    bool valid = length != 0;
    if (!valid && size > SIGNATURE_SECTOR_LENGTH && size % SIGNATURE_SECTOR_LENGTH == 0) {
        length = (uint32_t)size - SIGNATURE_SECTOR_LENGTH; /* data that is signed, or a bad image */
    }
    printf("%s: %zu bytes, %s%s\n", checking->path, size,
           valid ? "the image is valid" : "NO VALID IMAGE: ", valid ? "" : not_valid.text);
    uint8_t sector[SIGNATURE_SECTOR_LENGTH];
    struct signature_finding findings[SIGNATURE_MAX_BLOCKS];
    bool asked = checking->policy.keys != 0;
    if (length == 0 || signature_examine(&source, length, asked ? &checking->policy : NULL, sector,
                                         findings, &err) != ESP_OK) {
        printf("verdict: NOT SIGNED: %s%s\n", length == 0 ? not_valid.text : err.text,
               has_v1_signature(bytes, size, length)
                   ? "; what follows the image looks like a signature of Secure Boot V1"
                   : "");
        return EXIT_FAILED;
    }
    printf("signature sector at 0x%x\n", (unsigned)signature_offset(length));
    for (unsigned i = 0; i < SIGNATURE_MAX_BLOCKS; i++) {
        print_finding(i, &findings[i], asked);
    }
    if (asked) {
        return judge_trust(&source, length, findings, checking);
    }
    bool good = all_right(findings);
    puts(good ? "verdict: signed rightly; --trust says whether a device takes it"
              : "verdict: NOT SIGNED RIGHTLY");
    return good ? EXIT_OK : EXIT_FAILED;
}

int image_verify(int argc, char **argv)
{
    struct checking checking = {.path = NULL};
    struct error err;
    uint8_t *bytes;
    size_t length;
    int status;
    if (!parse_verify(argc, argv, &checking, &status)) {
        return status;
    }
    if ((checking.trust_path != NULL && !trust_image(&checking, &err)) ||
        !read_file(checking.path, MAX_IMAGE, &bytes, &length, &err)) {
        fprintf(stderr, "otasim image verify: %s\n", err.text);
        return EXIT_FAILED;
    }
    status = explain(&checking, bytes, length);
    free(bytes);
    return status;
}
