/* Dates of certificates as seconds since 1970. */
#pragma once

#include <mbedtls/x509.h>
#include <stdint.h>

int64_t net_certificate_time(const mbedtls_x509_time *time);
