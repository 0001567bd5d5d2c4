#include "esp_event.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "boot.h"
#include "bytes.h"
#include "esp_heap_caps.h"
#include "firmware_module.h"
#include "record_line.h"
#include "scheduler.h"

/* CONFIG_ESP_SYSTEM_EVENT_QUEUE_SIZE and _TASK_STACK_SIZE of a fresh ESP-IDF project. */
#define EVENT_QUEUE_SIZE 32
#define TASK_STACK_BYTES 2304
#define TASK_PRIORITY    20

/* Handlers that keep posting would never let anything else run. */
#define MAX_EVENTS_IN_ROW 100000

struct handler {
    TAILQ_ENTRY(handler) link;
    esp_event_base_t base;
    int32_t id;
    esp_event_handler_t function;
    void *argument;
    bool is_instance;
    bool removed; /* while events are dispatched it stays in the list */
};

struct event {
    STAILQ_ENTRY(event) link;
    esp_event_base_t base;
    int32_t id;
    size_t size;
    uint8_t data[] __attribute__((aligned(16)));
};

static struct {
    bool exists;
    bool dispatching;
    struct rtos_task *task;
    unsigned queued;
    TAILQ_HEAD(, handler) handlers;
    STAILQ_HEAD(, event) queue;
} loop;

static struct handler *find_handler(esp_event_base_t base, int32_t id, esp_event_handler_t function)
{
    struct handler *handler;
    TAILQ_FOREACH(handler, &loop.handlers, link)
    {
        if (!handler->removed && !handler->is_instance && handler->base == base &&
            handler->id == id && handler->function == function) {
            return handler;
        }
    }
    return NULL;
}

static esp_err_t check_registration(esp_event_base_t base, int32_t id, esp_event_handler_t function)
{
    if (!loop.exists) {
        return ESP_ERR_INVALID_STATE;
    }
    if (function == NULL || (base == ESP_EVENT_ANY_BASE && id != ESP_EVENT_ANY_ID)) {
        return ESP_ERR_INVALID_ARG;
    }
    return ESP_OK;
}

static struct handler *add_handler(esp_event_base_t base, int32_t id, esp_event_handler_t function,
                                   void *argument, bool is_instance)
{
    struct handler *handler = heap_caps_calloc(1, sizeof *handler, MALLOC_CAP_DEFAULT);
    if (handler != NULL) {
        handler->base = base;
        handler->id = id;
        handler->function = function;
        handler->argument = argument;
        handler->is_instance = is_instance;
        TAILQ_INSERT_TAIL(&loop.handlers, handler, link);
    }
    return handler;
}

static void remove_handler(struct handler *handler)
{
    if (loop.dispatching) {
        handler->removed = true;
        return;
    }
    TAILQ_REMOVE(&loop.handlers, handler, link);
    heap_caps_free(handler);
}

esp_err_t esp_event_handler_register(esp_event_base_t event_base, int32_t event_id,
                                     esp_event_handler_t event_handler, void *event_handler_arg)
{
    esp_err_t err = check_registration(event_base, event_id, event_handler);
    if (err != ESP_OK) {
        return err;
    }
    struct handler *known = find_handler(event_base, event_id, event_handler);
    if (known != NULL) {
        known->argument = event_handler_arg;
        return ESP_OK;
    }
    known = add_handler(event_base, event_id, event_handler, event_handler_arg, false);
    return known != NULL ? ESP_OK : ESP_ERR_NO_MEM;
}

esp_err_t esp_event_handler_unregister(esp_event_base_t event_base, int32_t event_id,
                                       esp_event_handler_t event_handler)
{
    esp_err_t err = check_registration(event_base, event_id, event_handler);
    if (err != ESP_OK) {
        return err;
    }
    struct handler *handler = find_handler(event_base, event_id, event_handler);
    if (handler != NULL) {
        remove_handler(handler);
    }
    return ESP_OK;
}

esp_err_t esp_event_handler_instance_register(esp_event_base_t event_base, int32_t event_id,
                                              esp_event_handler_t event_handler,
                                              void *event_handler_arg,
                                              esp_event_handler_instance_t *instance)
{
    esp_err_t err = check_registration(event_base, event_id, event_handler);
    if (err != ESP_OK) {
        return err;
    }
    struct handler *handler =
        add_handler(event_base, event_id, event_handler, event_handler_arg, true);
    if (handler == NULL) {
        return ESP_ERR_NO_MEM;
    }
    if (instance != NULL) {
        *instance = handler;
    }
    return ESP_OK;
}

esp_err_t esp_event_handler_instance_unregister(esp_event_base_t event_base, int32_t event_id,
                                                esp_event_handler_instance_t instance)
{
    if (!loop.exists) {
        return ESP_ERR_INVALID_STATE;
    }
    if (instance == NULL || (event_base == ESP_EVENT_ANY_BASE && event_id != ESP_EVENT_ANY_ID)) {
        return ESP_ERR_INVALID_ARG;
    }
    struct handler *handler;
    TAILQ_FOREACH(handler, &loop.handlers, link)
    {
        if (handler == instance && !handler->removed) {
            remove_handler(handler);
            break;
        }
    }
    return ESP_OK;
}

/* Integers are what the data of most events is: an enum, an id, a count. Eight bytes may be a
 * pointer, which would differ in every run. */
