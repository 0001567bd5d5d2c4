/* What differs between mbedTLS 2.28 and 3.x, and the numbers that its blinding needs. */
#pragma once

#include <mbedtls/ecdh.h>
#include <mbedtls/pk.h>
#include <mbedtls/version.h>

#include "esp_random.h"

/** mbedTLS's f_rng for work whose result does not depend on it. */
static inline int encrypted_image_blinding(void *unused, unsigned char *out, size_t length)
{
    (void)unused;
    esp_fill_random(out, length);
    return 0;
}

static inline int encrypted_image_parse_private(mbedtls_pk_context *pk, const uint8_t *key,
                                                size_t length)
{
#if MBEDTLS_VERSION_MAJOR >= 3
    return mbedtls_pk_parse_key(pk, key, length, NULL, 0, encrypted_image_blinding, NULL);
#else
    return mbedtls_pk_parse_key(pk, key, length, NULL, 0);
#endif
}
