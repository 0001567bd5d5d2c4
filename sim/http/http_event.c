#include "http_client.h"
#include "otasim_quirk.h"
#include "sdkconfig.h"

#if HTTP_EVENTS_ARE_POSTED
ESP_EVENT_DEFINE_BASE(ESP_HTTP_CLIENT_EVENT);

#ifdef CONFIG_ESP_HTTP_CLIENT_EVENT_POST_TIMEOUT
#define POST_TIMEOUT_MS CONFIG_ESP_HTTP_CLIENT_EVENT_POST_TIMEOUT
#else
#define POST_TIMEOUT_MS 2000
#endif

static void post(esp_http_client_event_id_t id, const void *data, size_t size)
{
    if (quirk(QUIRK_HTTP_EVENTS_NOT_POSTED)) {
        return;
    }
    /* A loop that is missing or full changes nothing for the request. */
    esp_event_post(ESP_HTTP_CLIENT_EVENT, (int32_t)id, data, size, pdMS_TO_TICKS(POST_TIMEOUT_MS));
}

static void post_data(struct esp_http_client *client)
{
    esp_http_client_on_data_t progress = {.client = client,
                                          .data_process = client->response.received};
    post(HTTP_EVENT_ON_DATA, &progress, sizeof progress);
}

static void post_redirect(struct esp_http_client *client)
{
    esp_http_client_redirect_event_data_t data = {.client = client,
                                                  .status_code = client->response.status};
    post(HTTP_EVENT_REDIRECT, &data, sizeof data);
}
#else
#define post(id, data, size)  ((void)(id), (void)(data), (void)(size))
#define post_data(client)     ((void)(client))
#define post_redirect(client) ((void)(client))
#endif

static void call_handler(struct esp_http_client *client, esp_http_client_event_t *event)
{
    event->client = client;
    event->user_data = client->user_data;
    if (client->handler != NULL) {
        client->handler(event);
    }
}

/* The release does not have it: nobody hears of it. */
static bool is_missing(esp_http_client_event_id_t id)
{
    if (id != HTTP_EVENT_MISSING &&
        (id == HTTP_EVENT_ON_HEADERS_COMPLETE || id == HTTP_EVENT_ON_STATUS_CODE)) {
        return quirk(QUIRK_NO_STATUS_EVENTS);
    }
    return id == HTTP_EVENT_MISSING ||
           (id == HTTP_EVENT_REDIRECT && quirk(QUIRK_NO_REDIRECT_EVENT));
}

void http_event(struct esp_http_client *client, esp_http_client_event_id_t id, void *data,
                int length)
{
    if (is_missing(id)) {
        return;
    }
    esp_http_client_event_t event = {.event_id = id, .data = data, .data_len = length};
    call_handler(client, &event);
    if (id == HTTP_EVENT_ON_DATA) {
        post_data(client);
    } else {
        post(id, &client, sizeof client);
    }
}

void http_event_header(struct esp_http_client *client, char *name, char *value)
{
    esp_http_client_event_t event = {
        .event_id = HTTP_EVENT_ON_HEADER, .header_key = name, .header_value = value};
    call_handler(client, &event);
    post(event.event_id, &client, sizeof client);
}

void http_event_error(struct esp_http_client *client)
{
    http_event(client, HTTP_EVENT_ERROR, &client->failure.tls, 0);
}

void http_event_redirect(struct esp_http_client *client)
{
    if (is_missing(HTTP_EVENT_REDIRECT)) {
        return;
    }
    if (client->disable_auto_redirect) {
        esp_http_client_event_t event = {.event_id = HTTP_EVENT_REDIRECT};
        call_handler(client, &event);
    }
    post_redirect(client);
}
