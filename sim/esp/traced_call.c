#include "traced/otasim_traced.h"

#include "trace.h"

void otasim_call_enter(const char *function)
{
    trace_recordf("enter", "{s:s}", "fn", function);
}

esp_err_t otasim_call_err(const char *function, esp_err_t result)
{
    trace_recordf("call", "{s:s, s:i, s:s}", "fn", function, "ret", result, "err",
                  esp_err_to_name(result));
    return result;
}

int otasim_call_int(const char *function, int result)
{
    trace_recordf("call", "{s:s, s:i}", "fn", function, "ret", result);
    return result;
}

bool otasim_call_bool(const char *function, bool result)
{
    trace_recordf("call", "{s:s, s:b}", "fn", function, "ret", result);
    return result;
}

const esp_partition_t *otasim_call_partition(const char *function, const esp_partition_t *result)
{
    trace_recordf("call", "{s:s, s:s?}", "fn", function, "ret", result ? result->label : NULL);
    return result;
}
