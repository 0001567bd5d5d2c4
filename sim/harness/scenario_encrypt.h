/* An image as it lies encrypted on the server. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

/** Encrypts an image as fixtures/firmware/examples/encrypted.c wants it: 16 bytes of nonce (always
 * the same, so that runs are alike), then AES-256-CTR under image_key.bin of the test certificates.
 * *out is malloc'ed. */
bool scenario_encrypt(const uint8_t *image, size_t length, uint8_t **out, size_t *out_length,
                      struct error *err);
