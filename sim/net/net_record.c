#include "net_record.h"

#include <mbedtls/ssl.h>
#include <string.h>

#define WIRE_SLACK              320
#define TYPE_CHANGE_CIPHER_SPEC 20
#define TYPE_HEARTBEAT          24
#define MAJOR_VERSION           3
#define REFUSED_ON_THE_WIRE     (-0x7100)
#define REFUSED_PLAINTEXT       (-0x7200)

size_t net_record_room(const struct net_record *record)
{
    return record->body_left > 0 ? record->body_left : NET_RECORD_HEADER - record->header_length;
}

/* A header that TLS does not have is for mbedTLS to refuse, which looks at it before its length. */
static bool is_tls(const struct net_record *record)
{
    return record->header[0] >= TYPE_CHANGE_CIPHER_SPEC && record->header[0] <= TYPE_HEARTBEAT &&
           record->header[1] == MAJOR_VERSION;
}

static int check(const struct net_record *record, size_t length, size_t overhead)
{
    if (length > record->limit + WIRE_SLACK) {
        return REFUSED_ON_THE_WIRE;
    }
    size_t added = record->is_protected ? overhead : 0;
    bool known = !record->is_protected || overhead > 0;
    return known && length > record->limit + added ? REFUSED_PLAINTEXT : 0;
}

int net_record_received(struct net_record *record, const unsigned char *bytes, size_t length,
                        size_t overhead)
{
    if (record->body_left > 0) {
        record->body_left -= length < record->body_left ? length : record->body_left;
        return 0;
    }
    for (size_t i = 0; i < length && record->header_length < NET_RECORD_HEADER; i++) {
        record->header[record->header_length++] = bytes[i];
    }
    if (record->header_length < NET_RECORD_HEADER) {
        return 0;
    }
    record->header_length = 0;
    record->body_left = (size_t)record->header[3] << 8 | record->header[4];
    int refused = is_tls(record) ? check(record, record->body_left, overhead) : 0;
    if (record->header[0] == TYPE_CHANGE_CIPHER_SPEC) {
        record->is_protected = true;
    }
    return refused;
}

/* Nonce and tag in TLS 1.2: 8 + 16 bytes for GCM and CCM, 8 + 8 for CCM-8, the tag alone for
 * ChaCha20. TLS 1.3 has no explicit nonce but hides the content type behind the plaintext. */
size_t net_record_overhead(const char *suite, bool tls_1_3)
{
    if (suite == NULL) {
        return 0;
    }
    bool short_tag = strstr(suite, "CCM-8") != NULL;
    if (tls_1_3) {
        return short_tag ? 9 : 17;
    }
    if (short_tag || strstr(suite, "CHACHA20") != NULL) {
        return 16;
    }
    return strstr(suite, "GCM") != NULL || strstr(suite, "CCM") != NULL ? 24 : 0;
}
