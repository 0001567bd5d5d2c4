/* The verdict on requests: those that arrived at the server, in order. */
#include "judge.h"
#include "judge_digest.h"
#include "text.h"

/* A connection that did not come to a request has a name in its place. */
static const char *method_of(const json_t *request)
{
    static const struct expected_request failed = NO_HANDSHAKE;
    bool has_failed = json_is_true(json_object_get(request, "tls_handshake_failed"));
    return has_failed ? failed.method : judge_text(request, "method");
}

static bool request_matches(const struct expected_request *expected, const json_t *actual)
{
    return judge_equal(expected->method, method_of(actual)) &&
           judge_equal(expected->path, judge_text(actual, "path")) &&
           judge_equal(expected->range, judge_text(actual, "range")) &&
           (expected->alpn == NULL || judge_equal(expected->alpn, judge_text(actual, "alpn"))) &&
           (expected->host == NULL || judge_equal(expected->host, judge_text(actual, "host"))) &&
           (expected->user_agent == NULL ||
            judge_equal(expected->user_agent, judge_text(actual, "user_agent"))) &&
           (expected->authorization == NULL ||
            (expected->authorization[0] == '\0'
                 ? judge_text(actual, "authorization") == NULL
                 : judge_equal(expected->authorization, judge_text(actual, "authorization")))) &&
           (expected->digest.username == NULL ||
            judge_digest(&expected->digest, judge_text(actual, "method"),
                         judge_text(actual, "path"), judge_text(actual, "digest"))) &&
           (expected->status == 0 ||
            expected->status == json_integer_value(json_object_get(actual, "status"))) &&
           (expected->connection == 0 ||
            expected->connection == json_integer_value(json_object_get(actual, "conn")));
}

static void add_field(struct text *text, const char *name, const char *value)
{
    if (value != NULL) {
        text_add(text, " %s=%s", name, value);
    }
}

static void add_digest(struct text *text, const struct expected_digest *digest)
{
    if (digest->username != NULL) {
        text_add(text, " authorization=Digest of %s, nonce %s, nc %u", digest->username,
                 digest->nonce, digest->count);
    }
}

static char *expected_requests_text(const struct expected_request *requests, size_t count,
                                    size_t departs)
{
    struct text text = {0};
    for (size_t i = 0; i < count; i++) {
        const struct expected_request *row = &requests[i];
        text_add(&text, "%s%s%s %s", i > 0 ? "\n" : "", i == departs ? "> " : "  ", row->method,
                 row->path != NULL ? row->path : "");
        add_field(&text, "range", row->range);
        add_field(&text, "host", row->host);
        add_field(&text, "alpn", row->alpn);
        add_field(&text, "user_agent", row->user_agent);
        add_field(&text, "authorization", row->authorization);
        add_digest(&text, &row->digest);
        if (row->status != 0) {
            text_add(&text, " status=%d", row->status);
        }
        if (row->connection != 0) {
            text_add(&text, " connection=%d", row->connection);
        }
    }
    if (departs >= count) {
        text_add(&text, "%s> (end)", count > 0 ? "\n" : "");
    }
    return text_take(&text);
}

static char *actual_requests_text(const json_t *requests, size_t departs)
{
    struct text text = {0};
    size_t count = json_array_size(requests);
    for (size_t i = 0; i < count; i++) {
        const json_t *row = json_array_get(requests, i);
        const char *path = judge_text(row, "path");
        text_add(&text, "%s%s%s %s", i > 0 ? "\n" : "", i == departs ? "> " : "  ", method_of(row),
                 path != NULL ? path : "");
        add_field(&text, "range", judge_text(row, "range"));
        add_field(&text, "host", judge_text(row, "host"));
        add_field(&text, "alpn", judge_text(row, "alpn"));
        const char *digest = judge_text(row, "digest");
        add_field(&text, "authorization",
                  digest != NULL ? digest : judge_text(row, "authorization"));
        text_add(&text, " status=%d connection=%d",
                 (int)json_integer_value(json_object_get(row, "status")),
                 (int)json_integer_value(json_object_get(row, "conn")));
    }
    if (departs >= count) {
        text_add(&text, "%s> (end)", count > 0 ? "\n" : "");
    }
    return text_take(&text);
}

void judge_requests(const struct run_evidence *evidence, struct run_result *result)
{
    const struct scenario_expect *expect = &evidence->scenario->expect;
    size_t count = 0;
    while (count < SCENARIO_MAX_REQUESTS && expect->requests[count].method != NULL) {
        count++;
    }
    bool nobody_looked = evidence->scenario->listeners.external;
    if (nobody_looked || (count == 0 && !expect->no_requests)) {
        return;
    }
    size_t actual = json_array_size(result->requests);
    size_t same = 0;
    while (same < count && same < actual &&
           request_matches(&expect->requests[same], json_array_get(result->requests, same))) {
        same++;
    }
    if (same != count || same != actual) {
        run_mismatch(result, "requests", expected_requests_text(expect->requests, count, same),
                     actual_requests_text(result->requests, same));
    }
}
