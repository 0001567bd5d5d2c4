#include "traced/otasim_traced.h"

#include <stdio.h>

#include "boot.h"
#include "record_line.h"

/* More than a firmware ever has at the same time. */
#define MAX_RELEASED 64

/* Released and not begun again since. */
static void *released[MAX_RELEASED];

static void **find_released(const void *handle)
{
    for (size_t i = 0; i < MAX_RELEASED; i++) {
        if (released[i] == handle) {
            return &released[i];
        }
    }
    return NULL;
}

esp_err_t otasim_handle_begun(esp_err_t result, void *const *handle)
{
    void **known =
        result == ESP_OK && handle != NULL && *handle != NULL ? find_released(*handle) : NULL;
    if (known != NULL) {
        *known = NULL;
    }
    return result;
}

void *otasim_handle_released(const char *function, void *handle)
{
    if (handle == NULL) {
        return NULL;
    }
    if (find_released(handle) != NULL) {
        char text[120];
        snprintf(text, sizeof text, "%s: this handle was released before, by finish or abort",
                 function);
        boot_end(BOOT_END_PANIC, text);
    }
    void **free_place = find_released(NULL);
    if (free_place != NULL) {
        *free_place = handle;
    }
    return handle;
}

void otasim_call_enter(const char *function)
{
    struct record_line line;
    record_begin(&line, "enter");
    record_text(&line, "fn", function);
    record_end(&line);
}

static void begin_return(struct record_line *line, const char *function)
{
    record_begin(line, "call");
    record_text(line, "fn", function);
}

esp_err_t otasim_call_err(const char *function, esp_err_t result)
{
    struct record_line line;
    begin_return(&line, function);
    record_number(&line, "ret", result);
    record_text(&line, "err", esp_err_to_name(result));
    record_end(&line);
    return result;
}

int otasim_call_int(const char *function, int result)
{
    struct record_line line;
    begin_return(&line, function);
    record_number(&line, "ret", result);
    record_end(&line);
    return result;
}

bool otasim_call_bool(const char *function, bool result)
{
    struct record_line line;
    begin_return(&line, function);
    record_bool(&line, "ret", result);
    record_end(&line);
    return result;
}

const esp_partition_t *otasim_call_partition(const char *function, const esp_partition_t *result)
{
    struct record_line line;
    begin_return(&line, function);
    record_text(&line, "ret", result != NULL ? result->label : NULL);
    record_end(&line);
    return result;
}