/* The OTA events carry an integer. */
static void record_data(struct record_line *line, const uint8_t *data, size_t size)
{
    switch (data != NULL ? size : 0) {
    case 2:
        record_number(line, "data", get_u16(data));
        break;
    case 4:
        record_number(line, "data", (int32_t)get_u32(data));
        break;
    default:
        record_null(line, "data");
    }
}

static void trace_event(esp_event_base_t base, int32_t id, const void *data, size_t size)
{
    const struct boot *boot = boot_current();
    const char *name = boot != NULL ? firmware_module_event_name(boot->module, base, id) : NULL;
    struct record_line line;
    record_begin(&line, "event");
    record_text(&line, "base", base);
    record_number(&line, "id", id);
    record_data(&line, data, size);
    record_number(&line, "len", (int64_t)size);
    if (name != NULL) {
        record_text(&line, "name", name);
    }
    record_end(&line);
}

static esp_err_t enqueue(esp_event_base_t base, int32_t id, const void *data, size_t size)
{
    struct event *event = heap_caps_calloc(1, sizeof *event + size, MALLOC_CAP_DEFAULT);
    if (event == NULL) {
        return ESP_ERR_NO_MEM;
    }
    event->base = base;
    event->id = id;
    event->size = size;
    if (size > 0) {
        memcpy(event->data, data, size);
    }
    STAILQ_INSERT_TAIL(&loop.queue, event, link);
    loop.queued++;
    return ESP_OK;
}

static void call_handlers(struct event *event)
{
    struct handler *handler;
    TAILQ_FOREACH(handler, &loop.handlers, link)
    {
        bool base_matches = handler->base == ESP_EVENT_ANY_BASE || handler->base == event->base;
        bool id_matches = handler->id == ESP_EVENT_ANY_ID || handler->id == event->id;
        if (!handler->removed && base_matches && id_matches) {
            handler->function(handler->argument, event->base, event->id,
                              event->size > 0 ? event->data : NULL);
        }
    }
}

/* While handlers run, those that unregister stay in the list. */
static void forget_removed(void)
{
    struct handler *handler, *next;
    TAILQ_FOREACH_SAFE(handler, &loop.handlers, link, next)
    {
        if (handler->removed) {
            remove_handler(handler);
        }
    }
}

static void dispatch(void)
{
    loop.dispatching = true;
    struct event *event;
    for (unsigned count = 0; (event = STAILQ_FIRST(&loop.queue)) != NULL; count++) {
        if (count == MAX_EVENTS_IN_ROW) {
            boot_end(BOOT_END_WATCHDOG, "event handlers post events without end");
        }
        STAILQ_REMOVE_HEAD(&loop.queue, link);
        loop.queued--;
        rtos_wake_one(&loop.queued); /* there is room again */
        call_handlers(event);
        heap_caps_free(event);
    }
    loop.dispatching = false;
    forget_removed();
}

static void serve(void *argument)
{
    (void)argument;
    for (;;) {
        dispatch();
        rtos_wait(&loop.queue, RTOS_FOR_EVER);
    }
}

esp_err_t esp_event_loop_create_default(void)
{
    if (loop.exists) {
        return ESP_ERR_INVALID_STATE;
    }
    TAILQ_INIT(&loop.handlers);
    STAILQ_INIT(&loop.queue);
    loop.task = rtos_create("sys_evt", TASK_PRIORITY, TASK_STACK_BYTES, serve, NULL, true);
    if (loop.task == NULL) {
        return ESP_FAIL;
    }
    rtos_make_daemon(loop.task);
    loop.exists = true;
    rtos_preempt();
    return ESP_OK;
}

esp_err_t esp_event_loop_delete_default(void)
{
    if (!loop.exists || loop.dispatching) {
        return ESP_ERR_INVALID_STATE;
    }
    struct handler *handler;
    while ((handler = TAILQ_FIRST(&loop.handlers)) != NULL) {
        TAILQ_REMOVE(&loop.handlers, handler, link);
        heap_caps_free(handler);
    }
    struct event *event;
    while ((event = STAILQ_FIRST(&loop.queue)) != NULL) {
        STAILQ_REMOVE_HEAD(&loop.queue, link);
        heap_caps_free(event);
    }
    loop.queued = 0;
    loop.exists = false;
    rtos_delete(loop.task);
    return ESP_OK;
}

/* A handler would wait for itself. */
static bool wait_for_room(TickType_t ticks)
{
    uint64_t deadline = ticks > 0 && rtos_self() != loop.task ? rtos_deadline(ticks) : 0;
    while (loop.queued == EVENT_QUEUE_SIZE) {
        if (deadline <= rtos_now_us()) {
            return false;
        }
        rtos_wait(&loop.queued, deadline);
    }
    return true;
}

esp_err_t esp_event_post(esp_event_base_t event_base, int32_t event_id, const void *event_data,
                         size_t event_data_size, TickType_t ticks_to_wait)
{
    if (event_base == ESP_EVENT_ANY_BASE || event_id == ESP_EVENT_ANY_ID ||
        (event_data == NULL && event_data_size > 0)) {
        return ESP_ERR_INVALID_ARG;
    }
    trace_event(event_base, event_id, event_data, event_data_size);
    if (!loop.exists) {
        return ESP_ERR_INVALID_STATE;
    }
    if (!wait_for_room(ticks_to_wait)) {
        return ESP_ERR_TIMEOUT;
    }
    esp_err_t err = enqueue(event_base, event_id, event_data, event_data_size);
    if (err == ESP_OK) {
        rtos_wake_one(&loop.queue);
        rtos_preempt();
    }
    return err;
}
