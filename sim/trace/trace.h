/* The trace of a run: what happened, in order, one JSON object a line, the same for the same
 * scenario on any host (no wall-clock time, no pointers, no ephemeral ports).
 *
 * Boot processes append to the file that the harness opened, and what a crashed boot has said is
 * kept: records go to it one by one, or wait in memory that the harness shares (trace_stage). Every
 * record has "t" (virtual microseconds) and "kind":
 *
 *   run       scenario, firmware, ota_library     the first record: what is run, and what is judged
 *   boot      n, reset, running, version          a boot begins (after the bootloader chose)
 *   bootloader  selected, tried[], booted, reason
 *   call      fn, args, ret (number), err (name)  an API call of the application has returned
 *   enter     fn                                  the same call has begun
 *   event     base, id, name, data                an event was posted
 *   platform  call, args, err                 a call without meaning here, accepted: Wi-Fi, pins
 *   log       ms (since the boot began), level, tag, text
 *   http      what ("request"|"response"|"redirect"|"closed"), method, url, status, ...;
 *             "closed" has received: bytes of the bodies that the connection brought
 *   tls       what, code (mbedTLS, negative number), flags, text; or what ("memory"), bytes of the
 *             device's RAM that the session holds, receive (the most that a record may have)
 *   tls_error  code, flags, err: what the client's error API told the application
 *   heap      attempts (of the update), lost (bytes that the last one did not give back)
 *   flash     op ("erase"|"program"), at ("ota_0+0x1000"), len, n (index)
 *   otadata   entry (0|1), was, is                decoded change of an entry
 *   heap_end  in_use, most (bytes), blocks, allocations: when the boot ends
 *   quirk     name                                a hazard was met
 *   end       how ("restart"|"idle"|"panic"|...), detail
 *   backtrace  frames: where a panic or hang was, as "function (module)", innermost first; only
 *             where the platform can tell
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/** Starts writing to fd (O_APPEND); -1 stops. The fd stays the caller's. What was staged goes to
 * the fd that was open until now. */
void trace_open(int fd);

/** From now on the records of this process and of those that it forks are staged in memory that
 * they share. Only one of them may trace at a time; the one that called this writes them to the
 * file, by trace_open, when the others have ended. Without memory for it they are written at once.
 */
void trace_stage(void);

bool trace_is_open(void);

/** Appends a record of that kind: "t" and "kind" are put in front of `fields`, which is consumed.
 * Does nothing (but still consumes) when no trace is open. */
void trace_record(const char *kind, json_t *fields);

/** The same with jansson's json_pack format: trace_recordf("log", "{s:s}", "text", text). A string
 * that is not UTF-8 must be passed through trace_text first. */
void trace_recordf(const char *kind, const char *format, ...);

/** Bytes as a JSON string: what is not UTF-8 is shown as \xNN. */
json_t *trace_text(const char *bytes, size_t length);

/** Appends a line that is a record already, newline included (record_line.h makes them). Does
 * nothing when no trace is open; errno survives. */
void trace_append(const char *line, size_t length);

/** Length of the UTF-8 sequence at bytes, 0 if it is none (RFC 3629: no NUL, overlong forms,
 * surrogates or code points above U+10FFFF). */
size_t trace_utf8_length(const unsigned char *bytes, size_t left);
