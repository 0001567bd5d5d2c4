#include "backtrace.h"

#include <dlfcn.h>
#include <string.h>

#include "symbols.h"
#include "trace.h"

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* The simulator and the C library are not what somebody looks for in a backtrace. */
static bool is_module(const char *file)
{
    size_t length = strlen(file);
    return length > 3 && strcmp(file + length - 3, ".so") == 0 && strncmp(file, "lib", 3) != 0;
}

static const char *function_name(const Dl_info *info, const void *address)
{
    const char *name = info->dli_sname;
    return name != NULL ? name : symbols_name(info->dli_fname, info->dli_fbase, address);
}

void backtrace_record(const struct boot_crash *crash)
{
    json_t *frames = json_array();
    for (int i = 0; i < crash->frames; i++) {
        /* Return addresses are behind their call, which may be the last of its function. */
        const char *address = (const char *)crash->frame[i] - 1;
        Dl_info info;
        if (dladdr(address, &info) == 0 || info.dli_fname == NULL ||
            !is_module(base_name(info.dli_fname))) {
            continue;
        }
        const char *name = function_name(&info, address);
        if (name == NULL && dladdr(address + 1, &info) != 0) {
            name = function_name(&info, address + 1); /* it faulted in its first instruction */
        }
        json_t *line =
            json_sprintf("%s (%s)", name != NULL ? name : "?", base_name(info.dli_fname));
        /* A recursion is one line: how deep it went says nothing. */
        size_t count = json_array_size(frames);
        if (count == 0 || !json_equal(json_array_get(frames, count - 1), line)) {
            json_array_append(frames, line);
        }
        json_decref(line);
    }
    if (json_array_size(frames) == 0) {
        json_decref(frames);
        return;
    }
    trace_record("backtrace", json_pack("{s:o}", "frames", frames));
}
