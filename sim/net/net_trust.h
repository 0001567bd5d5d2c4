/* Certificates that all connections share: the global CA store and the bundle. */
#pragma once

#include <mbedtls/x509_crt.h>

/** The global CA store; NULL when nothing was put into it. */
mbedtls_x509_crt *net_trust_global_store(void);
