#include "platform_trace.h"

#include <stdarg.h>

#include "trace.h"

esp_err_t platform_call(const char *call, esp_err_t err, const char *format, ...)
{
    if (!trace_is_open()) {
        return err;
    }
    json_t *args = NULL;
    if (format != NULL) {
        va_list list;
        va_start(list, format);
        args = json_vpack_ex(NULL, 0, format, list);
        va_end(list);
    }
    trace_record("platform", json_pack("{s:s, s:o*, s:s}", "call", call, "args", args, "err",
                                       esp_err_to_name(err)));
    return err;
}
