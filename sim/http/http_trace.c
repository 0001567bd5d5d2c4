#include <stdlib.h>
#include <string.h>

#include "http_client.h"
#include "trace.h"

static json_t *text_of(const char *text)
{
    return text != NULL ? trace_text(text, strlen(text)) : json_null();
}

static json_t *url_of(const struct esp_http_client *client)
{
    char *url = http_client_url(client);
    json_t *text = text_of(url);
    free(url);
    return text;
}

void http_trace_request(const struct esp_http_client *client)
{
    json_t *fields = json_pack("{s:s, s:s, s:o}", "what", "request", "method",
                               http_method_name(client->method), "url", url_of(client));
    const char *range = http_headers_get(&client->headers, "Range");
    if (range != NULL) {
        json_object_set_new(fields, "range", text_of(range));
    }
    trace_record("http", fields);
}

void http_trace_response(const struct esp_http_client *client)
{
    json_t *fields = json_pack("{s:s, s:i, s:o}", "what", "response", "status",
                               client->response.status, "url", url_of(client));
    if (client->response.content_length >= 0) {
        json_object_set_new(fields, "length", json_integer(client->response.content_length));
    }
    trace_record("http", fields);
}

void http_trace_redirect(const struct esp_http_client *client, const char *location)
{
    trace_record("http", json_pack("{s:s, s:o, s:o}", "what", "redirect", "location",
                                   text_of(location), "url", url_of(client)));
}

void http_trace_closed(const struct esp_http_client *client)
{
    trace_record("http", json_pack("{s:s, s:o, s:I}", "what", "closed", "url", url_of(client),
                                   "received", (json_int_t)client->taken));
}
