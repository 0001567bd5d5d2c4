#include "test_native.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

/* No test opens more updates in one boot. */
#define MAX_HANDLE 256u

const struct native_api *native;
static void *module;

static _Noreturn void give_up(const char *path, const char *why)
{
    fprintf(stderr, "%s: %s\n", path, why);
    exit(EXIT_FAILURE);
}

void native_load(const char *variant)
{
    char path[1024];
    native_unload();
    snprintf(path, sizeof path, "%s/test_native_%s.so", NATIVE_MODULE_DIR, variant);
    module = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
    if (module == NULL) {
        give_up(path, dlerror());
    }
    native = dlsym(module, "otalib_native_api");
    if (native == NULL) {
        give_up(path, "it has no otalib_native_api");
    }
}

void native_unload(void)
{
    if (module == NULL) {
        return;
    }
    for (esp_ota_handle_t handle = 1; handle <= MAX_HANDLE; handle++) {
        native->abort(handle);
    }
    native = NULL;
    dlclose(module);
    module = NULL;
}
