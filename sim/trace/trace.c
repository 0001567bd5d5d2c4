#include "trace.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "device.h"
#include "host_fault.h"

static int trace_fd = -1;

/* A system call for each of thousands of records takes longer than to make them. So they wait in
 * memory that a boot process shares with its parent: how it ends, by a crash or from outside, does
 * not matter. */
enum { STAGED_MAX = 1 << 18 };

struct staged {
    atomic_size_t used; /* whole records */
    char bytes[STAGED_MAX];
};

static struct staged *staged; /* NULL: records are written at once */
static pid_t staged_by;

static void write_out(const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(trace_fd, bytes, length);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            host_fault_set(NULL, "TMPDIR: the trace cannot be written: %s", strerror(errno));
            return;
        }
        bytes += written;
        length -= (size_t)written;
    }
}

static void flush(void)
{
    if (staged != NULL && trace_is_open()) {
        write_out(staged->bytes, atomic_load(&staged->used));
        atomic_store(&staged->used, 0);
    }
}

void trace_open(int fd)
{
    flush();
    trace_fd = fd;
}

bool trace_is_open(void)
{
    return trace_fd >= 0;
}

void trace_stage(void)
{
    if (staged_by == getpid()) {
        return;
    }
    /* What a parent has staged is the parent's to write. */
    void *memory = mmap(NULL, sizeof *staged, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANON, -1, 0);
    staged = memory != MAP_FAILED ? memory : NULL;
    staged_by = getpid();
}

void trace_append(const char *line, size_t length)
{
    if (!trace_is_open()) {
        return;
    }
    int saved_errno = errno;
    if (staged == NULL || length > STAGED_MAX) {
        flush();
        write_out(line, length);
    } else {
        if (length > STAGED_MAX - atomic_load(&staged->used)) {
            flush();
        }
        size_t used = atomic_load(&staged->used);
        memcpy(staged->bytes + used, line, length);
        atomic_store(&staged->used, used + length);
    }
    errno = saved_errno;
}

static void append_record(json_t *record)
{
    size_t length = json_dumpb(record, NULL, 0, JSON_COMPACT);
    char *line = length > 0 ? malloc(length + 1) : NULL;
    if (line == NULL) {
        return;
    }
    json_dumpb(record, line, length, JSON_COMPACT);
    line[length] = '\n';
    trace_append(line, length + 1);
    free(line);
}

void trace_record(const char *kind, json_t *fields)
{
    if (!trace_is_open()) {
        json_decref(fields);
        return;
    }
    int saved_errno = errno;
    const struct device *device = device_current();
    json_int_t now = device != NULL ? (json_int_t)device->now_us : 0;
    json_t *record = json_pack("{s:I, s:s}", "t", now, "kind", kind);
    if (fields != NULL) {
        json_object_update(record, fields);
    } else {
        /* A record that could not be packed must not vanish silently. */
        json_object_set_new(record, "lost", json_string("fields that are not JSON"));
    }
    append_record(record);
    json_decref(record);
    json_decref(fields);
    errno = saved_errno;
}

void trace_recordf(const char *kind, const char *format, ...)
{
    if (!trace_is_open()) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    json_t *fields = json_vpack_ex(NULL, 0, format, arguments);
    va_end(arguments);
    trace_record(kind, fields);
}

size_t trace_utf8_length(const unsigned char *bytes, size_t left)
{
    static const struct {
        unsigned char first_low, first_high, second_low, second_high;
        size_t length;
    } forms[] = {
        {0x01, 0x7F, 0, 0, 1},       {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
        {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
        {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (bytes[0] < forms[i].first_low || bytes[0] > forms[i].first_high) {
            continue;
        }
        size_t length = forms[i].length;
        if (length > left) {
            return 0;
        }
        if (length > 1 && (bytes[1] < forms[i].second_low || bytes[1] > forms[i].second_high)) {
            return 0;
        }
        for (size_t k = 2; k < length; k++) {
            if ((bytes[k] & 0xC0) != 0x80) {
                return 0;
            }
        }
        return length;
    }
    return 0;
}

json_t *trace_text(const char *bytes, size_t length)
{
    static const char hex[] = "0123456789abcdef";
    const unsigned char *in = (const unsigned char *)bytes;
    char *text = malloc(4 * length + 1); /* each byte may become \xNN */
    if (text == NULL) {
        return json_null();
    }
    size_t used = 0;
    for (size_t i = 0; i < length;) {
        size_t whole = trace_utf8_length(in + i, length - i);
        if (whole > 0) {
            memcpy(text + used, in + i, whole);
            used += whole;
            i += whole;
            continue;
        }
        text[used++] = '\\';
        text[used++] = 'x';
        text[used++] = hex[in[i] >> 4];
        text[used++] = hex[in[i] & 0x0F];
        i++;
    }
    json_t *string = json_stringn(text, used);
    free(text);
    return string;
}
