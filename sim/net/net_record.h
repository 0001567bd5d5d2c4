/* The size of the device's TLS receive buffer: which records of a server do not fit in it.
 *
 * Measured on mbedTLS built with a smaller MBEDTLS_SSL_IN_CONTENT_LEN (HTTP client page): a record
 * that is longer on the wire than the limit plus 320 is refused with -0x7100, one of which only the
 * plaintext exceeds the limit with -0x7200. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NET_RECORD_DEFAULT_LIMIT 16384
#define NET_RECORD_HEADER        5

/** Follows the records that come in. All zero but for the limit at first. */
struct net_record {
    size_t limit; /* the most plaintext, bytes */
    unsigned char header[NET_RECORD_HEADER];
    size_t header_length; /* how much of the header is there */
    size_t body_left;     /* bytes of the record that are still to come */
    bool is_protected;    /* the server's cipher is on */
};

/** The most bytes that may be read from the wire now, so that no record's header is passed over. */
size_t net_record_room(const struct net_record *record);

/** Takes note of bytes that were read, no more than net_record_room. `overhead` is what the cipher
 * adds to the plaintext of a protected record, 0 when unknown. Returns 0, or the mbedTLS error with
 * which the device refuses the record. */
int net_record_received(struct net_record *record, const unsigned char *bytes, size_t length,
                        size_t overhead);

/** What a cipher suite adds to a record's plaintext; 0 for those that pad (CBC), where only
 * decrypting tells, and for NULL. */
size_t net_record_overhead(const char *suite, bool tls_1_3);
