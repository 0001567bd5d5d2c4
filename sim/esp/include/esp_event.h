/* The default event loop, as in ESP-IDF's esp_event.h. There is no event task: a post calls the
 * matching handlers, in the order in which they were registered, before it returns; a post from a
 * handler waits until the handlers of the current event are done. */
#pragma once

#include "esp_err.h"
#include "freertos/FreeRTOS.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Names a family of events. Two bases are the same if their pointers are. */
typedef const char *esp_event_base_t;

#define ESP_EVENT_DECLARE_BASE(id) extern esp_event_base_t const id
#define ESP_EVENT_DEFINE_BASE(id)  esp_event_base_t const id = #id

#define ESP_EVENT_ANY_BASE NULL
#define ESP_EVENT_ANY_ID   (-1)

typedef void (*esp_event_handler_t)(void *event_handler_arg, esp_event_base_t event_base,
                                    int32_t event_id, void *event_data);
typedef void *esp_event_handler_instance_t;

/** ESP_ERR_INVALID_STATE if there is one already. */
esp_err_t esp_event_loop_create_default(void);
/** ESP_ERR_INVALID_STATE if there is none. */
esp_err_t esp_event_loop_delete_default(void);

/** Registers a handler; the same one for the same events again only replaces its argument.
 * ESP_ERR_INVALID_STATE without a default loop; ESP_ERR_INVALID_ARG for no handler, or any base
 * with one id. */
esp_err_t esp_event_handler_register(esp_event_base_t event_base, int32_t event_id,
                                     esp_event_handler_t event_handler, void *event_handler_arg);
/** ESP_OK also if the handler was not registered. */
esp_err_t esp_event_handler_unregister(esp_event_base_t event_base, int32_t event_id,
                                       esp_event_handler_t event_handler);

/** The same, but every registration counts, and is undone by its instance. */
esp_err_t esp_event_handler_instance_register(esp_event_base_t event_base, int32_t event_id,
                                              esp_event_handler_t event_handler,
                                              void *event_handler_arg,
                                              esp_event_handler_instance_t *instance);
esp_err_t esp_event_handler_instance_unregister(esp_event_base_t event_base, int32_t event_id,
                                                esp_event_handler_instance_t instance);

/** Posts an event with a copy of its data. ESP_ERR_INVALID_STATE without a default loop,
 * ESP_ERR_INVALID_ARG for any base or any id, ESP_ERR_TIMEOUT when the queue of the loop is full,
 * ESP_ERR_NO_MEM. The event is traced whether or not there is a loop. */
esp_err_t esp_event_post(esp_event_base_t event_base, int32_t event_id, const void *event_data,
                         size_t event_data_size, TickType_t ticks_to_wait);

#ifdef __cplusplus
}
#endif
