/* An image as it lies encrypted on the server. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "efuse.h"
#include "error.h"
#include "scenario.h"

/** Encrypts an image as fixtures/firmware/examples/encrypted.c wants it: 16 bytes of nonce (always
 * the same, so that runs are alike), then AES-256-CTR under image_key.bin of the test certificates.
 * With a tag, 32 bytes follow: HMAC-SHA256 over all before it under the same key, or what is one
 * bit off. *out is malloc'ed. */
bool scenario_encrypt(const uint8_t *image, size_t length, enum scenario_tag tag, uint8_t **out,
                      size_t *out_length, struct error *err);

/** Pre-encrypts an image (encrypted_image_make.h); the same each time. *out is malloc'ed. */
bool scenario_pre_encrypt(const struct scenario_pre_encryption *how, const uint8_t *image,
                          size_t length, uint8_t **out, size_t *out_length, struct error *err);

/** The file that a scenario's server has: the image as it is, or in one of these two ways. *out is
 * malloc'ed. */
bool scenario_served_file(const struct scenario *scenario, const uint8_t *image, size_t length,
                          uint8_t **out, size_t *out_length, struct error *err);

/** Burns the HMAC key that the row names, if it names one. */
bool scenario_burn_hmac_key(const struct scenario_device *device, struct efuse *efuse,
                            struct error *err);
